"""What runs low becomes drafts of orders, one for each supplier and branch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby

import sqlalchemy as sa

from erp import acting, create, currency, session, today, transaction
from plugins.products.models import Product
from plugins.purchasing.models import ZERO, PurchaseOrder, PurchaseOrderLine
from plugins.purchasing.ordering import currency_of, last_prices
from plugins.stock.api import Proposal, proposals
from plugins.stock.models import Location

Buyer = tuple[int, int]
"""(supplier, branch whose goods run low; 0 for none)"""


def draw_up() -> list[int]:
    """Draft orders of all that is proposed and names a supplier; their ids. What is drafted already is left out."""
    with transaction():
        waiting = _drafted()
        wanted = [(key, each) for key, each in _proposed() if (each.product_id, key[1]) not in waiting]
        by_key = groupby(sorted(wanted, key=lambda pair: pair[0]), key=lambda pair: pair[0])
        return [_draft(key, [each for _key, each in some]) for key, some in by_key]


def _proposed() -> list[tuple[Buyer, Proposal]]:
    found = [each for each in proposals() if each.supplier_id is not None]
    places = sa.select(Location.id, Location.branch_id).where(Location.id.in_({each.location_id for each in found}))
    branch_of = {row.id: row.branch_id or 0 for row in session().execute(places)}
    return [((each.supplier_id or 0, branch_of[each.location_id]), each) for each in found]


def _drafted() -> set[tuple[int, int]]:
    """(product, branch) of orders that nobody has sent yet."""
    statement = (
        sa.select(PurchaseOrderLine.product_id, PurchaseOrder.branch_id)
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseOrderLine.document_id)
        .where(PurchaseOrder.state.in_(("draft", "submitted", "approved")))
    )
    return {(key, branch or 0) for key, branch in session().execute(statement) if key is not None}


def _draft(key: Buyer, wanted: Sequence[Proposal]) -> int:
    supplier_id, branch_id = key
    prices = last_prices([each.product_id for each in wanted], supplier_id, as_bought=False)
    in_own_currency = currency_of(supplier_id) == currency()
    lines = []
    for each in wanted:
        product = session().get_one(Product, each.product_id)
        cost = product.cost if in_own_currency else None
        lines.append({
            "product": product.id, "description": product.name, "quantity": each.suggested, "uom": product.uom.id,
            "unit_price": prices.get(product.id, cost or ZERO),
        })  # fmt: skip
    needed_on = today() + timedelta(days=max(each.lead_days for each in wanted))
    with acting(branch_id=branch_id or None):
        return create("purchase_order", {"supplier": supplier_id, "needed_on": needed_on, "lines": lines}).id
