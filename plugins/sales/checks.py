"""What must be true of sales, whatever happened on the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from erp import check, session
from plugins.accounting.api import keeps_books
from plugins.accounting.models import JournalEntry
from plugins.sales.ledger import SALE_MADE, SALE_REFUNDED
from plugins.sales.models import (
    Sale,
    SaleLine,
    SaleRefund,
    SaleRefundLine,
    SaleRefundTender,
    SaleTender,
)
from plugins.stock.models import StockMove

KINDS: tuple[tuple[Any, Any, Any, str], ...] = (
    (Sale, SaleLine, SaleTender, SALE_MADE),
    (SaleRefund, SaleRefundLine, SaleRefundTender, SALE_REFUNDED),
)


@check
def lines_add_up() -> Iterator[str]:
    """Every sale and refund is what its lines come to, and is paid to the last coin."""
    for cls, lines, tenders, _event in KINDS:
        sums = {name: _sum(lines, getattr(lines, name), cls) for name in ("net", "tax", "total", "cost")}
        paid = _sum(tenders, tenders.amount, cls)
        rounding = cls.rounding if cls is Sale else sa.literal(0)
        wrong = sa.or_(
            cls.subtotal != sums["net"], cls.tax != sums["tax"], cls.total != sums["total"], cls.cost != sums["cost"],
            cls.total + rounding != paid,
        )  # fmt: skip
        for number in session().scalars(sa.select(cls.number).where(wrong).order_by(cls.id)):
            yield f"{number}: its lines or what was paid come to something else"


@check
def no_more_came_back_than_was_sold() -> Iterator[str]:
    """No line of a sale has come back more often than it was sold."""
    back = (
        sa.select(SaleRefundLine.sale_line_id, sa.func.sum(SaleRefundLine.quantity).label("back"))
        .group_by(SaleRefundLine.sale_line_id)
        .subquery()
    )
    statement = (
        sa.select(Sale.number, SaleLine.description, SaleLine.quantity, back.c.back)
        .join(SaleLine, SaleLine.document_id == Sale.id)
        .join(back, back.c.sale_line_id == SaleLine.id)
        .where(back.c.back > SaleLine.quantity)
        .order_by(Sale.id)
    )
    for number, description, sold, came in session().execute(statement):
        yield f"{number}: {came} of {description} came back, {sold} were sold"


@check
def goods_moved_at_their_cost() -> Iterator[str]:
    """What a sale or refund says its goods cost is what its stock moves carried."""
    for cls, _lines, _tenders, _event in KINDS:
        moved = (
            sa.select(StockMove.source_id, sa.func.sum(StockMove.value).label("value"))
            .where(StockMove.source_type == cls.__tablename__, StockMove.quantity > 0)
            .group_by(StockMove.source_id)
            .subquery()
        )
        carried = sa.func.coalesce(moved.c.value, 0)
        statement = sa.select(cls.number, cls.cost, carried).outerjoin(moved, moved.c.source_id == cls.id)
        for number, cost, value in session().execute(statement.where(cls.cost != carried).order_by(cls.id)):
            yield f"{number}: its goods cost {cost}, its moves carried {value}"


@check
def each_is_in_the_books_once() -> Iterator[str]:
    """Where books are kept, every sale and refund that came to money since then has its entry."""
    if not keeps_books():
        return
    for cls, _lines, _tenders, event in KINDS:
        entry = sa.select(JournalEntry.id).where(
            JournalEntry.source_type == cls.__tablename__, JournalEntry.source_id == cls.id, JournalEntry.event == event
        )
        first = sa.select(sa.func.min(JournalEntry.posted_at)).scalar_subquery()
        missing = sa.select(cls.number).where(~entry.exists(), cls.total != 0, cls.created_at > first)
        for number in session().scalars(missing.order_by(cls.id)):
            yield f"{number}: the books do not know of it"


def _sum(lines: Any, column: Any, cls: Any) -> sa.ScalarSelect[Any]:
    total = sa.func.coalesce(sa.func.sum(column), 0)
    return sa.select(total).where(lines.document_id == cls.id).scalar_subquery()
