"""Who changed which field of what, from what to what: written in the same transaction as the change."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import event, orm
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from erp import clock, context
from erp.data.base import AppSession
from erp.data.tenancy import TenantScoped

UNTOLD = frozenset({
    "id", "tenant_id", "version", "created_at", "created_by", "updated_at", "updated_by", "position", "document_id",
    "company_id", "branch_id", "passed_states", "state_at",
})  # fmt: skip


class AuditEntry(TenantScoped):
    """One change of one row; `changes` maps a field to [before, after]."""

    __tablename__ = "audit_entry"
    __table_args__ = (sa.Index("audit_entry_subject", "tenant_id", "subject", "subject_id", "id"),)
    at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))
    user_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    actor: Mapped[str] = mapped_column(sa.String(200))
    source: Mapped[str] = mapped_column(sa.String(20))
    kind: Mapped[str] = mapped_column(sa.String(20))
    subject: Mapped[str] = mapped_column(sa.String(60))
    """Table name of the document the change belongs to; a line's changes are its document's."""
    subject_id: Mapped[int] = mapped_column(sa.BigInteger)
    item: Mapped[str] = mapped_column(sa.String(200), default="")
    """Which line, in words."""
    changes: Mapped[dict[str, list[Any]]] = mapped_column(JSONB, default=dict)
    batch_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    """The batch it was one change of."""


class Audited:
    """Mixin: field-level changes of this class are kept."""

    __audited__: ClassVar[bool] = True

    def audit_subject(self) -> tuple[str, int, str]:
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
        if key in UNTOLD or key.startswith("_"):
            continue
        history = state.attrs[key].history
        if kind == "created":
            value = plain(getattr(item, key))
            if value not in (None, "", {}):
                found[key] = [None, value]
        elif kind == "removed":
            found[key] = [plain(getattr(item, key)), None]
        elif history.has_changes():
            before, after = (plain(side[0]) if side else None for side in (history.deleted, history.added))
            if before != after:
                found[key] = [before, after]
    return found


@event.listens_for(AppSession, "after_flush")
def _collect(current: AppSession, _context: object) -> None:
    entries: list[dict[str, Any]] = []
    acting = context.current()
    if acting.source == "import":
        return
    kinds = (("created", current.new), ("changed", current.dirty), ("removed", current.deleted))
    for kind, items in kinds:
        for item in items:
            if not isinstance(item, Audited):
                continue
            changes = _changes(item, kind)
            if changes:
                entries.append(_entry(item, kind, changes, acting))
    if entries:
        current.connection().execute(sa.insert(AuditEntry), entries)


def _entry(item: Audited, kind: str, changes: dict[str, list[Any]], acting: context.Context) -> dict[str, Any]:
    subject, subject_id, line = item.audit_subject()
    return {
        "tenant_id": acting.tenant_id,
        "at": clock.now(),
        "user_id": acting.user_id,
        "actor": acting.name,
        "source": acting.source,
        "kind": kind,
        "subject": subject,
        "subject_id": subject_id,
        "item": line[:200],
        "changes": changes,
        "batch_id": acting.batch_id,
    }


def history(current: orm.Session | orm.scoped_session[AppSession], subject: str, subject_id: int) -> list[AuditEntry]:
    """All entries of a document, the newest first."""
    statement = (
        sa.select(AuditEntry)
        .where(AuditEntry.subject == subject, AuditEntry.subject_id == subject_id)
        .order_by(AuditEntry.id.desc())
        .limit(500)
    )
    return list(current.scalars(statement))
