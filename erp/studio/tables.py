"""`/studio/<key>/tables`: the decision tables of a process, made, brought and taken as files."""

from __future__ import annotations

import flask
from flask import flash, redirect, render_template, request
from flask_appbuilder import BaseView, expose
from werkzeug.wrappers import Response

from erp.errors import Invalid, StaleVersion
from erp.i18n import _
from erp.modelling import drafts, tables
from erp.modelling.drafts import Parts
from erp.studio import sent, table_views
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

    @expose("/<key>/tables/<table>/file")
    @may("show")
    def file(self, key: str, table: str) -> Response:
        """A table as DMN."""
        answer = flask.Response(tables.text(drafts.present(key), table), mimetype="application/xml")
        if request.args.get("download"):
            answer.headers["Content-Disposition"] = f'attachment; filename="{table}.dmn"'
        return answer

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
        return redirect(f"/studio/{key}/tables")
