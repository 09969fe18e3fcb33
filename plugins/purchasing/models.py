from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from erp import (
    Conflict,
    Document,
    Extension,
    Invalid,
    Job,
    Line,
    _,
    _l,
    amount,
    choice,
    currency,
    day,
    email,
    flag,
    integer,
    lines,
    link,
    long_text,
    money,
    outbox,
    prepared,
    read_links,
    session,
    text,
    today,
    verdict,
)
from erp import quantity as number
from plugins.invoices.api import PAYMENT_TERMS
from plugins.parties.models import Party
from plugins.products.models import Product, Unit
from plugins.purchasing import bought, progress, sums
from plugins.taxes.models import TaxCategory

ZERO, HUNDRED = Decimal(0), Decimal(100)
RULE = "purchase_order_approval"
"""The table that names who approves an order, and its change."""
SUBMITTED, APPROVED, SENT, CLOSED = "submitted", "approved", "sent", "closed"
ASK = "purchasing.ask"
"""Job: a changed order goes to whom the table names now, or its goods are expected as it says now."""


class PartySupplier(Extension[Party]):
    """What is agreed with a supplier."""

    lead_days: Mapped[int | None] = integer(_l("Delivers within"), minimum=ZERO, unit=_l("days"))
    payment_terms: Mapped[str | None] = choice(_l("We pay"), PAYMENT_TERMS)
    order_currency: Mapped[str | None] = choice(
        _l("Ordered in"), {each: each for each in sorted(money.CURRENCIES)}, help=_l("Empty: the company's own.")
    )
    is_blocked: Mapped[bool] = flag(_l("Nothing is ordered from them"))


@cache
def _agreed() -> sa.Select[*tuple[Any, ...]]:
    told = PartySupplier
    columns = sa.select(told.is_blocked, told.payment_terms, told.order_currency)
    return columns.where(told.record_id == sa.bindparam("supplier"))


class PurchaseOrder(Document):
    """Purchase order. Purchase orders.

    What is ordered from a supplier: approved by whom a table names, sent, followed until all came and was billed.
    """

    prefix = "PO"
    relies_on = (SUBMITTED, APPROVED, SENT, CLOSED)
    icon = "shopping-cart"
    group = _l("Purchasing")
    amount_field = "total"
    takes_history = False
    content_fields = ("supplier", "needed_on", "payment_terms", "lines")

    if TYPE_CHECKING:
        supplier_id: Mapped[int]

    supplier: Mapped[Party] = link(_l("Supplier"), search=True, listed=True)
    supplier_reference: Mapped[str | None] = text(_l("Their reference"), length=80, search=True)
    needed_on: Mapped[date | None] = day(_l("Needed on"), listed=True)
    payment_terms: Mapped[str | None] = choice(_l("We pay"), PAYMENT_TERMS, help=_l("Empty: as the supplier's terms."))
    email: Mapped[str | None] = email(_l("Goes to"), help=_l("Taken from the supplier. Empty: it is handed over."))
    cost_centre: Mapped[str | None] = text(_l("Cost centre"), length=40, search=True)
    note: Mapped[str | None] = long_text(_l("Note"), help=_l("Printed under the lines."))
    category: Mapped[str | None] = text(_l("Main category"), length=200, readonly=True)
    supplier_rating: Mapped[str | None] = text(_l("Supplier's rating"), length=1, readonly=True)
    books_amount: Mapped[Decimal] = amount(_l("In the books"), readonly=True, default=ZERO)
    books_currency: Mapped[str] = text(_l("Currency of the books"), length=3, readonly=True, default=currency)
    approved_limit: Mapped[Decimal] = mapped_column(sa.Numeric(19, 4), default=ZERO)
    """Up to what the table said that they decide; nothing where there is no limit. A change asks the table anew."""
    cancelled_amount: Mapped[Decimal] = amount(_l("Cancelled"), readonly=True, default=ZERO, beside=True)
    """What of it was given up when it was closed, in the books."""
    decision_note: Mapped[str | None] = text(_l("Said to it"), length=400, readonly=True)
    subtotal: Mapped[Decimal] = amount(_l("Net"), readonly=True, default=ZERO)
    tax: Mapped[Decimal] = amount(_l("Tax"), readonly=True, default=ZERO)
    total: Mapped[Decimal] = amount(_l("Total"), readonly=True, default=ZERO, listed=True, total=True)
    tax_totals: Mapped[list[dict[str, str]]] = mapped_column(JSONB, default=list)
    lines: Mapped[list[PurchaseOrderLine]] = lines(_l("Lines"))

    @property
    def summary(self) -> str:
        """Who supplies, for inbox and search."""
        return self.supplier.name

    @classmethod
    def terms(cls, document: Document | None) -> money.Terms:
        """Taxes by category as they hold today, on top of what suppliers ask."""
        return sums.terms(document)

    def recompute(self) -> None:
        """Lines, taxes and total; raises Conflict once it is closed."""
        if self.passed(CLOSED):
            raise Conflict(_("A closed order is not changed: make another one."))
        unfinished = [line for line in self.lines if line.uom_id is None]
        read_links(unfinished, "product")
        for line in unfinished:
            line.complete()
        for line, priced in zip(self.lines, sums.add_up(self, today()), strict=True):
            line.net = priced.net

    def check(self) -> None:
        """Its supplier may be ordered from, and a change keeps to what came; raises Invalid.

        A change that the table names somebody for, who was not asked, goes to them.
        """
        if not self.passed(APPROVED):
            self._agree()
        self.books_amount = progress.in_books(self.subtotal, self.currency)
        if self.passed(APPROVED):
            self._refuse_fewer()
            known = bought.of_lines(self.lines)
            self.refuse_uncounted(known, [line for line in self.lines if not line.id or session().is_modified(line)])
            self.category = self.main_category(known)
            key, request = f"{ASK}:{self.id}:{uuid4().hex}", {"order": self.id}
            outbox.put(Job(kind=ASK, key=key, request=request, subject=self.__tablename__, subject_id=self.id))

    def _agree(self) -> None:
        """Begin with what is agreed with the supplier; raises Invalid where nothing is ordered from them."""
        agreed = next(iter(prepared.rows(_agreed(), {"supplier": self.supplier.id})), None)
        if not self.id:
            self.email = self.email or self.supplier.email
            self.payment_terms = self.payment_terms or (agreed.payment_terms if agreed is not None else None)
        if agreed is None:
            return
        if not self.id and agreed.order_currency and agreed.order_currency != self.currency:
            self.currency = agreed.order_currency
            self.recompute()
        if agreed.is_blocked:
            raise Invalid(fields={"supplier": _("Nothing is ordered from %(name)s now.", name=self.supplier.name)})

    def refuse_uncounted(self, known: Mapping[int, bought.Bought], lines: Collection[PurchaseOrderLine]) -> None:
        """Goods come in a unit that the shelf can count; raises Invalid at each of these lines whose goods do not."""
        errors = {
            f"lines-{at}-{name}": said
            for at, line in enumerate(self.lines)
            if line.product_id is not None and line in lines
            for name, said in known[line.product_id].uncounted(line.quantity, line.uom_id).items()
        }
        if errors:
            raise Invalid(next(iter(errors.values())), fields=errors)

    def main_category(self, known: Mapping[int, bought.Bought]) -> str | None:
        """The category that most of the money goes to; None for none."""
        sums = defaultdict[int | None, Decimal](Decimal)
        for line in self.lines:
            sums[known[line.product_id].category_id if line.product_id is not None else None] += line.net
        return bought.called(max(sums, key=lambda each: sums[each]))[:200] or None if sums else None

    @property
    def verdict(self) -> str | None:
        """How the approval of what it says now ended; None while nobody decided of that."""
        return verdict(self, RULE)

    @property
    def is_unapproved(self) -> bool:
        """Whether it was approved once, and says something now that whom the table names have not approved."""
        return self.passed(APPROVED) and self.verdict != "approved"

    def _refuse_fewer(self) -> None:
        """A change of an approved order takes off nothing that came or was billed; raises Invalid."""
        done = progress.of_order(self.id)
        left = {line.id: line for line in self.lines if line.id}
        for key, stands in done.items():
            least = min(max(stands.kept, stands.owed), stands.ordered)  # more than was ordered may have come
            if least and (key not in left or left[key].quantity < least):
                raise Invalid(fields={"lines": _("What was received or billed already cannot be taken off.")})


class PurchaseOrderLine(Line["PurchaseOrder"]):
    """Ordered product. Ordered products."""

    if TYPE_CHECKING:
        product_id: Mapped[int | None]
        uom_id: Mapped[int | None]

    product: Mapped[Product | None] = link(_l("Product"))
    description: Mapped[str] = text(_l("Description"))
    quantity: Mapped[Decimal] = number(_l("Quantity"), default=Decimal(1), minimum=Decimal("0.001"), places=3)
    uom: Mapped[Unit | None] = link(_l("Unit"), help=_l("Empty: as the product is bought."))
    unit_price: Mapped[Decimal] = amount(_l("Price"), default=ZERO, minimum=ZERO)
    discount: Mapped[Decimal] = number(_l("Discount"), default=ZERO, minimum=ZERO, maximum=HUNDRED, places=2, unit="%")
    tax_category: Mapped[TaxCategory | None] = link(_l("Tax"))
    net: Mapped[Decimal] = amount(_l("Net"), readonly=True, default=ZERO)

    def complete(self) -> None:
        """The unit the product is bought in, where none was named."""
        if self.product is not None and self.uom is None:
            product: Any = self.product
            self.uom_id = product.purchase_uom_id or product.uom_id
            if "uom" in vars(self):  # emptied by hand: the flush would write nothing over the key
                self.uom = session().get_one(Unit, self.uom_id)

    def chosen_category(self) -> int | None:
        """The tax category it names itself."""
        return self.tax_category.id if self.tax_category is not None else None

    def item(self, taxes: tuple[money.Tax, ...]) -> money.Item:
        """The line as it is priced."""
        count = Decimal(1) if self.quantity is None else self.quantity
        return money.Item(count, self.unit_price or ZERO, self.discount or ZERO, taxes=taxes)

    @property
    def is_received(self) -> bool:
        """Whether it comes as goods that are received; labour and services are only billed."""
        return self.product is not None and self.product.has_stock
