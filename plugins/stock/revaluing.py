"""Goods that are worth more or less than they cost: by the hand of somebody who may say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import sqlalchemy as sa

from erp import Invalid, _, currency, money, session, today, transaction
from plugins.stock import places
from plugins.stock.models import ZERO, StockLevel
from plugins.stock.movements import NOBODY, Known, Source, Step, locations, products
from plugins.stock.posting import begin, revaluation, write


def revalue(product_id: int, value: Decimal, *, on: date | None = None, source: Source = NOBODY) -> int | None:
    """Let all there is of a product be worth so much; the id of the move, None where it is worth that already.

    Raises Invalid where there is nothing of it, or where the value is below nothing.
    """
    with transaction():
        held = _held_at(product_id)
        found = Known(products({product_id}), locations({held}), {})
        work = begin(found)
        pool = work.pools[product_id]
        if value < 0 or pool.quantity <= 0:
            said = _("A value is not below nothing.") if value < 0 else _("There is nothing of it.")
            raise Invalid(said, fields={"value": said})
        by = value - pool.value
        if not by:
            return None
        work.pools.read_all(product_id)
        pool.revalue(by)
        work.drafts.append(revaluation(product_id, held, by))
        return write(work, [Step((), on or today(), source)])[0]


@dataclass(frozen=True, slots=True)
class Charge:
    """So much more, or less, is to be paid for so many of a product that came in before."""

    product_id: int
    quantity: Decimal
    amount: Decimal


def charge(charges: Sequence[Charge], *, on: date | None = None, source: Source = NOBODY) -> Decimal:
    """Let what is still there of products take its share of what they cost besides; how much that is together.

    What is gone already takes none of it, and nothing comes to be worth less than nothing.
    """
    wanted = [each for each in charges if each.amount]
    if not wanted:
        return ZERO
    with transaction():
        held = {each.product_id: _held_at(each.product_id) for each in wanted}
        found = Known(products(set(held)), locations(set(held.values())), {})
        work, taken = begin(found), ZERO
        for each in wanted:
            pool = work.pools[each.product_id]
            share = min(max(pool.quantity, ZERO), each.quantity)
            by = money.portion(each.amount, ZERO, share, each.quantity, currency()) if share else ZERO
            by = max(by, -pool.value)
            if by:
                work.pools.read_all(each.product_id)
                pool.revalue(by)
                work.drafts.append(revaluation(each.product_id, held[each.product_id], by))
                taken += by
        write(work, [Step((), on or today(), source)])
        return taken


def _held_at(product_id: int) -> int:
    """Where the most of it is: the place the books name."""
    most = sa.select(StockLevel.location_id).where(StockLevel.product_id == product_id, StockLevel.quantity > ZERO)
    found = session().scalar(most.order_by(StockLevel.quantity.desc(), StockLevel.id).limit(1))
    return found or places.home().id
