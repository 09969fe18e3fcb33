from collections.abc import Sequence

from erp import _, can, i18n
from erp.screens import Cell, Column, DocumentView, LinesShown, Opened, Row
from plugins.sales.api import refunds_of
from plugins.sales.models import REASONS, SaleRefund


class Sales(DocumentView):
    """The sales' pages: what came back of one stands below its lines."""

    type_name = "sale"

    def tables(self, it: Opened) -> Sequence[LinesShown]:
        """What came back of this sale."""
        found = refunds_of(it.row) if can("show", "sale_refund") else []
        heads = [
            Column("number", _("Number"), "title"),
            Column("reason", _("Reason"), "what"),
            Column("total", _("Total"), "amount", number=True),
        ]
        rows = [_row(each, it.currency) for each in found]
        return [LinesShown(_("Came back"), heads, rows)] if rows else []


def _row(refund: SaleRefund, currency: str) -> Row:
    number, moment = refund.number or "–", i18n.format_datetime(refund.refunded_at)
    cells = [
        Cell(number, "id", url=f"/sale_refund/{refund.id}", sub=moment),
        Cell(str(REASONS[refund.reason])),
        Cell(i18n.format_money(refund.total, currency), "number"),
    ]
    return Row(str(refund.id), number, cells)
