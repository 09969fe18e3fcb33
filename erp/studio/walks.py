"""`/studio/<key>/try`: a drawing walked as it stands in the editor, and a walk kept as a test case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import flask
from flask import render_template, request
from flask_appbuilder import BaseView, expose

from erp.errors import ErpError, Invalid, StaleVersion
from erp.i18n import _
from erp.modelling import drafts, trying
from erp.modelling.drafts import Drawing, Parts
from erp.studio import sent, walk_views
from erp.studio.guard import may
from erp.studio.walk import Walk, unfolded
from erp.workflow.rehearsal import cases
from erp.workflow.rehearsal.cases import MOST_CASES, Case

Answer = str | tuple[str, int] | flask.Response
CASE, AS, DO, AT, OPEN, NAME, DRAWING = "~case", "~as", "~do", "~at", "~open", "~name", "~drawing"


class Walks(BaseView):
    """A draft that is tried."""

    route_base = "/studio"
    default_view = "walk"

    @expose("/<key>/try", methods=("POST",))
    @may("show")
    def walk(self, key: str) -> Answer:
        """The panel after one more move; everything done so far comes along, and nothing is kept here."""
        try:
            walk = _walk(key)
        except ErpError as error:
            return _unable(key, error)
        walk.take(request.form.get(DO, ""), request.form.get(AT, ""), _typed())
        return _panel(walk, _saved(key))

    @expose("/<key>/try/record", methods=("POST",))
    @may("edit")
    def record(self, key: str) -> Answer:
        """Keep the walk as a test case of the draft, with what it showed as what is expected."""
        try:
            walk = _walk(key)
        except ErpError as error:
            return _unable(key, error)
        name = request.form.get(NAME, "").strip()[:200]
        if walk.found is None or walk.case is None:
            walk.error = _("Begin the walk first.")
            return _panel(walk, _saved(key)), int(Invalid.status)
        try:
            saved = _keep(key, walk.as_case(_named(name)))
        except (Invalid, StaleVersion) as error:
            walk.error = error.fields.get("name", error.message)
            return _panel(walk, _saved(key)), int(error.status)
        return _panel(walk, saved, _("Recorded. It is played with every change from now on."))


def _named(name: str) -> str:
    if not name:
        raise Invalid(fields={"name": _("Give the test case a name, for example: a customer declines.")})
    return name


def _keep(key: str, case: Case) -> int:
    """Add a case to the draft's; the count of the draft then."""
    known = cases.load(drafts.present(key).cases or "[]")
    if len(known) >= MOST_CASES:
        raise Invalid(_("A process has at most %(count)s cases.", count=MOST_CASES))
    draft = drafts.save_parts(key, Parts(cases=cases.dump([*known, case])), saved=sent.number("saved"))
    return draft.version


def _walk(key: str) -> Walk:
    """The walk as the request brings it; raises Invalid for a drawing that cannot run, NotFound."""
    drawing = _drawing(key)
    it = trying.ready(key, drawing)
    opened, case = request.form.get(OPEN, ""), None
    written = cases.load(drawing.cases or "[]") if opened else cases.load(request.form.get(CASE) or "[]")
    if opened.isdecimal() and len(opened) < 4 and int(opened) < len(written):
        written_case = written[int(opened)]
        walk = Walk(it, drawing.bpmn, unfolded(it, written_case), request.form.get(AS, "")[:80])
        walk.error = " ".join(it.play(written_case).problems) or walk.error
        return walk
    if not opened and written:
        case = written[0]
    return Walk(it, drawing.bpmn, case, request.form.get(AS, "")[:80])


def _drawing(key: str) -> Drawing:
    """What the editor shows now, with all else as the draft has it."""
    known, given = drafts.present(key), request.files.get(DRAWING)
    return replace(known, bpmn=given.read(sent.LARGEST + 1)) if given is not None else known


def _typed() -> Mapping[str, Any]:
    """What was typed, without what the panel itself sends."""
    return {
        **dict(request.form.lists()),
        **{name: request.form.get(name, "") for name in ("~error", "~unit", "~count")},
    }


def _saved(key: str) -> int:
    draft = drafts.find(key)
    return draft.version if draft is not None else 0


def _panel(walk: Walk, saved: int, recorded: str = "") -> str:
    view = walk_views.page(walk, saved, request.form.get(AT, ""), recorded)
    return render_template("millrace/_studio_walk.html", view=view)


def _unable(key: str, error: ErpError) -> Answer:
    drafts.present(key)
    text = _("This drawing cannot be tried yet: %(reason)s", reason=error.message)
    return render_template("millrace/_studio_walk_unable.html", text=text), int(error.status)
