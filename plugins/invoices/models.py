from __future__ import annotations

from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from erp import (
    Conflict,
    Document,
    Line,
    Record,
    _,
    _l,
    amount,
    choice,
    company,
    current,
    day,
    email,
    flag,
    lines,
    link,
    long_text,
    money,
    session,
    text,
    today,
    whole,
)
from erp import quantity as number
from plugins.currencies.api import rules_for
from plugins.invoices.terms import PAYMENT_TERMS
from plugins.parties.models import Party
from plugins.products.models import Product
from plugins.taxes.api import on_day, told
from plugins.taxes.models import TaxCategory

NUMBER_PATTERNS: dict[str, str] = {
    "{prefix}-{year}-{count}": _l("Prefix-2026-00001, anew each year"),
    "{prefix}-{branch}-{year}-{count}": _l("Prefix-WES-2026-00001, anew each year and branch"),
    "{year}/{count}": _l("2026/00001, anew each year"),
    "{prefix}{count}": _l("Prefix00001, never anew"),
}
CREDIT_REASONS: dict[str, str] = {
    "returned": _l("Returned"),
    "wrong": _l("Wrong price or quantity"),
    "damaged": _l("Damaged or defective"),
    "goodwill": _l("Goodwill"),
    "other": _l("Another reason"),
}
HUNDRED = Decimal(100)
ISSUED = "issued"


class InvoiceLayout(Record):
    """Invoice layout. Invoice layouts.

    How a company's invoices and credit notes look and count; the logo is the company's own.
    """

    icon = "template"
    group = _l("Set-up")
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "company_id"),
        sa.ForeignKeyConstraint(["tenant_id", "company_id"], ["company.tenant_id", "company.id"]),
        sa.CheckConstraint("colour ~ '^#[0-9a-fA-F]{6}$'", name="invoice_layout_colour_hex"),
    )

    company_id: Mapped[int] = mapped_column(sa.BigInteger, default=lambda: current().company_id)
    name: Mapped[str] = text(_l("Name"), listed=True, default="Invoices", help=_l("For colleagues; never printed."))
    number_pattern: Mapped[str] = choice(_l("Numbers"), NUMBER_PATTERNS, default="{prefix}-{year}-{count}", listed=True)
    invoice_prefix: Mapped[str] = text(_l("Prefix of invoices"), length=10, default="INV", listed=True)
    credit_prefix: Mapped[str] = text(_l("Prefix of credit notes"), length=10, default="CN", listed=True)
    payment_terms: Mapped[str] = choice(_l("Usual terms"), PAYMENT_TERMS, default="net_30", listed=True)
    colour: Mapped[str] = text(_l("Colour"), length=7, default="#1f4f8f", help=_l("Six hexadecimal digits: #1f4f8f."))
    bank_details: Mapped[str | None] = long_text(_l("Bank details"), help=_l("Printed under the total."))
    footer: Mapped[str | None] = long_text(_l("Foot of the page"), help=_l("Registration, terms, thanks."))


def layout() -> InvoiceLayout | None:
    """The layout of the acting company, if it has made one."""
    return session().scalar(sa.select(InvoiceLayout).where(InvoiceLayout.company_id == current().company_id))


def usual_terms() -> str:
    """The payment terms the company usually gives."""
    own = layout()
    return own.payment_terms if own else "net_30"


class Invoice(Document):
    """Invoice. Invoices.

    What a customer owes. A draft has no number; once it is issued nothing of it changes, a credit note mends it.
    """

    prefix = "INV"
    gapless = True
    numbered_at = ISSUED
    relies_on = (ISSUED,)
    icon = "file-invoice"
    group = _l("Money")
    subtitle_field = "subject_number"
    amount_field = "total"
    __table_args__ = (
        sa.Index("invoice_subject", "tenant_id", "subject_type", "subject_id"),
        sa.Index(
            "invoice_open", "tenant_id", "id", postgresql_where=sa.text("state not in ('settled', 'credited')"),
        ),
    )  # fmt: skip

    customer: Mapped[Party] = link(_l("Customer"), search=True, listed=True)
    reference: Mapped[str | None] = text(_l("Your reference"), length=80, search=True, help=_l("The customer's own."))
    payment_terms: Mapped[str | None] = choice(
        _l("To pay"), PAYMENT_TERMS, help=_l("Empty: the usual terms of the layout.")
    )
    email: Mapped[str | None] = email(_l("Goes to"), help=_l("Taken from the customer. Empty: it is handed out."))
    discount: Mapped[Decimal] = number(
        _l("Discount on all"), default=Decimal(0), minimum=Decimal(0), maximum=HUNDRED, places=2, unit="%"
    )
    note: Mapped[str | None] = long_text(_l("Note"), help=_l("Printed under the lines."))
    due_on: Mapped[date | None] = day(_l("Due"), readonly=True, listed=True)
    issued_on: Mapped[date | None] = day(_l("Issued"), readonly=True, listed=True)
    subject_number: Mapped[str | None] = text(_l("For"), length=40, readonly=True, search=True)
    subject_type: Mapped[str | None] = mapped_column(sa.String(60))
    """Type of the document it charges for, with its id; any type may be invoiced."""
    subject_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    is_automatic: Mapped[bool] = flag(_l("Issued without being looked at"), readonly=True)
    subtotal: Mapped[Decimal] = amount(_l("Net"), readonly=True, default=Decimal(0))
    tax: Mapped[Decimal] = amount(_l("Tax"), readonly=True, default=Decimal(0))
    total: Mapped[Decimal] = amount(_l("Total"), readonly=True, default=Decimal(0), listed=True, total=True)
    discount_amount: Mapped[Decimal] = mapped_column(sa.Numeric(19, 4), default=Decimal(0))
    tax_totals: Mapped[list[dict[str, str]]] = mapped_column(JSONB, default=list)
    """[{name, rate, kind, reason, base, amount}] of every tax."""
    lines: Mapped[list[InvoiceLine]] = lines(_l("Lines"))

    @property
    def summary(self) -> str:
        """Who owes, for inbox and search."""
        return self.customer.name

    def number_pattern(self) -> str:
        """As the company's layout says."""
        own = layout()
        return own.number_pattern.replace("{prefix}", own.invoice_prefix) if own else super().number_pattern()

    @classmethod
    def terms(cls, document: Document | None) -> money.Terms:
        """Taxes by category as they hold today, the currency's rounding, and the discount on all."""
        rules = rules_for(document.currency if document is not None else company().currency)
        return on_day(today()).terms(rules, discount_field="discount")

    def arrive(self) -> None:
        """One of another system was issued on the day it was made, unless it says so itself."""
        self.issued_on = self.issued_on or self.created_at.astimezone(ZoneInfo(current().timezone)).date()

    def recompute(self) -> None:
        """Lines, taxes and total; raises Conflict once it is issued."""
        if self.passed(ISSUED):
            raise Conflict(_("An issued invoice is never changed: make a credit note."))
        if self.id is None and self.email is None and self.customer is not None:
            self.email = self.customer.email
        self.payment_terms = self.payment_terms or usual_terms()
        taxes = on_day(today())
        sums = money.price(
            [line.item(taxes.of(line.chosen_category())) for line in self.lines],
            self.currency,
            discount=money.Discount(self.discount or Decimal(0)),
            rules=rules_for(self.currency),
        )
        for line, priced in zip(self.lines, sums.lines, strict=True):
            line.total, line.net, line.tax = priced.amount, priced.net, priced.tax
            line.taxes = told(priced.taxes)
        self.discount_amount, self.tax_totals = sums.discount, told(sums.taxes)
        self.subtotal, self.tax, self.total = sums.net, sums.tax, sums.total


class InvoiceLine(Line["Invoice"]):
    """Invoice line. Invoice lines."""

    product: Mapped[Product | None] = link(_l("Product"))
    description: Mapped[str] = text(_l("Description"))
    quantity: Mapped[Decimal] = number(_l("Quantity"), default=Decimal(1), minimum=Decimal("0.001"), places=3)
    uom: Mapped[str] = text(_l("Unit"), length=40, default=lambda: _("piece"))
    unit_price: Mapped[Decimal] = amount(_l("Price"), default=Decimal(0), minimum=Decimal(0))
    discount: Mapped[Decimal] = number(
        _l("Discount"), default=Decimal(0), minimum=Decimal(0), maximum=HUNDRED, places=2, unit="%"
    )
    tax_category: Mapped[TaxCategory | None] = link(_l("Tax"))
    total: Mapped[Decimal] = amount(_l("Total"), readonly=True, default=Decimal(0))
    net: Mapped[Decimal] = mapped_column(sa.Numeric(19, 4), default=Decimal(0))
    """After its share of the discount on all, without tax; what a credit note takes back is a part of it."""
    tax: Mapped[Decimal] = mapped_column(sa.Numeric(19, 4), default=Decimal(0))
    taxes: Mapped[list[dict[str, str]]] = mapped_column(JSONB, default=list)

    def chosen_category(self) -> int | None:
        """The tax category it names itself."""
        return self.tax_category.id if self.tax_category is not None else None

    def item(self, taxes: tuple[money.Tax, ...]) -> money.Item:
        """The line as it is priced."""
        count = Decimal(1) if self.quantity is None else self.quantity
        return money.Item(count, self.unit_price or Decimal(0), self.discount or Decimal(0), taxes=taxes)


class CreditNote(Document):
    """Credit note. Credit notes.

    Takes back all or some of what an invoice charged, never more than is left of it.
    """

    prefix = "CN"
    gapless = True
    numbered_at = ISSUED
    relies_on = (ISSUED,)
    icon = "receipt-refund"
    group = _l("Money")
    amount_field = "total"

    invoice: Mapped[Invoice] = link(_l("Invoice"), readonly=True, listed=True)
    customer: Mapped[Party] = link(_l("Customer"), readonly=True, search=True, listed=True)
    reason: Mapped[str | None] = choice(_l("Reason"), CREDIT_REASONS, listed=True)
    note: Mapped[str | None] = long_text(_l("Note"), help=_l("Printed under the lines."))
    email: Mapped[str | None] = email(_l("Goes to"))
    issued_on: Mapped[date | None] = day(_l("Issued"), readonly=True, listed=True)
    subtotal: Mapped[Decimal] = amount(_l("Net"), readonly=True, default=Decimal(0))
    tax: Mapped[Decimal] = amount(_l("Tax"), readonly=True, default=Decimal(0))
    total: Mapped[Decimal] = amount(_l("Total"), readonly=True, default=Decimal(0), listed=True, total=True)
    tax_totals: Mapped[list[dict[str, str]]] = mapped_column(JSONB, default=list)
    lines: Mapped[list[CreditNoteLine]] = lines(_l("Lines"))

    @property
    def summary(self) -> str:
        """Whose invoice it mends, for inbox and search."""
        return f"{self.customer.name}, {self.invoice.number}"

    def number_pattern(self) -> str:
        """As the company's layout says."""
        own = layout()
        return own.number_pattern.replace("{prefix}", own.credit_prefix) if own else super().number_pattern()

    def recompute(self) -> None:
        """Each line's part of what its invoice line came to; raises Conflict once it is issued."""
        if self.passed(ISSUED):
            raise Conflict(_("An issued credit note is never changed."))
        before = credited_quantities(self.invoice)
        totals: dict[str, dict[str, str]] = {}
        for line in self.lines:
            if line.invoice_line_id is not None:
                line.take(session().get_one(InvoiceLine, line.invoice_line_id), before, self.currency, totals)
        self.tax_totals = list(totals.values())
        self.subtotal = sum((line.net or Decimal(0) for line in self.lines), Decimal(0))
        self.tax = sum((line.tax or Decimal(0) for line in self.lines), Decimal(0))
        self.total = self.subtotal + self.tax


class CreditNoteLine(Line["CreditNote"]):
    """Credited line. Credited lines."""

    __table_args__ = (
        sa.ForeignKeyConstraint(["tenant_id", "invoice_line_id"], ["invoice_line.tenant_id", "invoice_line.id"]),
    )
    invoice_line_id: Mapped[int | None] = mapped_column(sa.BigInteger, index=True)
    description: Mapped[str] = text(_l("Description"), readonly=True, default="")
    quantity: Mapped[Decimal] = number(_l("Quantity"), default=Decimal(1), minimum=Decimal("0.001"), places=3)
    unit_price: Mapped[Decimal] = amount(_l("Price"), readonly=True, default=Decimal(0))
    net: Mapped[Decimal] = amount(_l("Net"), readonly=True, default=Decimal(0))
    tax: Mapped[Decimal] = amount(_l("Tax"), readonly=True, default=Decimal(0))
    taxes: Mapped[list[dict[str, str]]] = mapped_column(JSONB, default=list)

    def take(
        self,
        charged: InvoiceLine,
        before: dict[int, Decimal],
        currency: str,
        totals: dict[str, dict[str, str]],
    ) -> None:
        """Its part of an invoice line, and of each of that line's taxes added to `totals`.

        The parts of credit notes made one after another add up to the line to the last cent.
        """
        taken = before.get(charged.id, Decimal(0))

        before[charged.id] = taken + self.quantity

        def part(whole: Decimal) -> Decimal:
            return money.portion(whole, taken, taken + self.quantity, charged.quantity, currency)

        self.net = part(charged.net)
        self.taxes = [
            {**each, **{name: f"{part(Decimal(each[name])):f}" for name in ("base", "amount")}}
            for each in charged.taxes
        ]
        self.tax = sum((Decimal(each["amount"]) for each in self.taxes), Decimal(0))
        for each in self.taxes:
            known = totals.setdefault(f"{each['name']} {each['rate']}", {**each, "base": "0", "amount": "0"})
            for name in ("base", "amount"):
                known[name] = f"{Decimal(known[name]) + Decimal(each[name]):f}"


def credited_quantities(invoice: Invoice) -> dict[int, Decimal]:
    """{invoice line: quantity that issued credit notes have taken back}."""
    statement = (
        sa.select(CreditNoteLine.invoice_line_id, sa.func.sum(CreditNoteLine.quantity))
        .join(CreditNote, CreditNote.id == CreditNoteLine.document_id)
        .where(CreditNote.invoice == invoice, CreditNote.issued_on.is_not(None))
        .group_by(CreditNoteLine.invoice_line_id)
    )
    with whole():
        return {line_id: taken for line_id, taken in session().execute(statement) if line_id is not None}
