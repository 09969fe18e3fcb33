"""The sessions and the one way to commit: `transaction()`; `system()` for the few who must see all tenants."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from threading import local
from typing import Any, ParamSpec, TypeVar

import sqlalchemy as sa
from flask_appbuilder import Model
from sqlalchemy import event
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction, scoped_session, sessionmaker

from erp import context
from erp.data import lent
from erp.data.terse import TerseCursor
from erp.errors import ErpError, Forbidden
from erp.i18n import _

P = ParamSpec("P")
R = TypeVar("R")

OWNER, APP, PLATFORM = "millrace_owner", "millrace_app", "millrace_platform"
DEADLOCKS = {"40P01", "40001"}
REPEATS = 4
WROTE = "wrote"
"""Mark of a connection whose open transaction has asked more than to read."""
IN_HAND = "in_hand"
ENTRIES = "entries"
LEFT = ("before", "after", ENTRIES)
"""Lists of what an open transaction leaves for its end: to be called before and after its commit, and its history."""
READS = frozenset({"select", "SELECT"})


class Tally(local):
    """What this thread has asked of the database since somebody last set it to nothing."""

    statements = 0


tally = Tally()


class Base(DeclarativeBase):
    """Every table of ours; shares metadata with Flask-AppBuilder's so that keys may point at its users."""

    metadata = Model.metadata
    registry = Model.registry


def mapped_classes() -> Iterator[type[Base]]:
    """Every class of ours that has its table; not one whose mapping was refused halfway."""
    pending: list[type[Base]] = [Base]
    while pending:
        for cls in pending.pop().__subclasses__():
            pending.append(cls)
            if sa.inspect(cls, raiseerr=False) is not None:
                yield cls


class AppSession(Session):
    """A request's or a job's session: one tenant, the app role, guarded."""

    def _refused(self, *_args: Any, **_kwargs: Any) -> None:
        raise ErpError("The legacy bulk API goes round the tenant guard; use insert().")

    bulk_save_objects = _refused
    bulk_insert_mappings = _refused
    bulk_update_mappings = _refused


class SystemSession(Session):
    """A session of the platform role."""


session: scoped_session[AppSession] = scoped_session(sessionmaker(class_=AppSession, expire_on_commit=False))
_platform: sessionmaker[SystemSession] = sessionmaker(class_=SystemSession, expire_on_commit=False)


class WriteOutsideTransaction(ErpError):
    """Something was about to be written outside `transaction()`; it was not."""


def engine_for(url: str, role: str, *, hurried: bool = False, **options: Any) -> sa.Engine:
    """An engine whose connections act as one of the three roles from their first statement on.

    When `hurried`, a commit does not wait for the disk: should the server die, its last moments are lost.
    """
    found = sa.create_engine(
        url,
        connect_args={
            "options": f"-c role={role} -c timezone=UTC{' -c synchronous_commit=off' if hurried else ''}",
            "cursor_factory": TerseCursor,
        },
        hide_parameters=True,  # an error that is logged names no values
        **options,
    )
    if not hurried:  # nobody stops the server while it is filled
        lent.look_after(found)
    return found


def connect(url: str, *, pool_size: int = 8, hurried: bool = False) -> None:
    """Bind the sessions of this process to a database; raises nothing until first used."""
    disconnect()
    session.configure(bind=engine_for(url, APP, hurried=hurried, pool_size=pool_size, max_overflow=8))
    _platform.configure(bind=engine_for(url, PLATFORM, pool_size=2, max_overflow=6))


@contextmanager
def connected(url: str) -> Iterator[None]:
    """Sessions bound to a database for one command; afterwards to whatever they were bound to before."""
    makers: Sequence[tuple[sessionmaker[Any], str]] = ((session.session_factory, APP), (_platform, PLATFORM))
    before = [maker.kw.get("bind") for maker, _role in makers]
    session.remove()
    for maker, role in makers:
        maker.configure(bind=engine_for(url, role, poolclass=sa.NullPool))
    try:
        yield
    finally:
        session.remove()
        for (maker, _role), bind in zip(makers, before, strict=True):
            maker.configure(bind=bind)


def disconnect() -> None:
    """Close every connection of this process, for a fork or the end."""
    session.remove()
    for maker in (session.session_factory, _platform):
        bind = maker.kw.get("bind")
        if bind is not None:
            bind.dispose()


def engine() -> sa.Engine:
    """The app role's engine."""
    bind: sa.Engine = session.session_factory.kw["bind"]
    return bind


@contextmanager
def reading() -> Iterator[sa.Connection]:
    """A connection beside the session's, in a transaction that sees one state of the rows and can write nothing.

    Where the session is bound to one connection, a savepoint of it, which is undone afterwards.
    """
    bind: sa.Engine | sa.Connection = engine()
    if isinstance(bind, sa.Connection):
        with bind.begin_nested() as part:
            bind.exec_driver_sql("set transaction read only")
            yield bind
            part.rollback()
        return
    with bind.connect() as fresh:
        connection = fresh.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            yield connection


@contextmanager
def alone() -> Iterator[sa.Connection]:
    """A connection beside the session's on which each statement is a transaction of its own, told everything by itself.

    Where the session is bound to one connection, that one.
    """
    bind: sa.Engine | sa.Connection = engine()
    if isinstance(bind, sa.Connection):
        yield bind
        return
    with bind.connect() as connection:
        yield connection.execution_options(isolation_level="AUTOCOMMIT")


def hold(rows: Iterable[object]) -> None:
    """Keep rows in hand until this transaction ends: a session forgets what nobody holds, and would read it again."""
    session().info.setdefault(IN_HAND, []).extend(rows)


def connections_in_use() -> int:
    """How many connections of the app role this process has lent to its threads."""
    pool = engine().engine.pool  # a test binds the session to one connection, whose engine this is
    return pool.checkedout() if isinstance(pool, sa.QueuePool) else 0


def is_writing() -> bool:
    """Whether a `transaction()` is open in this thread."""
    return bool(session().info.get("writing"))


@contextmanager
def transaction() -> Iterator[AppSession]:
    """Open the transaction or join the open one; commits at the end, rolls everything back on an error.

    Raises Forbidden for who may only read: there is no other way to write.
    """
    if context.current().is_read_only:
        raise Forbidden(_("This key may only read."))
    current = session()
    if current.info.get("writing"):
        yield current
        return
    current.info.update({"writing": True, **{name: [] for name in LEFT}})
    try:
        yield current
        _run_before_commit(current)
        current.commit()
    except BaseException:
        current.rollback()
        current.info.update(writing=False)
        raise
    current.info.update(writing=False)
    for callback in current.info["after"]:
        callback()


def _run_before_commit(current: AppSession) -> None:
    pending: list[tuple[int, int, Callable[[], None]]] = current.info["before"]
    while pending:
        pending.sort(key=lambda entry: entry[:2])
        pending.pop(0)[2]()
    current.flush()


def settle() -> None:
    """Do now what waits for the end of this transaction: what is read next is what will be committed."""
    _run_before_commit(session())


def before_commit(callback: Callable[[], None], *, order: int = 0) -> None:
    """Run at the end of this transaction, still inside it; the lower `order` first (gapless numbers are last)."""
    pending = session().info["before"]
    pending.append((order, len(pending), callback))


def tell_at_end(entries: Iterable[Mapping[str, Any]]) -> None:
    """Leave entries of history for the end of this transaction; raises WriteOutsideTransaction."""
    current = session()
    if not current.info.get("writing"):
        raise WriteOutsideTransaction
    current.info[ENTRIES].extend(entries)


def after_commit(callback: Callable[[], None]) -> None:
    """Run once this transaction is committed; never when it is rolled back."""
    session().info["after"].append(callback)


@contextmanager
def savepoint() -> Iterator[None]:
    """A part of the open transaction that may fail alone: what it wrote and what it left for the end are undone."""
    current = session()
    current.flush()  # what was changed before is not of this part, and a savepoint would write it first
    left = {name: list(current.info[name]) for name in LEFT}
    try:
        with current.begin_nested():
            yield
    except BaseException:
        for name, waiting in left.items():
            current.info[name][:] = waiting
        raise


def repeated(function: Callable[P, R]) -> Callable[P, R]:
    """Decorator: the function in a transaction, repeated whole when the database reports a deadlock."""

    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if is_writing():
            return function(*args, **kwargs)
        for left in range(REPEATS - 1, -1, -1):
            try:
                with transaction():
                    return function(*args, **kwargs)
            except OperationalError as error:
                session.remove()
                if left == 0 or getattr(error.orig, "sqlstate", None) not in DEADLOCKS:
                    raise
        raise AssertionError

    run.__name__, run.__doc__, run.__module__ = function.__name__, function.__doc__, function.__module__
    run.__wrapped__ = function  # type: ignore[attr-defined]
    return run


@contextmanager
def system() -> Iterator[SystemSession]:
    """A session of the platform role that sees all tenants, committed at the end; for house.md's short list only."""
    with _platform() as other, other.begin():
        yield other


@contextmanager
def platform() -> Iterator[sa.Connection]:
    """A connection of the platform role on which each statement commits by itself: one round trip for one claim."""
    bind: sa.Engine = _platform.kw["bind"]
    with bind.connect() as connection:
        yield connection.execution_options(isolation_level="AUTOCOMMIT")


def leave() -> None:
    """Close this thread's session; what only read is ended by a commit, what wrote and did not commit is undone.

    PostgreSQL keeps prepared statements either way, but the driver forgets them with a rollback: a page that ends with
    one has each of its statements parsed again.
    """
    # nothing was written: a transaction that cannot be ended any more is dropped with its connection
    with suppress(SQLAlchemyError):
        if session.registry.has() and _has_only_read(session()):
            session().commit()
    session.remove()


def _has_only_read(current: AppSession) -> bool:
    if not current.in_transaction() or not current.is_active or current.new or current.dirty or current.deleted:
        return False
    return not current.connection().info.get(WROTE)


@event.listens_for(sa.Engine, "begin")
def _begin(connection: sa.Connection) -> None:
    connection.info.pop(WROTE, None)


@event.listens_for(AppSession, "after_transaction_end")
def _let_go(current: AppSession, ended: SessionTransaction) -> None:
    if ended.parent is None:
        current.info.pop(IN_HAND, None)


@event.listens_for(sa.Engine, "before_cursor_execute")
def _count(connection: sa.Connection, _cursor: object, statement: str, *_told: Any) -> None:
    tally.statements += 1
    if statement[:6] not in READS:
        connection.info[WROTE] = True


@event.listens_for(AppSession, "before_flush")
def _refuse_outside(current: AppSession, _context: object, _instances: object) -> None:
    if current.info.get("writing"):
        return
    if current.new or current.deleted or any(current.is_modified(item) for item in current.dirty):
        raise WriteOutsideTransaction
