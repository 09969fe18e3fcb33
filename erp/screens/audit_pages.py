"""The audit explorer: who did what, when and from where; found by chips, read in words, taken out as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

import sqlalchemy as sa
from flask import Response, flash, redirect, render_template, request
from flask_appbuilder import BaseView, expose
from werkzeug.wrappers import Response as BaseResponse

from erp import clock, context, i18n
from erp.access import Member, can, require
from erp.auditing import files, keeping, telling
from erp.auditing.queries import PAGE, SUBJECT, AuditQuery, token
from erp.auditing.telling import Told
from erp.context import Context
from erp.data.audit import PlatformEntry
from erp.data.base import session, system
from erp.data.files import File
from erp.documents.periods import PERIODS
from erp.documents.types import declared
from erp.errors import Invalid, NotFound
from erp.forms.inputs import Choice, Input
from erp.i18n import _
from erp.jobs.models import DONE, FAILED, Job
from erp.screens import words
from erp.screens.exporting import ExportPage, state_of
from erp.screens.filing import sent
from erp.screens.filters import Chip, FilterPart
from erp.screens.guard import members_only
from erp.web.shapes import Face, Link, Tab

URL = "/audit/"
INSTALLATION = "installation"
MOST_CHANGES = 3
"""Fields that are told without opening a row."""


@dataclass(frozen=True)
class AuditRow:
    """One entry as the list shows it."""

    told: Told
    face: Face
    who: str
    by_url: str
    """The same list of this person only."""
    count: str
    """How many fields changed, when not all are told at once."""


@dataclass(frozen=True)
class AuditView:
    """millrace/audit.html."""

    rows: Sequence[AuditRow]
    chips: Sequence[Chip]
    filter_url: str
    clear_url: str = ""
    csv_url: str = ""
    next_url: str = ""
    first_url: str = ""
    """The newest entries, on later pages."""
    errors: Sequence[str] = ()
    empty: str = ""
    kept: str = ""
    """How long the audit is kept, in words."""
    days: Input | None = None
    """Where who may changes that."""
    tabs: Sequence[Tab] = ()


@dataclass(frozen=True)
class AttemptsView:
    """millrace/attempts.html: failed attempts to sign in, of the whole installation."""

    rows: Sequence[PlatformEntry]
    tabs: Sequence[Tab]
    next_url: str = ""


def _url(query: AuditQuery, path: str = URL, **more: str) -> str:
    args = query.args() | more
    return f"{path}?{urlencode(args)}" if args else path


def _names() -> Mapping[str, str]:
    """What the conditions are called."""
    return {
        "who": _("Who"), "kind": _("What"), "within": _("Period"), "since": _("From"), "until": _("Until"),
        "type": _("Kind of thing"), "number": _("Document number"), "source": _("Way in"), "address": _("Address"),
    }  # fmt: skip


def _offered(name: str) -> dict[str, str]:
    """The values of a condition one chooses from, empty for those one types."""
    if name == "who":
        members = session().execute(sa.select(Member.user_id, Member.name).order_by(Member.name).limit(500))
        return {str(row.user_id): row.name for row in members}
    if name == "type":
        things = {each: telling.subject_name(each) for each in (*declared(), *telling.SUBJECTS)}
        return dict(sorted(things.items(), key=lambda pair: pair[1]))
    found = {
        "kind": {kind: telling.kind_name(kind) for kind in telling.KINDS},
        "source": {source: telling.source_name(source) for source in telling.SOURCES},
        "within": {period: str(label) for period, (label, _days) in PERIODS.items() if not period.startswith("next")},
    }
    return found.get(name, {})


def _said(query: AuditQuery, name: str) -> str:
    """The value of a condition in words."""
    value = getattr(query, name)
    if name in {"since", "until"}:
        return i18n.format_date(value)
    return _offered(name).get(str(value), str(value))


def _chips(query: AuditQuery) -> list[Chip]:
    labels = _names()
    return [
        Chip(labels[name], _said(query, name), _url(query, f"{URL}filter", field=name), _url(query.without(name)))
        for name in query.args()
    ]


def _row(each: Told, query: AuditQuery) -> AuditRow:
    entry = each.entry
    acting = context.current()
    face = words.face_of(entry.actor, me=acting.name, how=entry.source)
    by = replace(query, who=entry.user_id or 0, after=None) if entry.user_id else None
    count = len(each.changes)
    return AuditRow(
        told=each,
        face=face,
        who=entry.actor or _("Automatic"),
        by_url=_url(by) if by is not None else "",
        count=i18n.format_number(count) if count > MOST_CHANGES else "",
    )


def _tabs(current: str) -> list[Tab]:
    """Only who looks after the installation has a choice."""
    if not can("list", INSTALLATION):
        return []
    found = [Tab(_("This company"), URL, current=current == "company")] if can("list", SUBJECT) else []
    return [*found, Tab(_("Failed sign-ins"), f"{URL}sign-ins", current=current == "sign-ins")]


def _kept() -> str:
    days = keeping.days()
    return _("Kept for %(days)s days", days=i18n.format_number(days)) if days else _("Kept for ever")


def _days_input(text: str | None = None, error: str = "") -> Input | None:
    if not can("edit", "setting"):
        return None
    days = keeping.days()
    value = (str(days) if days else "") if text is None else text
    return Input("days", _("Keep entries for so many days"), "integer", value, error=error, hint=_("Empty: for ever."))


class Audit(BaseView):
    """`/audit/`."""

    route_base = "/audit"
    default_view = "index"

    @expose("/")
    @members_only
    def index(self) -> str | tuple[str, int]:
        """The newest entries first, narrowed by conditions."""
        require("list", SUBJECT)
        return self._list()

    def _list(self, days: Input | None = None) -> str | tuple[str, int]:
        errors: list[str] = []
        try:
            query = AuditQuery.parse(request.args)
        except Invalid as error:
            errors = list(error.fields.values())
            query = AuditQuery.parse({k: v for k, v in request.args.items() if k not in error.fields})
        entries = query.page()
        more, entries = len(entries) > PAGE, entries[:PAGE]
        view = AuditView(
            rows=[_row(each, query) for each in telling.told(entries)],
            chips=_chips(query),
            filter_url=_url(query, f"{URL}filter"),
            clear_url=URL if query.args() else "",
            csv_url=_url(query, f"{URL}export.csv") if can("export", SUBJECT) else "",
            next_url=_url(query, after=token(entries[-1])) if more else "",
            first_url=_url(query) if query.after is not None else "",
            errors=errors,
            empty=_("Nothing was done that fits.") if query.args() else _("Nothing was done yet."),
            kept=_kept(),
            days=days or _days_input(),
            tabs=_tabs("company"),
        )
        page = render_template("millrace/audit.html", view=view)
        wrong = bool(errors) or (days is not None and bool(days.error))
        return (page, 422) if wrong else page

    @expose("/keep", methods=("POST",))
    @members_only
    def keep(self) -> str | BaseResponse | tuple[str, int]:
        """For how many days entries are kept."""
        require("list", SUBJECT)
        text = request.form.get("days", "")
        try:
            keeping.keep(text)
        except Invalid as error:
            return self._list(_days_input(text, error.fields["days"]))
        flash(_("Saved."), "success")
        return redirect(URL)

    @expose("/filter")
    @members_only
    def filter(self) -> str | BaseResponse | tuple[str, int]:
        """The drawer in which a condition is made; `set` leads back to the list, or says what does not fit."""
        require("list", SUBJECT)
        part = _part_of(request.args)
        if isinstance(part, str):
            # the drawer's script goes there itself; following a redirect it would load the list twice
            return Response(headers={"X-Location": part}) if request.args.get("part") else redirect(part)
        template = part.template if request.args.get("part") else "millrace/part.html"
        return render_template(template, view=part), 422 if part.error else 200

    @expose("/export.csv")
    @members_only
    def export_csv(self) -> Response | BaseResponse | str:
        """What is filtered, as CSV; a long one is offered to be written in the background."""
        require("export", SUBJECT)
        query = replace(AuditQuery.parse(request.args), after=None)
        if query.is_longer_than(files.AT_ONCE):
            more = _("This file has more than %(count)s rows.", count=i18n.format_number(files.AT_ONCE))
            meanwhile = _("It is written while you go on working.")
            page = ExportPage(
                title=_("Export of the audit"), crumbs=[Link(_("Audit"), URL)], percent=0,
                progress=f"{more} {meanwhile}",
                start_url=f"{URL}export", query=urlencode(query.args()),
            )  # fmt: skip
            return render_template("millrace/export.html", view=page)
        files.note(query)
        answer = Response(_in_the_name_of(context.current(), query), content_type="text/csv; charset=utf-8")
        answer.headers["Content-Disposition"] = f'attachment; filename="audit-{clock.now():%Y-%m-%d}.csv"'
        return answer

    @expose("/export", methods=("POST",))
    @members_only
    def start(self) -> BaseResponse:
        """Leave a long file to a worker."""
        require("export", SUBJECT)
        query = AuditQuery.parse(dict(parse_qsl(request.form.get("query", "")[:4000])))
        files.note(query)
        return redirect(f"{URL}export/{files.put(query).id}")

    @expose("/export/<int:job_id>")
    @members_only
    def written(self, job_id: int) -> str:
        """How far a long file is."""
        job = _own(job_id)
        page = ExportPage(
            title=_("Export of the audit"),
            crumbs=[Link(_("Audit"), URL)],
            percent=100 if job.state == DONE else 0,
            progress=_("The file is ready.") if job.state == DONE else _("Waiting"),
            progress_url="" if job.is_over else f"{URL}export/{job.id}/progress",
            error=_("The file could not be written. Try again.") if job.state == FAILED else "",
            links=[Link(_("Download the file"), f"{URL}export/{job.id}/file", "download")] if job.state == DONE else [],
        )
        return render_template("millrace/export.html", view=page)

    @expose("/export/<int:job_id>/progress")
    @members_only
    def progress(self, job_id: int) -> dict[str, object]:
        """How far it is, for the page's script."""
        return state_of(_own(job_id))

    @expose("/export/<int:job_id>/file")
    @members_only
    def file(self, job_id: int) -> Response:
        """The written file."""
        job = _own(job_id)
        found = session().get(File, job.result["file"]) if job.state == DONE else None
        if found is None:
            raise NotFound(_("This file is not ready yet."))
        return sent(found)

    @expose("/sign-ins")
    @members_only
    def sign_ins(self) -> str:
        """Failed attempts to sign in, of names nobody has too."""
        require("list", INSTALLATION)
        before = request.args.get("before", "")
        wanted = sa.select(PlatformEntry).order_by(PlatformEntry.id.desc()).limit(PAGE + 1)
        if before.isdecimal() and len(before) <= 18:
            wanted = wanted.where(PlatformEntry.id < int(before))
        with system() as current:
            rows = list(current.scalars(wanted))
        more, rows = len(rows) > PAGE, rows[:PAGE]
        view = AttemptsView(rows, _tabs("sign-ins"), f"{URL}sign-ins?before={rows[-1].id}" if more else "")
        return render_template("millrace/attempts.html", view=view)


def _own(job_id: int) -> Job:
    """A file of the acting member; raises NotFound."""
    require("export", SUBJECT)
    job = session().get(Job, job_id)
    if job is None or job.kind != files.KIND or job.subject_id != context.current().member_id:
        raise NotFound
    return job


def _in_the_name_of(acting: Context, query: AuditQuery) -> Iterator[bytes]:
    """The chunks, read after the request is over: its context and session are gone by then."""
    before = context.current()
    context.enter(acting)
    try:
        yield from files.csv_of(query)
    finally:
        session.remove()
        context.enter(before)


def _part_of(args: Mapping[str, str]) -> FilterPart | str:
    """The drawer: which condition, then what is asked of it; or the address of the list that has it."""
    labels, name = _names(), args.get("field", "")
    error, typed = "", args.get("value", "").strip()
    own = {each: value for each, value in args.items() if each not in {"field", "value", "set", "part"}}
    if name not in labels:
        kept = AuditQuery.parse(own)
        links = [Link(label, _url(kept, f"{URL}filter", field=each)) for each, label in labels.items()]
        return FilterPart(_("Filter"), URL, crumbs=[Link(_("Audit"), _url(kept))], fields=links)
    if args.get("set"):
        try:
            return _url(AuditQuery.parse({**own, name: typed}))
        except Invalid as refusal:
            error = " ".join(refusal.fields.values())
            own.pop(name, None)
    query = AuditQuery.parse(own)
    value = typed or query.args().get(name, "")
    choices = [Choice(each, label, current=each == value) for each, label in _offered(name).items()]
    text = None
    if not choices:
        kind = "date" if name in {"since", "until"} else "text"
        shown = i18n.input_date(getattr(query, name)) if kind == "date" and not typed else value
        text = Input("value", labels[name], kind, shown, error=error)
    return FilterPart(
        labels[name],
        f"{URL}filter",
        crumbs=[Link(_("Audit"), _url(query))],
        keep=[*query.without(name).args().items(), ("field", name)],
        boxes=choices,
        is_single=True,
        value=text,
        error=error,
        remove_url=_url(query.without(name)) if name in query.args() else "",
    )
