from __future__ import annotations

from collections.abc import Sequence

from flask import render_template, request

from erp import Conflict, _
from erp.screens import Answer, DocumentView, LinesShown, Opened, TaskButton, allowed, expose
from plugins.stock import views_counting
from plugins.stock.scanning import rounds


class StockCounts(DocumentView):
    """The counts' pages, with the one on which people scan."""

    type_name = "stock_count"
    add_fields = ("location", "kind", "category", "abc", "is_blind", "tolerance", "note")

    def buttons(self, it: Opened) -> Sequence[TaskButton]:
        """Scanning, while people count."""
        return [TaskButton(_("Scan"), f"{it.url}/scan", "barcode")] if rounds(it.row) else []

    def tables(self, it: Opened) -> Sequence[LinesShown]:
        """Its lines, and barcodes nobody knows."""
        return views_counting.tables(it)

    @expose("/<int:row_id>/scan", methods=("GET", "POST"))
    @allowed("edit")
    def scan(self, row_id: int) -> Answer:
        """The page for a phone or a scanner; a post counts what was scanned."""
        it = self.opened(row_id)
        if rounds(it.row) is None:
            raise Conflict(_("Nobody counts %(number)s now.", number=it.number))
        page, status = views_counting.scan_page(it, request.form if request.method == "POST" else None)
        return render_template("stock/scan.html", view=page), status
