"""What so many of a product are worth now, before anything is moved: read without a lock."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

import sqlalchemy as sa

from erp import bulk, currency, prepared
from plugins.products.models import Product
from plugins.stock.models import ZERO, StockCost
from plugins.stock.valuation import Pool


@dataclass(frozen=True)
class Worth:
    """A product's pool as it is now."""

    pool: Pool

    def of(self, quantity: Decimal) -> Decimal:
        """What so many would carry; below nothing for what goes."""
        value = self.pool.cost_of(abs(quantity))
        return value if quantity > 0 else -value


def worth_of(product_ids: Collection[int]) -> dict[int, Worth]:
    """{product: what it is worth}; of one that was never there, by the cost it is expected to have."""
    kept_in = currency()
    found = {}
    for product_id, cost, quantity, value, last_cost in prepared.rows(_costs(), {"ids": list(product_ids)}):
        pool = Pool(kept_in, quantity=quantity or ZERO, value=value or ZERO, last_cost=last_cost or cost or ZERO)
        found[product_id] = Worth(pool)
    return found


@cache
def _costs() -> sa.Select[*tuple[Any, ...]]:
    """Of products `ids`: what they cost, as it is expected and as it is."""
    return (
        sa.select(Product.id, Product.cost, StockCost.quantity, StockCost.value, StockCost.last_cost)
        .outerjoin(StockCost, StockCost.product_id == Product.id)
        .where(bulk.among(Product.id, "ids"))
    )
