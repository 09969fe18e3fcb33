from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from erp import (
    Document,
    Line,
    Record,
    TenantScoped,
    _,
    _l,
    amount,
    choice,
    company,
    current,
    day,
    email,
    flag,
    i18n,
    integer,
    key_to,
    lines,
    link,
    long_text,
    moment,
    money,
    session,
    text,
)
from erp import quantity as number
from plugins.parties.models import Party
from plugins.products.models import Product

LINE_KINDS = {"part": _l("Part"), "labour": _l("Labour"), "fee": _l("Fee")}
DECLINE_REASONS = {
    "price": _l("Too expensive"),
    "time": _l("Takes too long"),
    "replaced": _l("Bought a new one"),
    "other": _l("Another reason"),
}
FAULT_KINDS = {
    "defect": _l("Defect of material or make"),
    "wear": _l("Wear and tear"),
    "accident": _l("Drop or accident"),
    "liquid": _l("Liquid inside"),
    "misuse": _l("Misuse, or opened by others"),
}
COVERAGES = {
    "all": _l("Parts and labour are covered"),
    "parts": _l("Only parts are covered"),
    "labour": _l("Only labour is covered"),
    "none": _l("Not covered"),
}
OUTCOMES = {
    "repaired": _l("Repaired"),
    "returned": _l("Returned as it is"),
    "replaced": _l("Replaced"),
    "refunded": _l("Refunded"),
    "scrapped": _l("Disposed of"),
}
PROOFS = {"signature": _l("Signature"), "code": _l("Code"), "name": _l("Name")}
QUOTE_STATUSES = {
    "open": _l("Sent"),
    "approved": _l("Approved"),
    "declined": _l("Declined"),
    "expired": _l("Expired"),
    "replaced": _l("Replaced"),
}
HUNDRED, ZERO = Decimal(100), Decimal(0)
GRAM_PLACES = 3


class RepairRules(Record):
    """Repair rules. Repair rules.

    What a company decided about its repairs: who checks, how items are handed over, what becomes of uncollected ones.
    """

    icon = "adjustments"
    group = _l("Set-up")
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "company_id"),
        sa.ForeignKeyConstraint(["tenant_id", "company_id"], ["company.tenant_id", "company.id"]),
        sa.CheckConstraint("storage_fee >= 0", name="repair_rules_fee_positive"),
    )

    company_id: Mapped[int] = mapped_column(sa.BigInteger, default=lambda: current().company_id)
    name: Mapped[str] = text(_l("Name"), listed=True, default="Repairs", help=_l("For colleagues; never printed."))
    needs_second_person: Mapped[bool] = flag(
        _l("Checked by somebody else"), listed=True, help=_l("Whoever repaired an item does not check its quality.")
    )
    needs_proof: Mapped[bool] = flag(
        _l("Handed over against signature or code"), listed=True, help=_l("Else a name is enough.")
    )
    weighs: Mapped[bool] = flag(
        _l("Items are weighed"), listed=True, help=_l("For jewellery: when they come in and before they go out.")
    )
    charges_storage: Mapped[bool] = flag(
        _l("Storage costs a fee after 90 days"), help=_l("Only where law and your terms allow it.")
    )
    storage_fee: Mapped[Decimal] = amount(_l("Storage fee without tax"), default=ZERO, minimum=ZERO)
    disposes: Mapped[bool] = flag(
        _l("Items may be disposed of after 90 days"), help=_l("Only where law and your terms allow it.")
    )


def rules() -> RepairRules:
    """The rules of the acting company; where it has made none, everything is off."""
    found = session().scalar(sa.select(RepairRules).where(RepairRules.company_id == current().company_id))
    if found is not None:
        return found
    off = dict.fromkeys(("needs_second_person", "needs_proof", "weighs", "charges_storage", "disposes"), False)
    return RepairRules(storage_fee=ZERO, **off)


class RepairOrder(Document):
    """Repair order. Repair orders.

    An item a customer brought in for repair.
    """

    untold = frozenset({"deposit_page"})
    """Its address opens the page to whoever knows it."""
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
    product: Mapped[Product | None] = link(_l("Product"), help=_l("If we sell it: its warranty is ours."))
    purchased_on: Mapped[date | None] = day(_l("Bought on"), help=_l("For the warranty; empty when nobody knows."))
    has_proof: Mapped[bool] = flag(_l("Proof of purchase seen"))
    weight_in: Mapped[Decimal | None] = number(
        _l("Weight in"), minimum=ZERO, places=GRAM_PLACES, unit="g", help=_l("As it came in, with nothing taken off.")
    )
    weight_out: Mapped[Decimal | None] = number(_l("Weight out"), minimum=ZERO, places=GRAM_PLACES, unit="g")
    weight_note: Mapped[str | None] = long_text(_l("Why the weight differs"))
    fault_kind: Mapped[str | None] = choice(_l("Kind of fault"), FAULT_KINDS)
    under_warranty: Mapped[bool] = flag(_l("Covered by warranty"), help=_l("Then the customer pays nothing."))
    covers_parts: Mapped[bool] = flag(_l("Parts are covered"), readonly=True)
    covers_labour: Mapped[bool] = flag(_l("Labour is covered"), readonly=True)
    warranty_decision: Mapped[str | None] = long_text(_l("Warranty"), readonly=True)
    """The outcome and the rule that led to it, as a sentence."""
    warranty_override: Mapped[str | None] = choice(
        _l("Decide otherwise"), COVERAGES, help=_l("Empty: as the warranty table says.")
    )
    warranty_reason: Mapped[str | None] = text(_l("Why otherwise"))
    findings: Mapped[str | None] = long_text(_l("Findings"), help=_l("What is broken, and why."))
    inspection_fee: Mapped[Decimal] = amount(
        _l("Inspection fee"), default=ZERO, minimum=ZERO, help=_l("Without tax; charged when the quote is declined.")
    )
    quote_note: Mapped[str | None] = long_text(_l("Note on the quote"), help=_l("Printed under the lines."))
    quote_valid_until: Mapped[date | None] = day(_l("Quote valid until"), readonly=True)
    quote_revision: Mapped[int] = integer(_l("Quote revision"), readonly=True, default=0)
    approved_revision: Mapped[int] = integer(_l("Approved revision"), readonly=True, default=0)
    decline_reason: Mapped[str | None] = choice(_l("Declined because"), DECLINE_REASONS)
    decline_note: Mapped[str | None] = long_text(_l("What the customer said"))
    more_needed: Mapped[str | None] = long_text(_l("What else is needed"))
    work_done: Mapped[str | None] = long_text(_l("Work done"))
    repaired_by: Mapped[str] = text(_l("Repaired by"), readonly=True, default="")
    repaired_by_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    """The member of the same name, who may not check the work where somebody else must."""
    quality_note: Mapped[str | None] = long_text(_l("Quality check"))
    rework_count: Mapped[int] = integer(_l("Sent back to repair"), readonly=True, default=0)
    outcome: Mapped[str | None] = choice(_l("Outcome"), OUTCOMES, readonly=True)
    replacement: Mapped[str | None] = text(_l("Replacement"), help=_l("Make and model of what the customer gets."))
    replacement_serial: Mapped[str | None] = text(_l("Serial of the replacement"), length=80, search=True)
    ready_at: Mapped[datetime | None] = moment(_l("Ready since"), readonly=True)
    turnaround_days: Mapped[int | None] = integer(_l("Days until ready"), readonly=True)
    reminder_count: Mapped[int] = integer(_l("Reminded to collect"), readonly=True, default=0)
    collected_by: Mapped[str | None] = text(_l("Collected by"), help=_l("If somebody else than the customer comes."))
    collected_at: Mapped[datetime | None] = moment(_l("Collected at"), readonly=True)
    collected_against: Mapped[str | None] = choice(_l("Handed over against"), PROOFS, readonly=True)
    covered_amount: Mapped[Decimal] = amount(
        _l("Cost of the warranty"),
        readonly=True,
        default=ZERO,
        total=True,
        beside=True,
        help=_l("Without tax, at full prices."),
    )
    deposit_amount: Mapped[Decimal] = amount(_l("Deposit"), readonly=True, default=ZERO, beside=True)
    deposit_page: Mapped[str] = mapped_column(sa.String(200), default="")
    """Our address where the deposit is paid by card, '' when no page was asked for."""
    subtotal: Mapped[Decimal] = amount(_l("Subtotal"), readonly=True, default=ZERO)
    tax_rate: Mapped[Decimal] = number(_l("Tax rate"), readonly=True, default=ZERO, unit="%")
    tax: Mapped[Decimal] = amount(_l("Tax"), readonly=True, default=ZERO)
    total: Mapped[Decimal] = amount(_l("Total"), readonly=True, default=ZERO, listed=True, total=True)
    lines: Mapped[list[RepairOrderLine]] = lines(_l("Quote lines"))

    @property
    def summary(self) -> str:
        """Whose item it is, for inbox and search."""
        return f"{self.customer.name}, {self.item}"

    @property
    def covered_kinds(self) -> tuple[str, ...]:
        """Kinds of lines the customer does not pay for."""
        if self.under_warranty:
            return ("part", "labour")
        covered = {"part": self.covers_parts, "labour": self.covers_labour}
        return tuple(kind for kind, is_free in covered.items() if is_free)

    @classmethod
    def terms(cls, document: Document | None) -> money.Terms:
        """The company's tax, and which lines are free."""
        own = document if isinstance(document, RepairOrder) else None
        rate = own.tax_rate if own is not None else company().tax_rate
        free = own.covered_kinds if own is not None else ()
        return money.Terms(taxes=(money.Tax("", rate),) if rate else (), free_field="kind", free_values=free)

    def recompute(self) -> None:
        """Lines, tax and total from quantity, price and discount; the e-mail of a new order from its customer."""
        if self.id is None and self.email is None and self.customer is not None:
            self.email = self.customer.email
        self.tax_rate = company().tax_rate
        full = money.price([entry.item((money.Tax("", self.tax_rate),)) for entry in self.lines], self.currency)
        sums = self.priced()
        for entry, whole, priced in zip(self.lines, full.lines, sums.lines, strict=True):
            entry.total = priced.amount
            entry.covered_amount = whole.amount - priced.amount
        self.covered_amount = sum((entry.covered_amount for entry in self.lines), ZERO)
        self.subtotal, self.tax, self.total = sums.net, sums.tax, sums.total

    def priced(self) -> money.Priced:
        """What each line and all of them come to, without what the warranty covers."""
        taxes, free = (money.Tax("", self.tax_rate),), self.covered_kinds
        return money.price([entry.item(taxes, is_free=entry.kind in free) for entry in self.lines], self.currency)

    def content_hash(self) -> str:
        """SHA-256 of what the customer agrees to: lines and sums; a link made for another quote opens nothing."""
        rows = [[row.kind, row.description, *(f"{n:f}" for n in row.figures())] for row in self.lines]
        agreed = [rows, f"{self.subtotal:f}", f"{self.tax:f}", f"{self.total:f}", self.currency]
        beside = [f"{each.normalize():f}" for each in (self.deposit_amount, self.inspection_fee) if each]
        return hashlib.sha256(json.dumps(agreed + beside, ensure_ascii=False).encode()).hexdigest()

    def invitation(self) -> str:
        """What the page behind a customer's link asks, in one sentence."""
        total = i18n.format_money(self.total, self.currency)
        before = quote_of(self, self.approved_revision) if self.approved_revision else None
        if before is not None and self.quote_revision > self.approved_revision:
            was = i18n.format_money(before.total, self.currency)
            return _("More is needed: %(total)s instead of %(before)s. Please tell us how you decide.",
                     total=total, before=was)  # fmt: skip
        return _("Our offer is %(amount)s. Please tell us how you decide.", amount=total)


class RepairOrderLine(Line["RepairOrder"]):
    """Quote line. Quote lines."""

    kind: Mapped[str] = choice(_l("Kind"), LINE_KINDS, default="part")
    product: Mapped[Product | None] = link(_l("Product"))
    description: Mapped[str] = text(_l("Description"))
    old_serial: Mapped[str | None] = text(_l("Serial out"), length=80)
    new_serial: Mapped[str | None] = text(_l("Serial in"), length=80)
    quantity: Mapped[Decimal] = number(_l("Quantity"), default=Decimal(1), minimum=Decimal("0.001"), places=3)
    unit_price: Mapped[Decimal] = amount(_l("Price"), default=ZERO, minimum=ZERO)
    discount: Mapped[Decimal] = number(_l("Discount"), default=ZERO, minimum=ZERO, maximum=HUNDRED, places=2, unit="%")
    covered_amount: Mapped[Decimal] = amount(_l("Covered"), readonly=True, default=ZERO)
    total: Mapped[Decimal] = amount(_l("Total"), readonly=True, default=ZERO)

    def item(self, taxes: tuple[money.Tax, ...] = (), *, is_free: bool = False) -> money.Item:
        """The line as it is priced; at no price when it is free."""
        return money.Item(
            quantity=Decimal(1) if self.quantity is None else self.quantity,
            unit_price=ZERO if is_free else self.unit_price or ZERO,
            discount=self.discount or ZERO,
            taxes=taxes,
        )

    def figures(self) -> tuple[Decimal, ...]:
        """Quantity, price, discount and total, without trailing zeros."""
        return tuple(
            Decimal(number or 0).normalize() for number in (self.quantity, self.unit_price, self.discount, self.total)
        )


class RepairQuote(TenantScoped):
    """One revision of an order's quote as the customer was shown it; only how it was answered is written later."""

    __tablename__ = "repair_quote"
    __table_args__ = (
        key_to("repair_order", "order_id", ondelete="CASCADE"),
        sa.UniqueConstraint("tenant_id", "order_id", "revision"),
    )
    order_id: Mapped[int] = mapped_column(sa.BigInteger)
    revision: Mapped[int] = mapped_column()
    status: Mapped[str] = mapped_column(sa.String(20), default="open")
    """One of QUOTE_STATUSES."""
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    """[{kind, product, description, quantity, unit_price, discount, covered_amount, total}], numbers as text."""
    subtotal: Mapped[Decimal] = mapped_column(sa.Numeric(19, 4))
    tax: Mapped[Decimal] = mapped_column(sa.Numeric(19, 4))
    total: Mapped[Decimal] = mapped_column(sa.Numeric(19, 4))
    content_hash: Mapped[str] = mapped_column(sa.String(64))
    valid_until: Mapped[date] = mapped_column()
    issued_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))
    issued_by: Mapped[str] = mapped_column(sa.String(200))
    decided_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    decided_by: Mapped[str] = mapped_column(sa.String(200), default="")


def quotes_of(order: RepairOrder) -> list[RepairQuote]:
    """Every revision of an order's quote, the oldest first."""
    statement = sa.select(RepairQuote).where(RepairQuote.order_id == order.id).order_by(RepairQuote.revision)
    return list(session().scalars(statement))


def quote_of(order: RepairOrder, revision: int) -> RepairQuote | None:
    """One revision of an order's quote."""
    statement = sa.select(RepairQuote).where(RepairQuote.order_id == order.id, RepairQuote.revision == revision)
    return session().scalar(statement)
