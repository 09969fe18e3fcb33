"""What runs low becomes drafts of orders, one for each supplier."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby

import sqlalchemy as sa

from erp import create, session, today, transaction
from plugins.products.models import Product
from plugins.purchasing.models import ZERO, PurchaseOrder, PurchaseOrderLine
from plugins.purchasing.ordering import last_price
from plugins.stock.api import Proposal, proposals


def draw_up() -> list[int]:
    """Draft orders of all that is proposed and names a supplier; their ids. What is drafted already is left out."""
    with transaction():
        waiting = _drafted()
        wanted = [each for each in proposals() if each.supplier_id is not None and each.product_id not in waiting]
        return [_draft(list(some)) for _key, some in groupby(wanted, key=lambda each: each.supplier_id)]


def _drafted() -> set[int]:
    """Products of orders that nobody has sent yet."""
    statement = (
        sa.select(PurchaseOrderLine.product_id)
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseOrderLine.document_id)
        .where(PurchaseOrder.state.in_(("draft", "submitted", "approved")))
    )
    return {key for key in session().scalars(statement) if key is not None}


def _draft(wanted: Sequence[Proposal]) -> int:
    supplier_id = wanted[0].supplier_id
    assert supplier_id is not None
    lines = []
    for each in wanted:
        product = session().get_one(Product, each.product_id)
        price = last_price(product.id, supplier_id)
        lines.append({
            "product": product.id, "description": product.name, "quantity": each.suggested, "uom": product.uom.id,
            "unit_price": product.cost or ZERO if price is None else price,
        })  # fmt: skip
    needed_on = today() + timedelta(days=max(each.lead_days for each in wanted))
    return create("purchase_order", {"supplier": supplier_id, "needed_on": needed_on, "lines": lines}).id
