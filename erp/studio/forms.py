"""`/studio/<key>/forms`: the forms of a process, drawn, checked while one draws, brought and taken as files."""

from __future__ import annotations

import json

import flask
from flask import flash, redirect, render_template, request
from flask_appbuilder import BaseView, expose
from werkzeug.wrappers import Response

from erp.errors import Conflict, Invalid, StaleVersion
from erp.i18n import _
from erp.modelling import drafts, forms
from erp.modelling.drafts import Parts
from erp.studio import form_views, sent, views
from erp.studio.guard import may

Answer = Response | str | tuple[str, int]


class Forms(BaseView):
    """The forms of a process."""

    route_base = "/studio"
    default_view = "list"

    @expose("/<key>/forms")
    @may("show")
    def list(self, key: str) -> Answer:
        """Every form the process asks or brings along."""
        return render_template("millrace/studio_forms.html", view=form_views.list_page(key))

    @expose("/<key>/forms/new", methods=("POST",))
    @may("edit")
    def new(self, key: str) -> Answer:
        """Begin a form in the draft, empty or from a file."""
        try:
            name, drawn = forms.blank(key, drafts.present(key), request.form.get("name", ""))
            given = request.files.get("file")
            drawn = forms.brought(sent.file(), name) if given and given.filename else drawn
            drafts.save_parts(key, Parts(forms={name: drawn}), saved=sent.number("saved"))
        except (Invalid, Conflict, StaleVersion) as error:
            errors = error.fields or {"name": error.message}
            page = form_views.list_page(key, request.form.get("name", ""), errors)
            return render_template("millrace/studio_forms.html", view=page), int(error.status)
        return redirect(f"/studio/{key}/forms/{name}")

    @expose("/<key>/forms/<form>")
    @may("show")
    def editor(self, key: str, form: str) -> Answer:
        """Draw one; who may not edit looks at it."""
        return render_template("millrace/studio_form.html", view=form_views.editor(key, form))

    @expose("/<key>/forms/<form>/file")
    @may("show")
    def file(self, key: str, form: str) -> Response:
        """A form as form-js JSON."""
        drawn = forms.schema(drafts.present(key), form)
        answer = flask.Response(json.dumps(drawn, ensure_ascii=False, indent=2), mimetype="application/json")
        if request.args.get("download"):
            answer.headers["Content-Disposition"] = f'attachment; filename="{form}.form"'
        return answer

    @expose("/<key>/forms/<form>/check", methods=("POST",))
    @may("show")
    def check(self, key: str, form: str) -> Response | tuple[Response, int]:
        """What is wrong with a form, and how its texts are said in other languages; nothing is kept."""
        try:
            drawn = forms.read(sent.body())
        except Invalid as error:
            return flask.jsonify(error.as_json()), int(error.status)
        return flask.jsonify(form_views.judged(key, form, drawn))

    @expose("/<key>/forms/<form>/draft", methods=("POST",))
    @may("edit")
    def save(self, key: str, form: str) -> Response | tuple[Response, int]:
        """Keep a form; 412 says who changed the draft meanwhile."""
        try:
            drawn = forms.brought(sent.body(), form)
            forms.schema(drafts.present(key), form)
            draft = drafts.save_parts(
                key,
                Parts(forms={form: drawn}),
                saved=sent.number("saved"),
                base_id=sent.number("base") or None,
                replace=request.args.get("replace") == "1",
            )
        except (StaleVersion, Invalid) as error:
            return flask.jsonify(error.as_json()), int(error.status)
        return flask.jsonify(views.saved_json(draft))

    @expose("/<key>/forms/<form>/import", methods=("POST",))
    @may("edit")
    def bring(self, key: str, form: str) -> Answer:
        """Take a file as this form."""
        return self._changed(key, form, lambda: Parts(forms={form: forms.brought(sent.file(), form)}),
                             _("The file is the form now. What is not shown is marked."))  # fmt: skip

    @expose("/<key>/forms/<form>/drop", methods=("POST",))
    @may("edit")
    def drop(self, key: str, form: str) -> Answer:
        """Take the process' own form away: the shipped one is asked again, or none."""
        return self._changed(key, form, lambda: Parts(forms={form: None}), _("The form is taken away."))

    @expose("/<key>/forms/<form>/let", methods=("POST",))
    @may("edit")
    def let(self, key: str, form: str) -> Answer:
        """Let the steps that ask this form change the fields it fills."""
        return self._changed(
            key, form, lambda: Parts(forms.letting(key, drafts.present(key), form)),
            _("The steps that ask it may change these fields now."),
        )  # fmt: skip

    def _changed(self, key: str, form: str, parts: form_views.Made, told: str) -> Answer:
        """Keep what is made of the draft, and say so."""
        forms.schema(drafts.present(key), form)
        try:
            drafts.save_parts(key, parts(), saved=sent.number("saved"))
        except Invalid as error:
            flash(error.fields.get("file", error.message), "danger")
        except StaleVersion as error:
            flash(error.message, "danger")
        else:
            flash(told, "success")
        return redirect(form_views.place_of(key, form))
