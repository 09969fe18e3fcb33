"""`/studio/<key>/tests`: the test cases of a process, played, edited as tables, brought and taken as files."""

from __future__ import annotations

import flask
from flask import flash, redirect, render_template, request
from flask_appbuilder import BaseView, expose
from werkzeug.wrappers import Response

from erp.access import require
from erp.errors import ErpError, Invalid, NotFound, StaleVersion
from erp.i18n import _
from erp.modelling import drafts, trying
from erp.modelling.drafts import Drawing, Parts
from erp.modelling.rights import SUBJECT
from erp.modelling.trying import Ready
from erp.studio import case_results, case_rows, case_views, sent
from erp.studio.case_rows import Sheet
from erp.studio.guard import may
from erp.workflow.rehearsal import cases
from erp.workflow.rehearsal.cases import Case
from erp.workflow.rehearsal.rehearsing import Rehearsed

Answer = Response | str | tuple[str, int]
NEW = -1


class Cases(BaseView):
    """The test cases of a process."""

    route_base = "/studio"
    default_view = "tests"

    @expose("/<key>/tests")
    @may("show")
    def tests(self, key: str) -> Answer:
        """Every test case, played now."""
        return render_template("millrace/studio_tests.html", view=case_views.list_page(key))

    @expose("/<key>/tests/results")
    @may("show")
    def results(self, key: str) -> Response:
        """What they come to, as JSON for the editor."""
        return flask.jsonify(case_results.as_json(key, drafts.present(key)))

    @expose("/<key>/tests/file")
    @may("show")
    def file(self, key: str) -> Response:
        """All of them as the YAML the console plays."""
        written = drafts.present(key).cases or cases.dump([])
        answer = flask.Response(written, mimetype="application/yaml")
        answer.headers["Content-Disposition"] = f'attachment; filename="{key}.cases.yaml"'
        return answer

    @expose("/<key>/tests/import", methods=("POST",))
    @may("edit")
    def bring(self, key: str) -> Answer:
        """Take the cases of a YAML file into the draft, in place of those there or beside them."""
        drawing = drafts.present(key)
        try:
            brought = cases.load(sent.file().decode(errors="replace"))
            known = [] if request.form.get("replace") == "1" else cases.load(drawing.cases or "[]")
            _keep(key, [*known, *brought])
        except (Invalid, StaleVersion) as error:
            flash(error.fields.get("file", error.message), "danger")
        else:
            flash(_("The test cases are in the draft now."), "success")
        return redirect(f"/studio/{key}/tests")

    @expose("/<key>/tests/new", methods=("GET", "POST"))
    @may("edit")
    def new(self, key: str) -> Answer:
        """Write a case as a table."""
        return _edited(key, NEW, Case())

    @expose("/<key>/tests/<int:place>", methods=("GET", "POST"))
    @may("show")
    def case(self, key: str, place: int) -> Answer:
        """A case as a table, and what it comes to."""
        if request.method == "POST":
            require("edit", SUBJECT)
        known = cases.load(drafts.present(key).cases or "[]")
        if place >= len(known):
            raise NotFound(_("There is no such test case."))
        return _edited(key, place, known[place])

    @expose("/<key>/tests/<int:place>/remove", methods=("POST",))
    @may("edit")
    def remove(self, key: str, place: int) -> Answer:
        """Forget a case."""
        known = cases.load(drafts.present(key).cases or "[]")
        if place >= len(known):
            raise NotFound(_("There is no such test case."))
        try:
            _keep(key, [*known[:place], *known[place + 1 :]])
        except StaleVersion as error:
            flash(error.message, "danger")
        else:
            flash(_("The test case is removed."), "success")
        return redirect(f"/studio/{key}/tests")


def _edited(key: str, place: int, case: Case) -> Answer:
    """The table of a case, or what became of what was typed into it."""
    it = _ready(key, drafts.present(key))
    draft = drafts.find(key)
    saved = draft.version if draft is not None else 0
    if request.method != "POST":
        found = it.play(case) if it is not None and place != NEW else None
        return _page(key, place, case_rows.sheet_of(case), it, saved, {}, found)
    return _posted(key, place, it)


def _posted(key: str, place: int, it: Ready | None) -> Answer:
    """Keep what was typed; a verb that only changes the table keeps nothing yet."""
    sheet, verb, saved = case_rows.typed(request.form), request.form.get("do", ""), sent.number("saved")
    if verb != "save":
        return _page(key, place, case_rows.changed(sheet, verb), it, saved, {}, None)
    case, errors = case_rows.read(sheet, it)
    if case is not None:
        known = cases.load(drafts.present(key).cases or "[]")
        try:
            _keep(key, [*known, case] if place == NEW else [*known[:place], case, *known[place + 1 :]])
        except (Invalid, StaleVersion) as error:
            errors = {"": error.message}
        else:
            return redirect(f"/studio/{key}/tests/{len(known) if place == NEW else place}")
    return _page(key, place, sheet, it, saved, errors, None)


def _page(
    key: str, place: int, sheet: Sheet, it: Ready | None, saved: int, errors: dict[str, str],
    found: Rehearsed | None,
) -> Answer:  # fmt: skip
    view = case_views.case_page(key, place, sheet, it, saved, errors, found)
    page = render_template("millrace/studio_test.html", view=view)
    return (page, int(Invalid.status)) if errors else page


def _ready(key: str, drawing: Drawing) -> Ready | None:
    try:
        return trying.ready(key, drawing)
    except ErpError:
        return None


def _keep(key: str, kept: list[Case]) -> None:
    """These are the cases of the draft now; raises StaleVersion, and Invalid for too many."""
    text = cases.dump(kept)
    cases.load(text)
    drafts.save_parts(key, Parts(cases=text), saved=sent.number("saved"))
