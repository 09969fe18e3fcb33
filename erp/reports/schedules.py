"""Reports that come by mail: daily, weekly or monthly, to members who may run them when the mail goes out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from erp import access, clock, context
from erp.access import Member
from erp.config import settings
from erp.data.base import repeated, session, transaction
from erp.data.organisation import each_tenant
from erp.errors import ErpError, Forbidden, Invalid, NotFound
from erp.i18n import N_, _
from erp.jobs import outbox, worker
from erp.jobs.claims import Claim
from erp.jobs.marks import every
from erp.jobs.models import Job
from erp.mail import Mail
from erp.mailbox import deliver
from erp.notifications.telling import acting_as
from erp.reports import making
from erp.reports.definitions import Report
from erp.reports.making import MEDIA
from erp.reports.models import ReportSchedule

KIND = "reports.mail"
MOST = 20
"""Schedules of one report."""
LARGEST = 8 * 1024 * 1024
"""Bytes of the largest file that goes along with a mail."""
RHYTHMS: Mapping[str, tuple[str, Callable[[date], date]]] = {
    "daily": (N_("Every day"), lambda day: day + timedelta(days=1)),
    "weekly": (N_("Every Monday"), lambda day: day + timedelta(days=7 - day.weekday())),
    "monthly": (N_("On the first of the month"), lambda day: (day.replace(day=1) + timedelta(days=32)).replace(day=1)),
}
"""What is stored -> (what people read, the next day after a day)."""


def due_after(rhythm: str, hour: int, zone: str, moment: datetime) -> datetime:
    """When a report is next sent after a moment: at an hour of its place."""
    here = moment.astimezone(ZoneInfo(zone))
    day = RHYTHMS[rhythm][1](here.date() - timedelta(days=1))
    due = datetime.combine(day, time(hour), ZoneInfo(zone))
    while due <= here:
        due = datetime.combine(RHYTHMS[rhythm][1](due.date()), time(hour), ZoneInfo(zone))
    return due.astimezone(UTC)


def of(report: Report) -> list[ReportSchedule]:
    """The schedules of a report the acting member made; all of them for who looks after background work."""
    statement = sa.select(ReportSchedule).where(ReportSchedule.report == report.name).order_by(ReportSchedule.id)
    if not access.can("list", "job"):
        statement = statement.where(ReportSchedule.member_id == context.current().member_id)
    return list(session().scalars(statement))


def readers(report: Report) -> list[Member]:
    """The members a report may be sent to: those whose roles give it to them as a file."""
    return access.colleagues_who_may("export", report.right, most=200)


@repeated
def add(
    report: Report, args: Mapping[str, str], *, rhythm: str, hour: int, ending: str, members: Collection[int]
) -> ReportSchedule:
    """Let a report come by mail; raises Invalid at `rhythm`, `hour`, `ending` or `readers`, Forbidden."""
    access.require("export", report.right)
    errors: dict[str, str] = {}
    for name, is_known in (
        ("rhythm", rhythm in RHYTHMS),
        ("ending", ending in MEDIA),
        ("hour", 0 <= hour < 24),
        ("readers", bool(members) and set(members) <= {each.id for each in readers(report)}),
    ):
        if not is_known:
            errors[name] = _("Choose from the list.")
    if errors:
        raise Invalid(fields=errors)
    if len(of(report)) >= MOST:
        raise Invalid(fields={"rhythm": _("This report is sent %(count)s times already; stop one.", count=MOST)})
    acting = context.current()
    row = ReportSchedule(
        report=report.name, member_id=acting.member_id, args=dict(args), ending=ending, rhythm=rhythm, hour=hour,
        timezone=acting.timezone, readers=sorted(set(members)),
        due_at=due_after(rhythm, hour, acting.timezone, clock.now()),
    )  # fmt: skip
    session().add(row)
    session().flush()
    return row


@repeated
def stop(report: Report, schedule_id: int) -> None:
    """Send a report no more; raises NotFound."""
    row = next((each for each in of(report) if each.id == schedule_id), None)
    if row is None:
        raise NotFound
    session().delete(row)


@every(timedelta(minutes=5))
def send_due() -> None:
    """Leave the mails of what is due to the workers, company by company."""
    for _tenant in each_tenant():
        with transaction():
            due = (
                sa.select(ReportSchedule).where(ReportSchedule.due_at <= clock.now()).with_for_update(skip_locked=True)
            )
            for row in session().scalars(due):
                for member_id in row.readers:
                    key = f"{KIND}:{row.id}:{member_id}:{row.due_at:%Y-%m-%dT%H}"
                    outbox.put(Job(kind=KIND, key=key, queue="long", request={"schedule": row.id, "member": member_id}))
                row.due_at = due_after(row.rhythm, row.hour, row.timezone, clock.now())


def _run(claim: Claim) -> None:
    """Send the report to one reader, with what they may see now; whoever may not run it any more is left out."""
    mail = _written(claim)
    told = deliver(mail, claim.key) if mail is not None else {"delivered": "nobody"}
    with transaction():
        worker.complete(claim, told)


def _written(claim: Claim) -> Mail | None:
    row = session().get(ReportSchedule, claim.request["schedule"])
    if row is None:
        return None
    with acting_as(claim.request["member"]) as acting:
        address = access.address_of(claim.request["member"])
        if acting is None or not address:
            return None
        request = {"report": row.report, "args": row.args, "ending": row.ending, "order": ()}
        try:
            wanted = making.read(request)
        except (NotFound, Forbidden, Invalid):
            # the report is gone, or is not theirs any more
            return None
        title, url = _(wanted.report.title), f"{settings().address}/reports/{row.report}"
        try:
            content = wanted.content()
        except ErpError as error:
            return Mail(address, title, f"{error.message}\n\n{url}\n", language=acting.language)
        lines = [_("Hello %(name)s,", name=acting.name), _("%(title)s is attached.", title=title)]
        attachments = [(wanted.name, content, MEDIA[row.ending])]
        if len(content) > LARGEST:
            lines[1] = _("%(title)s is too large for a mail. Open it here.", title=title)
            attachments = []
        lines += [*(f"{label}: {text}" for label, text in wanted.chosen.texts), url]
        return Mail(
            address, title, "\n\n".join(lines) + "\n", attachments=attachments, language=acting.language,
        )  # fmt: skip


def init() -> None:
    """Tell the worker who sends these mails."""
    worker.registry.handle(KIND, _run)
