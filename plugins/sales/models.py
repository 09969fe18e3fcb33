from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from erp import Document, Line, _, _l, choice, day, email, key_to, link, moment, text
from erp import amount as money
from erp import lines as rows
from erp import quantity as number
from plugins.parties.models import Party
from plugins.products.models import Product
from plugins.taxes.models import TaxCategory

CHANNELS = {
    "counter": _l("Counter"),
    "online": _l("Online"),
    "phone": _l("Phone"),
    "wholesale": _l("Wholesale"),
    "other": _l("Other"),
}
TENDERS = {
    "cash": _l("Cash"),
    "card": _l("Card"),
    "card_machine": _l("Card, own machine"),
    "bank": _l("Bank transfer"),
    "mpesa": _l("M-Pesa"),
    "account": _l("On account"),
}
ON_ACCOUNT = "account"
"""The tender that is no money yet: the customer owes it."""
REASONS = {
    "returned": _l("Returned"),
    "damaged": _l("Damaged or defective"),
    "wrong": _l("Wrong price or quantity"),
    "cancelled": _l("Cancelled"),
    "other": _l("Another reason"),
}
NOTHING = Decimal(0)


class Sale(Document):
    """Sale. Sales.

    What one customer bought at one moment. It is made by `api.check_out` or comes in as history; it is never typed.
    """

    prefix = "S"
    gapless = True
    verbs = {"see_cost": _l("See what sold goods cost us")}  # noqa: RUF012 - read once, never changed
    icon = "shopping-cart"
    group = _l("Sales")
    subtitle_field = "country"
    amount_field = "total"
    takes_history = False
    takes_files = True
    __table_args__ = (
        key_to("tenant_member", "employee_id"),
        sa.Index("sale_sold_on", "tenant_id", "sold_on", "id"),
        sa.CheckConstraint("subtotal + tax = total", name="sale_total_adds_up"),
    )

    sold_at: Mapped[datetime] = moment(_l("Sold at"), readonly=True, listed=True)
    sold_on: Mapped[date] = day(_l("Business day"), readonly=True)
    customer: Mapped[Party | None] = link(_l("Customer"), readonly=True, search=True, listed=True)
    country: Mapped[str] = text(_l("Country"), length=60, readonly=True, default="", listed=True)
    channel: Mapped[str] = choice(_l("Channel"), CHANNELS, readonly=True, default="counter", listed=True)
    employee: Mapped[str] = text(_l("Sold by"), readonly=True, default="", listed=True)
    employee_id: Mapped[int | None] = mapped_column(sa.BigInteger, index=True)
    """The member who sold it; none of what another system sold."""
    subtotal: Mapped[Decimal] = money(_l("Net"), readonly=True, default=NOTHING)
    tax: Mapped[Decimal] = money(_l("Tax"), readonly=True, default=NOTHING)
    total: Mapped[Decimal] = money(_l("Total"), readonly=True, default=NOTHING, listed=True, total=True)
    rounding: Mapped[Decimal] = money(_l("Rounding"), readonly=True, default=NOTHING)
    """What paying in the coins there are adds to the total or takes from it."""
    cost: Mapped[Decimal] = money(_l("Cost of goods"), readonly=True, default=NOTHING, beside=True, right="see_cost")
    receipt_email: Mapped[str | None] = email(_l("Receipt goes to"), readonly=True)
    tax_totals: Mapped[list[dict[str, str]]] = mapped_column(JSONB, default=list)
    """[{name, rate, kind, reason, base, amount}] of every tax."""
    lines: Mapped[list[SaleLine]] = rows(_l("Lines"))
    tenders: Mapped[list[SaleTender]] = rows(_l("Paid with"))

    @property
    def summary(self) -> str:
        """Who bought, for search."""
        return self.customer.name if self.customer is not None else _("Walk-in customer")


class SaleLine(Line["Sale"]):
    """Sold line. Sold lines."""

    __table_args__ = (
        sa.CheckConstraint("quantity > 0", name="sale_line_quantity_positive"),
        {"info": {"append_only": True}},
    )

    product: Mapped[Product | None] = link(_l("Product"), readonly=True)
    description: Mapped[str] = text(_l("Description"), readonly=True)
    quantity: Mapped[Decimal] = number(_l("Quantity"), readonly=True)
    uom: Mapped[str] = text(_l("Unit"), length=40, readonly=True, default="")
    unit_price: Mapped[Decimal] = money(_l("Price"), readonly=True)
    discount: Mapped[Decimal] = number(_l("Discount"), readonly=True, default=NOTHING, places=2, unit="%")
    tax_category: Mapped[TaxCategory | None] = link(_l("Tax category"), readonly=True)
    net: Mapped[Decimal] = money(_l("Net"), readonly=True, default=NOTHING)
    tax: Mapped[Decimal] = money(_l("Tax"), readonly=True, default=NOTHING)
    total: Mapped[Decimal] = money(_l("Total"), readonly=True, default=NOTHING)
    cost: Mapped[Decimal] = mapped_column(sa.Numeric(19, 4), default=NOTHING)
    """What the goods carried from our shelf, as their moves say."""
    taxes: Mapped[list[dict[str, str]]] = mapped_column(JSONB, default=list)


class SaleTender(Line["Sale"], table="tenders"):
    """What a sale was paid with."""

    title_field: ClassVar[str] = "kind"
    __table_args__ = ({"info": {"append_only": True}},)

    kind: Mapped[str] = choice(_l("Kind"), TENDERS, readonly=True)
    amount: Mapped[Decimal] = money(_l("Amount"), readonly=True)
    change_amount: Mapped[Decimal] = money(_l("Change given"), readonly=True, default=NOTHING, hides_zero=True)
    reference: Mapped[str] = text(_l("Reference"), length=80, readonly=True, default="")


class SaleRefund(Document):
    """Refund of a sale. Refunds of sales.

    What came back of a sale, or of one nobody knows any more; made by `api.take_back` or brought in as history.
    """

    prefix = "SR"
    gapless = True
    verbs = {"see_cost": _l("See what sold goods cost us")}  # noqa: RUF012 - read once, never changed
    icon = "receipt-refund"
    group = _l("Sales")
    subtitle_field = "country"
    amount_field = "total"
    takes_history = False
    __table_args__ = (
        key_to("tenant_member", "employee_id"),
        sa.Index("sale_refund_refunded_on", "tenant_id", "refunded_on", "id"),
        sa.CheckConstraint("subtotal + tax = total", name="sale_refund_total_adds_up"),
    )

    sale: Mapped[Sale | None] = link(_l("Sale"), readonly=True, listed=True)
    refunded_at: Mapped[datetime] = moment(_l("Taken back at"), readonly=True, listed=True)
    refunded_on: Mapped[date] = day(_l("Business day"), readonly=True)
    customer: Mapped[Party | None] = link(_l("Customer"), readonly=True, search=True, listed=True)
    country: Mapped[str] = text(_l("Country"), length=60, readonly=True, default="")
    channel: Mapped[str] = choice(_l("Channel"), CHANNELS, readonly=True, default="counter")
    reason: Mapped[str] = choice(_l("Reason"), REASONS, readonly=True, default="returned", listed=True)
    employee: Mapped[str] = text(_l("Taken back by"), readonly=True, default="", listed=True)
    employee_id: Mapped[int | None] = mapped_column(sa.BigInteger, index=True)
    subtotal: Mapped[Decimal] = money(_l("Net"), readonly=True, default=NOTHING)
    tax: Mapped[Decimal] = money(_l("Tax"), readonly=True, default=NOTHING)
    total: Mapped[Decimal] = money(_l("Total"), readonly=True, default=NOTHING, listed=True, total=True)
    cost: Mapped[Decimal] = money(_l("Cost of goods"), readonly=True, default=NOTHING, beside=True, right="see_cost")
    tax_totals: Mapped[list[dict[str, str]]] = mapped_column(JSONB, default=list)
    lines: Mapped[list[SaleRefundLine]] = rows(_l("Lines"))
    tenders: Mapped[list[SaleRefundTender]] = rows(_l("Given back with"))

    @property
    def summary(self) -> str:
        """Who gave it back, for search."""
        return self.customer.name if self.customer is not None else _("Walk-in customer")


class SaleRefundLine(Line["SaleRefund"]):
    """Line taken back. Lines taken back."""

    __table_args__ = (
        key_to("sale_line", "sale_line_id"),
        sa.CheckConstraint("quantity > 0", name="sale_refund_line_quantity_positive"),
        {"info": {"append_only": True}},
    )

    sale_line_id: Mapped[int | None] = mapped_column(sa.BigInteger, index=True)
    """The line it takes back; none where the sale is not known."""
    product: Mapped[Product | None] = link(_l("Product"), readonly=True)
    description: Mapped[str] = text(_l("Description"), readonly=True)
    quantity: Mapped[Decimal] = number(_l("Quantity"), readonly=True)
    uom: Mapped[str] = text(_l("Unit"), length=40, readonly=True, default="")
    unit_price: Mapped[Decimal] = money(_l("Price"), readonly=True)
    tax_category: Mapped[TaxCategory | None] = link(_l("Tax category"), readonly=True)
    net: Mapped[Decimal] = money(_l("Net"), readonly=True, default=NOTHING)
    tax: Mapped[Decimal] = money(_l("Tax"), readonly=True, default=NOTHING)
    total: Mapped[Decimal] = money(_l("Total"), readonly=True, default=NOTHING)
    cost: Mapped[Decimal] = mapped_column(sa.Numeric(19, 4), default=NOTHING)
    """What the goods brought back to our shelf."""
    taxes: Mapped[list[dict[str, str]]] = mapped_column(JSONB, default=list)


class SaleRefundTender(Line["SaleRefund"], table="tenders"):
    """What a refund was given back with."""

    title_field: ClassVar[str] = "kind"
    __table_args__ = ({"info": {"append_only": True}},)

    kind: Mapped[str] = choice(_l("Kind"), TENDERS, readonly=True)
    amount: Mapped[Decimal] = money(_l("Amount"), readonly=True)
    reference: Mapped[str] = text(_l("Reference"), length=80, readonly=True, default="")
