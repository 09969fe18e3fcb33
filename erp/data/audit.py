"""Who changed which field of what, from what to what: written in the same transaction as the change."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar, NamedTuple

import sqlalchemy as sa
from sqlalchemy import event, orm
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.orm.attributes import get_history
from sqlalchemy.orm.base import PASSIVE_NO_INITIALIZE

from erp import clock, context
from erp.data import prepared
from erp.data.base import ENTRIES, AppSession, Base, session, tell_at_end
from erp.data.bulk import among, append_rows
from erp.data.tenancy import TenantScoped
from erp.errors import TenancyError

API_WRITE = "api_write"
"""Kind of the entry each request of a program leaves that writes something."""
UNTOLD = frozenset({
    "id", "tenant_id", "version", "created_at", "created_by", "updated_at", "updated_by", "position", "document_id",
    "record_id", "company_id", "branch_id", "passed_states", "state_at",
})  # fmt: skip


class AuditEntry(TenantScoped):
    """One change of one row; `changes` maps a field to [before, after]."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        sa.Index("audit_entry_subject", "tenant_id", "subject", "subject_id", "id"),
        sa.Index("audit_entry_at", "tenant_id", "at", "id"),
        sa.Index("audit_entry_user", "tenant_id", "user_id", "at", "id"),
        sa.Index("audit_entry_source", "tenant_id", "source", "at", "id"),
        sa.Index("audit_entry_kind", "tenant_id", "kind", "at", "id"),
        sa.Index("audit_entry_address", "tenant_id", "address", "at", "id", postgresql_where=sa.text("address <> ''")),
        sa.Index(
            "audit_entry_maker", "tenant_id", "user_id", "subject", "subject_id",
            postgresql_where=sa.text("kind = 'created' and item = ''"),
        ),
    )  # fmt: skip
    at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))
    user_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    actor: Mapped[str] = mapped_column(sa.String(200))
    source: Mapped[str] = mapped_column(sa.String(20))
    way: Mapped[str] = mapped_column(sa.String(40), default="", server_default="")
    """The session or key it was done with, as `session:12` or `key:3`."""
    address: Mapped[str] = mapped_column(sa.String(45), default="", server_default="")
    """Where the request came from."""
    kind: Mapped[str] = mapped_column(sa.String(20))
    subject: Mapped[str] = mapped_column(sa.String(60))
    """Table name of the document the change belongs to; a line's changes are its document's."""
    subject_id: Mapped[int] = mapped_column(sa.BigInteger)
    """0 where it is about nothing that has a row."""
    item: Mapped[str] = mapped_column(sa.String(200), default="")
    """Which line, in words."""
    changes: Mapped[dict[str, list[Any]]] = mapped_column(JSONB, default=dict)
    batch_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    """The batch it was one change of."""


COLUMNS = tuple(column.name for column in AuditEntry.__table__.columns if column.name not in {"id", "tenant_id"})


class PlatformEntry(Base):
    """Somebody tried to sign in and failed: kept for the whole installation, since nobody's tenant is known."""

    __tablename__ = "platform_entry"
    __table_args__ = (sa.Index("platform_entry_at", "at", "id"),)
    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))
    kind: Mapped[str] = mapped_column(sa.String(20))
    name: Mapped[str] = mapped_column(sa.String(200))
    """What was typed for a name; never what was typed for a password."""
    user_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    """Whose name it is, if anybody's."""
    source: Mapped[str] = mapped_column(sa.String(20))
    address: Mapped[str] = mapped_column(sa.String(45))
    device: Mapped[str] = mapped_column(sa.String(100))


class Called(NamedTuple):
    """What a row is called, where it need not be read for that before history is written."""

    cls: Any
    id: int


class Audited:
    """Mixin: field-level changes of this class are kept."""

    __audited__: ClassVar[bool] = True
    untold: ClassVar[frozenset[str]] = frozenset()
    """Columns whose changes say nothing to people."""
    is_part: ClassVar[bool] = False
    """Whether a row is more fields of its subject: making it changes that, and what it begins with says nothing."""

    def audit_subject(self) -> tuple[str, int, str | Called]:
        """(table, id, which line in words) the entry is filed under."""
        return type(self).__tablename__, self.id, ""  # type: ignore[attr-defined]


def plain(value: Any) -> Any:
    """A value as JSON keeps it."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return value


def _changes(item: Any, kind: str) -> dict[str, list[Any]]:
    state = sa.inspect(item)
    found: dict[str, list[Any]] = {}
    for attribute in state.mapper.column_attrs:
        key = attribute.key
        if key in UNTOLD or key in item.untold or key.startswith("_"):
            continue
        if kind == "changed" and key not in state.committed_state:  # nobody has set it since it was read or written
            continue
        if kind != "changed" and item.is_part and getattr(item, key) == _begins_with(attribute):
            continue
        if kind == "created":
            value = plain(getattr(item, key))
            if value not in (None, "", {}):
                found[key] = [None, value]
        elif kind == "removed":
            found[key] = [plain(getattr(item, key)), None]
        else:
            history = get_history(item, key, PASSIVE_NO_INITIALIZE)
            before, after = (plain(side[0]) if side else None for side in (history.deleted, history.added))
            if before != after:
                found[key] = [before, after]
    return found


def _begins_with(attribute: orm.ColumnProperty[Any]) -> Any:
    """What stands in a column of a new row nothing was said for."""
    default = attribute.columns[0].default
    return default.arg if isinstance(default, sa.ColumnDefault) and default.is_scalar else None


@event.listens_for(AppSession, "after_flush")
def _collect(current: AppSession, _context: object) -> None:
    acting = context.current()
    if acting.source == "import":
        return
    kinds = (("created", current.new), ("changed", current.dirty), ("removed", current.deleted))
    audited = [(kind, item) for kind, items in kinds for item in items if isinstance(item, Audited)]
    told = [(kind, item, changes) for kind, item in audited if (changes := _changes(item, kind))]
    if told:
        tell_at_end(_entry(item, "changed" if item.is_part else kind, changes) for kind, item, changes in told)


@event.listens_for(AppSession, "before_commit")
def _tell(current: AppSession) -> None:
    """All entries of a transaction are written by one statement at its end.

    The last one says which request of a program it was, whether or not what that does is audited itself.
    """
    if not current.info.get("writing") or current.in_nested_transaction():
        return
    acting = context.current()
    if acting.request and acting.tenant_id is not None:
        current.info[ENTRIES].append(values(API_WRITE, item=acting.request))
    _write(current)


@event.listens_for(sa.Engine, "before_cursor_execute")
def _write_before_read(connection: sa.Connection, _cursor: object, statement: str, *_told: Any) -> None:
    """Whoever asks for history within a transaction finds what it has told so far."""
    if AuditEntry.__tablename__ in statement and session.registry.has():
        current = session()
        if current.info.get("writing") and current.info[ENTRIES] and current.connection() is connection:
            _write(current)


def write_told() -> None:
    """Write what this transaction has told so far now: others wait for what comes after it."""
    _write(session())


def _write(current: AppSession) -> None:
    entries = list(current.info[ENTRIES])
    current.info[ENTRIES].clear()
    if any(entry["tenant_id"] != context.current().tenant_id for entry in entries):
        raise TenancyError("History of another tenant was refused.")
    if entries:
        names = _names({each for entry in entries if isinstance(each := entry["item"], Called)})
        append_rows(AuditEntry, COLUMNS, [{**each, "item": names.get(each["item"], each["item"])} for each in entries])


def _names(asked: Collection[Called]) -> Mapping[Any, str]:
    """What rows are called, for each class by one statement; whoever may change what they stand in may see that."""
    keys: dict[Any, list[int]] = {}
    for each in asked:
        keys.setdefault(each.cls, []).append(each.id)
    found: dict[Called, str] = {}
    with context.whole(), session().no_autoflush:
        for cls, wanted in keys.items():
            rows = prepared.rows(_titles(cls), {"keys": wanted})
            found |= {Called(cls, row.id): title[:200] for row in rows if (title := row[1])}
    return {each: found.get(each) or f"#{each.id}" for each in asked}


@cache
def _titles(cls: Any) -> sa.Select[*tuple[Any, ...]]:
    return sa.select(cls.id, getattr(cls, cls.title_field)).where(among(cls.id, "keys"))


def _entry(item: Audited, kind: str, changes: dict[str, list[Any]]) -> dict[str, Any]:
    subject, subject_id, line = item.audit_subject()
    return values(kind, subject, subject_id, item=line, changes=changes)


def values(kind: str, subject: str = "", subject_id: int = 0, **more: Any) -> dict[str, Any]:
    """The columns of an entry about the actor, for an insert; `more` says what differs."""
    acting = context.current()
    found = {
        "tenant_id": acting.tenant_id,
        "at": clock.now(),
        "user_id": acting.user_id,
        "actor": acting.name,
        "source": acting.source,
        "way": acting.way,
        "address": acting.address[:45],
        "kind": kind,
        "subject": subject,
        "subject_id": subject_id,
        "item": "",
        "changes": {},
        "batch_id": acting.batch_id,
    } | more
    item = found["item"]
    return found | {"item": item if isinstance(item, Called) else item[:200], "actor": found["actor"][:200]}


def note(kind: str, subject: str = "", subject_id: int = 0, /, *, item: str = "", **changes: list[Any]) -> None:
    """Keep that something was done that is no change of an audited row; `changes` maps a name to [before, after].

    Written in the open transaction of the acting tenant.
    """
    tell_at_end([values(kind, subject, subject_id, item=item, changes=changes)])


def history(current: orm.Session | orm.scoped_session[AppSession], subject: str, subject_id: int) -> list[AuditEntry]:
    """All entries of a document, the newest first."""
    statement = (
        sa.select(AuditEntry)
        .where(AuditEntry.subject == subject, AuditEntry.subject_id == subject_id)
        .order_by(AuditEntry.id.desc())
        .limit(500)
    )
    return list(current.scalars(statement))


def maker_of(subject: str, subject_id: int) -> int | None:
    """The user who made a document, None when a program or an import did."""
    statement = sa.select(AuditEntry.user_id).where(
        AuditEntry.subject == subject, AuditEntry.subject_id == subject_id, AuditEntry.kind == "created"
    )
    return session().scalar(statement.order_by(AuditEntry.id).limit(1))
