"""Many rows by one statement, whatever their number: where the database judges a statement's rows together."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSON, Insert, insert

from erp import context
from erp.data import prepared
from erp.data.base import session
from erp.data.tenancy import add_rows
from erp.errors import TenancyError

__all__ = ["Rows", "add_rows", "among", "append_rows", "change", "insert_rows", "own", "put_rows"]

Rows = Sequence[Mapping[str, Any]]


def insert_rows(
    cls: Any,
    columns: Sequence[str],
    rows: Rows,
    fixed: Mapping[str, Any] | None = None,
    *,
    once: Sequence[str] = (),
    flush: bool = True,
) -> list[int]:
    """`insert … select` from one JSON of all rows, for the acting tenant; ids of the new rows in their order.

    `fixed` are the same in every row. Rows that agree with one there is in all columns of `once` are left out.
    Defaults of Python are not asked for: every column without one in the database is named. What the session has yet
    to write is written before, unless `flush` is False: then the rows lead to nothing of it. Raises TenancyError where
    nobody acts for a tenant.
    """
    statement = _inserting(cls, tuple(columns), ("tenant_id", *(fixed or ())))
    if once:
        statement = _left_out(statement, tuple(once))
    # rows take their ids from the table's sequence one after another, as they stand in the JSON
    return sorted(prepared.run(_told_ids(statement, cls), _given(columns, rows, fixed, flush=flush)).scalars())


def append_rows(cls: Any, columns: Sequence[str], rows: Rows) -> None:
    """Insert rows of the acting tenant that nobody asks for again, by one statement, in their order.

    What the session has not written yet stays so. Raises as `insert_rows`.
    """
    prepared.run(_inserting(cls, tuple(columns), ("tenant_id",)), _told(columns, rows, None))


def put_rows(cls: Any, columns: Sequence[str], rows: Rows, key: Sequence[str], *, flush: bool = True) -> None:
    """Insert rows of the acting tenant by one statement, one after another; those whose `key` is there are overwritten.

    Raises as `insert_rows`.
    """
    statement = _overwriting(_inserting(cls, tuple(columns), ("tenant_id",)), tuple(columns), tuple(key))
    prepared.run(statement, _given(columns, rows, None, flush=flush))


def among(column: Any, name: str) -> sa.ColumnElement[bool]:
    """Whether a column is one of the ids given under a name: the same statement however many there are."""
    found: sa.ColumnElement[bool] = column == sa.any_(sa.bindparam(name, type_=ARRAY(sa.BigInteger)))
    return found


def change(statement: sa.UpdateBase, **given: Any) -> None:
    """Run an update or delete that is put together once, of rows that are `own`; raises as `insert_rows`."""
    prepared.run(statement, {"own_tenant": _tenant(), **given})


def own(cls: Any) -> sa.ColumnElement[bool]:
    """Whether rows are the acting tenant's, in a statement for `change`."""
    mine: sa.ColumnElement[bool] = cls.tenant_id == sa.bindparam("own_tenant", type_=sa.BigInteger)
    return mine


def _tenant() -> int:
    tenant_id = context.current().tenant_id
    if tenant_id is None:
        raise TenancyError("A row for another tenant was refused.")
    return tenant_id


def _given(columns: Sequence[str], rows: Rows, fixed: Mapping[str, Any] | None, *, flush: bool) -> dict[str, Any]:
    found = _told(columns, rows, fixed)
    if flush:
        session().flush()
    return found


def _told(columns: Sequence[str], rows: Rows, fixed: Mapping[str, Any] | None) -> dict[str, Any]:
    same = {"tenant_id": _tenant(), **(fixed or {})}
    told = json.dumps([{name: row[name] for name in columns} for row in rows], default=_as_text)
    return {"rows": told, **{f"each_{name}": value for name, value in same.items()}}


def _as_text(value: Any) -> str:
    """What JSON does not know, as the database reads it."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(type(value).__name__)


@cache
def _inserting(cls: Any, columns: Sequence[str], constants: Sequence[str]) -> Insert:
    """Put together once: it takes longer than the database takes to run it.

    One JSON costs the driver a fraction of what an array for each column does.
    """
    table = cls.__table__
    told = sa.func.json_to_recordset(sa.cast(sa.bindparam("rows", type_=sa.Text), JSON))
    given = told.table_valued(*(sa.column(name, table.c[name].type) for name in columns))
    given = given.render_derived(name="given", with_types=True)
    same = [sa.cast(sa.bindparam(f"each_{name}", type_=table.c[name].type), table.c[name].type) for name in constants]
    chosen = sa.select(*(given.c[name] for name in columns), *same)
    return insert(table).from_select([*columns, *constants], chosen, include_defaults=False)


@cache
def _left_out(statement: Insert, once: Sequence[str]) -> Insert:
    return statement.on_conflict_do_nothing(index_elements=["tenant_id", *once])


@cache
def _told_ids(statement: Insert, cls: Any) -> sa.UpdateBase:
    return statement.returning(cls.__table__.c.id)


@cache
def _overwriting(statement: Insert, columns: Sequence[str], key: Sequence[str]) -> Insert:
    new = {name: statement.excluded[name] for name in columns if name not in key}
    return statement.on_conflict_do_update(index_elements=["tenant_id", *key], set_=new)
