"""What suppliers bill: compared with what was ordered and what came before it is owed."""

from __future__ import annotations

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
)
from erp import quantity as number
from plugins.accounting.models import Account
from plugins.invoices.api import PAYMENT_TERMS, due_day
from plugins.parties.models import Party
from plugins.products.models import Product
from plugins.purchasing import progress, sums
from plugins.purchasing.deliveries import refuse
from plugins.purchasing.models import HUNDRED, ZERO, PurchaseOrder
from plugins.taxes.models import TaxCategory

POSTED = "posted"


def key_of(number: str | None) -> str:
    """A supplier's number without what people write differently."""
    return "".join(each for each in (number or "").casefold() if each.isalnum())


class SupplierBill(Document):
    """Supplier bill. Supplier bills.

    What a supplier asks for: compared with the order and with what came, then owed until it is paid.
    """

    prefix = "BILL"
    relies_on = (POSTED,)
    icon = "file-dollar"
    group = _l("Purchasing")
    subtitle_field = "bill_number"
    amount_field = "total"
    takes_history = False
    __table_args__ = (
        sa.Index(
            "supplier_bill_once", "tenant_id", "supplier_id", "bill_key", unique=True,
            postgresql_where=sa.text("bill_key <> ''"),
        ),
    )  # fmt: skip

    if TYPE_CHECKING:
        supplier_id: Mapped[int]
        order_id: Mapped[int | None]

    order: Mapped[PurchaseOrder | None] = link(_l("Order"), search=True, listed=True)
    supplier: Mapped[Party] = link(_l("Supplier"), search=True, listed=True)
    bill_number: Mapped[str] = text(_l("Number of the bill"), length=80, search=True, listed=True)
    bill_key: Mapped[str] = mapped_column(sa.String(80), default="")
    """The number without what people write differently; empty where it may come again."""
    billed_on: Mapped[date] = day(_l("Date of the bill"), listed=True)
    payment_terms: Mapped[str | None] = choice(_l("We pay"), PAYMENT_TERMS, help=_l("Empty: as the order says."))
    due_on: Mapped[date | None] = day(_l("Due"), listed=True, help=_l("Empty: as the terms say."))
    note: Mapped[str | None] = long_text(_l("Note"))
    price_over: Mapped[Decimal] = number(_l("Dearer than ordered"), readonly=True, default=ZERO, places=2, unit="%")
    quantity_over: Mapped[Decimal] = number(_l("More than came"), readonly=True, default=ZERO, places=3)
    amount_over: Mapped[Decimal] = amount(_l("Asked too much"), readonly=True, default=ZERO, beside=True)
    unordered_amount: Mapped[Decimal] = amount(_l("Not ordered"), readonly=True, default=ZERO, beside=True)
    books_currency: Mapped[str] = text(_l("Currency of the books"), length=3, readonly=True, default=currency)
    mismatch: Mapped[str | None] = long_text(_l("What does not match"), readonly=True)
    decision_note: Mapped[str | None] = text(_l("Said to it"), length=400, readonly=True)
    subtotal: Mapped[Decimal] = amount(_l("Net"), readonly=True, default=ZERO)
    tax: Mapped[Decimal] = amount(_l("Tax"), readonly=True, default=ZERO)
    total: Mapped[Decimal] = amount(_l("Total"), readonly=True, default=ZERO, listed=True, total=True)
    tax_totals: Mapped[list[dict[str, str]]] = mapped_column(JSONB, default=list)
    posted_on: Mapped[date | None] = mapped_column(sa.Date(), index=True)
    lines: Mapped[list[SupplierBillLine]] = lines(_l("Lines"))

    @property
    def summary(self) -> str:
        """Whose bill, and how they number it."""
        return _(": ").join(filter(None, (self.supplier.name, self.bill_number)))

    @classmethod
    def terms(cls, document: Document | None) -> money.Terms:
        """Taxes by category as they hold today, on top of what suppliers ask."""
        return sums.terms(document)

    def recompute(self) -> None:
        """Due day and sums; raises Conflict once it is posted."""
        if self.posted_on is not None:
            raise Conflict(_("A posted bill is never changed: have the supplier credit it."))
        if self.order is not None:
            self.currency = self.order.currency
            self.payment_terms = self.payment_terms or self.order.payment_terms
        self.bill_key = key_of(self.bill_number)
        if self.billed_on is not None and self.due_on is None:
            self.due_on = due_day(self.billed_on, self.payment_terms or "net_0")
        self._add_up()

    def _add_up(self) -> None:
        sums.add_up_with_taxes(self, self.billed_on or today())

    def check(self) -> None:
        """Its number came once, from whom the order went to; a new one begins with all that may be billed."""
        if not self.bill_key:
            raise Invalid(fields={"bill_number": _("Fill this in.")})
        if self.order is not None and self.order.supplier is not self.supplier:
            said = _("%(number)s is an order to %(name)s.", number=self.order.number, name=self.order.supplier.name)
            raise Invalid(said, fields={"order": said})
        self._refuse_twice()
        if self.order is not None and not self.lines and not self.id:
            self._take_over(self.order)

    def refuse_wrong(self) -> None:
        """Every line that names one is of the order; raises Invalid at each that is not."""
        refuse({f"lines-{at}-{name}": said for at, line in enumerate(self.lines)
                for name, said in line.wrong(self.order).items()})  # fmt: skip

    def _refuse_twice(self) -> None:
        other = sa.select(SupplierBill.number).where(
            SupplierBill.supplier_id == self.supplier.id, SupplierBill.bill_key == self.bill_key,
            SupplierBill.id != (self.id or 0),
        )  # fmt: skip
        if (found := session().scalar(other.limit(1))) is not None:
            said = _("%(supplier)s has billed this number already: %(number)s.",
                     supplier=self.supplier.name, number=found)  # fmt: skip
            raise Invalid(said, fields={"bill_number": said})

    def _take_over(self, order: PurchaseOrder) -> None:
        done = progress.of_order(order.id)
        self.branch_id = order.branch_id
        self.lines = [
            SupplierBillLine(
                position=place, order_line_id=line.id, product=line.product, description=line.description,
                quantity=done[line.id].to_bill, unit_price=line.unit_price, discount=line.discount,
                tax_category=line.tax_category,
            )
            for place, line in enumerate(order.lines)
            if done[line.id].to_bill
        ]  # fmt: skip
        self._add_up()


class SupplierBillLine(Line["SupplierBill"]):
    """Billed line. Billed lines."""

    __table_args__ = (key_to("purchase_order_line", "order_line_id"),)

    if TYPE_CHECKING:
        product_id: Mapped[int | None]

    order_line_id: Mapped[int | None] = mapped_column(sa.BigInteger, index=True)
    product: Mapped[Product | None] = link(_l("Product"))
    description: Mapped[str] = text(_l("Description"))
    quantity: Mapped[Decimal] = number(_l("Quantity"), default=Decimal(1), minimum=Decimal("0.001"), places=3)
    unit_price: Mapped[Decimal] = amount(_l("Price"), default=ZERO, minimum=ZERO)
    discount: Mapped[Decimal] = number(_l("Discount"), default=ZERO, minimum=ZERO, maximum=HUNDRED, places=2, unit="%")
    tax_category: Mapped[TaxCategory | None] = link(_l("Tax"))
    account: Mapped[Account | None] = link(_l("Account"), help=_l("For what is no goods of an order, such as freight."))
    net: Mapped[Decimal] = amount(_l("Net"), readonly=True, default=ZERO)
    tax: Mapped[Decimal] = mapped_column(sa.Numeric(19, 4), default=ZERO)
    taxes: Mapped[list[dict[str, str]]] = mapped_column(JSONB, default=list)

    def chosen_category(self) -> int | None:
        """The tax category it names itself."""
        return self.tax_category.id if self.tax_category is not None else None

    def item(self, taxes: tuple[money.Tax, ...]) -> money.Item:
        """The line as it is priced."""
        count = Decimal(1) if self.quantity is None else self.quantity
        return money.Item(count, self.unit_price or ZERO, self.discount or ZERO, taxes=taxes)

    def wrong(self, order: PurchaseOrder | None) -> dict[str, str]:
        """What keeps the line from being billed, by field; it finds its line of the order on the way."""
        ordered = {each.id: each for each in order.lines} if order is not None else {}
        if self.order_line_id is None and self.product is not None:
            self.order_line_id = next((key for key, each in ordered.items() if each.product is self.product), None)
        if self.order_line_id is not None and self.order_line_id not in ordered:
            return {"description": _("This is no line of the order.")}
        return {}
