"""`/incidents/`: everything that is stuck, by cause, decided about one by one or all of a cause at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask import flash, redirect, render_template, request
from flask_appbuilder import BaseView, expose
from werkzeug.wrappers import Response

from erp import batches, i18n, operations
from erp.access import can, require
from erp.data.base import session
from erp.documents.types import declared, document_type
from erp.errors import Conflict, Invalid, NotFound
from erp.forms import bind
from erp.forms.inputs import Section
from erp.i18n import N_, _, format_number
from erp.screens.editing import FormPage
from erp.screens.guard import members_only
from erp.web.shapes import Empty, Link, State, Tab
from erp.workflow.models import OPEN, WorkflowIncident
from erp.workflow.operating import causes, incidents
from erp.workflow.operating.causes import Cause

Answer = Response | str | tuple[str, int]
RESOLUTIONS: Mapping[str, tuple[str, str]] = {
    "retry": ("move", N_("Tried again")),
    "corrected": ("move", N_("Put right and tried again")),
    "skip": ("wait", N_("Skipped")),
    "error_path": ("wait", N_("Error path taken")),
    "dropped": ("done", N_("No longer needed")),
}


@dataclass(frozen=True)
class CauseRow:
    """What is stuck for one reason."""

    process: str
    step: str
    cause: str
    count: str
    since: str
    url: str


@dataclass(frozen=True)
class IncidentRow:
    """One that is stuck, or was."""

    document: Link | None
    step: str
    reason: str
    at: datetime
    state: State | None = None
    by: str = ""
    note: str = ""


@dataclass(frozen=True)
class IncidentsView:
    """millrace/incidents.html."""

    tabs: Sequence[Tab]
    filters: Sequence[Tab] = ()
    causes: Sequence[CauseRow] = ()
    rows: Sequence[IncidentRow] = ()
    empty: Empty | None = None
    next_url: str = ""


@dataclass(frozen=True)
class CauseView:
    """millrace/incident_cause.html: all that is stuck for one reason, and what may be done about all of it."""

    title: str
    crumbs: Sequence[Link]
    cause: str
    count: str
    rows: Sequence[IncidentRow]
    action: str = ""
    """Where a decision about all goes; '' for who may not."""
    skips: bool = False
    ways: Sequence[tuple[str, str]] = ()
    reason: str = ""
    errors: Sequence[str] = ()
    note: str = ""
    next_url: str = ""


class IncidentConsole(BaseView):
    """Everything of the company."""

    route_base = "/incidents"
    default_view = "index"

    @expose("/")
    @members_only
    def index(self) -> str:
        """What is stuck, by cause; `?state=decided` for what was decided about."""
        counts = causes.counts()
        process = request.args.get("process", "")
        process = process if process in causes.types() else ""
        is_open = request.args.get("state") != "decided"
        view = _open(counts, process) if is_open else _decided(counts, process)
        return render_template("millrace/incidents.html", view=view)

    @expose("/like/<int:incident_id>", methods=("GET", "POST"))
    @members_only
    def like(self, incident_id: int) -> Answer:
        """All that is stuck for the same cause as one; a post decides about all of it in the background."""
        require("list", causes.SUBJECT)
        incident = incidents.found(incident_id)
        if request.method != "POST":
            return render_template("millrace/incident_cause.html", view=_cause(incident))
        try:
            return redirect(f"/batch/{_decide(incident)}")
        except (Invalid, Conflict) as refusal:
            errors = list(refusal.fields.values()) or [refusal.message]
            return render_template("millrace/incident_cause.html", view=_cause(incident, errors)), 422


class Incidents(BaseView):
    """`/incident/<id>/…`: decide about a step that is stuck."""

    route_base = "/incident"
    default_view = "retry"

    @expose("/<int:incident_id>/retry", methods=("POST",))
    @members_only
    def retry(self, incident_id: int) -> Response:
        """Try it again."""
        url = _document_of(incidents.found(incident_id))
        operations.retry_incident(incident_id)
        flash(_("It is being tried again. Load the page in a moment to see how it went."), "info")
        return redirect(url)

    @expose("/<int:incident_id>/skip", methods=("POST",))
    @members_only
    def skip(self, incident_id: int) -> Response:
        """Go on without it, with a reason."""
        return _with_reason(
            incident_id,
            lambda reason: operations.skip_incident(incident_id, reason),
            _("The step was skipped; the history keeps your reason."),
        )

    @expose("/<int:incident_id>/error", methods=("POST",))
    @members_only
    def error(self, incident_id: int) -> Response:
        """Go the way the diagram draws for an error, with a reason."""
        code = request.form.get("code", "")
        return _with_reason(
            incident_id,
            lambda reason: operations.send_down_incident(incident_id, code, reason),
            _("The process went the way drawn for the error; the history keeps your reason."),
        )

    @expose("/<int:incident_id>/correct", methods=("GET", "POST"))
    @members_only
    def correct(self, incident_id: int) -> Answer:
        """Put right what is sent; a post sends it again."""
        incident = incidents.found(incident_id)
        require("edit", incident.document_type)
        require(incidents.CORRECT, incident.document_type)
        fields = incidents.correctable(incident)
        if not fields or incident.status != OPEN:
            raise NotFound(_("There is nothing to put right here any more."))
        url = _document_of(incident)
        sent = incidents.sent(incident)
        values = {field.name: field.from_json(sent[field.name]) for field in fields}
        bound = bind(fields, dict(request.form.lists()) if request.method == "POST" else None, values)
        errors: list[str] = []
        if bound.raw is not None and bound.ok:
            try:
                typed = {field.name: field.to_json(bound.values[field.name]) for field in fields}
                operations.correct_incident(incident_id, typed)
            except Invalid as refusal:
                bound = bound.refused(refusal.fields)
                errors = [] if refusal.fields else [refusal.message]
            else:
                flash(_("It is being sent again as you put it. The history keeps what you changed."), "info")
                return redirect(url)
        page = FormPage(
            _("Put “%(step)s” right", step=_(incident.name)), f"/incident/{incident_id}/correct", url,
            _("Send it again"), [Link(_document(incident), url)], sections=[Section(bound.inputs())], errors=errors,
            note=_("It failed: %(reason)s The document itself stays as it is.", reason=_first_line(incident)),
        )  # fmt: skip
        is_wrong = bound.raw is not None
        return render_template("millrace/form.html", view=page), 422 if is_wrong else 200


def _with_reason(incident_id: int, act: Callable[[str], None], said: str) -> Response:
    """Decide with the reason that was typed, and go back to the document."""
    url = _document_of(incidents.found(incident_id))
    try:
        act(request.form.get("reason", ""))
        flash(said, "success")
    except Invalid as error:
        flash(next(iter(error.fields.values()), error.message), "danger")
    except Conflict as error:
        flash(error.message, "danger")
    return redirect(url)


def _document_of(incident: WorkflowIncident) -> str:
    return f"/{incident.document_type}/{incident.document_id}"


def _document(incident: WorkflowIncident) -> str:
    row = session().get(document_type(incident.document_type).cls, incident.document_id)
    return getattr(row, "number", None) or str(getattr(row, "title", incident.document_id))


def _first_line(incident: WorkflowIncident) -> str:
    text = incident.reason.partition("\n")[0][:300]
    return text if text.endswith((".", "!", "?")) else f"{text}."


# -- the console -------------------------------------------------------------------------------------------


def _tabs(counts: Mapping[str, int], *, is_open: bool) -> list[Tab]:
    total = sum(counts.values())
    return [
        Tab(_("Stuck"), "/incidents/", format_number(total) if total else "", late=bool(total), current=is_open),
        Tab(_("Decided"), "/incidents/?state=decided", current=not is_open),
    ]


def _filters(counts: Mapping[str, int], process: str, more: str = "") -> list[Tab]:
    """All processes, and each of which something is stuck."""
    named = {name: str(declared()[name].plural) for name in counts}
    if process:
        named.setdefault(process, str(declared()[process].plural))
    if len(named) < 2 and not process:
        return []
    found = [Tab(_("All processes"), f"/incidents/?{more}".rstrip("?&"), current=not process)]
    for name, label in sorted(named.items(), key=lambda pair: pair[1]):
        count = format_number(counts[name]) if name in counts and not more else ""
        found.append(Tab(label, f"/incidents/?{more}process={name}", count, current=name == process))
    return found


def _open(counts: Mapping[str, int], process: str) -> IncidentsView:
    return IncidentsView(
        tabs=_tabs(counts, is_open=True),
        filters=_filters(counts, process),
        causes=[_cause_row(each) for each in causes.open_causes(process)],
        empty=Empty(_("Nothing is stuck. What cannot go on by itself is gathered here by its cause.")),
    )


def _cause_row(cause: Cause) -> CauseRow:
    return CauseRow(
        process=str(declared()[cause.document_type].title),
        step=_(cause.name),
        cause=cause.cause,
        count=format_number(cause.count),
        since=i18n.format_since(cause.oldest),
        url=f"/incidents/like/{cause.newest}",
    )


def _before() -> int | None:
    asked = request.args.get("before", "")
    return int(asked) if asked.isdecimal() and len(asked) <= 18 else None


def _decided(counts: Mapping[str, int], process: str) -> IncidentsView:
    rows = causes.page(causes.decided(process), _before())
    shown = rows[: causes.PAGE]
    narrowed = f"&process={process}" if process else ""
    return IncidentsView(
        tabs=_tabs(counts, is_open=False),
        filters=_filters(counts, process, "state=decided&"),
        rows=_rows(shown),
        empty=Empty(_("Nobody has decided about anything yet.")),
        next_url=f"/incidents/?state=decided{narrowed}&before={shown[-1].id}" if len(rows) > len(shown) else "",
    )


def _rows(found: Sequence[WorkflowIncident]) -> list[IncidentRow]:
    titles = _titles(found)
    rows = []
    for each in found:
        mood, label = RESOLUTIONS.get(each.resolution, ("idle", each.resolution))
        title = titles.get((each.document_type, each.document_id))
        rows.append(
            IncidentRow(
                document=Link(title, _document_of(each)) if title else None,
                step=_(each.name),
                reason=_first_line(each),
                at=each.closed_at or each.opened_at,
                state=State(mood, _(label)) if each.status != OPEN else None,
                by=each.closed_by,
                note=each.note,
            )
        )
    return rows


def _titles(found: Sequence[WorkflowIncident]) -> dict[tuple[str, int], str]:
    """What the documents are called; one statement for each type the actor may open."""
    wanted: dict[str, set[int]] = {}
    for each in found:
        if each.document_type in declared() and can("show", each.document_type):
            wanted.setdefault(each.document_type, set()).add(each.document_id)
    titles: dict[tuple[str, int], str] = {}
    for name, ids in wanted.items():
        cls = declared()[name].cls
        for row in session().scalars(sa.select(cls).where(cls.id.in_(ids))):
            titles[name, row.id] = getattr(row, "number", None) or row.title
    return titles


# -- one cause ---------------------------------------------------------------------------------------------


def _cause(incident: WorkflowIncident, errors: Sequence[str] = ()) -> CauseView:
    url, may = f"/incidents/like/{incident.id}", can("edit", incident.document_type)
    rows = causes.page(causes.like(incident), _before())
    shown, count = rows[: causes.PAGE], causes.count_like(incident)
    standing = shown[0] if shown else None
    most = _("Only the first %(count)s documents are taken at once.", count=format_number(batches.MOST))
    return CauseView(
        title=_("“%(step)s” is stuck", step=_(incident.name)),
        crumbs=[Link(_("Incidents"), "/incidents/")],
        cause=incident.cause,
        count=format_number(count),
        rows=_rows(shown),
        action=url if may and standing is not None else "",
        skips=standing is not None and incidents.may_skip(standing),
        ways=[(code, _(name)) for code, name in incidents.ways(standing)] if standing is not None else [],
        reason=request.form.get("reason", ""),
        errors=errors,
        note=most if count > batches.MOST else "",
        next_url=f"{url}?before={shown[-1].id}" if len(rows) > len(shown) else "",
    )


def _decide(incident: WorkflowIncident) -> int:
    """Start the batch that decides about all of the cause; its id. Raises Invalid without a reason."""
    way, reason = request.form.get("do", "retry"), request.form.get("reason", "").strip()
    titles = {
        "retry": _("Tried again: %(step)s", step=_(incident.name)),
        "skip": _("Skipped: %(step)s", step=_(incident.name)),
        "error": _("Error path: %(step)s", step=_(incident.name)),
    }
    if way not in titles:
        raise Invalid(fields={"do": _("Choose from the list.")})
    if way != "retry" and not reason:
        raise Invalid(fields={"reason": _("Say why.")})
    wished = {
        "element": incident.element, "cause": incident.cause, "way": way, "reason": reason[:400],
        "code": request.form.get("code", ""),
    }  # fmt: skip
    documents = causes.documents_like(incident, batches.MOST)
    changes = [batches.Change(row_id) for row_id in documents]
    return batches.start(batches.INCIDENT, incident.document_type, changes, titles[way], values=wished).id
