"""Which lots are taken: what is best before the earliest day goes first, and what is over does not go."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa

from erp import session, today
from plugins.stock.holding import Level, short
from plugins.stock.models import ZERO, Lot, StockLevel
from plugins.stock.movements import locations, products


@dataclass(frozen=True, slots=True)
class Pick:
    """So many of a lot; `lot_id` is None for a product that is not kept by lots."""

    lot_id: int | None
    quantity: Decimal


def pick(product_id: int, location_id: int, quantity: Decimal, *, at: str = "") -> list[Pick]:
    """Which lots to take so many from, the earliest best-before day first, then the oldest lot.

    A proposal: nothing is locked or promised. Raises Invalid at `quantity` where what is good and free is less.
    """
    product = products({product_id})[product_id]
    place = locations({location_id})[location_id]
    if product.tracking == "none":
        return [Pick(None, quantity)]
    picked, left, good = [], quantity, ZERO
    for lot, free in lots_at(product_id, location_id):
        if lot.is_expired:
            continue
        good += free
        if left > 0:
            picked.append(Pick(lot.id, min(free, left)))
            left -= picked[-1].quantity
    promised = _promised(product_id, location_id)
    if quantity > good - promised:
        raise short(product, place, Level(good, promised), quantity, f"{at}quantity")
    return picked


def lots_at(product_id: int, location_id: int, *, most: int | None = None) -> list[tuple[Lot, Decimal]]:
    """The lots of a product at a place and what is free of each, in the order they go; what is over stands last.

    All of them, or the first `most`.
    """
    free = StockLevel.quantity - StockLevel.reserved
    is_over = sa.func.coalesce(Lot.expires_on < today(), sa.false())
    statement = (
        sa.select(Lot, free)
        .join(StockLevel, StockLevel.lot_id == Lot.id)
        .where(StockLevel.product_id == product_id, StockLevel.location_id == location_id, free > 0)
        .order_by(is_over, Lot.expires_on.asc().nulls_last(), Lot.id)
        .limit(most)
    )
    return [(lot, count) for lot, count in session().execute(statement)]


def _promised(product_id: int, location_id: int) -> Decimal:
    """What is promised there without a lot being named."""
    statement = sa.select(sa.func.sum(StockLevel.reserved)).where(
        StockLevel.product_id == product_id, StockLevel.location_id == location_id, StockLevel.lot_id.is_(None)
    )
    return session().scalar(statement) or ZERO
