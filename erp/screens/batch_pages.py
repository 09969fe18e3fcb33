"""`/batch/`: what the member has changed many rows of, how far it is, what refused, and the way back."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from flask import Response, flash, jsonify, redirect, render_template
from flask_appbuilder import BaseView, expose
from werkzeug.wrappers import Response as BaseResponse

from erp import batches
from erp.access import can
from erp.batches import Batch
from erp.documents.fields import Field
from erp.documents.types import declared
from erp.i18n import _, format_datetime, format_number
from erp.reports.exports import XLSX
from erp.reports.tables import Table, to_xlsx
from erp.screens import words
from erp.screens.bulk import Refused, Tally, told
from erp.screens.guard import members_only
from erp.web.shapes import Cell, Column, Empty, Link, Row, State

Answer = Response | BaseResponse | str


@dataclass(frozen=True)
class BatchPage:
    """millrace/batch.html."""

    title: str
    crumbs: Sequence[Link]
    state: State
    note: str
    tallies: Sequence[Tally]
    percent: int = 0
    progress: str = ""
    progress_url: str = ""
    refused: Sequence[Refused] = ()
    refused_note: str = ""
    refused_title: str = ""
    links: Sequence[Link] = ()
    error: str = ""


@dataclass(frozen=True)
class BatchesPage:
    """millrace/batches.html."""

    title: str
    crumbs: Sequence[Link]
    columns: Sequence[Column]
    rows: Sequence[Row]
    empty: Empty


class Batches(BaseView):
    """What the member has changed many rows of."""

    route_base = "/batch"
    default_view = "list"

    @expose("/")
    @members_only
    def list(self) -> Answer:
        """The member's own, the newest first."""
        heads = [_("What"), _("Of"), _("When"), _("State"), _("Changed"), _("Refused")]
        page = BatchesPage(
            title=_("Changes of many rows"),
            crumbs=[Link(_("Overview"), "/")],
            columns=[Column(str(place), head, number=place > 3) for place, head in enumerate(heads)],
            rows=[_row(each) for each in batches.own()],
            empty=Empty(_("You have not changed many rows at once yet. Pick some in a list.")),
        )
        return render_template("millrace/batches.html", view=page)

    @expose("/<int:batch_id>")
    @members_only
    def show(self, batch_id: int) -> Answer:
        """One of them while it runs, then what became of it."""
        return render_template("millrace/batch.html", view=_page(batches.find(batch_id)))

    @expose("/<int:batch_id>/progress")
    @members_only
    def progress(self, batch_id: int) -> Answer:
        """How far it is, as the page's script reads it."""
        batch = batches.find(batch_id)
        state = {"percent": batch.percent, "text": _reached(batch), "finished": batches.is_over(batch)}
        return jsonify(state)

    @expose("/<int:batch_id>/stop", methods=("POST",))
    @members_only
    def stop(self, batch_id: int) -> Answer:
        """Stop it after the rows at hand."""
        batches.stop(batch_id)
        flash(_("Stopped. What was changed stays."), "success")
        return redirect(f"/batch/{batch_id}")

    @expose("/<int:batch_id>/undo", methods=("POST",))
    @members_only
    def undo(self, batch_id: int) -> Answer:
        """Start writing the old values back."""
        return redirect(f"/batch/{batches.undo(batch_id).id}")

    @expose("/<int:batch_id>/refused.xlsx")
    @members_only
    def refused(self, batch_id: int) -> Answer:
        """The rows that were not changed, with why."""
        batch = batches.find(batch_id)
        columns = [Field("row", label=_("Row")), Field("why", label=_("Why not"), length=2000)]
        rows: Iterator[Sequence[str]] = ((each.label, each.refusal) for each in batches.refused(batch, None))
        with tempfile.TemporaryDirectory(prefix="millrace-refused-") as folder:
            path = Path(folder) / "refused.xlsx"
            to_xlsx(Table(_("Rows that were not changed"), columns, rows), path)
            response = Response(path.read_bytes(), content_type=XLSX)
        response.headers["Content-Disposition"] = f'attachment; filename="refused-{batch.id}.xlsx"'
        return response


def _plural(batch: Batch) -> str:
    kind = declared().get(batch.document_type)
    return str(kind.plural) if kind is not None else batch.document_type


def _state(batch: Batch) -> State:
    states = {
        "done": State("good", _("Done")),
        "failed": State("bad", _("Failed")),
        "stopped": State("idle", _("Stopped")),
    }
    if batch.undone_at is not None:
        return State("idle", _("Taken back"))
    if batch.state not in states and batches.is_over(batch):
        return states["stopped"]
    return states.get(batch.state, State("move", _("Running")))


def _row(batch: Batch) -> Row:
    state = _state(batch)
    cells = [
        Cell(batch.title, url=f"/batch/{batch.id}"),
        Cell(_plural(batch)),
        Cell(format_datetime(batch.made_at)),
        Cell(state.label, "state", mark=state.kind),
        Cell(format_number(batch.done)),
        Cell(format_number(batch.refused)),
    ]
    return Row(str(batch.id), batch.title, cells)


def _reached(batch: Batch) -> str:
    return _("%(done)s of %(total)s", done=format_number(batch.reached), total=format_number(batch.total))


def _page(batch: Batch) -> BatchPage:
    url, over, kind = f"/batch/{batch.id}", batches.is_over(batch), batch.document_type
    crumbs = [Link(_("Changes of many rows"), "/batch/")]
    if batch.kind in batches.MOVING:
        crumbs = [Link(_("Versions"), f"/studio/{kind}/versions"), *crumbs]
    elif can("list", kind):
        crumbs = [Link(_plural(batch), f"/{kind}/"), *crumbs]
    is_move = batch.kind in batches.MOVING
    became = {batches.MOVE: _("moved"), batches.JUDGE: _("can move")}.get(batch.kind, _("changed"))
    tallies = [Tally("good", batch.done, _plural(batch), became)]
    if batch.same:
        tallies.append(Tally("idle", batch.same, _plural(batch), _("were so already")))
    if batch.refused:
        tallies.append(
            Tally("wait", batch.refused, _plural(batch), _("stay"))
            if is_move
            else Tally("bad", batch.refused, _plural(batch), _("refused"))
        )
    if over and batch.reached < batch.total:
        tallies.append(Tally("wait", batch.total - batch.reached, _plural(batch), _("not reached")))
    may_show = words.may_link(kind)
    kept = [
        Refused(each.label, f"/{kind}/{each.row_id}" if may_show else "", each.refusal)
        for each in batches.refused(batch)
    ]
    return BatchPage(
        title=batch.title,
        crumbs=crumbs,
        state=_state(batch),
        note=_("By %(who)s, %(moment)s.", who=batch.made_by, moment=format_datetime(batch.made_at)),
        tallies=tallies,
        percent=batch.percent,
        progress=_reached(batch),
        progress_url="" if over else f"{url}/progress",
        refused=kept,
        refused_note=told(batch.refused, kept),
        refused_title=_("Documents that stay where they are") if is_move else _("Rows that were not changed"),
        links=_links(batch, url, is_over=over),
        error=batch.error,
    )


def _links(batch: Batch, url: str, *, is_over: bool) -> list[Link]:
    found = []
    if batch.refused:
        found.append(Link(_("Refused rows as a sheet"), f"{url}/refused.xlsx", "download"))
    if not batches.is_own(batch):
        return found
    if not is_over:
        found.append(Link(_("Stop"), f"{url}/stop", "player-stop", post=True, danger=True))
    elif batches.is_undoable(batch):
        ask = _("Write the old values back where nobody changed the row since?")
        if batch.kind == batches.MOVE:
            ask = _("Put every document back to where it came from that has not gone on since?")
        found.append(Link(_("Take it back"), f"{url}/undo", "arrow-back-up", post=True, confirm=ask))
    return found
