"""What suppliers credit: goods that went back or never came, and prices that were too high."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from erp import (
    Conflict,
    Document,
    Invalid,
    Line,
    _,
    _l,
    amount,
    choice,
    currency,
    day,
    key_to,
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
from plugins.accounting.models import Account
from plugins.parties.models import Party
from plugins.products.models import Product
from plugins.purchasing import progress, sums
from plugins.purchasing.bills import POSTED, SupplierBill, key_of
from plugins.purchasing.deliveries import SupplierReturn, refuse
from plugins.purchasing.models import ZERO, PurchaseOrder, PurchaseOrderLine
from plugins.purchasing.progress import Stands
from plugins.taxes.models import TaxCategory

RETURNED, MISSING, PRICE, OTHER = "returned", "missing", "price", "other"
REASONS: Mapping[str, str] = {
    RETURNED: _l("Sent back"), MISSING: _l("Never came"), PRICE: _l("Too dear"), OTHER: _l("Another reason"),
}  # fmt: skip
COUNTED = (RETURNED, MISSING)
"""Reasons by which fewer are billed; the others lower what was billed alone."""
Key = tuple[int, str]
"""(ordered line, reason)"""


class SupplierCreditNote(Document):
    """Supplier credit note. Supplier credit notes.

    What a supplier takes back of what they billed: compared with what went back and was billed, then owed less.
    """

    prefix = "SCN"
    relies_on = (POSTED,)
    icon = "receipt-refund"
    group = _l("Purchasing")
    subtitle_field = "credit_number"
    amount_field = "total"
    takes_history = False
    __table_args__ = (
        sa.Index(
            "supplier_credit_note_once", "tenant_id", "supplier_id", "credit_key", unique=True,
            postgresql_where=sa.text("credit_key <> ''"),
        ),
    )  # fmt: skip

    if TYPE_CHECKING:
        supplier_id: Mapped[int]
        order_id: Mapped[int | None]
        bill_id: Mapped[int | None]
        supplier_return_id: Mapped[int | None]

    bill: Mapped[SupplierBill | None] = link(_l("Bill"), search=True, listed=True, help=_l("What it is settled with."))
    supplier_return: Mapped[SupplierReturn | None] = link(_l("Return"), search=True)
    order: Mapped[PurchaseOrder | None] = link(_l("Order"), readonly=True, search=True)
    supplier: Mapped[Party] = link(_l("Supplier"), search=True, listed=True)
    credit_number: Mapped[str] = text(_l("Number of the credit note"), length=80, search=True, listed=True)
    credit_key: Mapped[str] = mapped_column(sa.String(80), default="")
    """The number without what people write differently; empty where it may come again."""
    credited_on: Mapped[date] = day(_l("Date of the credit note"), listed=True)
    note: Mapped[str | None] = long_text(_l("Note"))
    short_amount: Mapped[Decimal] = amount(_l("Credited too little"), readonly=True, default=ZERO, beside=True)
    books_currency: Mapped[str] = text(_l("Currency of the books"), length=3, readonly=True, default=currency)
    unordered_amount: Mapped[Decimal] = amount(_l("On no line of the order"), readonly=True, default=ZERO, beside=True)
    mismatch: Mapped[str | None] = long_text(_l("What does not match"), readonly=True)
    decision_note: Mapped[str | None] = text(_l("Said to it"), length=400, readonly=True)
    subtotal: Mapped[Decimal] = amount(_l("Net"), readonly=True, default=ZERO)
    tax: Mapped[Decimal] = amount(_l("Tax"), readonly=True, default=ZERO)
    total: Mapped[Decimal] = amount(_l("Total"), readonly=True, default=ZERO, listed=True, total=True)
    tax_totals: Mapped[list[dict[str, str]]] = mapped_column(JSONB, default=list)
    posted_on: Mapped[date | None] = mapped_column(sa.Date(), index=True)
    lines: Mapped[list[SupplierCreditNoteLine]] = lines(_l("Lines"))

    @property
    def summary(self) -> str:
        """Whose credit note, and how they number it."""
        return _(": ").join(filter(None, (self.supplier.name, self.credit_number)))

    @classmethod
    def terms(cls, document: Document | None) -> money.Terms:
        """Taxes by category as they hold today, on top of what suppliers ask."""
        return sums.terms(document)

    def recompute(self) -> None:
        """Its order, currency and sums; raises Conflict once it is posted."""
        if self.posted_on is not None:
            raise Conflict(_("A posted credit note is never changed: have the supplier bill it."))
        came_of = self.bill.order if self.bill is not None else None
        if self.supplier_return is not None:
            came_of = self.supplier_return.receipt.order
        self.order = came_of
        about = self.bill or came_of
        self.currency = about.currency if about is not None else self.currency
        self.credit_key = key_of(self.credit_number)
        self.add_up()

    def add_up(self) -> None:
        """Net, taxes and total of the lines as they are."""
        sums.add_up_with_taxes(self, self.credited_on or today())

    def check(self) -> None:
        """Its number came once, and it is about what is owed or went back; a new one begins with that.

        Raises Invalid.
        """
        if not self.credit_key:
            raise Invalid(fields={"credit_number": _("Fill this in.")})
        errors = {}
        if self.bill is not None and self.bill.posted_on is None:
            errors["bill"] = _("%(number)s is not posted: refuse it or have it put right.", number=self.bill.number)
        for name, other in (("bill", self.bill), ("supplier_return", self.supplier_return)):
            if other is not None and other.supplier is not self.supplier:
                errors[name] = _("%(number)s is of %(name)s.", number=other.number, name=other.supplier.name)
        if self.bill is not None and self.bill.order is not self.order:
            errors["bill"] = _("The bill and the return are of two orders.")
        refuse(errors)
        self._refuse_twice()
        if not self.lines and not self.id:
            begin(self)

    def refuse_wrong(self) -> None:
        """Every line that names one is of the order; raises Invalid at each that is not."""
        refuse({f"lines-{at}-{name}": said for at, line in enumerate(self.lines)
                for name, said in line.wrong(self.order).items()})  # fmt: skip

    def _refuse_twice(self) -> None:
        other = sa.select(SupplierCreditNote.number).where(
            SupplierCreditNote.supplier_id == self.supplier.id, SupplierCreditNote.credit_key == self.credit_key,
            SupplierCreditNote.id != (self.id or 0),
        )  # fmt: skip
        if (found := session().scalar(other.limit(1))) is not None:
            said = _("%(supplier)s has credited by this number already: %(number)s.",
                     supplier=self.supplier.name, number=found)  # fmt: skip
            raise Invalid(said, fields={"credit_number": said})


class SupplierCreditNoteLine(Line["SupplierCreditNote"]):
    """Credited line. Credited lines."""

    __table_args__ = (key_to("purchase_order_line", "order_line_id"),)

    if TYPE_CHECKING:
        product_id: Mapped[int | None]

    order_line_id: Mapped[int | None] = mapped_column(sa.BigInteger, index=True)
    product: Mapped[Product | None] = link(_l("Product"))
    description: Mapped[str] = text(_l("Description"))
    reason: Mapped[str] = choice(_l("Why"), REASONS, default=RETURNED)
    quantity: Mapped[Decimal] = number(_l("Quantity"), default=Decimal(1), minimum=Decimal("0.001"), places=3)
    unit_price: Mapped[Decimal] = amount(_l("For one"), default=ZERO, minimum=ZERO)
    tax_category: Mapped[TaxCategory | None] = link(_l("Tax"))
    account: Mapped[Account | None] = link(_l("Account"))
    net: Mapped[Decimal] = amount(_l("Net"), readonly=True, default=ZERO)
    tax: Mapped[Decimal] = mapped_column(sa.Numeric(19, 4), default=ZERO)
    taxes: Mapped[list[dict[str, str]]] = mapped_column(JSONB, default=list)

    def chosen_category(self) -> int | None:
        """The tax category it names itself."""
        return self.tax_category.id if self.tax_category is not None else None

    def item(self, taxes: tuple[money.Tax, ...]) -> money.Item:
        """The line as it is priced."""
        count = Decimal(1) if self.quantity is None else self.quantity
        return money.Item(count, self.unit_price or ZERO, ZERO, taxes=taxes)

    def wrong(self, order: PurchaseOrder | None) -> dict[str, str]:
        """What keeps the line from being credited, by field; it finds its line of the order on the way."""
        ordered = {each.id: each for each in order.lines} if order is not None else {}
        if self.order_line_id is None and self.product is not None and self.reason != OTHER:
            self.order_line_id = next((key for key, each in ordered.items() if each.product is self.product), None)
        if self.order_line_id is not None and self.order_line_id not in ordered:
            return {"description": _("This is no line of the order.")}
        if not self.unit_price:
            return {"unit_price": _("Say what is credited for one.")}
        return {}


@dataclass
class Standing:
    """What became of the order a credit note is about, and what was credited before it, by line and reason."""

    ordered: Mapping[int, PurchaseOrderLine] = field(default_factory=dict)
    stands: Mapping[int, Stands] = field(default_factory=dict)
    counted: dict[Key, Decimal] = field(default_factory=dict)
    cheaper: Mapping[int, Decimal] = field(default_factory=dict)
    """What was credited of a line's price alone."""

    def creditable(self, key: int, reason: str) -> Decimal:
        """How many of an ordered line may still be credited as sent back, or as never come."""
        each, went = self.stands[key], self._went(key)
        missing = self._owed(key) - each.kept - went if each.is_received else self._owed(key)
        return max(min(self._owed(key), went if reason == RETURNED else missing), ZERO)

    def overbilled(self, key: int, reason: str) -> Decimal:
        """The same, of what is billed beyond what stayed here: what a new credit note begins with."""
        each = self.stands[key]
        most = self.creditable(key, reason)
        return min(most, max(self._owed(key) - each.kept, ZERO)) if each.is_received else most

    def asked(self, key: int) -> Decimal:
        """What one of an ordered line was billed for on average, less what was credited of its price."""
        each = self.stands[key]
        return (each.billed_net - self.cheaper.get(key, ZERO)) / each.billed if each.billed else ZERO

    def _went(self, key: int) -> Decimal:
        return self.stands[key].returned - self.counted.get((key, RETURNED), ZERO)

    def _owed(self, key: int) -> Decimal:
        return self.stands[key].billed - sum((self.counted.get((key, why), ZERO) for why in COUNTED), ZERO)

    def take(self, key: int, reason: str, count: Decimal) -> None:
        """So many more of it are credited."""
        self.counted[key, reason] = self.counted.get((key, reason), ZERO) + count


def standing(note: SupplierCreditNote) -> Standing:
    """How the order of a credit note stands, whosever branch credited it; nothing where it has none."""
    if note.order is None:
        return Standing()
    ordered = {line.id: line for line in note.order.lines}
    head, line = SupplierCreditNote, SupplierCreditNoteLine
    statement = (
        sa.select(line.order_line_id, line.reason, sa.func.sum(line.quantity), sa.func.sum(line.net))
        .join(head, head.id == line.document_id)
        .where(line.order_line_id.in_(ordered), head.posted_on.is_not(None))
        .group_by(line.order_line_id, line.reason)
    )
    with whole():
        credited = {(key or 0, reason): rest for key, reason, *rest in session().execute(statement)}
    counted = {key: count for key, (count, _net) in credited.items() if key[1] in COUNTED}
    cheaper = {key: net for (key, reason), (_count, net) in credited.items() if reason == PRICE}
    return Standing(ordered, progress.of_order(note.order.id), counted, cheaper)


def begin(note: SupplierCreditNote) -> None:
    """Take over what went back, or what the bill asked too much; nothing where neither is known."""
    if note.order is None:
        return
    at = standing(note)
    if note.supplier_return is not None:
        note.branch_id = note.supplier_return.branch_id
        found = list(_gone_back(note.supplier_return, at))
    else:
        assert note.bill is not None
        note.branch_id = note.bill.branch_id
        found = list(_asked_too_much(note.bill, at))
    note.lines = found
    for place, line in enumerate(found):
        line.position = place
    note.add_up()


def _gone_back(back: SupplierReturn, at: Standing) -> Iterator[SupplierCreditNoteLine]:
    for line in back.lines:
        of = at.ordered[line.received().order_line_id or 0]
        yield from _counted(of, RETURNED if line.was_accepted else MISSING, line.quantity, at)


def _asked_too_much(bill: SupplierBill, at: Standing) -> Iterator[SupplierCreditNoteLine]:
    for line in bill.lines:
        of = at.ordered.get(line.order_line_id or 0)
        if of is None:
            continue
        found = [each for reason in COUNTED for each in _counted(of, reason, line.quantity, at)]
        yield from found
        rest = line.quantity - sum((each.quantity for each in found), ZERO)
        cheaper = at.cheaper.get(of.id, ZERO) / at.stands[of.id].billed
        asked, agreed = line.net / line.quantity - cheaper, of.net / of.quantity
        if asked > agreed and rest > 0:
            yield _line(of, PRICE, rest, asked - agreed)


def _counted(of: PurchaseOrderLine, reason: str, most: Decimal, at: Standing) -> Iterator[SupplierCreditNoteLine]:
    if count := min(most, at.overbilled(of.id, reason)):
        at.take(of.id, reason, count)
        yield _line(of, reason, count, at.asked(of.id))


def _line(of: PurchaseOrderLine, reason: str, count: Decimal, each: Decimal) -> SupplierCreditNoteLine:
    return SupplierCreditNoteLine(
        order_line_id=of.id, product=of.product, description=of.description, reason=reason, quantity=count,
        unit_price=money.rounded(each, of.document.currency), tax_category=of.tax_category,
    )  # fmt: skip
