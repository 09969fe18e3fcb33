"""The pages of reports: what there is, and each report with its parameters, its table and its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from flask import Response, render_template, request
from flask_appbuilder import BaseView, expose

from erp import context, prepare
from erp.access import can
from erp.config import settings
from erp.data.organisation import company
from erp.errors import Invalid
from erp.i18n import _, format_number, ngettext
from erp.reports import files, library, parameters, running
from erp.reports.definitions import Report
from erp.reports.parameters import Chosen
from erp.reports.running import ReportTooLong
from erp.reports.totals import Totals, places_of
from erp.screens import report_tables
from erp.screens.guard import members_only
from erp.screens.report_inputs import ParameterInput, inputs, typed_args
from erp.screens.report_tables import Drawing, Shown
from erp.web.shapes import Empty, Link

URL = "/reports/"
OWN = frozenset({"sort"})
"""Arguments of a report's address that are no parameters."""


@dataclass(frozen=True)
class ReportGroup:
    """The reports of one plugin."""

    label: str
    links: Sequence[Link]


@dataclass(frozen=True)
class ReportList:
    """millrace/reports.html."""

    groups: Sequence[ReportGroup]
    empty: Empty | None = None


@dataclass(frozen=True)
class ReportPage:
    """millrace/report.html."""

    title: str
    text: str
    url: str
    crumbs: Sequence[Link]
    inputs: Sequence[ParameterInput]
    sort: str = ""
    table: Shown | None = None
    summary: str = ""
    notes: Sequence[str] = ()
    error: str = ""
    exports: Sequence[Link] = ()


@dataclass(frozen=True)
class Asked:
    """What an address asks of a report."""

    report: Report
    args: Mapping[str, str]
    order: tuple[str, ...] = ()

    def address(self, chosen: Chosen, ending: str = "", **more: str) -> str:
        """The page, or a file, of the same parameters and order."""
        args = {**chosen.args, **({"sort": self.order[0]} if self.order else {}), **more}
        query = urlencode({name: text for name, text in args.items() if text})
        return f"{URL}{self.report.name}{ending}{f'?{query}' if query else ''}"


class Reports(BaseView):
    """`/reports/`."""

    route_base = "/reports"
    default_view = "list"

    @expose("/")
    @members_only
    def list(self) -> str:
        """What the member may run, by plugin."""
        plugins = prepare.loaded()
        groups: dict[str, list[Link]] = {}
        for report in library.allowed():
            link = Link(_(report.title), f"{URL}{report.name}", report.icon, _(report.text))
            groups.setdefault(report.plugin, []).append(link)
        ordered = sorted(groups.items(), key=lambda each: plugins[each[0]].cls.order)
        found = [ReportGroup(_(plugins[name].title), links) for name, links in ordered]
        empty = None if found else Empty(_("None of your roles may run a report. Ask who gives out roles."))
        return render_template("millrace/reports.html", view=ReportList(found, empty))

    @expose("/<report>")
    @members_only
    def show(self, report: str) -> tuple[str, int]:
        """A report, run with what the address says."""
        asked = _asked(report, "show")
        try:
            chosen = parameters.chosen(asked.report, asked.args)
        except Invalid as error:
            page = _page(asked, inputs(asked.report, asked.args, error.fields))
            return render_template("millrace/report.html", view=page), 422
        try:
            page = _run(asked, chosen)
        except ReportTooLong as error:
            page = _page(asked, inputs(asked.report, chosen.args, {}), chosen, error=error.message)
            return render_template("millrace/report.html", view=page), error.status
        return render_template("millrace/report.html", view=page), 200

    @expose("/<report>/xlsx")
    @members_only
    def xlsx(self, report: str) -> Response:
        """The report as a sheet."""
        asked = _asked(report, "export")
        chosen = parameters.chosen(asked.report, asked.args)
        with files.xlsx_of(asked.report, chosen, order=asked.order) as path:
            return sent(path.read_bytes(), files.name_of(asked.report, "xlsx"), files.XLSX)

    @expose("/<report>/csv")
    @members_only
    def csv(self, report: str) -> Response:
        """The report as CSV."""
        asked = _asked(report, "export")
        chosen = parameters.chosen(asked.report, asked.args)
        content = b"".join(files.csv_of(asked.report, chosen, order=asked.order))
        return sent(content, files.name_of(asked.report, "csv"), "text/csv; charset=utf-8")


def sent(content: bytes, name: str, media_type: str) -> Response:
    """A file somebody asked for."""
    answer = Response(content, content_type=media_type)
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    answer.headers["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _asked(name: str, verb: str) -> Asked:
    """What the address asks for; raises NotFound or Forbidden, or Invalid at `sort`."""
    report = library.found(name, verb)
    args = typed_args(report, request.args)
    sort = args.pop("sort", "")
    if sort and report.column(sort.removeprefix("-")) is None:
        raise Invalid(fields={"sort": _("There is no such column.")})
    return Asked(report, args, (sort,) if sort else ())


def _page(asked: Asked, boxes: Sequence[ParameterInput], chosen: Chosen | None = None, **more: Any) -> ReportPage:
    report = asked.report
    exports: list[Link] = []
    if chosen is not None and can("export", report.right):
        exports = [
            Link(_("Excel"), asked.address(chosen, "/xlsx"), "file-type-xls"),
            Link(_("CSV"), asked.address(chosen, "/csv"), "file-type-csv"),
        ]
    return ReportPage(
        _(report.title), _(report.text), f"{URL}{report.name}", [Link(_("Reports"), URL)], boxes,
        sort=next(iter(asked.order), ""), exports=exports, **more,
    )  # fmt: skip


def _run(asked: Asked, chosen: Chosen) -> ReportPage:
    """The page with the report's rows, the first of them where there are more than a page shows."""
    report, most = asked.report, settings().report_rows
    with running.opened(report, chosen, order=asked.order, limit=most + 1) as found:
        rows = list(found)
    is_cut = len(rows) > most
    rows, notes = rows[:most], []
    whole: Totals | None = Totals(report, places_of(report.selected))
    if is_cut:
        try:
            whole = running.summed(report, chosen)
        except ReportTooLong:
            whole = None
        notes.append(_cut(most, whole))
    else:
        for row in rows:
            whole.add(row)  # type: ignore[union-attr] # made above
    own = company().currency if context.current().company_id else ""
    drawing = Drawing(report, chosen, own)
    table = drawing.shown(rows, whole, (), is_cut=is_cut)
    heads = report_tables.heads(drawing, asked.order, lambda sort: asked.address(chosen, sort=sort))
    table = Shown(heads, table.rows, table.totals, table.lead, table.count)
    return _page(
        asked, inputs(report, chosen.args, {}), chosen, table=table, notes=notes,
        summary=ngettext("One row", "%(num)s rows", table.count) if whole is not None else "",
    )  # fmt: skip


def _cut(most: int, whole: Totals | None) -> str:
    shown = format_number(most)
    if whole is None:
        return _(
            "The first %(shown)s rows are shown; there are too many to count while you wait. A file has all of them.",
            shown=shown,
        )
    return _(
        "The first %(shown)s of %(count)s rows are shown; the totals are of all. A file has all of them.",
        shown=shown, count=format_number(whole.count),
    )  # fmt: skip
