"""How good suppliers are: told from what they brought, when and how, in the last year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import sqlalchemy as sa

from erp import prepared, today
from plugins.purchasing.deliveries import GoodsReceipt, GoodsReceiptLine
from plugins.purchasing.models import HUNDRED, ZERO, PurchaseOrder

GOOD, FAIR = Decimal(95), Decimal(80)
YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Rating:
    """A supplier's deliveries of a year: how many, and in percent those in time and what was accepted."""

    deliveries: int
    in_time: Decimal
    accepted: Decimal

    @property
    def grade(self) -> str:
        """A, B or C by the worse of the two; empty for a supplier who brought nothing yet."""
        if not self.deliveries:
            return ""
        worst = min(self.in_time, self.accepted)
        return "A" if worst >= GOOD else "B" if worst >= FAIR else "C"


def of_supplier(supplier_id: int) -> Rating:
    """How good a supplier was in the last year."""
    asked = {"supplier": supplier_id, "since": today() - YEAR}
    ((deliveries, in_time, good, every),) = prepared.rows(_delivered(), asked)
    return Rating(deliveries, _percent(in_time, deliveries), _percent(good or ZERO, every or ZERO))


@cache
def _delivered() -> sa.Select[*tuple[Any, ...]]:
    """How many deliveries there were and how many in time; how many pieces were good, of how many."""
    line, head, order = GoodsReceiptLine, GoodsReceipt, PurchaseOrder
    late = sa.and_(order.needed_on.is_not(None), head.posted_on > order.needed_on)
    mine = head.supplier_id == sa.bindparam("supplier"), head.posted_on > sa.bindparam("since")
    deliveries = (
        sa.select(sa.func.count().label("every"), sa.func.count().filter(~late).label("in_time"))
        .select_from(head)
        .join(order, order.id == head.order_id)
        .where(*mine)
        .subquery()
    )
    pieces = (
        sa.select(sa.func.sum(line.accepted).label("good"), sa.func.sum(line.accepted + line.rejected).label("every"))
        .select_from(line)
        .join(head, head.id == line.document_id)
        .where(*mine)
        .subquery()
    )
    return sa.select(*deliveries.c, *pieces.c).select_from(deliveries.join(pieces, sa.true()))


def _percent(part: Decimal | int, whole: Decimal | int) -> Decimal:
    return (Decimal(part) * HUNDRED / Decimal(whole)).quantize(Decimal(1)) if whole else ZERO
