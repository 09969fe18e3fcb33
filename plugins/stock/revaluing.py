"""Goods that are worth more or less than they cost: by the hand of somebody who may say so."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import sqlalchemy as sa

from erp import Invalid, _, session, today, transaction
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


def _held_at(product_id: int) -> int:
    """Where the most of it is: the place the books name."""
    most = sa.select(StockLevel.location_id).where(StockLevel.product_id == product_id, StockLevel.quantity > ZERO)
    found = session().scalar(most.order_by(StockLevel.quantity.desc(), StockLevel.id).limit(1))
    return found or places.home().id
