from collections.abc import Sequence

from flask import jsonify

from erp import _, can, i18n
from erp.screens import Answer, Cell, Column, DocumentView, LinesShown, Opened, Row, allowed, expose
from plugins.sales import views_history
from plugins.sales.api import refunds_of
from plugins.sales.history import runs
from plugins.sales.models import REASONS, SaleRefund
from plugins.stock.api import lots_of
from plugins.stock.models import Lot


class Sales(DocumentView):
    """The sales' pages: which pieces were sold and what came back stands below the lines."""

    type_name = "sale"

    def tables(self, it: Opened) -> Sequence[LinesShown]:
        """Lots and serial numbers that were sold, and what came back of this sale."""
        return [*self._lots(it), *self._refunds(it)]

    def _lots(self, it: Opened) -> Sequence[LinesShown]:
        names = {str(each.position): each.description for each in it.row.lines}
        lots = lots_of(self.type_name, it.row.id)
        heads = [Column("product", _("Product"), "title"), Column("lot", _("Number"), "what")]
        rows = [Row(line, names.get(line, ""), [Cell(names.get(line, "")), _lot(lot)]) for line, lot in lots.items()]
        return [LinesShown(_("Lots and serial numbers"), heads, rows)] if rows else []

    def _refunds(self, it: Opened) -> Sequence[LinesShown]:
        found = refunds_of(it.row) if can("show", "sale_refund") else []
        heads = [
            Column("number", _("Number"), "title"),
            Column("reason", _("Reason"), "what"),
            Column("total", _("Total"), "amount", number=True),
        ]
        rows = [_row(each, it.currency) for each in found]
        return [LinesShown(_("Came back"), heads, rows)] if rows else []

    # -- a shop's history -----------------------------------------------------------------------------------

    @expose("/import", methods=("GET", "POST"))
    @allowed("import")
    def import_(self) -> Answer:
        """Choose a file."""
        return views_history.upload()

    @expose("/import/<int:file_id>", methods=("GET", "POST"))
    @allowed("import")
    def import_file(self, file_id: int) -> Answer:
        """Say which column is what and what becomes of the file's dirt, try it, start it."""
        return views_history.plan(file_id)

    @expose("/import/run/<int:job_id>")
    @allowed("import")
    def import_run(self, job_id: int) -> Answer:
        """How far it is, and what it did."""
        return views_history.watch(job_id)

    @expose("/import/run/<int:job_id>/progress")
    @allowed("import")
    def import_progress(self, job_id: int) -> Answer:
        """The same as JSON."""
        return jsonify(views_history.state(job_id))

    @expose("/import/run/<int:job_id>/stop", methods=("POST",))
    @allowed("import")
    def import_stop(self, job_id: int) -> Answer:
        """Stop it; what is written stays."""
        return views_history.stop(job_id)

    @expose("/import/run/<int:job_id>/lines")
    @allowed("import")
    def import_run_lines(self, job_id: int) -> Answer:
        """The lines a rule was met by."""
        runs.progress(job_id)
        return views_history.lines(job_id)


def _lot(lot: Lot) -> Cell:
    return Cell(lot.code, "id", url=f"/lot/{lot.id}") if can("show", "lot") else Cell(lot.code)


def _row(refund: SaleRefund, currency: str) -> Row:
    number, moment = refund.number or "–", i18n.format_datetime(refund.refunded_at)
    cells = [
        Cell(number, "id", url=f"/sale_refund/{refund.id}", sub=moment),
        Cell(str(REASONS[refund.reason])),
        Cell(i18n.format_money(refund.total, currency), "number"),
    ]
    return Row(str(refund.id), number, cells)
