"""Stock that runs low: noted and told once, settled when enough is there again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from erp import Member, clock, i18n, members_with, notifications, session, transaction
from plugins.products.models import Product
from plugins.stock.models import Location
from plugins.stock.reordering import low
from plugins.stock.rules import StockShortage

TOLD = ("Stock manager", "Storekeeper")
"""Roles that hear of it."""
ONE_BY_ONE = 5
"""More than so many at one place are told in one sentence."""
REPORT = "/reports/reorder_proposals"
Key = tuple[int, int]
"""(product, place)"""


def look() -> tuple[int, int]:
    """Compare rules with levels: how many shortages are new and how many are over."""
    with transaction():
        now = low()
        new, over = _raise(now), _settle(now)
        _tell_each(new)
        return len(new), over


def tell_low(product_ids: Collection[int]) -> int:
    """Tell at once of these products what runs low and was not known to: how many shortages are new."""
    with transaction():
        new = _raise(low(product_ids)) if product_ids else []
        _tell_each(new)
        return len(new)


def _tell_each(new: Sequence[StockShortage]) -> None:
    by_place: dict[int, list[StockShortage]] = {}
    for each in new:
        by_place.setdefault(each.location_id, []).append(each)
    for location_id, found in by_place.items():
        _tell(session().get_one(Location, location_id), found)


def _raise(now: Mapping[Key, Decimal]) -> Sequence[StockShortage]:
    """The shortages that were not known yet."""
    rows = [
        {"product_id": product, "location_id": place, "available": available, "raised_at": clock.now()}
        for (product, place), available in sorted(now.items())
    ]
    if not rows:
        return []
    statement = insert(StockShortage).on_conflict_do_nothing(
        index_elements=["tenant_id", "product_id", "location_id"], index_where=StockShortage.resolved_at.is_(None)
    )
    return list(session().scalars(statement.returning(StockShortage), rows))


def _settle(now: Mapping[Key, Decimal]) -> int:
    """End those where enough is there again, and take what was told of them off the bell; how many there were."""
    open_ = sa.select(StockShortage).where(StockShortage.resolved_at.is_(None))
    over = [each for each in session().scalars(open_) if (each.product_id, each.location_id) not in now]
    for each in over:
        each.resolved_at = clock.now()
    notifications.settle([_key(each) for each in over])
    return len(over)


def _key(shortage: StockShortage) -> str:
    return f"stock_low:{shortage.id}"


def _tell(place: Location, found: Sequence[StockShortage]) -> None:
    names = _names(found)
    for member in _keepers(place):
        if len(found) > ONE_BY_ONE:
            count = i18n.format_number(len(found))
            notifications.notify(
                member.id, "stock_low_many", url=REPORT, key=_key(found[0]), count=count, place=place.name
            )
            continue
        for each in found:
            notifications.notify(
                member.id, "stock_low", subject=("product", each.product_id), key=_key(each),
                product=names[each.product_id], place=place.name, count=i18n.format_number(each.available),
            )  # fmt: skip


def _names(found: Sequence[StockShortage]) -> dict[int, str]:
    statement = sa.select(Product.id, Product.name).where(Product.id.in_([each.product_id for each in found]))
    return {row.id: row.name for row in session().execute(statement)}


def _keepers(place: Location) -> list[Member]:
    """Who hears of a place: those of its branch, and those of none."""
    found = {each.id: each for role in TOLD for each in members_with(role)}
    return [
        each for _id, each in sorted(found.items()) if place.branch_id in (None, each.branch_id) or not each.branch_id
    ]
