"""What suppliers offer for a requisition, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from erp import _, i18n
from erp.screens import Cell, Column, LinesShown, Opened, Row
from plugins.purchasing.models import ZERO
from plugins.purchasing.sourcing import RequestForQuotation


def compared(it: Opened, quotes: Sequence[RequestForQuotation]) -> LinesShown:
    """A column for each supplier, the best of each line and the best total marked."""
    heads = [
        Column("what", _("Line"), "title"),
        *(Column(f"q{each.id}", each.supplier.name, "more", number=True) for each in quotes),
    ]
    rows = []
    for place, line in enumerate(it.row.lines):
        asked = [_price(quote, place) for quote in quotes]
        best = min((price for price in asked if price), default=None)
        count = i18n.format_number(line.quantity)
        cells = [Cell(line.description, sub=count), *(_cell(price, best, it.currency) for price in asked)]
        rows.append(Row(str(line.id), line.description, cells))
    whole = min((quote.total for quote in quotes if quote.total), default=None)
    sums = [_cell(quote.total, whole, it.currency, url=f"/request_for_quotation/{quote.id}") for quote in quotes]
    days = [
        Cell(i18n.format_number(quote.lead_days) if quote.lead_days is not None else "–", "number") for quote in quotes
    ]
    rows += [
        Row("days", _("Delivers within days"), [Cell(_("Delivers within days")), *days]),
        Row("total", _("Total"), [Cell(_("Total")), *sums]),
    ]
    return LinesShown(_("Offers side by side"), heads, rows, tag=it.currency)


def _price(quote: RequestForQuotation, place: int) -> Decimal:
    line = next((each for each in quote.lines if each.position == place), None)
    return (line.unit_price or ZERO) if line is not None else ZERO


def _cell(price: Decimal, best: Decimal | None, currency: str, url: str = "") -> Cell:
    if not price:
        return Cell("–", "number")
    sub = _("best") if price == best else ""
    return Cell(i18n.format_money(price, currency).removeprefix(f"{currency} "), "number", sub=sub, url=url)
