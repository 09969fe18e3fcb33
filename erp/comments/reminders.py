"""Reminders: on a day somebody is told to look at a document again; an open item until somebody says it is done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from erp import clock, context, operations
from erp.access import Member
from erp.comments.messages import checked
from erp.data.base import repeated, session
from erp.data.tenancy import TenantScoped, key_to
from erp.documents.base import Record
from erp.documents.types import declared
from erp.errors import Invalid, NotFound, PluginAway
from erp.i18n import _
from erp.jobs import outbox, worker
from erp.jobs.claims import Claim
from erp.jobs.models import Job
from erp.notifications import may_see, notify

NOTE = 300
"""Letters of a reminder."""
MORNING = time(8, 0)
"""When a reminder comes, by the clock of the branch of who set it."""
FURTHEST = timedelta(days=3660)
KIND = "comments.remind"


class FollowUp(TenantScoped):
    """A reminder about a document for one member; it stays open until somebody says it is done."""

    __tablename__ = "follow_up"
    __table_args__ = (
        key_to("tenant_member", "member_id"),
        sa.Index(
            "follow_up_subject", "tenant_id", "subject", "subject_id", postgresql_where=sa.text("done_at is null")
        ),
        sa.Index("follow_up_mine", "tenant_id", "member_id", "due_on", postgresql_where=sa.text("done_at is null")),
    )
    subject: Mapped[str] = mapped_column(sa.String(60))
    subject_id: Mapped[int] = mapped_column(sa.BigInteger)
    note: Mapped[str] = mapped_column(sa.String(NOTE), default="")
    due_on: Mapped[date] = mapped_column()
    member_id: Mapped[int] = mapped_column(sa.BigInteger)
    member: Mapped[str] = mapped_column(sa.String(200))
    made_by: Mapped[str] = mapped_column(sa.String(200))
    made_by_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    made_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), default=lambda: clock.now())
    done_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    done_by: Mapped[str] = mapped_column(sa.String(200), default="")


def init() -> None:
    """Tell the worker who brings reminders."""
    worker.registry.handle(KIND, _bring)


@repeated
def add(type_name: str, row_id: int, *, member_id: int, due_on: date | None, note: str) -> FollowUp:
    """Remind oneself or a colleague of a document on a day; raises Invalid at `member`, `due_on` or `note`."""
    operations.get(type_name, row_id)
    acting = context.current()
    errors: dict[str, str] = {}
    member = session().get(Member, member_id)
    if member is None or not member.is_active or not may_see(member.id, (type_name, row_id)):
        errors["member"] = _("Choose a colleague who may see this.")
    today = clock.now().astimezone(ZoneInfo(acting.timezone)).date()
    if due_on is None:
        errors["due_on"] = _("Say on which day.")
    elif due_on < today:
        errors["due_on"] = _("This day is over. Choose today or a later one.")
    elif due_on > today + FURTHEST:
        errors["due_on"] = _("This day is too far away.")
    if len(note.strip()) > NOTE:
        errors["note"] = _("This is longer than %(most)s letters.", most=NOTE)
    if errors or member is None or due_on is None:
        raise Invalid(fields=errors)
    row = FollowUp(
        subject=type_name, subject_id=row_id, note=checked(note, NOTE, "note") if note.strip() else "",
        due_on=due_on, member_id=member.id, member=member.name, made_by=acting.name, made_by_id=acting.member_id,
    )  # fmt: skip
    session().add(row)
    session().flush()
    due_at = datetime.combine(due_on, MORNING, tzinfo=ZoneInfo(acting.timezone))
    outbox.put(
        Job(kind=KIND, key=_key(row), due_at=max(due_at, clock.now()), request={"follow_up": row.id},
            subject=type_name, subject_id=row_id)
    )  # fmt: skip
    return row


@repeated
def finish(follow_up_id: int) -> FollowUp:
    """Say that a reminder is done; whoever may see the document may say so."""
    row = session().get(FollowUp, follow_up_id, with_for_update=True)
    if row is None or row.subject not in declared():
        raise NotFound
    operations.get(row.subject, row.subject_id)
    if row.done_at is None:
        row.done_at, row.done_by = clock.now(), context.current().name
        outbox.cancel_like([_key(row)])
    return row


def _key(row: FollowUp) -> str:
    return f"follow_up:{row.id}:"


@repeated
def _bring(claim: Claim) -> None:
    """A reminder is due: its member is told, unless it is done."""
    row = session().get(FollowUp, claim.request["follow_up"], with_for_update=True)
    if row is not None and row.subject not in declared():
        raise PluginAway
    document = session().get(declared()[row.subject].cls, row.subject_id) if row is not None else None
    if row is not None and row.done_at is None and document is not None:
        notify(
            row.member_id, "follow_up_due", subject=(row.subject, row.subject_id),
            url=f"/{row.subject}/{row.subject_id}/messages", key=f"follow_up:{row.id}", document=document.called,
            excerpt=row.note if row.made_by_id == row.member_id else f"{row.made_by}: {row.note}".rstrip(": "),
        )  # fmt: skip
    worker.complete(claim)


def open_of(type_name: str, row_id: int) -> list[FollowUp]:
    """The open reminders of a document, the earliest first."""
    statement = sa.select(FollowUp).where(
        FollowUp.subject == type_name, FollowUp.subject_id == row_id, FollowUp.done_at.is_(None)
    )
    return list(session().scalars(statement.order_by(FollowUp.due_on, FollowUp.id)))


def mine(most: int) -> list[FollowUp]:
    """The open reminders of the acting member, the earliest first; none of a plugin that takes no part."""
    statement = sa.select(FollowUp).where(
        FollowUp.member_id == context.current().member_id,
        FollowUp.done_at.is_(None),
        FollowUp.subject.in_(sorted(declared())),
    )
    return list(session().scalars(statement.order_by(FollowUp.due_on, FollowUp.id).limit(most)))


def documents_of(rows: Sequence[FollowUp]) -> dict[tuple[str, int], Record]:
    """The documents of reminders, as far as they are there; one statement for each type."""
    by_type: dict[str, set[int]] = {}
    for row in rows:
        by_type.setdefault(row.subject, set()).add(row.subject_id)
    found: dict[tuple[str, int], Record] = {}
    for name, ids in by_type.items():
        cls = declared()[name].cls
        found |= {(name, each.id): each for each in session().scalars(sa.select(cls).where(cls.id.in_(ids)))}
    return found
