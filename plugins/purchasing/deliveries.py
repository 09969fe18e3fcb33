"""What suppliers bring, line by line, and what goes back to them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.orm.util import identity_key

from erp import (
    Conflict,
    Document,
    Invalid,
    Line,
    _,
    _l,
    choice,
    day,
    i18n,
    key_to,
    lines,
    link,
    long_text,
    session,
    text,
)
from erp import quantity as number
from plugins.parties.models import Party
from plugins.products.models import Product
from plugins.purchasing import progress
from plugins.purchasing.models import CLOSED, SENT, ZERO, PurchaseOrder, PurchaseOrderLine
from plugins.purchasing.progress import Stands
from plugins.stock.models import Location, Lot

RECEIVED, SENT_BACK = "received", "sent_back"
QUALITY: Mapping[str, str] = {
    "damaged": _l("Damaged"), "wrong": _l("Wrong item"), "quality": _l("Poor quality"), "late": _l("Too late"),
    "other": _l("Another reason"),
}  # fmt: skip


def refuse(errors: Mapping[str, str]) -> None:
    """Raise Invalid where there is anything to say, each at its field."""
    if errors:
        raise Invalid(next(iter(errors.values())), fields=dict(errors))


class GoodsReceipt(Document):
    """Goods receipt. Goods receipts.

    What a supplier brought for an order: counted, looked at, and on the shelf once it is posted.
    """

    prefix = "GR"
    relies_on = (RECEIVED,)
    icon = "truck-delivery"
    group = _l("Purchasing")
    subtitle_field = "delivery_note"
    takes_history = False
    verbs = {"over": _l("Take more than was ordered")}  # noqa: RUF012 - read once, never changed

    if TYPE_CHECKING:
        order_id: Mapped[int]
        supplier_id: Mapped[int]

    order: Mapped[PurchaseOrder] = link(_l("Order"), search=True, listed=True)
    supplier: Mapped[Party] = link(_l("Supplier"), readonly=True, search=True, listed=True)
    delivery_note: Mapped[str | None] = text(_l("Delivery note"), length=80, search=True, listed=True)
    received_on: Mapped[date | None] = day(_l("Received"), listed=True, help=_l("Empty: the day it is posted."))
    location: Mapped[Location | None] = link(_l("To"), help=_l("Empty: where the branch keeps its goods."))
    over_reason: Mapped[str | None] = text(
        _l("Why more than was ordered"), length=200, help=_l("Only who may take more says why.")
    )
    note: Mapped[str | None] = long_text(_l("Note"), help=_l("Photos of damage may be added as files."))
    posted_on: Mapped[date | None] = mapped_column(sa.Date(), index=True)
    """The business day its goods were taken in; None before."""
    lines: Mapped[list[GoodsReceiptLine]] = lines(_l("Lines"))

    @property
    def summary(self) -> str:
        """Whose goods for which order."""
        return _(": ").join(filter(None, (self.order.number, self.supplier.name)))

    def recompute(self) -> None:
        """Its supplier is the order's; raises Conflict once it is posted."""
        if self.posted_on is not None:
            raise Conflict(_("What is on the shelf already is not changed here: send it back, or adjust the stock."))
        # an order nobody has read here is the one it always was
        is_read = identity_key(PurchaseOrder, self.order_id) in session().identity_map
        if self.supplier_id is None or (is_read and self.supplier_id != self.order.supplier_id):
            self.supplier = self.order.supplier

    def check(self) -> None:
        """A new one begins with all that is still to come; raises Invalid for a place that is not ours."""
        if not self.lines and not self.id and self.is_expected:
            self.branch_id = self.order.branch_id
            self._expect_the_rest()
        if self.location is not None and not self.location.is_held:
            raise Invalid(fields={"location": _("Choose a place in the house.")})

    def refuse_wrong(self, ordered: Mapping[int, Stands]) -> None:
        """Every line belongs to the order and says why it is rejected; raises Invalid at each that does not."""
        refuse({f"lines-{at}-{name}": said for at, line in enumerate(self.lines)
                for name, said in line.wrong(ordered).items()})  # fmt: skip

    @property
    def is_expected(self) -> bool:
        """Whether its order was sent and is not closed."""
        return self.order.passed(SENT) and not self.order.passed(CLOSED)

    def _expect_the_rest(self) -> None:
        self.lines = [
            GoodsReceiptLine(
                position=place, order_line_id=key, product_id=each.product_id, accepted=each.to_come, rejected=ZERO
            )
            for place, (key, each) in enumerate(progress.of_order(self.order.id).items())
            if each.to_come
        ]


class GoodsReceiptLine(Line["GoodsReceipt"]):
    """Received product. Received products."""

    __table_args__ = (key_to("purchase_order_line", "order_line_id"),)

    if TYPE_CHECKING:
        product_id: Mapped[int]
        lot_id: Mapped[int | None]

    order_line_id: Mapped[int | None] = mapped_column(sa.BigInteger, index=True)
    named_by = "product"
    product: Mapped[Product] = link(_l("Product"))
    lot: Mapped[Lot | None] = link(_l("Lot"))
    accepted: Mapped[Decimal] = number(_l("Accepted"), default=ZERO, minimum=ZERO, places=3)
    rejected: Mapped[Decimal] = number(_l("Rejected"), default=ZERO, minimum=ZERO, places=3)
    reason: Mapped[str | None] = choice(_l("Why rejected"), QUALITY)

    @property
    def description(self) -> str:
        """What it is called in lists of lines."""
        return self.product.name if self.product is not None else ""

    def wrong(self, ordered: Mapping[int, Stands]) -> dict[str, str]:
        """What keeps the line from being received, by field; it finds its line of the order on the way."""
        if self.order_line_id is None:
            mine = (key for key, each in ordered.items() if each.product_id == self.product_id)
            self.order_line_id = next(mine, None)
        of = ordered.get(self.order_line_id or 0)
        if of is None or of.product_id != self.product_id:
            return {"product": _("%(product)s is not on this order.", product=self.product.name)}
        if self.rejected and not self.reason:
            return {"reason": _("Say what is wrong with them.")}
        return {}

    def ordered(self) -> PurchaseOrderLine:
        """The line of the order it is for."""
        return session().get_one(PurchaseOrderLine, self.order_line_id)


class SupplierReturn(Document):
    """Supplier return. Supplier returns.

    Goods that go back to their supplier: rejected when they came, or found wanting later.
    """

    prefix = "RTS"
    relies_on = (SENT_BACK,)
    icon = "truck-return"
    group = _l("Purchasing")
    takes_history = False

    if TYPE_CHECKING:
        receipt_id: Mapped[int]

    receipt: Mapped[GoodsReceipt] = link(_l("Receipt"), search=True, listed=True)
    supplier: Mapped[Party] = link(_l("Supplier"), readonly=True, search=True, listed=True)
    reason: Mapped[str | None] = choice(_l("Reason"), QUALITY, listed=True)
    reference: Mapped[str | None] = text(_l("Their return number"), length=80, search=True)
    note: Mapped[str | None] = long_text(_l("Note"))
    posted_on: Mapped[date | None] = mapped_column(sa.Date(), index=True)
    lines: Mapped[list[SupplierReturnLine]] = lines(_l("Lines"))

    @property
    def summary(self) -> str:
        """Whose goods of which receipt."""
        return _(": ").join(filter(None, (self.receipt.number, self.supplier.name)))

    def recompute(self) -> None:
        """Its supplier is the receipt's; raises Conflict once the goods left."""
        if self.posted_on is not None:
            raise Conflict(_("These goods left already."))
        self.supplier = self.receipt.supplier

    def check(self) -> None:
        """A new one begins with all that was accepted."""
        if not self.lines and not self.id and self.receipt.posted_on is not None:
            self.branch_id = self.receipt.branch_id
            self.lines = [
                SupplierReturnLine(position=place, receipt_line_id=line.id, product=line.product, lot=line.lot,
                                   quantity=line.accepted)
                for place, line in enumerate(self.receipt.lines) if line.accepted
            ]  # fmt: skip

    def refuse_wrong(self) -> None:
        """Every line came with the receipt, and no more of it goes than came; raises Invalid at each that does not."""
        refuse({f"lines-{at}-{name}": said for at, line in enumerate(self.lines)
                for name, said in line.wrong(self.receipt).items()})  # fmt: skip


class SupplierReturnLine(Line["SupplierReturn"]):
    """Returned product. Returned products."""

    __table_args__ = (key_to("goods_receipt_line", "receipt_line_id"),)

    if TYPE_CHECKING:
        lot_id: Mapped[int | None]

    receipt_line_id: Mapped[int | None] = mapped_column(sa.BigInteger, index=True)
    was_accepted: Mapped[bool] = mapped_column(default=True)
    """Whether it was on our shelf; what was rejected at the door never was."""
    named_by = "product"
    product: Mapped[Product] = link(_l("Product"))
    lot: Mapped[Lot | None] = link(_l("Lot"))
    quantity: Mapped[Decimal] = number(_l("Quantity"), minimum=Decimal("0.001"), places=3)

    @property
    def description(self) -> str:
        """What it is called in lists of lines."""
        return self.product.name if self.product is not None else ""

    def wrong(self, receipt: GoodsReceipt) -> dict[str, str]:
        """What keeps the line from going back, by field; it finds its line of the receipt on the way."""
        if self.receipt_line_id is None:
            self.receipt_line_id = next((each.id for each in receipt.lines if each.product is self.product), None)
        came = {each.id: each for each in receipt.lines}.get(self.receipt_line_id or 0)
        if came is None:
            return {"product": _("%(product)s did not come with this receipt.", product=self.product.name)}
        most = came.accepted if self.was_accepted is not False else came.rejected
        if self.quantity is None or self.quantity > most:
            return {"quantity": _("Only %(count)s came with it.", count=i18n.format_number(most))}
        return {}

    def received(self) -> GoodsReceiptLine:
        """The line of the receipt it came with."""
        return session().get_one(GoodsReceiptLine, self.receipt_line_id)
