from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from erp import (
    Document,
    Forbidden,
    Invalid,
    Line,
    TenantScoped,
    _,
    _l,
    amount,
    clock,
    current,
    day,
    integer,
    key_to,
    lines,
    link,
    moment,
    read_links,
    text,
)
from erp import quantity as number
from plugins.parties.models import Party
from plugins.products.models import Product
from plugins.stock.models import ZERO, Location, Lot

IN_TRANSIT = "in_transit"
PICK, RECEIVE, RECOUNT = "pick", "receive", "recount"
"""User tasks during which people scan."""
GOOD, DAMAGED, WRONG = "good", "damaged", "wrong"
CONDITIONS = {GOOD: _l("Good"), DAMAGED: _l("Damaged"), WRONG: _l("Wrong item")}
BUCKETS = ("received", "rejected", "lost", "returned", "in_transit")
"""What has become of what was sent; together they are all of it, always."""


class Transfer(Document):
    """Stock transfer. Stock transfers.

    Goods go from one place of ours to another; on the way they are nobody's to sell.
    """

    prefix = "TRF"
    relies_on = (IN_TRANSIT,)
    icon = "truck"
    group = _l("Stock")
    amount_field = "worth"
    content_fields = ("from_location", "to_location", "reason")
    branch_columns = ("branch_id", "to_branch_id")
    takes_history = False
    __table_args__ = (
        key_to("branch", "to_branch_id"),
        sa.CheckConstraint("from_location_id <> to_location_id", name="transfer_two_places"),
    )

    if TYPE_CHECKING:
        from_location_id: Mapped[int]
        to_location_id: Mapped[int]
        carrier_id: Mapped[int | None]
        origin_id: Mapped[int | None]

    from_location: Mapped[Location] = link(_l("From"), listed=True, anywhere="transfer")
    to_location: Mapped[Location] = link(_l("To"), listed=True, anywhere="transfer")
    needed_on: Mapped[date | None] = day(_l("Needed on"), listed=True)
    reason: Mapped[str | None] = text(_l("What for"), length=200, search=True)
    carrier: Mapped[Party | None] = link(_l("Carrier"))
    tracking: Mapped[str | None] = text(_l("Tracking number"), length=80, search=True)
    worth: Mapped[Decimal] = amount(
        _l("Worth"), readonly=True, default=ZERO, listed=True, total=True, help=_l("At what the goods cost us.")
    )
    sent_at: Mapped[datetime | None] = moment(_l("Shipped at"), readonly=True)
    sent_by: Mapped[str | None] = text(_l("Shipped by"), readonly=True)
    received_at: Mapped[datetime | None] = moment(_l("Received at"), readonly=True)
    received_by: Mapped[str | None] = text(_l("Received by"), readonly=True)
    deliveries: Mapped[int] = integer(_l("Deliveries"), readonly=True, default=0)
    settlements: Mapped[int] = mapped_column(default=0)
    """How often somebody decided on what differs."""
    charged: Mapped[Decimal] = amount(_l("Charged to the carrier"), readonly=True, default=ZERO, beside=True)
    decision_note: Mapped[str | None] = text(_l("Said to it"), length=400, readonly=True)
    origin: Mapped[Transfer | None] = link(_l("Turned back from"), readonly=True)
    to_branch_id: Mapped[int | None] = mapped_column(sa.BigInteger, index=True)
    """Where it goes; `branch_id` is where it comes from."""
    lines: Mapped[list[TransferLine]] = lines(_l("Lines"))

    @property
    def summary(self) -> str:
        """From where to where, for inbox and search."""
        self._read_places()
        return _("%(origin)s to %(target)s", origin=self.from_location.name, target=self.to_location.name)

    def recompute(self) -> None:
        """The branches follow the places; raises Invalid at each field that misfits."""
        self._read_places()
        origin, target = self.from_location, self.to_location
        if origin is not None and target is not None:
            turned_at = self.origin.to_branch_id if self.origin is not None else None
            self.branch_id, self.to_branch_id = origin.branch_id or turned_at, target.branch_id

    def check(self) -> None:
        """Two places of ours, lines that can be moved, and a branch of one's own; raises Invalid, or Forbidden."""
        errors = {f"{name}_location": said for name, said in self._misplaced()}
        errors |= {name: said for index, line in enumerate(self.lines) for name, said in line.wrong(index)}
        if not self.lines:
            errors["lines"] = _("Add at least one line.")
        if errors:
            raise Invalid(next(iter(errors.values())), fields=errors)
        reached = current().branches
        if reached is not None and not reached & {self.branch_id, self.to_branch_id}:
            raise Forbidden(_("Neither of these branches is yours."))

    def _read_places(self) -> None:
        read_links([self], "from_location", "to_location")

    def _misplaced(self) -> list[tuple[str, str]]:
        found = []
        for name, place in (("from", self.from_location), ("to", self.to_location)):
            if place.kind != "internal" and self.origin_id is None:
                found.append((name, _("Choose a place in the house.")))
        if self.from_location.id == self.to_location.id:
            found.append(("to", _("Choose another place than where it comes from.")))
        return found


Transfer.verbs = {"receive_over": _l("Receive more than was sent")}


class TransferLine(Line["Transfer"]):
    """Transferred product. Transferred products."""

    __table_args__ = (
        sa.CheckConstraint("sent = received + rejected + lost + returned + in_transit", name="transfer_line_conserved"),
        sa.CheckConstraint(
            "least(quantity, picked, sent, received, rejected, lost, returned, in_transit) >= 0",
            name="transfer_line_positive",
        ),
    )

    if TYPE_CHECKING:
        product_id: Mapped[int]
        lot_id: Mapped[int | None]

    named_by = "product"
    product: Mapped[Product] = link(_l("Product"))
    lot: Mapped[Lot | None] = link(_l("Lot"), help=_l("Empty: what is best before the earliest day is picked."))
    quantity: Mapped[Decimal] = number(_l("Asked for"), minimum=ZERO)
    picked: Mapped[Decimal] = number(_l("Picked"), readonly=True, default=ZERO, hides_zero=True)
    sent: Mapped[Decimal] = number(_l("Sent"), readonly=True, default=ZERO, hides_zero=True)
    received: Mapped[Decimal] = number(_l("Received"), readonly=True, default=ZERO, hides_zero=True)
    rejected: Mapped[Decimal] = number(_l("Rejected"), readonly=True, default=ZERO, hides_zero=True)
    lost: Mapped[Decimal] = number(_l("Lost"), readonly=True, default=ZERO, hides_zero=True)
    returned: Mapped[Decimal] = number(_l("Returned"), readonly=True, default=ZERO, hides_zero=True)
    in_transit: Mapped[Decimal] = number(_l("On the way"), readonly=True, default=ZERO, hides_zero=True)

    @property
    def description(self) -> str:
        """What it is called in lists of lines."""
        return self.product.name if self.product is not None else ""

    @property
    def open(self) -> Decimal:
        """What is neither here nor there: on the way, or rejected and not decided on."""
        return self.in_transit + self.rejected

    def wrong(self, index: int) -> list[tuple[str, str]]:
        """What keeps it from being moved, by field."""
        if (self.quantity or ZERO) <= 0 and not self.sent:
            return [(f"lines-{index}-quantity", _("More than nothing must be moved."))]
        if self.lot is not None and self.lot.product_id != self.product.id:
            said = _("%(lot)s is no lot of %(product)s.", lot=self.lot.code, product=self.product.name)
            return [(f"lines-{index}-lot", said)]
        return []

    def put(self, bucket: str, count: Decimal, *, of: str = IN_TRANSIT) -> None:
        """So many of those in one bucket are in another from now on."""
        setattr(self, of, getattr(self, of) - count)
        setattr(self, bucket, getattr(self, bucket) + count)


class _Counted(TenantScoped):
    """What people counted of one product or lot, when and in which condition; never changed."""

    __abstract__ = True
    transfer_id: Mapped[int] = mapped_column(sa.BigInteger)
    line_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    lot_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    quantity: Mapped[Decimal] = mapped_column(sa.Numeric(18, 6))
    condition: Mapped[str] = mapped_column(sa.String(20), default=GOOD)
    file_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    """A photo among the files of the transfer."""
    delivery: Mapped[int] = mapped_column(default=0)
    """Which delivery it belongs to, the first being 0."""
    member_id: Mapped[int | None] = mapped_column(sa.BigInteger, default=lambda: current().member_id)
    by: Mapped[str] = mapped_column(sa.String(200), default=lambda: current().name)
    at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), default=lambda: clock.now())


def _keys(*own: Any) -> tuple[Any, ...]:
    return (
        key_to("transfer", "transfer_id", ondelete="CASCADE"), key_to("transfer_line", "line_id", ondelete="CASCADE"),
        key_to("lot", "lot_id"), *own, {"info": {"append_only": True}},
    )  # fmt: skip


class TransferScan(_Counted):
    """What somebody scanned or typed while picking or receiving; it counts once the step is done."""

    __tablename__ = "transfer_scan"
    __table_args__ = _keys(
        key_to("product", "product_id"),
        sa.UniqueConstraint("tenant_id", "transfer_id", "key"),
    )
    stage: Mapped[str] = mapped_column(sa.String(20), default=RECEIVE)
    """`pick` or `receive`."""
    product_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    """What it is; None for a barcode nobody knows."""
    code: Mapped[str] = mapped_column(sa.String(200), default="")
    key: Mapped[str] = mapped_column(sa.String(40))
    """What the page calls it: sent twice, it counts once."""


class TransferReceipt(_Counted):
    """So many of a line came, in one delivery and condition."""

    __tablename__ = "transfer_receipt"
    __table_args__ = _keys(
        sa.Index("transfer_receipt_transfer", "tenant_id", "transfer_id"),
        sa.CheckConstraint("quantity > 0", name="transfer_receipt_positive"),
    )
    over: Mapped[Decimal] = mapped_column(sa.Numeric(18, 6), default=ZERO)
    """How many of them were more than was sent."""
    note: Mapped[str] = mapped_column(sa.String(400), default="")
    """Why more was taken, or what is wrong with it."""
