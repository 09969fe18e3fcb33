"""Classes of products by what left a place: A is four fifths of it by cost, B the next 15 %, C the rest."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import sqlalchemy as sa

from erp import today
from plugins.stock.beginning import HELD
from plugins.stock.models import Location, StockLevel, StockMove

YEAR = timedelta(days=365)
A, B = Decimal("0.80"), Decimal("0.95")
"""Up to which part of the whole a class goes."""


def class_of_products(location_id: int, name: str) -> sa.Select[int]:
    """The products at a place that are of a class; what never left is of class C."""
    outside = sa.select(Location.id).where(Location.kind.not_in(HELD))
    left = (
        sa.select(StockMove.product_id, sa.func.sum(StockMove.value).label("value"))
        .where(StockMove.from_location_id == location_id, StockMove.to_location_id.in_(outside))
        .where(StockMove.moved_on > today() - YEAR)
        .group_by(StockMove.product_id)
        .subquery()
    )
    whole = sa.func.nullif(sa.func.sum(left.c.value).over(), 0)
    before = sa.func.sum(left.c.value).over(order_by=(left.c.value.desc(), left.c.product_id)) - left.c.value
    ranked = sa.select(left.c.product_id, (before / whole).label("before")).subquery()
    share = sa.func.coalesce(ranked.c.before, 1)
    letter = sa.case((share < A, "A"), (share < B, "B"), else_="C")
    return (
        sa.select(StockLevel.product_id)
        .outerjoin(ranked, ranked.c.product_id == StockLevel.product_id)
        .where(StockLevel.location_id == location_id, letter == name)
    )
