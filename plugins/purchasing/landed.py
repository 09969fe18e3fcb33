"""What goods cost besides their price: freight, duty, insurance, spread over what came."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from erp import Conflict, Document, Invalid, _, _l, amount, choice, currency, day, link, money, session, text, today
from plugins.accounting.api import Part, Posting, keeps_books, post, refuse_locked
from plugins.accounting.models import Account
from plugins.products.api import converted
from plugins.purchasing.deliveries import GoodsReceipt, GoodsReceiptLine
from plugins.purchasing.models import ZERO
from plugins.stock.api import Charge, Source, charge
from plugins.stock.models import ProductStock, StockMove

SPREAD, LANDED = "spread", "landed_cost_spread"
BASES: Mapping[str, str] = {"value": _l("By value"), "quantity": _l("By quantity"), "weight": _l("By weight")}


class LandedCost(Document):
    """Landed cost. Landed costs.

    Freight, duty or insurance of goods that came: taken off the account it was billed to and put onto the goods.
    """

    prefix = "LC"
    relies_on = (SPREAD,)
    icon = "truck"
    group = _l("Purchasing")
    subtitle_field = "reason"
    amount_field = "cost"
    takes_history = False

    receipt: Mapped[GoodsReceipt] = link(_l("Receipt"), search=True, listed=True)
    reason: Mapped[str] = text(_l("What for"), search=True, listed=True, help=_l("Freight, duty, insurance."))
    cost: Mapped[Decimal] = amount(_l("Amount"), required=True, listed=True, total=True, minimum=Decimal("0.01"))
    basis: Mapped[str] = choice(_l("Spread"), BASES, default="value", listed=True)
    account: Mapped[Account] = link(_l("Billed to"), help=_l("The account its bill was posted to."))
    spread_on: Mapped[date | None] = day(_l("Day"), help=_l("Empty: the day it is spread."))
    onto_goods: Mapped[Decimal] = amount(_l("Onto goods"), readonly=True, default=ZERO, beside=True)
    posted_on: Mapped[date | None] = mapped_column(sa.Date())

    @property
    def summary(self) -> str:
        """What for, of which receipt."""
        return _(": ").join(filter(None, (self.receipt.number, self.reason)))

    def recompute(self) -> None:
        """Raises Conflict once it is spread."""
        if self.posted_on is not None:
            raise Conflict(_("What is spread already is not changed."))


def spread(cost: LandedCost) -> None:
    """Put it onto the goods of its receipt; what is not there any more stays a cost of the month.

    Raises Invalid where nothing came, where a weight is missing, or at `spread_on` for a locked day.
    """
    cost.posted_on = cost.spread_on = cost.spread_on or today()
    refuse_locked("purchases", cost.posted_on, "spread_on")
    lines = [line for line in cost.receipt.lines if line.accepted]
    if cost.receipt.posted_on is None or not lines:
        raise Invalid(fields={"receipt": _("Nothing of it came yet.")})
    weights = _weights(cost, lines)
    whole = sum(weights, ZERO)
    charges, before = [], ZERO
    for line, weight in zip(lines, weights, strict=True):
        part = money.portion(cost.cost, before, before + weight, whole, currency())
        before += weight
        charges.append(Charge(line.product.id, _own_count(line), part))
    if keeps_books():
        _post(cost)
    source = Source(cost.__tablename__, cost.id, "", cost.number or "")
    cost.onto_goods = charge(charges, on=cost.posted_on, source=source)


def _post(cost: LandedCost) -> None:
    assert cost.posted_on is not None
    parts = [Part("cost", cost.cost, credit_account_id=cost.account.id)]
    post(Posting(
        LANDED, cost.posted_on, cost.__tablename__, cost.id, parts, text=cost.reason, branch_id=cost.branch_id,
    ))  # fmt: skip


def _own_count(line: GoodsReceiptLine) -> Decimal:
    """How many came, in the product's own unit."""
    unit = line.ordered().uom or line.product.uom
    return converted(line.accepted, unit, line.product.uom)


def _weights(cost: LandedCost, lines: list[GoodsReceiptLine]) -> list[Decimal]:
    if cost.basis == "quantity":
        return [_own_count(line) for line in lines]
    if cost.basis == "weight":
        return [_own_count(line) * _weight(line) for line in lines]
    moved = sa.select(StockMove.source_line, sa.func.sum(StockMove.value)).where(
        StockMove.source_type == GoodsReceipt.__tablename__, StockMove.source_id == cost.receipt.id
    )
    worth = {row.source_line: row[1] for row in session().execute(moved.group_by(StockMove.source_line))}
    found = [worth.pop(str(line.order_line_id), ZERO) for line in lines]
    return found if any(found) else [_own_count(line) for line in lines]


def _weight(line: GoodsReceiptLine) -> Decimal:
    kept = sa.select(ProductStock.weight).where(ProductStock.record_id == line.product.id)
    if not (found := session().scalar(kept)):
        raise Invalid(fields={"basis": _("%(product)s has no weight.", product=line.product.name)})
    return found
