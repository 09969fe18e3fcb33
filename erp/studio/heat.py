"""`/studio/<key>/heat`: how the documents of a period went through a process, drawn and as a table."""

from __future__ import annotations

import flask
from flask import render_template, request
from flask_appbuilder import BaseView, expose
from werkzeug.wrappers import Response

from erp import clock
from erp.reports.tables import to_csv
from erp.studio import heat_views
from erp.studio.guard import may

Answer = Response | str | tuple[str, int]


class Heat(BaseView):
    """Counts and times of a process as a whole."""

    route_base = "/studio"
    default_view = "page"

    @expose("/<key>/heat")
    @may("show")
    def page(self, key: str) -> Answer:
        """The drawing coloured by counts or times, and the same as a table."""
        view = heat_views.page(key, request.args)
        page = render_template("millrace/studio_heat.html", view=view)
        return (page, 422) if view.refused or view.errors else page

    @expose("/<key>/heat.csv")
    @may("show")
    def file(self, key: str) -> Response:
        """The table as CSV; times in seconds."""
        content = b"".join(to_csv(heat_views.table(key, request.args)))
        answer = flask.Response(content, content_type="text/csv; charset=utf-8")
        answer.headers["Content-Disposition"] = f'attachment; filename="{key}-heat-{clock.now():%Y-%m-%d}.csv"'
        return answer
