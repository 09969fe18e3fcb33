"""A refund's goods come back to the shelf, each line learns their cost, and the books are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from erp import session, whole
from plugins.accounting.api import post as post_entry
from plugins.products.models import Product
from plugins.sales.ledger import SALE_REFUNDED, Head, Sums, posting
from plugins.sales.models import SaleRefund, SaleRefundLine
from plugins.stock.api import Movement, Source, home, place, post
from plugins.stock.models import STOCKED, ProductStock, StockMove

NOTHING = Decimal(0)
NO_LOTS: Mapping[int, int | None] = {}


def receive(
    refund: SaleRefund, lines: Sequence[SaleRefundLine], location_id: int | None = None,
    lots: Mapping[int, int | None] = NO_LOTS,
) -> None:  # fmt: skip
    """Put what came back on the shelf, at exactly what it had left with; where no sale is known, at what it costs now.

    The shelf is that of the refund's branch, unless another place is named. A lot that was sold is the one that comes
    back; `lots` {position of a line: lot} names those of which no sale is known.
    """
    if not (kept := _kept(lines)):
        return
    here, there, issued = location_id or home(refund.branch_id).id, place("customer").id, _issues(refund)
    moves = [
        Movement(line.product.id, there, here, line.quantity, lot_id, returns_id=move_id, line=str(line.position),
                 at=f"lines-{line.position}-")
        for line in kept
        if line.product is not None
        for move_id, lot_id in [issued.get(line.sale_line_id or 0, (None, lots.get(line.position)))]
    ]  # fmt: skip
    source = Source("sale_refund", refund.id, note=_note(refund))
    _cost(refund, kept, post(moves, on=refund.refunded_on, source=source))


def enter(document: SaleRefund) -> None:
    """Tell the books, where they are kept."""
    head = Head(
        SALE_REFUNDED, document.__tablename__, document.id, _note(document), document.refunded_on,
        document.customer.id if document.customer is not None else None, document.branch_id,
    )  # fmt: skip
    sums = [
        Sums(line.net, line.taxes, _category(line), line.tax_category.id if line.tax_category is not None else None)
        for line in document.lines
    ]
    post_entry(posting(head, sums, [(each.kind, each.amount) for each in document.tenders], NOTHING))


def stocked_of(products: Iterable[Product | None]) -> frozenset[int]:
    """Those that lie on a shelf."""
    ids = {each.id for each in products if each is not None and each.kind in STOCKED}
    never = sa.select(ProductStock.record_id).where(ProductStock.record_id.in_(ids), ~ProductStock.is_stocked)
    return frozenset(ids - set(session().scalars(never))) if ids else frozenset()


def _kept(lines: Sequence[SaleRefundLine]) -> list[SaleRefundLine]:
    """The lines of products that lie on a shelf."""
    stocked = stocked_of(line.product for line in lines)
    return [line for line in lines if line.product is not None and line.product.id in stocked]


def _issues(refund: SaleRefund) -> dict[int, tuple[int, int | None]]:
    """{line of the sale: (the move it was taken from the shelf by, its lot)}."""
    if refund.sale is None:
        return {}
    by_place = {str(line.position): line.id for line in refund.sale.lines}
    statement = sa.select(StockMove.source_line, StockMove.id, StockMove.lot_id).where(
        StockMove.source_type == "sale", StockMove.source_id == refund.sale.id, StockMove.quantity > 0
    )
    with whole():  # it may have been sold at another branch
        return {by_place[at]: (key, lot) for at, key, lot in session().execute(statement) if at in by_place}


def _cost(document: SaleRefund, lines: Sequence[Any], moves: Sequence[int]) -> None:
    statement = sa.select(StockMove.id, StockMove.value).where(StockMove.id.in_(moves))
    with whole():
        values = {row.id: row.value for row in session().execute(statement)}
    for line, move_id in zip(lines, moves, strict=True):
        line.cost = values[move_id]
    document.cost = sum((line.cost for line in lines), NOTHING)


def _note(document: SaleRefund) -> str:
    return document.number or document.summary


def _category(line: SaleRefundLine) -> int | None:
    product: Product | None = line.product
    return product.category.id if product is not None and product.category is not None else None
