"""`/studio/<key>/tables`: the decision tables of a process, made, edited, tried, brought and taken as files."""

from __future__ import annotations

import flask
from flask import flash, redirect, render_template, request
from flask_appbuilder import BaseView, expose
from werkzeug.wrappers import Response

from erp.errors import Conflict, Invalid, StaleVersion
from erp.i18n import _
from erp.modelling import drafts, looking, making, tables
from erp.modelling.drafts import Parts
from erp.studio import new_table, sent, table_views, views
from erp.studio.guard import may

Answer = Response | str | tuple[str, int]


class Tables(BaseView):
    """The decision tables of a process."""

    route_base = "/studio"
    default_view = "list"

    @expose("/<key>/tables")
    @may("show")
    def list(self, key: str) -> Answer:
        """Every table the process asks or brings along."""
        return render_template("millrace/studio_tables.html", view=table_views.list_page(key))

    @expose("/<key>/tables/new", methods=("GET", "POST"))
    @may("edit")
    def new(self, key: str) -> Answer:
        """Make a table of the inputs somebody chooses; the step that is named asks it from then on."""
        errors: dict[str, str] = {}
        drawing, step = drafts.present(key), request.values.get("step", "")
        if request.method == "POST":
            try:
                wish = new_table.wish(key, drawing, request.form)
                parts = making.made(drawing, wish, step)
                drafts.save_parts(key, parts, saved=sent.number("saved"))
            except (Invalid, Conflict, StaleVersion) as error:
                errors = error.fields or {"": error.message}
            else:
                return redirect(f"/studio/{key}/tables/{wish.key}")
        view = new_table.page(key, drawing, request.form, errors, step)
        page = render_template("millrace/studio_new_table.html", view=view)
        return (page, 422) if errors else page

    @expose("/<key>/tables/<table>")
    @may("show")
    def editor(self, key: str, table: str) -> Answer:
        """One table, to edit and to try; who may not edit looks at it."""
        return render_template("millrace/studio_table.html", view=table_views.editor_page(key, table))

    @expose("/<key>/tables/<table>/file")
    @may("show")
    def file(self, key: str, table: str) -> Response:
        """A table as DMN."""
        answer = flask.Response(tables.text(drafts.present(key), table), mimetype="application/xml")
        if request.args.get("download"):
            answer.headers["Content-Disposition"] = f'attachment; filename="{table}.dmn"'
        return answer

    @expose("/<key>/tables/<table>/look", methods=("POST",))
    @may("show")
    def look(self, key: str, table: str) -> Response:
        """What is wrong with a table, what it leaves open and what it answers, as JSON; nothing is kept."""
        drafts.present(key)
        asked = request.args.get("decision", table)
        found = looking.look(key, sent.body(), asked, tables.live_text(key, table))
        return flask.jsonify(table_views.look_json(key, found))

    @expose("/<key>/tables/<table>/draft", methods=("POST",))
    @may("edit")
    def save(self, key: str, table: str) -> Response | tuple[Response, int]:
        """Keep a table in the draft; 412 says who changed the draft meanwhile."""
        try:
            dmn = tables.checked(drafts.present(key), table, sent.body())
            draft = drafts.save_parts(
                key, Parts(decisions={table: dmn}), saved=sent.number("saved"), base_id=sent.number("base") or None,
                replace=request.args.get("replace") == "1",
            )  # fmt: skip
        except (StaleVersion, Invalid) as error:
            return flask.jsonify(error.as_json()), int(error.status)
        return flask.jsonify(views.saved_json(draft))

    @expose("/<key>/tables/<table>/remove", methods=("POST",))
    @may("edit")
    def remove(self, key: str, table: str) -> Answer:
        """Take the process' own table away; a shipped one counts again."""
        try:
            tables.text(drafts.present(key), table)
            drafts.save_parts(key, Parts(decisions={table: None}), saved=sent.number("saved"))
        except StaleVersion as error:
            flash(error.message, "danger")
        else:
            flash(_("The draft has no table of its own of this name any more."), "success")
        return redirect(f"/studio/{key}/tables")

    @expose("/<key>/tables/import", methods=("POST",))
    @may("edit")
    def bring(self, key: str) -> Answer:
        """Take a DMN file into the draft: as a new table, or in the place of one."""
        try:
            name, dmn = tables.brought(sent.file(), request.form.get("table", ""))
            drafts.save_parts(key, Parts(decisions={name: dmn}), saved=sent.number("saved"))
        except Invalid as error:
            flash(error.fields.get("file", error.message), "danger")
        except StaleVersion as error:
            flash(error.message, "danger")
        else:
            flash(_("The table is in the draft now."), "success")
            return redirect(f"/studio/{key}/tables/{name}")
        return redirect(f"/studio/{key}/tables")
