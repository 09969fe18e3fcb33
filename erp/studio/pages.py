"""`/studio/`: the library, the editor, the publish gate, versions and their differences."""

from __future__ import annotations

from dataclasses import replace

import flask
from flask import flash, redirect, render_template, request
from flask_appbuilder import BaseView, expose
from werkzeug.wrappers import Response

from erp.access import can, require
from erp.errors import Conflict, Invalid, NotFound, StaleVersion
from erp.forms.inputs import Choice, Input
from erp.i18n import _, format_number
from erp.modelling import catalogue, checking, drafts, migrating, publishing
from erp.modelling.drafts import Drawing
from erp.modelling.rights import SUBJECT
from erp.studio import move_views, moves, sent, views
from erp.studio.guard import may
from erp.workflow import definitions
from erp.workflow.diagrams.drawing import in_words

Answer = Response | str | tuple[str, int]
ASIDE = "aside-"


class Studio(BaseView):
    """The analysts' workplace."""

    route_base = "/studio"
    default_view = "library"

    @expose("/")
    @may("list")
    def library(self) -> Answer:
        """Every process."""
        return render_template("millrace/studio_library.html", view=views.library_page())

    @expose("/second-person", methods=("POST",))
    @may("publish")
    def second_person(self) -> Answer:
        """Whether versions need a second person from now on."""
        wanted = request.form.get("wanted") == "1"
        publishing.ask_for_second_person(wanted=wanted)
        flash(
            _("Every version needs a second person from now on.")
            if wanted
            else _("One person may publish from now on."),
            "success",
        )
        return redirect("/studio/")

    @expose("/new", methods=("GET", "POST"))
    @may("edit")
    def new(self) -> Answer:
        """Begin a process, empty or from a file."""
        typed, errors = {"type": request.form.get("type", ""), "key": request.form.get("key", "").strip()}, {}
        if request.method == "POST":
            key = typed["type"] or typed["key"]
            try:
                drafts.put(drafts.require_key(key), _begun(key))
            except Invalid as error:
                errors = error.fields or {"file": error.message}
            except Conflict as error:
                errors = {"key": error.message}
            else:
                if request.files.get("file"):
                    flash(views.brought(key), "success")
                return redirect(f"/studio/{key}")
        page = render_template("millrace/studio_new.html", view=views.NewPage(_new_fields(typed, errors)))
        return (page, 422) if errors else page

    @expose("/<key>")
    @may("show")
    def editor(self, key: str) -> Answer:
        """Draw one; who may not edit looks at it."""
        return render_template("millrace/studio.html", view=views.editor(key))

    @expose("/<key>/drawing")
    @may("show")
    def drawing(self, key: str) -> Response:
        """BPMN of the draft, else what is live; `of` names another: `live`, `shipped` or a version's id.

        With `in` its names are in the reader's language: to be looked at, not to be drawn on.
        """
        found = wanted(key, request.args.get("of", ""))
        bpmn = in_words(found.bpmn) if "in" in request.args else found.bpmn
        answer = flask.Response(bpmn, mimetype="application/xml")
        if request.args.get("download"):
            answer.headers["Content-Disposition"] = f'attachment; filename="{key}.bpmn"'
        return answer

    @expose("/<key>/import", methods=("POST",))
    @may("edit")
    def bring(self, key: str) -> Answer:
        """Take a BPMN file as the draft."""
        try:
            drafts.put(key, drafts.brought(key, sent.file()))
        except Invalid as error:
            flash(error.fields.get("file", error.message), "danger")
        else:
            flash(views.brought(key), "success")
        return redirect(f"/studio/{key}")

    @expose("/<key>/begin", methods=("POST",))
    @may("edit")
    def begin(self, key: str) -> Answer:
        """Make a version, or the shipped file, the draft."""
        found = wanted(key, request.form.get("of", ""))
        drafts.put(key, replace(found, base_id=drafts.live(key).base_id))
        return redirect(f"/studio/{key}")

    @expose("/<key>/check", methods=("POST",))
    @may("show")
    def check(self, key: str) -> Response:
        """What is wrong with a drawing, as JSON; nothing is kept."""
        bpmn, origin = sent.body(), drafts.present(key)
        found = checking.remarks(key, bpmn, origin.forms, origin.decisions)
        return flask.jsonify(problems=[views.remark_json(each) for each in found])

    @expose("/<key>/draft", methods=("POST",))
    @may("edit")
    def save(self, key: str) -> Response | tuple[Response, int]:
        """Keep a drawing; 412 says who changed the draft meanwhile."""
        try:
            base = sent.number("base") or None
            draft = drafts.save(
                key, sent.body(), saved=sent.number("saved"), base_id=base, replace=request.args.get("replace") == "1"
            )
        except (StaleVersion, Invalid) as error:
            return flask.jsonify(error.as_json()), int(error.status)
        return flask.jsonify(views.saved_json(draft))

    @expose("/<key>/discard", methods=("POST",))
    @may("edit")
    def discard(self, key: str) -> Answer:
        """Drop the draft."""
        try:
            drafts.discard(key, saved=sent.number("saved"))
        except StaleVersion as error:
            flash(error.message, "danger")
            return redirect(f"/studio/{key}")
        flash(_("The draft is discarded. What runs has not changed."), "success")
        return redirect(f"/studio/{key}" if key in catalogue.known_keys() else "/studio/")

    @expose("/<key>/publish", methods=("GET", "POST"))
    @may("show")
    def publish(self, key: str) -> Answer:
        """What publishing changes and for how many; a post does it, or asks a second person."""
        errors: dict[str, str] = {}
        if request.method == "POST":
            require("publish", SUBJECT)
        if request.method == "POST":
            try:
                typed = {name: request.form.get(name, "") for name in ("note", "tag", "waived")}
                number = publishing.publish(key, saved=sent.number("saved"), **typed)
            except Invalid as error:
                errors = error.fields or {"": error.message}
            except (StaleVersion, Conflict) as error:
                errors = {"": error.message}
            else:
                flash(_told(number), "success")
                return _gone_to(_published_to(key, number))
        page = render_template("millrace/studio_publish.html", view=views.gate(key, errors, request.form))
        return (page, 422) if errors else page

    @expose("/<key>/send-back", methods=("POST",))
    @may("edit")
    def send_back(self, key: str) -> Answer:
        """Take a proposal back, or decline a colleague's."""
        publishing.send_back(key, saved=sent.number("saved"))
        flash(_("The draft can be worked on again."), "success")
        return _gone_to(f"/studio/{key}")

    @expose("/<key>/versions")
    @may("show")
    def versions(self, key: str) -> Answer:
        """Who published what, when and why."""
        return render_template("millrace/studio_versions.html", view=views.history(key))

    @expose("/<key>/versions/<int:definition_id>/again", methods=("POST",))
    @may("publish")
    def again(self, key: str, definition_id: int) -> Answer:
        """Publish an old version anew."""
        try:
            number = publishing.again(key, definition_id)
        except Invalid as error:
            flash(error.message, "danger")
        else:
            flash(_("It runs again, as version %(number)s. New documents take it from now on.",
                    number=format_number(number)), "success")  # fmt: skip
            made = definitions.newest_id(key)
            if made is not None and can("migrate", SUBJECT) and migrating.running(key, made):
                return redirect(f"/studio/{key}/versions/{made}/move")
        return redirect(f"/studio/{key}/versions")

    @expose("/<key>/compare")
    @may("show")
    def compare(self, key: str) -> Answer:
        """Two drawings beside each other, with what is different."""
        before, after = request.args.get("before", "live"), request.args.get("after", "draft")
        view = views.comparison(key, (before, wanted(key, before)), (after, wanted(key, after)))
        return render_template("millrace/studio_compare.html", view=view)


def wanted(key: str, name: str) -> Drawing:
    """`draft` (or what is live), `live`, `shipped`, `aside-0`, or a version by its id; raises NotFound."""
    if name in ("", "draft"):
        return drafts.present(key)
    if name == "live":
        return drafts.live(key)
    if name == "shipped":
        return drafts.shipped(key)
    if name.startswith(ASIDE) and name.removeprefix(ASIDE).isdecimal() and len(name) < 10:
        return drafts.set_aside(key, int(name.removeprefix(ASIDE)))
    if not name.isdecimal() or len(name) > 18:
        raise NotFound(_("There is no such version."))
    return drafts.version(key, int(name))


def _begun(key: str) -> Drawing:
    """What a new process begins as: the file that was sent, else a first state and an end."""
    given = request.files.get("file")
    return drafts.brought(key, sent.file()) if given and given.filename else drafts.blank(key, catalogue.title(key))


def _new_fields(typed: dict[str, str], errors: dict[str, str]) -> list[Input]:
    kinds = tuple(Choice(name, title) for name, title in drafts.free_keys().items())
    return [
        Input("type", _("Document it drives"), "choice", typed["type"], choices=kinds, error=errors.get("type", ""),
              placeholder=_("None: other processes call it"), hint=_("Documents that have no process yet.")),
        Input("key", _("Name for programs"), value=typed["key"], error=errors.get("key", ""), max_length=60,
              hint=_("Only for a process that others call, for example approval_by_two.")),
        Input("file", _("BPMN file"), "file", error=errors.get("file", ""), accept=".bpmn,.xml",
              hint=_("Empty: it begins with a first state and an end.")),
    ]  # fmt: skip


def _published_to(key: str, number: int | None) -> str:
    """Where somebody who published goes: to the documents that move along, if that was wished."""
    if number is None:
        return f"/studio/{key}"
    target = definitions.newest_id(key)
    if request.form.get("move") != "1" or target is None or not migrating.running(key, target):
        return f"/studio/{key}/versions"
    return f"/batch/{moves.start(key, target, move_views.Asked())}"


def _told(number: int | None) -> str:
    if number is None:
        return _("Proposed. A second person finds it in the studio, and is told.")
    return _("Version %(number)s is live. New documents take it from now on.", number=format_number(number))


def _gone_to(url: str) -> Response:
    """On to a page; a script that sent the form reads the address from a header."""
    if request.headers.get("X-Part"):
        return flask.Response("", headers={"X-Location": url})
    return redirect(url)
