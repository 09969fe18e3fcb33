"""The pages of reports: what there is, each report with its table, its variants and its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from flask import Response, flash, redirect, render_template, request
from flask_appbuilder import BaseView, expose
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from erp import prepare
from erp.errors import Invalid
from erp.i18n import _
from erp.reports import library, making, parameters, schedules, variants
from erp.reports.making import MEDIA, Wanted
from erp.reports.parameters import Chosen
from erp.reports.running import ReportTooLong
from erp.screens import report_filing, report_mailing, report_tiles
from erp.screens.filing import sent
from erp.screens.guard import members_only
from erp.screens.report_inputs import typed_args
from erp.screens.report_views import PLAIN, URL, Asked, asked_page, late_page, run_page
from erp.web.shapes import Empty, Link

Answer = str | BaseResponse | tuple[str, int]


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

    @expose("/tiles")
    @members_only
    def tiles(self) -> Response:
        """The figures and pictures of the overview."""
        answer = Response(render_template("millrace/_tiles.html", view=report_tiles.part()))
        answer.headers["Cache-Control"] = "private, max-age=60"
        return answer

    @expose("/<report>")
    @members_only
    def show(self, report: str) -> Answer:
        """A report, run with what the address says, else with what the member asked last."""
        asked = _asked(report, "show", request.args)
        try:
            chosen = parameters.chosen(asked.report, asked.args)
        except Invalid as error:
            return render_template("millrace/report.html", view=asked_page(asked, error.fields)), 422
        try:
            page = run_page(asked, chosen)
        except ReportTooLong as error:
            page = late_page(asked, chosen, error.message)
            return render_template("millrace/report.html", view=page), error.status
        _remember(asked, chosen)
        return render_template("millrace/report.html", view=page)

    @expose("/<report>/variants", methods=("POST",))
    @members_only
    def save(self, report: str) -> Answer:
        """Keep the parameters of a page under a name, or forget the variant it shows."""
        asked = _asked(report, "show", MultiDict(parse_qsl(request.form.get("query", "")[:4000])))
        url = f"{URL}{asked.report.name}"
        if request.form.get("do") == "remove":
            gone = variants.remove(asked.report, asked.variant)
            flash(_("The variant %(name)s is removed.", name=gone.name), "success")
            return redirect(f"{url}?variant={PLAIN}")
        chosen = parameters.chosen(asked.report, asked.args)
        args = {**chosen.args, **({"sort": asked.order[0]} if asked.order else {})}
        try:
            kept = variants.save(
                asked.report, request.form.get("name", ""), args, is_shared=bool(request.form.get("share"))
            )
        except Invalid as error:
            flash(" ".join(error.fields.values()), "danger")
            return redirect(asked.address(chosen))
        flash(_("The variant %(name)s is saved.", name=kept.name), "success")
        return redirect(f"{url}?variant={kept.id}")

    # -- by mail -----------------------------------------------------------------------------------------

    @expose("/<report>/mail", methods=("GET", "POST"))
    @members_only
    def mail(self, report: str) -> Answer:
        """When the report is sent, and to whom; a post adds to it."""
        is_post = request.method == "POST"
        sent_args = MultiDict(parse_qsl(request.form.get("query", "")[:4000])) if is_post else request.args
        asked = _asked(report, "export", sent_args)
        chosen, errors = parameters.chosen(asked.report, asked.args), {}
        if is_post:
            try:
                report_mailing.posted(asked.report, chosen)
            except Invalid as error:
                errors = dict(error.fields)
            else:
                flash(_("The report is sent by mail from now on."), "success")
                return redirect(f"{URL}{asked.report.name}/mail")
        typed = {**request.form.to_dict(), "readers": request.form.getlist("readers")}
        view = report_mailing.page(asked, chosen, errors, typed)
        return render_template("millrace/report_mailing.html", view=view), 422 if errors else 200

    @expose("/<report>/mail/<int:schedule_id>", methods=("POST",))
    @members_only
    def stop(self, report: str, schedule_id: int) -> Answer:
        """Send it no more."""
        schedules.stop(library.found(report, "export"), schedule_id)
        flash(_("It is not sent any more."), "success")
        return redirect(f"{URL}{report}/mail")

    # -- files -------------------------------------------------------------------------------------------

    @expose("/<report>/xlsx")
    @members_only
    def xlsx(self, report: str) -> Answer:
        """The report as a sheet."""
        return _file(report, "xlsx")

    @expose("/<report>/csv")
    @members_only
    def csv(self, report: str) -> Answer:
        """The report as CSV."""
        return _file(report, "csv")

    @expose("/<report>/pdf")
    @members_only
    def pdf(self, report: str) -> Answer:
        """The report on paper."""
        return _file(report, "pdf")

    @expose("/<report>/file", methods=("POST",))
    @members_only
    def start(self, report: str) -> Answer:
        """Leave a long file to a worker."""
        asked = _asked(report, "export", MultiDict(parse_qsl(request.form.get("query", "")[:4000])))
        ending = request.form.get("ending", "xlsx")
        if ending not in MEDIA:
            raise Invalid(fields={"ending": _("Choose one of the list.")})
        chosen = parameters.chosen(asked.report, asked.args)
        job = making.put(asked.report, chosen.args, ending, asked.order)
        return redirect(f"{URL}{asked.report.name}/file/{job.id}")

    @expose("/<report>/file/<int:job_id>")
    @members_only
    def made(self, report: str, job_id: int) -> str:
        """How far a long file is."""
        job = report_filing.own_job(report, job_id)
        return render_template("millrace/report_file.html", view=report_filing.page_of(job))

    @expose("/<report>/file/<int:job_id>/progress")
    @members_only
    def progress(self, report: str, job_id: int) -> dict[str, object]:
        """How far it is, for the page's script."""
        return report_filing.state_of(report_filing.own_job(report, job_id))

    @expose("/<report>/file/<int:job_id>/cancel", methods=("POST",))
    @members_only
    def cancel(self, report: str, job_id: int) -> Answer:
        """Take a long file back."""
        making.cancel(report_filing.own_job(report, job_id))
        flash(_("The file is not written any more."), "success")
        return redirect(f"{URL}{report}")

    @expose("/<report>/file/<int:job_id>/content")
    @members_only
    def content(self, report: str, job_id: int) -> Response:
        """The written file."""
        return sent(report_filing.file_of(report_filing.own_job(report, job_id)))


# -- what an address asks ----------------------------------------------------------------------------------


def _asked(name: str, verb: str, sent_args: MultiDict[str, str]) -> Asked:
    """What an address asks for; raises NotFound or Forbidden, or Invalid at `sort`."""
    report = library.found(name, verb)
    args = typed_args(report, sent_args)
    kept = variants.kept(report)
    variant_id = args.pop("variant", "")
    variant = kept.find(int(variant_id)) if variant_id.isdecimal() and int(variant_id[:18]) else None
    if variant is not None:
        args = {**variant.args, **args}
    elif not args and not variant_id:
        args = dict(kept.last)
    sort = args.pop("sort", "")
    if sort and report.column(sort.removeprefix("-")) is None:
        raise Invalid(fields={"sort": _("There is no such column.")})
    return Asked(report, args, (sort,) if sort else (), kept, 0 if variant is None else variant.id)


def _remember(asked: Asked, chosen: Chosen) -> None:
    """Keep what was asked for, where it is something else than the last time."""
    args = {**chosen.args, **({"sort": asked.order[0]} if asked.order else {})}
    if request.args and not asked.variant and args != dict(asked.kept.last):
        variants.remember(asked.report, args)


def _file(name: str, ending: str) -> Answer:
    """A short file at once; of a long one the page that offers to write it in the background."""
    asked = _asked(name, "export", request.args)
    chosen = parameters.chosen(asked.report, asked.args)
    made = report_filing.at_once(Wanted(asked.report, chosen, ending, asked.order))
    if made is not None:
        return made
    page = report_filing.offer(asked, chosen, ending)
    return render_template("millrace/report_file.html", view=page)
