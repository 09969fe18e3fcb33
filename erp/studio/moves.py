"""`/studio/<key>/versions/<id>/move`: running documents go to a version, looked at before."""

from __future__ import annotations

from flask import redirect, render_template, request
from flask_appbuilder import BaseView, expose
from werkzeug.wrappers import Response

from erp import batches
from erp.access import require
from erp.errors import Invalid
from erp.i18n import _, format_number
from erp.modelling import catalogue, migrating
from erp.modelling.rights import SUBJECT
from erp.studio import move_views, sent
from erp.studio.guard import may
from erp.studio.move_views import AS, Asked
from erp.workflow.migration.mapping import Chosen

Answer = Response | str | tuple[str, int]


class Moves(BaseView):
    """Running documents go to another version."""

    route_base = "/studio"
    default_view = "move"

    @expose("/<key>/versions/<int:definition_id>/move", methods=("GET", "POST"))
    @may("show")
    def move(self, key: str, definition_id: int) -> Answer:
        """Which can go and which cannot; a post looks again with what was chosen, or starts."""
        errors: dict[str, str] = {}
        if request.method == "GET":
            asked = Asked(sent.number("of"), move_views.default(key, definition_id))
        else:
            require("migrate", SUBJECT)
            asked = Asked(sent.number("of"), _chosen(key, definition_id), request.form.get("reason", "").strip()[:400])
        if (step := request.form.get("step")) in {"start", "judge"}:
            try:
                return redirect(f"/batch/{start(key, definition_id, asked, only_judge=step == 'judge')}")
            except Invalid as error:
                errors = error.fields or {"": error.message}
        page = render_template("millrace/studio_move.html", view=move_views.page(key, definition_id, asked, errors))
        return (page, 422) if errors else page


def start(key: str, definition_id: int, asked: Asked, *, only_judge: bool = False) -> int:
    """Start moving what runs to a version, or judging all of it; the batch's id.

    Raises Forbidden, NotFound, Invalid where nothing runs.
    """
    target = migrating.target(key, definition_id)
    documents = migrating.running(key, target.id, asked.of or None)
    told = {"number": format_number(target.number), "process": catalogue.title(key)}
    title = _("Move to version %(number)s: %(process)s", **told)
    if only_judge:
        title = _("What moving to version %(number)s would do: %(process)s", **told)
    values = {"to": target.id, "chosen": asked.chosen, "reason": asked.reason}
    changes = [batches.Change(document_id) for _instance, document_id in documents]
    return batches.start(batches.JUDGE if only_judge else batches.MOVE, key, changes, title, values=values).id


def _chosen(key: str, definition_id: int) -> Chosen:
    found: dict[str, dict[str, str]] = {}
    for name, value in request.form.items():
        begins, _colon, rest = name.partition(":")
        process, _colon, element = rest.partition(":")
        if begins == AS and element:
            found.setdefault(process, {})[element] = value
    return migrating.checked(key, definition_id, found)
