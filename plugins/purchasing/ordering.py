"""What the process of an order does: it is valued for the table, its approval is noted, its goods are expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from erp import Invalid, _, bulk, currency, money, prepared, session, whole
from plugins.products.api import is_measured_as
from plugins.products.models import STOCKED, Product, Unit
from plugins.purchasing import progress, ratings
from plugins.purchasing.bought import Bought, of_lines
from plugins.purchasing.models import SENT, ZERO, PartySupplier, PurchaseOrder, PurchaseOrderLine
from plugins.purchasing.receiving import expect_rest, look_again
from plugins.stock.api import Source, expect
from plugins.stock.models import StockReservation

PRICE = Decimal("0.0001")
"""The finest price that is stored."""


def value(order: PurchaseOrder) -> None:
    """Work out what the table asks: what it comes to in the books, mostly of what, from how good a supplier.

    Raises Invalid where it has no lines, or one has no price or cannot be counted on the shelf.
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
    known = of_lines(order.lines)
    if not order.passed(SENT):  # then what is changed is looked at when it is
        order.refuse_uncounted(known, order.lines)
    weigh(order, known)


def weigh(order: PurchaseOrder, known: Mapping[int, Bought] | None = None) -> None:
    """Note what the table asks besides the value: what most of the money goes to, and how good the supplier is now.

    `known` is what its products are, where the caller has it in hand.
    """
    order.category = order.main_category(of_lines(order.lines) if known is None else known)
    order.supplier_rating = ratings.of_supplier(order.supplier_id).grade or None


def follow(order: PurchaseOrder) -> None:
    """Expect its goods from now on, less what came."""
    products = {line.product_id for line in order.lines if line.product_id is not None}
    with whole():
        (begun,) = prepared.rows(_begun(), {"ids": sorted(products), "order": order.id})
    goods, instead = set(begun.goods or ()), begun.is_noted
    if order.passed(SENT) or not goods:
        session().flush()
        look_again(order, expect_rest(order, instead=instead), order)
        return
    if any(line.id is None for line in order.lines):
        session().flush()
    # nothing came of what nobody sent, and of goods that are still to come no order is over
    known = {line.id: progress.untouched(line, is_received=line.product_id in goods) for line in order.lines}
    expect_rest(order, known, instead=instead)


@cache
def _begun() -> sa.Select[*tuple[Any, ...]]:
    """Which products come as goods, and whether anything is expected for an order already: one row."""
    noted = StockReservation
    is_goods = sa.or_(*(Product.kind == each for each in sorted(STOCKED)))
    goods = sa.select(sa.func.array_agg(Product.id)).where(bulk.among(Product.id, "ids"), is_goods)
    of_order = noted.source_type == PurchaseOrder.__tablename__, noted.source_id == sa.bindparam("order")
    expected = sa.exists(noted.id).where(*of_order, noted.kind == "incoming")
    return sa.select(goods.scalar_subquery().label("goods"), expected.label("is_noted"))


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


def currency_of(supplier_id: int) -> str:
    """What a supplier is ordered from in: what is agreed, or the company's own."""
    agreed = session().scalar(sa.select(PartySupplier.order_currency).where(PartySupplier.record_id == supplier_id))
    return agreed or currency()


def last_prices(product_ids: Sequence[int], supplier_id: int, *, as_bought: bool) -> dict[int, Decimal]:
    """What a supplier asked last for products, {product: price}, in the currency they are ordered from in now.

    For one of the unit a product is bought in, or of its own.
    """
    line, head, of, wanted = PurchaseOrderLine, PurchaseOrder, aliased(Unit), aliased(Unit)
    own, bought_in = Product.uom_id, Product.purchase_uom_id  # type: ignore[attr-defined] # made by link()
    statement = (
        sa.select(line.product_id, line.unit_price, of, wanted)
        .join(head, head.id == line.document_id)
        .join(Product, Product.id == line.product_id)
        .join(of, of.id == sa.func.coalesce(line.uom_id, own))
        .join(wanted, wanted.id == (sa.func.coalesce(bought_in, own) if as_bought else own))
        .where(line.product_id.in_(product_ids), head.supplier_id == supplier_id)
        .where(head.currency == currency_of(supplier_id))
        .order_by(head.id, line.position.desc())
    )
    told = ((key, _per(price, unit, asked)) for key, price, unit, asked in session().execute(statement))
    # the newest that can be told in the unit asked for: one that cannot hides no older one
    return {key: price for key, price in told if key is not None and price is not None}


def _per(price: Decimal, of: Unit, wanted: Unit) -> Decimal | None:
    """A price for one unit as that for one of another; None where they do not measure the same."""
    if of.id == wanted.id:
        return price
    if not is_measured_as(of, wanted):
        return None
    exact = Fraction(price) * wanted.size / of.size
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(PRICE)
