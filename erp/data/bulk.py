"""Many rows by one statement, whatever their number: where the database judges a statement's rows together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert

from erp import context


def inserting(
    cls: Any, columns: Sequence[str], rows: Sequence[Mapping[str, Any]], fixed: Mapping[str, Any] | None = None
) -> Insert:
    """`insert … select` from arrays, one for each column, for the acting tenant; `fixed` are the same in every row.

    Defaults of Python are not asked for: every column without one in the database is named.
    """
    table = cls.__table__
    arrays = [
        sa.bindparam(None, [row[name] for row in rows], ARRAY(table.c[name].type), unique=True) for name in columns
    ]  # fmt: skip
    given = sa.func.unnest(*arrays).table_valued(*(sa.column(name, table.c[name].type) for name in columns))
    given = given.render_derived(name="given")
    constants = {"tenant_id": context.current().tenant_id, **(fixed or {})}
    chosen: list[Any] = [given.c[name] for name in columns]
    chosen += [sa.cast(sa.literal(value, table.c[name].type), table.c[name].type) for name, value in constants.items()]
    return insert(cls).from_select([*columns, *constants], sa.select(*chosen), include_defaults=False)
