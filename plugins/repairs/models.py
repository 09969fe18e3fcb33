from __future__ import annotations

import hashlib
import json
from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Mapped

from erp import (
    Document,
    Line,
    _l,
    amount,
    choice,
    company,
    day,
    email,
    flag,
    integer,
    lines,
    link,
    long_text,
    money,
    text,
)
from erp import quantity as number
from plugins.parties.models import Party
from plugins.products.models import Product

LINE_KINDS = {"part": _l("Part"), "labour": _l("Labour")}
DECLINE_REASONS = {
    "price": _l("Too expensive"),
    "time": _l("Takes too long"),
    "replaced": _l("Bought a new one"),
    "other": _l("Another reason"),
}
HUNDRED = Decimal(100)


class RepairOrder(Document):
    """Repair order. Repair orders.

    An item a customer brought in for repair.
    """

    prefix = "RO"
    icon = "tool"
    group = _l("Repairs")
    title_field = "item"
    subtitle_field = "serial"
    amount_field = "total"

    customer: Mapped[Party] = link(_l("Customer"), search=True, listed=True)
    item: Mapped[str] = text(_l("Item"), search=True, listed=True, help=_l("Make and model, as on the label."))
    serial: Mapped[str | None] = text(_l("Serial"), length=80, search=True)
    fault: Mapped[str] = long_text(_l("Fault reported"), help=_l("In the customer's words."))
    condition: Mapped[str | None] = long_text(_l("Condition"), help=_l("Scratches, dents, missing screws."))
    accessories: Mapped[str | None] = text(_l("Accessories"), help=_l("Everything with it: battery, strap, box."))
    storage: Mapped[str | None] = text(_l("Storage"), length=60, help=_l("Where it lies: Shelf B4, box 17."))
    promised_on: Mapped[date | None] = day(_l("Promised"), listed=True)
    email: Mapped[str | None] = email(
        _l("Quote goes to"), help=_l("Taken from the customer. Without an address the quote is told by phone.")
    )
    under_warranty: Mapped[bool] = flag(_l("Covered by warranty"), help=_l("Then the customer pays nothing."))
    findings: Mapped[str | None] = long_text(_l("Findings"), help=_l("What is broken, and why."))
    quote_note: Mapped[str | None] = long_text(_l("Note on the quote"), help=_l("Printed under the lines."))
    quote_valid_until: Mapped[date | None] = day(_l("Quote valid until"), readonly=True)
    quote_revision: Mapped[int] = integer(_l("Quote revision"), readonly=True, default=0)
    decline_reason: Mapped[str | None] = choice(_l("Declined because"), DECLINE_REASONS)
    decline_note: Mapped[str | None] = long_text(_l("What the customer said"))
    work_done: Mapped[str | None] = long_text(_l("Work done"))
    quality_note: Mapped[str | None] = long_text(_l("Quality check"))
    rework_count: Mapped[int] = integer(_l("Sent back to repair"), readonly=True, default=0)
    subtotal: Mapped[Decimal] = amount(_l("Subtotal"), readonly=True, default=Decimal(0))
    tax_rate: Mapped[Decimal] = number(_l("Tax rate"), readonly=True, default=Decimal(0), unit="%")
    tax: Mapped[Decimal] = amount(_l("Tax"), readonly=True, default=Decimal(0))
    total: Mapped[Decimal] = amount(_l("Total"), readonly=True, default=Decimal(0), listed=True, total=True)
    lines: Mapped[list[RepairOrderLine]] = lines(_l("Quote lines"))

    @property
    def summary(self) -> str:
        """Whose item it is, for inbox and search."""
        return f"{self.customer.name}, {self.item}"

    def recompute(self) -> None:
        """Lines, tax and total from quantity, price and discount; the e-mail of a new order from its customer."""
        if self.id is None and self.email is None and self.customer is not None:
            self.email = self.customer.email
        self.tax_rate = company().tax_rate
        taxes, is_free = (money.Tax("", self.tax_rate),), bool(self.under_warranty)
        sums = money.price([entry.item(taxes, is_free=is_free) for entry in self.lines], self.currency)
        for entry, priced in zip(self.lines, sums.lines, strict=True):
            entry.total = priced.amount
        self.subtotal, self.tax, self.total = sums.net, sums.tax, sums.total

    def content_hash(self) -> str:
        """SHA-256 of what the customer agrees to: lines, tax and total; a link made for another quote opens nothing."""
        rows = [[row.kind, row.description, *(f"{n:f}" for n in row.figures())] for row in self.lines]
        agreed = [rows, f"{self.subtotal:f}", f"{self.tax:f}", f"{self.total:f}", self.currency]
        return hashlib.sha256(json.dumps(agreed, ensure_ascii=False).encode()).hexdigest()


class RepairOrderLine(Line["RepairOrder"]):
    """Quote line. Quote lines."""

    kind: Mapped[str] = choice(_l("Kind"), LINE_KINDS, default="part")
    product: Mapped[Product | None] = link(_l("Product"))
    description: Mapped[str] = text(_l("Description"))
    quantity: Mapped[Decimal] = number(_l("Quantity"), default=Decimal(1), minimum=Decimal("0.001"), places=3)
    unit_price: Mapped[Decimal] = amount(_l("Price"), default=Decimal(0), minimum=Decimal(0))
    discount: Mapped[Decimal] = number(
        _l("Discount"), default=Decimal(0), minimum=Decimal(0), maximum=HUNDRED, places=2, unit="%"
    )
    total: Mapped[Decimal] = amount(_l("Total"), readonly=True, default=Decimal(0))

    def item(self, taxes: tuple[money.Tax, ...] = (), *, is_free: bool = False) -> money.Item:
        """The line as it is priced; at no price when it is free."""
        return money.Item(
            quantity=Decimal(1) if self.quantity is None else self.quantity,
            unit_price=Decimal(0) if is_free else self.unit_price or Decimal(0),
            discount=self.discount or Decimal(0),
            taxes=taxes,
        )

    def figures(self) -> tuple[Decimal, ...]:
        """Quantity, price, discount and total, without trailing zeros."""
        return tuple(
            Decimal(number or 0).normalize() for number in (self.quantity, self.unit_price, self.discount, self.total)
        )
