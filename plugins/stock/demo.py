"""The shelves of the demo company: what was there, and what came in and went over week by week."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import sqlalchemy as sa

from erp import session, today, transaction
from plugins.products.models import Product
from plugins.stock.models import STOCKED, Location
from plugins.stock.movements import Movement, Source, Step
from plugins.stock.places import place
from plugins.stock.posting import post_many

TYPE = "location"
WHO = "Peter Kariuki"
WEEKS = 8
SHARE = Decimal("0.62")
"""Of a price, what a product costs where nobody says what it costs."""
ANSWERS: Mapping[str, Callable[[Any], Any]] = {}


def load(stage: Any, rng: Random) -> None:
    """Opening stock at every branch, then receipts each week, and some of them sent on to the other branch."""
    products = list(session().scalars(sa.select(Product).where(Product.kind.in_(STOCKED)).order_by(Product.id)))
    homes = list(session().scalars(sa.select(Location.id).where(Location.kind == "internal").order_by(Location.id)))
    window = {"code": "WINDOW", "name": "Shop window, Westlands", "parent": homes[0]}
    shelf = stage.create(WHO, TYPE, window)
    if products:
        with transaction():
            post_many([*_received(products, homes, rng), *_sent_on(products, [*homes, shelf], rng)])


def _received(products: list[Product], homes: list[int], rng: Random) -> Iterator[Step]:
    """What there was at first, and a delivery to one of the branches every week."""
    supplier = place("supplier").id
    for week in range(WEEKS + 1):
        chosen = homes if week == 0 else [homes[week % len(homes)]]
        some = products if week == 0 else rng.sample(products, min(6, len(products)))
        counts = [(each, home, Decimal(rng.randrange(4, 15))) for home in chosen for each in some]
        moved = [
            Movement(each.id, supplier, home, count, value=_cost(each, count, rng)) for each, home, count in counts
        ]
        yield Step(moved, _day(week), Source(note=f"Delivery {week}" if week else "Opening stock"))


def _sent_on(products: list[Product], ends: list[int], rng: Random) -> Iterator[Step]:
    """A few things for the window and for the other branch."""
    for target in ends[1:]:
        moved = [Movement(each.id, ends[0], target, Decimal(1)) for each in rng.sample(products, min(5, len(products)))]
        yield Step(moved, _day(WEEKS), Source(note="Sent on"))


def _day(week: int) -> date:
    """A day of the demo's last weeks; none before this year, for which books may not be kept."""
    return max(today() - timedelta(weeks=WEEKS - week), today().replace(month=1, day=1))


def _cost(product: Product, count: Decimal, rng: Random) -> Decimal:
    one = product.cost or product.unit_price * SHARE
    return (one * count * rng.randrange(96, 105) / 100).quantize(Decimal(1))
