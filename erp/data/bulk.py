"""Many rows by one statement, whatever their number: where the database judges a statement's rows together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, insert

from erp import context
from erp.data.base import session
from erp.data.tenancy import add_rows, run
from erp.errors import TenancyError

__all__ = ["Rows", "add_rows", "insert_rows"]

Rows = Sequence[Mapping[str, Any]]


def insert_rows(
    cls: Any, columns: Sequence[str], rows: Rows, fixed: Mapping[str, Any] | None = None, *, once: Sequence[str] = ()
) -> list[int]:
    """`insert … select` from arrays, one for each column, for the acting tenant; the ids of the rows that are new.

    `fixed` are the same in every row. Rows that agree with one there is in all columns of `once` are left out.
    Defaults of Python are not asked for: every column without one in the database is named. Raises TenancyError where
    nobody acts for a tenant.
    """
    tenant_id = context.current().tenant_id
    if tenant_id is None:
        raise TenancyError("A row for another tenant was refused.")
    session().flush()
    constants = {"tenant_id": tenant_id, **(fixed or {})}
    given = {f"every_{name}": [row[name] for row in rows] for name in columns}
    statement = _inserting(cls, tuple(columns), tuple(constants), tuple(once))
    return list(run(statement, given | {f"each_{name}": value for name, value in constants.items()}).scalars())


@cache
def _inserting(cls: Any, columns: Sequence[str], constants: Sequence[str], once: Sequence[str]) -> sa.UpdateBase:
    """Put together once: it takes longer than the database takes to run it."""
    table = cls.__table__
    arrays = [sa.bindparam(f"every_{name}", type_=ARRAY(table.c[name].type, dimensions=1)) for name in columns]
    given = sa.func.unnest(*arrays).table_valued(*(sa.column(name, table.c[name].type) for name in columns))
    given = given.render_derived(name="given")
    same = [sa.cast(sa.bindparam(f"each_{name}", type_=table.c[name].type), table.c[name].type) for name in constants]
    chosen = sa.select(*(given.c[name] for name in columns), *same)
    statement = insert(table).from_select([*columns, *constants], chosen, include_defaults=False)
    if once:
        statement = statement.on_conflict_do_nothing(index_elements=["tenant_id", *once])
    return statement.returning(table.c.id)
