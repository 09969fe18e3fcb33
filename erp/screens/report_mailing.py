"""The page on which a report is made to come by mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request

from erp import i18n
from erp.access import Member
from erp.data.base import session
from erp.errors import Invalid
from erp.forms.inputs import Choice, Input, Tick, Ticks
from erp.i18n import _
from erp.reports import schedules
from erp.reports.definitions import Report
from erp.reports.models import ReportSchedule
from erp.reports.parameters import Chosen
from erp.reports.schedules import RHYTHMS
from erp.reports.spans import SPANS
from erp.screens.report_views import URL, Asked
from erp.web.shapes import Link


@dataclass(frozen=True)
class MailingRow:
    """A schedule there is."""

    when: str
    readers: str
    ending: str
    next: str
    stop_url: str


@dataclass(frozen=True)
class MailingPage:
    """millrace/report_mailing.html."""

    title: str
    crumbs: Sequence[Link]
    url: str
    rows: Sequence[MailingRow]
    fields: Sequence[Input]
    readers: Ticks
    query: str
    asked: Sequence[tuple[str, str]]
    """What the report will be asked for, in words."""
    is_moving: bool
    """Whether its period moves on with the day."""


def page(asked: Asked, chosen: Chosen, errors: Mapping[str, str], typed: Mapping[str, Any]) -> MailingPage:
    """The schedules of a report and the form of one more."""
    report = asked.report
    url = f"{URL}{report.name}/mail"
    rhythms = [Choice(name, _(label)) for name, (label, _next) in RHYTHMS.items()]
    hours = [Choice(str(hour), i18n.digits(f"{hour:02}:00")) for hour in range(24)]
    endings = [Choice("xlsx", _("Excel")), Choice("pdf", _("PDF")), Choice("csv", _("CSV"))]
    fields = [
        _choice("rhythm", _("When"), rhythms, typed.get("rhythm", "daily"), errors),
        _choice("hour", _("At"), hours, typed.get("hour", "6"), errors),
        _choice("ending", _("As"), endings, typed.get("ending", "xlsx"), errors),
    ]
    wanted = typed.get("readers", ())
    ticks = [Tick(str(each.id), each.name, is_ticked=str(each.id) in wanted) for each in schedules.readers(report)]
    hint = _("Each gets what they may see themselves; who may not run it any more gets nothing.")
    return MailingPage(
        title=_("By mail: %(title)s", title=_(report.title)),
        crumbs=[Link(_("Reports"), URL), Link(_(report.title), asked.address(chosen))],
        url=url,
        rows=[_row(each, url) for each in schedules.of(report)],
        fields=fields,
        readers=Ticks("readers", _("To"), ticks, hint, errors.get("readers", "")),
        query=asked.query(chosen),
        asked=chosen.texts,
        is_moving=any(text in SPANS for text in chosen.args.values()),
    )


def _choice(name: str, label: str, choices: Sequence[Choice], value: str, errors: Mapping[str, str]) -> Input:
    return Input(name, label, "choice", value, required=True, choices=choices, error=errors.get(name, ""))


def _row(row: ReportSchedule, url: str) -> MailingRow:
    names = [member.name for each in row.readers if (member := session().get(Member, each)) is not None]
    when = _("%(when)s at %(hour)s", when=_(RHYTHMS[row.rhythm][0]), hour=i18n.digits(f"{row.hour:02}:00"))
    return MailingRow(
        when, _(", ").join(names), row.ending.upper(), i18n.format_datetime(row.due_at), f"{url}/{row.id}"
    )


def posted(report: Report, chosen: Chosen) -> ReportSchedule:
    """The schedule the form asks for; raises Invalid."""
    form = request.form
    hour, members = form.get("hour", ""), form.getlist("readers")
    if not all(each.isdecimal() and len(each) <= 18 for each in members):
        raise Invalid(fields={"readers": _("Choose from the list.")})
    return schedules.add(
        report, chosen.args, rhythm=form.get("rhythm", ""), ending=form.get("ending", ""),
        hour=int(hour) if hour.isdecimal() and len(hour) < 3 else -1, members=[int(each) for each in members],
    )  # fmt: skip
