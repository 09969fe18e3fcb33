"""Mail of notifications: what is due for a member in one letter, sent with one Message-ID however often it is tried."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import sqlalchemy as sa

from erp import access, clock, context
from erp.config import settings
from erp.data.base import repeated, session
from erp.i18n import _, format_datetime, ngettext
from erp.jobs import worker
from erp.jobs.claims import Claim
from erp.mail import Mail
from erp.mailbox import deliver
from erp.notifications.kinds import known, sentence
from erp.notifications.models import DROPPED, FAILED, SENT, WAITING, Notification
from erp.notifications.telling import MAIL_JOB, acting_as, is_visible

Door = Callable[[Notification], str]
_doors: dict[str, Door] = {}


def open_with(kind: str, door: Door) -> None:
    """Who writes the line of a mail that opens something for its reader alone; '' for none."""
    _doors[kind] = door


def init() -> None:
    """Tell the worker who sends this mail."""
    worker.registry.handle(MAIL_JOB, _run, _give_up)


def _run(claim: Claim) -> None:
    mail, is_private = _written(claim)
    told = deliver(mail, claim.key, is_private=is_private) if mail is not None else None
    _sent(claim, told)


@repeated
def _written(claim: Claim) -> tuple[Mail | None, bool]:
    """Take what is due for the member and write the letter, and whether it opens something; None for nothing to tell.

    What one job has taken stays its own, so that a repeat tells the same; what was read meanwhile, or may not be seen
    any more, falls out.
    """
    member_id = claim.request["member"]
    due = sa.and_(
        Notification.member_id == member_id, Notification.mail == WAITING, Notification.mail_due_at <= clock.now()
    )
    session().execute(
        sa.update(Notification)
        .where(due, Notification.mail_job_id.is_(None))
        .values(mail_job_id=claim.id)
        .execution_options(synchronize_session=False)
    )
    rows = list(session().scalars(_taken(claim).order_by(Notification.id)))
    with acting_as(member_id) as acting:
        for row in rows:
            row.mail = WAITING if acting is not None and _still_told(row) else DROPPED
        kept = [row for row in rows if row.mail == WAITING]
        address = access.address_of(member_id) if kept else ""
        if not kept or not address:
            return None, False
        doors = {row.id: door(row) for row in kept if (door := _doors.get(row.kind)) is not None}
        return _letter(kept, address, doors), any(doors.values())


def _taken(claim: Claim) -> sa.Select[Notification]:
    """What this job's mail tells and has not told yet."""
    return sa.select(Notification).where(
        Notification.mail_job_id == claim.id,
        Notification.member_id == claim.request["member"],
        Notification.mail.in_((WAITING, FAILED)),
    )


def _still_told(row: Notification) -> bool:
    if row.kind not in known() or (row.is_shown and row.read_at is not None):
        return False
    return row.subject_id is None or is_visible((row.subject, row.subject_id))


def _letter(rows: list[Notification], address: str, doors: Mapping[int, str]) -> Mail:
    """The letter in the reader's language."""
    base = settings().address
    told = [(sentence(known()[row.kind], row.values), row) for row in rows]
    parts = []
    for text, row in told:
        excerpt, door = row.values.get("excerpt", ""), doors.get(row.id, "")
        lines = [text, excerpt, format_datetime(row.at), f"{base}{row.url}", door]
        parts.append("\n".join(line for line in lines if line))
    many = ngettext("%(num)s notification", "%(num)s notifications", len(told))
    subject = told[0][0] if len(told) == 1 else many
    end = _("You choose what you are told, and how: %(address)s", address=f"{base}/notifications/preferences")
    text = "\n\n".join([_("Hello %(name)s,", name=context.current().name), *parts, end])
    return Mail(address, subject, f"{text}\n", language=context.current().language, at=_moment(rows))


def _moment(rows: list[Notification]) -> datetime:
    """The date of the mail: when the newest was to go out, the same at every try."""
    return max(row.mail_due_at or row.at for row in rows)


@repeated
def _sent(claim: Claim, told: dict[str, object] | None) -> None:
    """Note that it went out, in the transaction that marks the job done."""
    for row in session().scalars(_taken(claim)):
        row.mail = SENT if told is not None else DROPPED
    worker.complete(claim, told)


def _give_up(claim: Claim, _reason: str) -> None:
    """The mail could not be delivered: the program shows the notification, the console the job."""
    for row in session().scalars(_taken(claim)):
        row.mail, row.is_shown = FAILED, True
