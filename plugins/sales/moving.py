"""A refund's goods come back to the shelf, each line learns their cost, and the books are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import sqlalchemy as sa

from erp import session, whole
from plugins.accounting.api import post as post_entry
from plugins.products.api import components
from plugins.products.models import Product
from plugins.sales.ledger import SALE_REFUNDED, Head, Sums, posting
from plugins.sales.models import SaleLine, SaleRefund, SaleRefundLine
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
    if not (back := _coming_back(refund, lines, lots)):
        return
    here, there = location_id or home(refund.branch_id).id, place("customer").id
    moves = [
        Movement(each.product_id, there, here, each.quantity, each.lot_id, returns_id=each.move_id,
                 line=str(each.line.position), at=f"lines-{each.line.position}-")
        for each in back
    ]  # fmt: skip
    source = Source("sale_refund", refund.id, note=_note(refund))
    _cost(refund, [each.line for each in back], post(moves, on=refund.refunded_on, source=source))


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
    if not ids:
        return frozenset()
    never = sa.select(ProductStock.record_id).where(ProductStock.record_id.in_(ids), ~ProductStock.is_stocked)
    return frozenset(ids - set(session().scalars(never)))


class _Back(NamedTuple):
    """So much of a product comes back with a line."""

    line: SaleRefundLine
    product_id: int
    quantity: Decimal
    lot_id: int | None
    move_id: int | None
    """What it was taken from the shelf by."""


def _coming_back(refund: SaleRefund, lines: Sequence[SaleRefundLine], lots: Mapping[int, int | None]) -> list[_Back]:
    """What the sale took from the shelf, in its share; of a bundle whose sale is not known its parts."""
    issued = _issues(refund)
    found = [
        each for line in lines for each in _issued(line, issued.get(line.sale_line_id or 0, ())) or _parts(line, lots)
    ]
    products = sa.select(Product).where(Product.id.in_({each.product_id for each in found}))
    stocked = stocked_of(session().scalars(products)) if found else frozenset()
    return [each for each in found if each.product_id in stocked]


def _issued(line: SaleRefundLine, issues: Sequence[Any]) -> list[_Back]:
    return [
        _Back(line, each.product_id, line.quantity * each.quantity / each.sold, each.lot_id, each.id)
        for each in issues
    ]  # fmt: skip


def _parts(line: SaleRefundLine, lots: Mapping[int, int | None]) -> list[_Back]:
    if line.product is None:
        return []
    parts = components(line.product, line.quantity)
    return [_Back(line, part.product.id, part.quantity, lots.get(line.position), None) for part in parts]


def _issues(refund: SaleRefund) -> dict[int, list[Any]]:
    """{line of the sale: the moves it was taken from the shelf by, each with how many were `sold`}."""
    if refund.sale is None:
        return {}
    move, line = StockMove, SaleLine
    statement = (
        sa.select(
            line.id.label("line"), line.quantity.label("sold"), move.id, move.product_id, move.lot_id, move.quantity,
        )
        .join(line, sa.and_(line.document_id == move.source_id, sa.cast(line.position, sa.Text) == move.source_line))
        .where(move.source_type == "sale", move.source_id == refund.sale.id, move.quantity > 0)
        .order_by(move.id)
    )  # fmt: skip
    found: dict[int, list[Any]] = {}
    with whole():  # it may have been sold at another branch
        for row in session().execute(statement):
            found.setdefault(row.line, []).append(row)
    return found


def _cost(document: SaleRefund, lines: Sequence[Any], moves: Sequence[int]) -> None:
    statement = sa.select(StockMove.id, StockMove.value).where(StockMove.id.in_(moves))
    with whole():
        values = {row.id: row.value for row in session().execute(statement)}
    for line in lines:
        line.cost = NOTHING
    for line, move_id in zip(lines, moves, strict=True):
        line.cost += values[move_id]
    document.cost = sum(values.values(), NOTHING)


def _note(document: SaleRefund) -> str:
    return document.number or document.summary


def _category(line: SaleRefundLine) -> int | None:
    product: Product | None = line.product
    return product.category.id if product is not None and product.category is not None else None
