"""The first tenancy wall: every ORM statement is narrowed to the acting tenant, everything else is refused.

The second wall is row-level security in the database (`policies`). Each alone leaked in measurements; together
they did not. Core and text statements on tenant tables are refused outside `system()`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy import event, orm
from sqlalchemy.orm import Mapped, ORMExecuteState, mapped_column
from sqlalchemy.sql import visitors

from erp import context
from erp.data.base import AppSession, Base, is_writing, session
from erp.errors import TenancyError

CHECKED = "tenant_checked"
AS_LINK = "as_link"
"""Option of a statement that reads what rows in hand link to: narrowed no further than a link is."""
NO_TENANT = -1


class TenantScoped(Base):
    """A table whose rows belong to one tenant; `tenant_id` is stamped, never given by a caller."""

    __abstract__ = True
    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True, sort_order=-10)
    tenant_id: Mapped[int] = mapped_column(sa.BigInteger, sort_order=-9)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if not cls.__dict__.get("__abstract__", False):
            own = cls.__dict__.get("__table_args__", ())
            parts, options = (own[:-1], own[-1]) if own and isinstance(own[-1], dict) else (own, {})
            cls.__table_args__ = (
                *parts,
                sa.UniqueConstraint("tenant_id", "id"),
                sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
                options,
            )
        super().__init_subclass__(**kwargs)


def key_to(target: str, column: str, *, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    """A foreign key that cannot leave the tenant: (tenant_id, column) -> target(tenant_id, id)."""
    return sa.ForeignKeyConstraint(["tenant_id", column], [f"{target}.tenant_id", f"{target}.id"], ondelete=ondelete)


def tenant_tables() -> frozenset[str]:
    """Names of all tables that carry `tenant_id`."""
    return frozenset(table.name for table in Base.metadata.tables.values() if "tenant_id" in table.c)


def _tenant_key() -> int:
    tenant_id = context.current().tenant_id
    return NO_TENANT if tenant_id is None else tenant_id


def _table_names(element: Any) -> frozenset[str]:
    return frozenset({element.name} if getattr(element, "__visit_name__", None) == "table" else ())


def bare_tables(statement: Any) -> set[str]:
    """Tenant tables a statement names without their mapped class: the criteria would not reach them."""
    guarded = tenant_tables()
    mapped: set[str] = set()
    named: set[str] = set()
    for element in visitors.iterate(statement):
        annotations = getattr(element, "_annotations", {})
        if "parententity" in annotations:
            mapped.add(annotations["parententity"].mapper.local_table.name)
        named.update(_table_names(element) & guarded)
    return named - mapped


class OwnTenant(sa.BindParameter[int]):
    """The acting tenant in every statement.

    SQLAlchemy looks it up among a statement's parameters; as any other it would build a comparison in SQL each time.
    """

    inherit_cache = True
    __hash__ = sa.BindParameter.__hash__

    def __eq__(self, other: object) -> bool:  # type: ignore[override]
        return hash(self) == hash(other)


_criteria: dict[int, Any] = {}


def _criterion(key: int) -> Any:
    """The loader criteria of a tenant; built once, since building them costs more than the query."""
    found = _criteria.get(key)
    if found is None:
        own = OwnTenant("own_tenant", key, sa.BigInteger, unique=True)
        found = orm.with_loader_criteria(TenantScoped, lambda cls: cls.tenant_id == own, include_aliases=True)
        _criteria[key] = found
    return found


def run(statement: sa.UpdateBase | sa.Select[Any], rows: Any = None) -> sa.CursorResult[Any]:
    """Run a Core statement that names the acting tenant itself, past the first wall; the second one stands.

    For the few statements every step or request asks: the session would spend longer on them than the database.
    """
    return session().connection().execute(statement, rows, execution_options={CHECKED: True})


def add_rows(cls: type[TenantScoped], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of the acting tenant in one statement, without making objects of them."""
    own = context.current().tenant_id
    if own is None:
        raise TenancyError("A row for another tenant was refused.")
    run(_insert_of(cls), [{**row, "tenant_id": own} for row in rows])


@cache
def _insert_of(cls: type[TenantScoped]) -> sa.Insert:
    return sa.insert(cls.__table__)  # type: ignore[arg-type] # a mapped class has a table


Narrowing = Callable[[], Sequence[Any]]
_narrowing: list[Narrowing] = []


def narrow_with(function: Narrowing) -> None:
    """Let a room above narrow every statement further, by options it gives for the actor; done once, by its init.

    What is loaded as a link of a row in hand is left alone: who may see a row may see what it says.
    """
    if function not in _narrowing:
        _narrowing.append(function)


_verdicts: dict[Any, bool] = {}


def _is_clean(statement: Any) -> bool:
    """Whether no tenant table is named bare; remembered by the statement's shape."""
    key = statement._generate_cache_key()  # noqa: SLF001 - the public compiled cache uses the same key
    shape = key.key if key is not None else None
    if shape is None:
        return not bare_tables(statement)
    verdict = _verdicts.get(shape)
    if verdict is None:
        if len(_verdicts) > 2000:
            _verdicts.clear()
        verdict = _verdicts[shape] = not bare_tables(statement)
    return verdict


@event.listens_for(AppSession, "do_orm_execute")
def _guard_statement(state: ORMExecuteState) -> None:
    statement = state.statement
    if isinstance(statement, sa.TextClause | orm.FromStatement):
        raise TenancyError("Textual SQL is not run for a tenant.")
    if state.is_insert:
        _guard_insert(state)
        return
    if not (state.is_select or state.is_update or state.is_delete) or not state.is_orm_statement:
        return
    if state.is_update and isinstance(state.parameters, list):
        raise TenancyError("A bulk UPDATE by primary key goes round the tenant guard.")
    # one that was narrowed before is as clean as it was then
    if statement not in _told and not _is_clean(statement):
        raise TenancyError("The statement names a tenant's table without its class.")
    is_link = state.is_relationship_load or state.execution_options.get(AS_LINK)
    further = () if is_link or state.is_column_load else narrowings()
    state.statement = _narrowed(statement, _tenant_key(), further)
    state.update_execution_options(**{CHECKED: True})


_told: WeakKeyDictionary[Any, tuple[int, Any]] = WeakKeyDictionary()
"""{statement: (tenant, the same narrowed to it)} of statements that are put together once and asked again and again."""


def _narrowed(statement: Any, key: int, further: Sequence[Any]) -> Any:
    """A statement within its tenant; what was worked out of one that comes again is kept with it."""
    if further:
        return statement.options(_criterion(key), *further)
    known = _told.get(statement)
    if known is None or known[0] != key:
        known = _told[statement] = (key, statement.options(_criterion(key)))
    return known[1]


def narrowings() -> list[Any]:
    """What rooms above narrow the actor's statements by, besides the tenant."""
    return [option for function in _narrowing for option in function()]


def _guard_insert(state: ORMExecuteState) -> None:
    mapper = state.bind_mapper
    if mapper is None or not issubclass(mapper.class_, TenantScoped):
        return
    rows: list[Any] = state.parameters if isinstance(state.parameters, list) else [state.parameters or {}]
    own = context.current().tenant_id
    if own is None or any(row.get("tenant_id", own) != own for row in rows):
        raise TenancyError("A row for another tenant was refused.")
    for row in rows:
        row.setdefault("tenant_id", own)
    state.update_execution_options(**{CHECKED: True})


@event.listens_for(TenantScoped, "load", propagate=True)
def _guard_load(target: TenantScoped, query: Any) -> None:
    if isinstance(query.session, AppSession) and target.__dict__.get("tenant_id", _tenant_key()) != _tenant_key():
        raise TenancyError("Another tenant's row was loaded.")


@event.listens_for(AppSession, "before_flush")
def _guard_flush(current: AppSession, _context: object, _instances: object) -> None:
    own = context.current().tenant_id
    for item in current.new:
        if isinstance(item, TenantScoped):
            if item.__dict__.get("tenant_id") is None:
                item.tenant_id = own  # type: ignore[assignment]
            if own is None or item.tenant_id != own:
                raise TenancyError("A row for another tenant was refused.")
    for item in [*current.dirty, *current.deleted]:
        if isinstance(item, TenantScoped):
            before = sa.inspect(item).committed_state.get("tenant_id", item.tenant_id)
            if own is None or item.tenant_id != own or before != own:
                raise TenancyError("A change to another tenant's row was refused.")


@event.listens_for(sa.Engine, "before_execute")
def _guard_core(connection: Any, clause: Any, _multi: Any, _params: Any, options: Any) -> None:
    if connection.engine is not _app_engine():
        return
    if options.get(CHECKED) or is_flushing():
        return
    if isinstance(clause, sa.TextClause):
        text = clause.text.lower()
        if any(name in text for name in tenant_tables()):
            raise TenancyError("Textual SQL is not run for a tenant.")
        return
    if isinstance(clause, sa.ClauseElement) and not core_is_clean(clause):
        raise TenancyError("A statement on a tenant's table went round the guard.")


def core_is_clean(clause: sa.ClauseElement) -> bool:
    """Whether a statement names no tenant's table at all."""
    guarded = tenant_tables()
    return not any(_table_names(element) & guarded for element in visitors.iterate(clause))


def _app_engine() -> sa.Engine | None:
    return session.session_factory.kw.get("bind")


def is_flushing() -> bool:
    """Whether the session writes right now, so that nobody has it flush again."""
    return session.registry.has() and bool(session()._flushing)  # noqa: SLF001 - no public way to ask


@event.listens_for(AppSession, "after_begin")
def _tell_database(current: AppSession, _transaction: object, connection: sa.Connection) -> None:
    tell_database(connection)


OWN_PLANS = sa.func.set_config("plan_cache_mode", sa.bindparam("plans"), sa.true())
"""Asked along with who comes in: pages are filtered by what is rare as well as by what is common, so what is read from
then on is planned for its own values; `plans` is what `plans()` says."""


def plans() -> str:
    """How what follows is planned: a step repeats its statements, a page asks once."""
    return "auto" if context.current().writes or is_writing() else "force_custom_plan"


def tell_database(connection: sa.Connection) -> None:
    """Set tenant and user for this database transaction; the policies read them. Never inside a savepoint.

    Plans are kept, until somebody has come in to read (`OWN_PLANS`).
    """
    acting = context.current()
    connection.exec_driver_sql(
        "select set_config('app.tenant_id', %s, true), set_config('app.user_id', %s, true),"
        " set_config('plan_cache_mode', 'auto', true)",
        (str(acting.tenant_id or ""), str(acting.user_id or "")),
    )


def enter(acting: context.Context) -> None:
    """Act as this context from now on, also in a database transaction that is open already."""
    context.enter(acting)
    if session.registry.has() and session().in_transaction():
        tell_database(session().connection())
