"""Statements that every request asks, turned into text once: SQLAlchemy spends longer on each than the database does.

They are put together once and kept, with a parameter for everything that differs. Rows are as the driver gives them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from erp import context
from erp.data.base import engine, session
from erp.data.tenancy import TenantScoped, bare_tables, core_is_clean, is_flushing, narrowings, tenant_tables
from erp.errors import ErpError, TenancyError

Given = Mapping[str, Any]
KEPT = 1000
"""Texts of each kind a process keeps: more than there are, unless somebody puts a statement together anew each time."""
AS_GIVEN = (
    sa.Integer, sa.Numeric, sa.String, sa.Boolean, sa.Date, sa.DateTime, sa.JSON, sa.ARRAY, sa.types.NullType,
)  # fmt: skip
"""Types whose values the driver gives as SQLAlchemy would."""


@dataclass(frozen=True, slots=True)
class _Text:
    """A statement as the driver takes it."""

    sql: str
    fixed: Given
    """What is the same each time."""
    ways: Mapping[str, Callable[[Any], Any]]
    """{parameter: how the driver wants its value}, of those whose values it does not take as they are."""

    def run(self, connection: sa.Connection, given: Given) -> sa.CursorResult[Any]:
        values = {**self.fixed, **given}
        for name, way in self.ways.items():
            values[name] = way(values[name])
        return connection.exec_driver_sql(self.sql, values)


def rows(statement: sa.Select[*tuple[Any, ...]], given: Given) -> Sequence[Any]:
    """The rows of a select of columns, narrowed as the session narrows every statement, and flushing as it would.

    Raises TenancyError for one that names a tenant's table without its class, and for one that loads objects.
    """
    if narrowings():
        return session().execute(statement, given).all()
    if session().autoflush and not is_flushing():
        session().flush()
    connection, own = session().connection(), context.current().tenant_id
    return _reading(statement).run(connection, {**given, "acting_tenant": own}).all()


def run(statement: sa.UpdateBase, given: Given, on: sa.Connection | None = None) -> sa.CursorResult[Any]:
    """Run a Core statement that names the acting tenant itself; `on` another connection, if named.

    Raises TenancyError for one on a tenant's table that does not say whose rows it writes.
    """
    return _writing(statement).run(on if on is not None else session().connection(), given)


@lru_cache(KEPT)
def _reading(statement: sa.Select[*tuple[Any, ...]]) -> _Text:
    is_narrowed = statement._propagate_attrs.get("compile_state_plugin") == "orm"  # noqa: SLF001 - as the session asks
    if bare_tables(statement) or not (is_narrowed or core_is_clean(statement)):
        raise TenancyError("The statement names a tenant's table without its class.")
    if not all(_is_as_given(each["type"]) for each in statement.column_descriptions):
        raise TenancyError("Objects, and what the driver gives otherwise than it is kept, are asked of a session.")
    return _text(statement.options(_OWN))


def _is_as_given(kind: Any) -> bool:
    inner = kind.item_type if isinstance(kind, sa.ARRAY) else kind
    return isinstance(inner, AS_GIVEN) and not isinstance(inner, sa.Enum)


@lru_cache(KEPT)
def _writing(statement: sa.UpdateBase) -> _Text:
    target: Any = statement.table
    table, found = str(target.name), _text(statement)
    is_new = isinstance(statement, sa.Insert)
    whose = rf"insert into {table} \([^)]*\btenant_id\b" if is_new else rf"\b{table}\.tenant_id = "
    if table in tenant_tables() and not re.search(whose, found.sql, re.IGNORECASE):
        raise TenancyError("The statement does not say whose rows it writes.")
    return found


_ACTING = sa.bindparam("acting_tenant", type_=sa.BigInteger)
_OWN = orm.with_loader_criteria(TenantScoped, lambda cls: cls.tenant_id == _ACTING, include_aliases=True)


def _text(statement: sa.Executable) -> _Text:
    dialect = engine().dialect
    found: Any = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})  # type: ignore[attr-defined]
    if found.prefetch:
        raise ErpError("Nobody asks for defaults of Python: every column that has one is named.")
    ways = {
        name: way
        for name, bind in found.binds.items()
        if (way := bind.type.dialect_impl(dialect).bind_processor(dialect)) is not None
    }
    fixed = {name: value for name, value in found.params.items() if not found.binds[name].required}
    return _Text(str(found), fixed, ways)
