"""What the process of an order does: it is valued for the table, its approval is noted, its goods are expected."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import sqlalchemy as sa

from erp import Invalid, _, money, session
from plugins.purchasing import progress, ratings
from plugins.purchasing.bought import bought
from plugins.purchasing.models import SENT, ZERO, PurchaseOrder, PurchaseOrderLine
from plugins.purchasing.receiving import expect_again, expect_rest
from plugins.stock.api import Source, expect


def value(order: PurchaseOrder) -> None:
    """Work out what the table asks: what it comes to in the books, mostly of what, from how good a supplier.

    Raises Invalid where it has no lines or one has no price.
    """
    if not order.lines:
        raise Invalid(fields={"lines": _("Add at least one line.")})
    errors = {
        f"lines-{index}-unit_price": _("Say what it costs.")
        for index, line in enumerate(order.lines)
        if not line.unit_price
    }
    if errors:
        raise Invalid(next(iter(errors.values())), fields=errors)
    weigh(order)


def weigh(order: PurchaseOrder) -> None:
    """Note what the table asks besides the value: what most of the money goes to, and how good the supplier is now."""
    order.category = order.main_category
    order.supplier_rating = ratings.of_supplier(order.supplier_id).grade or None


def follow(order: PurchaseOrder) -> None:
    """Expect its goods from now on, less what came."""
    known = bought({line.product_id for line in order.lines if line.product_id is not None})
    goods = {key for key, each in known.items() if each.is_goods}
    if order.passed(SENT) or not goods:
        session().flush()
        expect_again(order, order)
        return
    if any(line.id is None for line in order.lines):
        session().flush()
    # nothing came of what nobody sent, and of goods that are still to come no order is over
    expect_rest(order, {
        line.id: progress.untouched(line, is_received=line.product_id in goods) for line in order.lines
    })  # fmt: skip


def value_remainder(order: PurchaseOrder) -> None:
    """Work out what of it is given up, in the books: what did not come, and services that were not billed.

    Raises Invalid where it says something that is not approved: nobody could bill or change it once it is closed.
    """
    if order.is_unapproved:
        said = _("%(number)s is not approved as it stands now: take the change back or have it approved first.",
                 number=order.number)  # fmt: skip
        raise Invalid(said, fields={"lines": said})
    lost = ZERO
    for stands in progress.of_order(order.id).values():
        missing = stands.to_come if stands.is_received else stands.to_bill
        lost += money.portion(stands.net, stands.ordered - missing, stands.ordered, stands.ordered, order.currency)
    order.cancelled_amount = progress.in_books(lost, order.currency)


def end(order: PurchaseOrder) -> None:
    """Expect nothing more of it."""
    expect([], source=Source(order.__tablename__, order.id), instead=True)


def last_price(product_id: int, supplier_id: int) -> Decimal | None:
    """What a product was last ordered for from a supplier; None where it never was."""
    return last_prices([product_id], supplier_id).get(product_id)


def last_prices(product_ids: Sequence[int], supplier_id: int) -> dict[int, Decimal]:
    """What products were last ordered for from a supplier, {product: price}, in the currency of that order."""
    line, head = PurchaseOrderLine, PurchaseOrder
    statement = (
        sa.select(line.product_id, line.unit_price)
        .join(head, head.id == line.document_id)
        .where(line.product_id.in_(product_ids), head.supplier_id == supplier_id)
        .order_by(head.id, line.position.desc())
    )
    return {key: price for key, price in session().execute(statement) if key is not None}
