from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from flask import render_template, request

from erp import Conflict, _, session
from erp.screens import Answer, Beside, DocumentView, LinesShown, Opened, State, TaskButton, allowed, expose
from plugins.products.models import Product
from plugins.stock import views_counting, views_levels
from plugins.stock.models import StockLevel
from plugins.stock.scanning import rounds


class Locations(DocumentView):
    """The places' pages, with what lies there."""

    type_name = "location"

    def badges(self, it: Opened) -> Sequence[State]:
        """Whether something there went below nothing."""
        below = sa.select(StockLevel.id).where(StockLevel.location_id == it.row.id, StockLevel.is_negative)
        return [State("bad", _("Below nothing"))] if session().scalar(below.limit(1)) is not None else []

    def tables(self, it: Opened) -> Sequence[LinesShown]:
        """The products there."""
        return views_levels.at_place(it.row)


class Lots(DocumentView):
    """The lots' pages, with where they are."""

    type_name = "lot"

    def badges(self, it: Opened) -> Sequence[State]:
        """Whether its day is over."""
        return [State("bad", _("Best before is over"))] if it.row.is_expired else []

    def tables(self, it: Opened) -> Sequence[LinesShown]:
        """Where it is and what was moved of it."""
        return views_levels.of_lot(it.row)


class OnProducts(Beside):
    """How much of a product is where, and what was moved last, on its page."""

    def tables(self, it: Opened) -> Sequence[LinesShown]:
        """Of a product that is kept in stock."""
        return views_levels.of_product(it.row) if isinstance(it.row, Product) else ()


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
