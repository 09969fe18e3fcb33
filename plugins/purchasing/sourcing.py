"""Before an order: what somebody needs, and what suppliers ask for it, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from erp import (
    Document,
    Invalid,
    Line,
    _,
    _l,
    add,
    amount,
    day,
    email,
    integer,
    key_to,
    lines,
    link,
    long_text,
    session,
    text,
    transaction,
)
from erp import quantity as number
from plugins.parties.models import Party
from plugins.products.models import Product
from plugins.purchasing.models import ZERO, PurchaseOrder, PurchaseOrderLine

APPROVED, QUOTED = "approved", "quoted"


class PurchaseRequisition(Document):
    """Purchase requisition. Purchase requisitions.

    What somebody needs, before anybody says from whom: agreed to, then asked of suppliers or ordered.
    """

    prefix = "PRQ"
    relies_on = (APPROVED,)
    icon = "clipboard-list"
    group = _l("Purchasing")
    subtitle_field = "reason"
    takes_history = False

    reason: Mapped[str] = text(_l("What for"), search=True, listed=True)
    needed_on: Mapped[date | None] = day(_l("Needed on"), listed=True)
    cost_centre: Mapped[str | None] = text(_l("Cost centre"), length=40, search=True)
    note: Mapped[str | None] = long_text(_l("Note"))
    decision_note: Mapped[str | None] = text(_l("Said to it"), length=400, readonly=True)
    lines: Mapped[list[PurchaseRequisitionLine]] = lines(_l("Lines"))

    @property
    def summary(self) -> str:
        """What for, for inbox and search."""
        return self.reason


class PurchaseRequisitionLine(Line["PurchaseRequisition"]):
    """Needed product. Needed products."""

    product: Mapped[Product | None] = link(_l("Product"))
    description: Mapped[str] = text(_l("Description"))
    quantity: Mapped[Decimal] = number(_l("Quantity"), default=Decimal(1), minimum=Decimal("0.001"), places=3)


class RequestForQuotation(Document):
    """Request for quotation. Requests for quotation.

    What one supplier is asked to offer, and what they answered; those of a requisition are compared side by side.
    """

    prefix = "RFQ"
    relies_on = (QUOTED,)
    icon = "mail"
    group = _l("Purchasing")
    amount_field = "total"
    takes_history = False

    if TYPE_CHECKING:
        requisition_id: Mapped[int]

    requisition: Mapped[PurchaseRequisition] = link(_l("Requisition"), search=True, listed=True)
    supplier: Mapped[Party] = link(_l("Supplier"), search=True, listed=True)
    email: Mapped[str | None] = email(_l("Goes to"), help=_l("Taken from the supplier. Empty: ask by phone."))
    answer_by: Mapped[date | None] = day(_l("Answer by"), listed=True)
    lead_days: Mapped[int | None] = integer(_l("Delivers within"), minimum=ZERO, unit=_l("days"))
    valid_until: Mapped[date | None] = day(_l("Holds until"))
    note: Mapped[str | None] = long_text(_l("Note"))
    total: Mapped[Decimal] = amount(_l("Total"), readonly=True, default=ZERO, listed=True)
    order_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    """The order it became."""
    lines: Mapped[list[RequestForQuotationLine]] = lines(_l("Lines"))
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "requisition_id", "supplier_id", name="request_for_quotation_once"),
        key_to("purchase_order", "order_id"),
    )

    @property
    def summary(self) -> str:
        """Who is asked, for inbox and search."""
        return self.supplier.name

    def recompute(self) -> None:
        """What all lines come to."""
        if self.id is None and self.email is None and self.supplier is not None:
            self.email = self.supplier.email
        self.total = sum((line.asked() for line in self.lines), ZERO)

    def check(self) -> None:
        """A new one asks for all that is needed."""
        if not self.lines and not self.id:
            self.lines = [
                RequestForQuotationLine(
                    position=place, product=line.product, description=line.description, quantity=line.quantity
                )
                for place, line in enumerate(self.requisition.lines)
            ]


class RequestForQuotationLine(Line["RequestForQuotation"]):
    """Asked product. Asked products."""

    product: Mapped[Product | None] = link(_l("Product"))
    description: Mapped[str] = text(_l("Description"))
    quantity: Mapped[Decimal] = number(_l("Quantity"), default=Decimal(1), minimum=Decimal("0.001"), places=3)
    unit_price: Mapped[Decimal | None] = amount(
        _l("Price"), minimum=ZERO, help=_l("What they ask for one, without tax; empty where they cannot supply it.")
    )

    def asked(self) -> Decimal:
        """What they ask for it all, nothing while they have not said."""
        return (self.quantity or ZERO) * (self.unit_price or ZERO)


def quotes_of(requisition: PurchaseRequisition) -> Sequence[RequestForQuotation]:
    """What suppliers were asked for a requisition, the earliest first."""
    mine = sa.select(RequestForQuotation).where(RequestForQuotation.requisition_id == requisition.id)
    return session().scalars(mine.order_by(RequestForQuotation.id)).all()


def order_of(quote: RequestForQuotation) -> PurchaseOrder:
    """A draft order of what a supplier offered, made once; raises Invalid where they offered nothing."""
    if quote.order_id is not None:
        return session().get_one(PurchaseOrder, quote.order_id)
    offered = [line for line in quote.lines if line.unit_price]
    if not offered:
        raise Invalid(_("%(name)s has offered nothing yet.", name=quote.supplier.name))
    requisition = quote.requisition
    order = PurchaseOrder(
        supplier=quote.supplier, supplier_reference=quote.number, needed_on=requisition.needed_on,
        cost_centre=requisition.cost_centre, branch_id=requisition.branch_id,
        lines=[
            PurchaseOrderLine(
                position=place, product=line.product, description=line.description, quantity=line.quantity,
                unit_price=line.unit_price, discount=ZERO,
            )
            for place, line in enumerate(offered)
        ],
    )  # fmt: skip
    add(order)
    quote.order_id = order.id
    return order


def ordered(quote: RequestForQuotation) -> int:
    """The id of the draft order made of an offer; raises as `order_of`. Rights are the caller's."""
    with transaction():
        return order_of(quote).id
