"""What the page of one report shows: its parameters, its rows, its picture and the ways it can be taken along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from erp import context
from erp.access import can
from erp.config import settings
from erp.data.organisation import company
from erp.i18n import _, format_number, ngettext
from erp.reports import running
from erp.reports.definitions import Report
from erp.reports.models import ReportVariant
from erp.reports.parameters import Chosen
from erp.reports.running import ReportTooLong
from erp.reports.totals import Totals, places_of
from erp.reports.variants import Kept
from erp.reports.wording import Wording
from erp.screens.report_charts import ChartView, chart_of
from erp.screens.report_inputs import ParameterInput, inputs
from erp.screens.report_tables import Drawing, Shown
from erp.web.shapes import Link, Tab

URL = "/reports/"
PLAIN = "0"
"""`variant=0`: what the report begins with, whatever the member asked last."""


@dataclass(frozen=True)
class ReportPage:
    """millrace/report.html."""

    title: str
    text: str
    url: str
    crumbs: Sequence[Link]
    inputs: Sequence[ParameterInput]
    tabs: Sequence[Tab] = ()
    keep: Sequence[tuple[str, str]] = ()
    """Arguments that go along with the parameters."""
    query: str = ""
    table: Shown | None = None
    chart: ChartView | None = None
    summary: str = ""
    notes: Sequence[str] = ()
    error: str = ""
    exports: Sequence[Link] = ()
    links: Sequence[Link] = ()
    may_share: bool = False
    variant: ReportVariant | None = None
    """The present one, where the member may change it."""


@dataclass(frozen=True)
class Asked:
    """What an address asks of a report."""

    report: Report
    args: Mapping[str, str]
    order: tuple[str, ...]
    kept: Kept
    variant: int = 0

    def query(self, chosen: Chosen, **more: str) -> str:
        """The arguments of the same parameters and order."""
        own = {"sort": self.order[0]} if self.order else {}
        own |= {"variant": str(self.variant)} if self.variant else {}
        args = {**chosen.args, **own, **more}
        return urlencode({name: text for name, text in args.items() if text})

    def address(self, chosen: Chosen, ending: str = "", **more: str) -> str:
        """The page, or what stands below it, of the same parameters and order."""
        query = self.query(chosen, **more)
        return f"{URL}{self.report.name}{ending}{f'?{query}' if query else ''}"


def asked_page(asked: Asked, errors: Mapping[str, str]) -> ReportPage:
    """The page while some parameters need correcting."""
    return _page(asked, inputs(asked.report, asked.args, errors))


def late_page(asked: Asked, chosen: Chosen, error: str) -> ReportPage:
    """The page of a report that takes too long; its files are written in the background."""
    return replace(_taken(asked, chosen), error=error)


def run_page(asked: Asked, chosen: Chosen) -> ReportPage:
    """The page with the report's rows, the first of them where there are more; raises as `running.opened` does."""
    report, most = asked.report, settings().report_rows
    with running.opened(report, chosen, order=asked.order, limit=most + 1) as found:
        rows = list(found)
    is_cut = len(rows) > most
    rows = rows[:most]
    whole = _whole(report, chosen, rows, is_cut=is_cut)
    wording = Wording(report, company().currency if context.current().company_id else "")
    wording.look(rows, whole)
    drawing = Drawing(report, chosen, wording)
    table = drawing.shown(rows, whole, is_cut=is_cut)
    heads = drawing.heads(asked.order, lambda sort: asked.address(chosen, sort=sort))
    return replace(
        _taken(asked, chosen),
        table=replace(table, heads=heads),
        chart=None if is_cut else chart_of(drawing, rows),
        summary=ngettext("One row", "%(num)s rows", whole.count) if whole is not None else "",
        notes=[_cut(most, whole)] if is_cut else [],
    )


def _whole(report: Report, chosen: Chosen, rows: Sequence[Sequence[Any]], *, is_cut: bool) -> Totals | None:
    """What all rows come to; None where counting them takes too long."""
    if is_cut:
        try:
            return running.summed(report, chosen)
        except ReportTooLong:
            return None
    whole = Totals(report, places_of(report.selected))
    for row in rows:
        whole.add(row)
    return whole


def _cut(most: int, whole: Totals | None) -> str:
    shown = format_number(most)
    if whole is None:
        return _("The first %(shown)s rows are shown; there are too many to count. A file has them all.", shown=shown)
    return _(
        "The first %(shown)s of %(count)s rows are shown; the totals are of all. A file has all of them.",
        shown=shown, count=format_number(whole.count),
    )  # fmt: skip


def _taken(asked: Asked, chosen: Chosen) -> ReportPage:
    """The page without its rows, with the ways to take it along."""
    page = _page(asked, inputs(asked.report, chosen.args, {}))
    query = asked.query(chosen)
    if not can("export", asked.report.right):
        return replace(page, query=query)
    exports = [
        Link(_("Excel"), asked.address(chosen, "/xlsx"), "file-type-xls"),
        Link(_("CSV"), asked.address(chosen, "/csv"), "file-type-csv"),
        Link(_("PDF"), asked.address(chosen, "/pdf"), "file-type-pdf"),
    ]
    links = [Link(_("By mail"), asked.address(chosen, "/mail"), "mail")]
    return replace(page, query=query, exports=exports, links=links)


def _page(asked: Asked, boxes: Sequence[ParameterInput]) -> ReportPage:
    report = asked.report
    url = f"{URL}{report.name}"
    tabs = [Tab(_("As it comes"), f"{url}?variant={PLAIN}", current=not asked.variant)]
    tabs += [
        Tab(each.name, f"{url}?variant={each.id}", current=each.id == asked.variant) for each in asked.kept.variants
    ]
    keep = [("sort", asked.order[0])] if asked.order else []
    keep += [("variant", str(asked.variant))] if asked.variant else []
    own = next((each for each in asked.kept.variants if each.id == asked.variant and each.may_change), None)
    return ReportPage(
        _(report.title), _(report.text), url, [Link(_("Reports"), URL)], boxes, tabs=tabs, keep=keep,
        may_share=can("share", "view"), variant=own,
    )  # fmt: skip
