from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from erp import (
    Extension,
    Invalid,
    Record,
    TenantScoped,
    _,
    _l,
    amount,
    choice,
    clock,
    current,
    day,
    flag,
    key_to,
    link,
    moment,
    quantity,
    session,
    text,
    today,
)
from plugins.products.models import Product, ProductCategory
from plugins.stock.beginning import EVENTS, HELD, KINDS

TRACKING = {"none": _l("By quantity"), "lot": _l("By lot"), "serial": _l("By serial number")}
METHODS = {"average": _l("Moving average"), "fifo": _l("First in, first out")}
LOTS = {"lot": _l("Lot"), "serial": _l("Serial number")}
STOCKED = frozenset({"goods", "part"})
"""Kinds of products that can lie on a shelf."""
ZERO = Decimal(0)


class ProductStock(Extension[Product]):
    """How a product is kept."""

    is_stocked: Mapped[bool] = flag(
        _l("Kept in stock"), default=True, help=_l("Labour and services never are, whatever stands here.")
    )
    tracking: Mapped[str] = choice(
        _l("Followed"), TRACKING, default="none", help=_l("Lots and serial numbers are named with every move.")
    )
    weight: Mapped[Decimal | None] = quantity(_l("Weight"), minimum=ZERO, unit="g")
    karat: Mapped[Decimal | None] = quantity(_l("Karat"), minimum=ZERO, maximum=Decimal(24), places=2)
    purity: Mapped[Decimal | None] = quantity(
        _l("Fineness"), minimum=ZERO, maximum=Decimal(1000), places=1, help=_l("Parts of a thousand, such as 750.")
    )

    def check(self) -> None:
        """What lies on a shelf is followed as it was when it came; the database holds the same."""
        history = sa.inspect(self).attrs.tracking.history
        before = history.deleted[0] if history.deleted else "none"
        if self.tracking == before or not history.has_changes():
            return
        there = sa.or_(StockLevel.quantity != 0, StockLevel.reserved != 0)
        held = sa.select(StockLevel.id).where(StockLevel.product_id == self.record_id, there)
        if session().scalar(held.limit(1)) is not None:
            said = _("Some of it is in stock, %(way)s. Take that out first, or make another product.",
                     way=str(TRACKING[before]).lower())  # fmt: skip
            raise Invalid(fields={"product_stock.tracking": said})


class CategoryStock(Extension[ProductCategory]):
    """How products of a category are valued."""

    valuation: Mapped[str | None] = choice(
        _l("Valued by"), METHODS,
        help=_l("Empty: as the category above, at the top by moving average. A change counts from the next move."),
    )  # fmt: skip


class Location(Record):
    """Stock location. Stock locations.

    A place goods lie at, come from or go to; suppliers, customers and losses are places too, so every move balances.
    """

    icon = "map-pin"
    group = _l("Stock")
    subtitle_field = "code"
    branch_columns = ("branch_id",)
    __table_args__ = (sa.UniqueConstraint("tenant_id", "code"), key_to("branch", "branch_id"))

    code: Mapped[str] = text(_l("Code"), length=20, search=True, listed=True)
    name: Mapped[str] = text(_l("Name"), search=True, listed=True)
    kind: Mapped[str] = choice(_l("Kind"), KINDS, default="internal", listed=True)
    parent: Mapped[Location | None] = link(_l("Within"), listed=True)
    allows_negative: Mapped[bool] = flag(
        _l("May go below nothing"),
        listed=True,
        help=_l("Sold before it is received: marked, valued at the last cost, settled by the next receipt."),
    )
    branch_id: Mapped[int | None] = mapped_column(sa.BigInteger, default=lambda: current().branch_id)
    """Where it is; None for what is no branch's own, such as suppliers."""

    @property
    def is_held(self) -> bool:
        """Whether goods here are ours, so that they are counted and valued."""
        return self.kind in HELD

    def check(self) -> None:
        """A place stands neither within itself nor changes its kind once goods were moved there."""
        seen, at = {self.id}, self.parent
        while at is not None:
            if at.id in seen:
                raise Invalid(fields={"parent": _("A place cannot stand within itself.")})
            seen.add(at.id)
            at = at.parent
        history = sa.inspect(self).attrs.kind.history
        if self.id and history.deleted and history.has_changes() and _is_used(self.id):
            raise Invalid(fields={"kind": _("Goods were moved here already; make another place.")})


def _is_used(location_id: int) -> bool:
    moved = sa.or_(StockMove.from_location_id == location_id, StockMove.to_location_id == location_id)
    return session().scalar(sa.select(StockMove.id).where(moved).limit(1)) is not None


class Lot(Record):
    """Lot. Lots.

    A batch of a product, or one piece with its serial number.
    """

    icon = "barcode"
    group = _l("Stock")
    title_field = "code"
    quick_fields = ("product", "code", "kind", "expires_on")
    __table_args__ = (sa.UniqueConstraint("tenant_id", "product_id", "code"),)

    if TYPE_CHECKING:
        product_id: Mapped[int]

    product: Mapped[Product] = link(_l("Product"), listed=True)
    code: Mapped[str] = text(_l("Number"), length=60, search=True, listed=True)
    kind: Mapped[str] = choice(_l("Kind"), LOTS, default="lot", listed=True)
    expires_on: Mapped[date | None] = day(_l("Best before"), listed=True, help=_l("It is not picked after this day."))
    weight: Mapped[Decimal | None] = quantity(_l("Weight"), minimum=ZERO, unit="g")
    karat: Mapped[Decimal | None] = quantity(_l("Karat"), minimum=ZERO, maximum=Decimal(24), places=2)
    purity: Mapped[Decimal | None] = quantity(_l("Fineness"), minimum=ZERO, maximum=Decimal(1000), places=1)

    def check(self) -> None:
        """It is what its product is followed by, and its number is no other lot's."""
        kept = sa.select(ProductStock.tracking).where(ProductStock.record_id == self.product_id)
        tracking = session().scalar(kept) or "none"
        if tracking not in {"none", self.kind}:
            said = _("%(product)s is followed otherwise: %(way)s.", product=self.product.title, way=TRACKING[tracking])
            raise Invalid(fields={"kind": said})
        other = sa.select(Lot.id).where(
            Lot.product_id == self.product_id, Lot.code == self.code, Lot.id != (self.id or 0)
        )
        if session().scalar(other.limit(1)) is not None:
            said = _("%(product)s has the number %(code)s already.", product=self.product.title, code=self.code)
            raise Invalid(fields={"code": said})

    @property
    def is_expired(self) -> bool:
        """Whether its day is over."""
        return self.expires_on is not None and self.expires_on < today()


class StockMove(Record):
    """Stock move. Stock moves.

    So many of a product went from one place to another and carried so much of its cost. Written once, by `api`.
    """

    icon = "transfer"
    group = _l("Stock")
    title_field = "note"
    branch_columns = ("from_branch_id", "to_branch_id")
    __table_args__ = (
        sa.Index("stock_move_product_on", "tenant_id", "product_id", "moved_on"),
        sa.Index("stock_move_source", "tenant_id", "source_type", "source_id"),
        sa.Index(
            "stock_move_reverses", "tenant_id", "reverses_id", unique=True,
            postgresql_where=sa.text("reverses_id is not null"),
        ),
        sa.Index(
            "stock_move_returns", "tenant_id", "returns_id", postgresql_where=sa.text("returns_id is not null")
        ),
        sa.CheckConstraint("quantity >= 0 and value >= 0 and (quantity > 0 or value > 0)", name="stock_move_positive"),
        sa.CheckConstraint("from_location_id <> to_location_id", name="stock_move_two_sided"),
        key_to("stock_move", "reverses_id"),
        key_to("stock_move", "returns_id"),
        {"info": {"append_only": True}},
    )  # fmt: skip

    if TYPE_CHECKING:
        product_id: Mapped[int]
        lot_id: Mapped[int | None]
        from_location_id: Mapped[int]
        to_location_id: Mapped[int]

    moved_on: Mapped[date] = day(_l("Day"), readonly=True, listed=True)
    product: Mapped[Product] = link(_l("Product"), readonly=True, listed=True)
    lot: Mapped[Lot | None] = link(_l("Lot"), readonly=True, listed=True)
    quantity: Mapped[Decimal] = quantity(_l("Quantity"), readonly=True, listed=True)
    from_location: Mapped[Location] = link(_l("From"), readonly=True, listed=True)
    to_location: Mapped[Location] = link(_l("To"), readonly=True, listed=True)
    value: Mapped[Decimal] = amount(_l("Cost"), readonly=True, listed=True, right="see_value")
    event: Mapped[str] = choice(_l("What it was"), EVENTS, readonly=True)
    note: Mapped[str] = text(_l("For"), length=120, readonly=True, default="", search=True, listed=True)
    moved_at: Mapped[datetime] = moment(_l("Written at"), readonly=True, default=lambda: clock.now())
    source_type: Mapped[str] = mapped_column(sa.String(60), default="")
    """Type of the document it was made for; empty where nobody says."""
    source_id: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    source_line: Mapped[str] = mapped_column(sa.String(40), default="")
    source_key: Mapped[str] = mapped_column(sa.String(60), default="")
    """What makes the same step of a document the same: it is moved for once."""
    reverses_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    returns_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    """The issue goods came back from, in part or whole."""
    from_branch_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    to_branch_id: Mapped[int | None] = mapped_column(sa.BigInteger)


StockMove.verbs = {"see_value": _l("See what goods cost")}


class StockLevel(TenantScoped):
    """How much of a product is at a place; the sum of its moves, kept in their transaction."""

    __tablename__ = "stock_level"
    __table_args__ = (
        key_to("product", "product_id"),
        key_to("location", "location_id"),
        key_to("lot", "lot_id"),
        sa.UniqueConstraint("tenant_id", "product_id", "location_id", "lot_id", postgresql_nulls_not_distinct=True),
        sa.Index("stock_level_location", "tenant_id", "location_id", "product_id"),
        sa.Index(
            "stock_level_serial", "tenant_id", "lot_id", unique=True,
            postgresql_where=sa.text("is_serial and quantity > 0"),
        ),
        sa.CheckConstraint("(quantity < 0) = is_negative and reserved >= 0", name="stock_level_negative"),
        sa.CheckConstraint("not is_serial or quantity between 0 and 1", name="stock_level_one_piece"),
    )  # fmt: skip
    product_id: Mapped[int] = mapped_column(sa.BigInteger)
    location_id: Mapped[int] = mapped_column(sa.BigInteger)
    lot_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    quantity: Mapped[Decimal] = mapped_column(sa.Numeric(18, 6), default=ZERO)
    reserved: Mapped[Decimal] = mapped_column(sa.Numeric(18, 6), default=ZERO)
    is_negative: Mapped[bool] = mapped_column(default=False)
    """Whether more went out than is known to have come in, where the place allows it."""
    is_serial: Mapped[bool] = mapped_column(default=False)


class StockCost(TenantScoped):
    """What all of a product in our places cost; its row is the one lock of everything done with the product."""

    __tablename__ = "stock_cost"
    __table_args__ = (
        key_to("product", "product_id"),
        sa.UniqueConstraint("tenant_id", "product_id"),
        sa.CheckConstraint(
            "(quantity > 0 and value >= 0) or (quantity = 0 and value = 0) or (quantity < 0 and value <= 0)",
            name="stock_cost_sides",
        ),
    )
    product_id: Mapped[int] = mapped_column(sa.BigInteger)
    method: Mapped[str] = mapped_column(sa.String(20), default="average")
    quantity: Mapped[Decimal] = mapped_column(sa.Numeric(18, 6), default=ZERO)
    value: Mapped[Decimal] = mapped_column(sa.Numeric(19, 4), default=ZERO)
    last_cost: Mapped[Decimal] = mapped_column(sa.Numeric(24, 12), default=ZERO)
    """What one of it cost when it last came in."""


class StockLayer(TenantScoped):
    """What is left of one receipt of a product valued first in, first out."""

    __tablename__ = "stock_layer"
    __table_args__ = (
        key_to("product", "product_id"),
        key_to("stock_move", "move_id"),
        sa.Index(
            "stock_layer_left", "tenant_id", "product_id", "id", postgresql_where=sa.text("quantity_left > 0")
        ),
        sa.Index("stock_layer_move", "tenant_id", "move_id"),
        sa.CheckConstraint(
            "quantity_left >= 0 and value_left >= 0 and (quantity_left > 0 or value_left = 0)", name="stock_layer_sides"
        ),
    )  # fmt: skip
    product_id: Mapped[int] = mapped_column(sa.BigInteger)
    move_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    """The move it came with; None for what was there when the method became this one."""
    quantity_left: Mapped[Decimal] = mapped_column(sa.Numeric(18, 6))
    value_left: Mapped[Decimal] = mapped_column(sa.Numeric(19, 4))


class StockReservation(TenantScoped):
    """So many of a product are promised at a place, or expected there; gone when they are taken, come or released."""

    __tablename__ = "stock_reservation"
    __table_args__ = (
        key_to("product", "product_id"),
        key_to("location", "location_id"),
        key_to("lot", "lot_id"),
        sa.Index("stock_reservation_product", "tenant_id", "product_id", "location_id"),
        sa.Index("stock_reservation_source", "tenant_id", "source_type", "source_id"),
        sa.CheckConstraint("quantity > 0", name="stock_reservation_positive"),
    )
    kind: Mapped[str] = mapped_column(sa.String(20), default="reserved")
    """`reserved` or `incoming`."""
    product_id: Mapped[int] = mapped_column(sa.BigInteger)
    location_id: Mapped[int] = mapped_column(sa.BigInteger)
    lot_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    quantity: Mapped[Decimal] = mapped_column(sa.Numeric(18, 6))
    due_on: Mapped[date | None] = mapped_column()
    source_type: Mapped[str] = mapped_column(sa.String(60), default="")
    source_id: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    source_line: Mapped[str] = mapped_column(sa.String(40), default="")
    at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), default=lambda: clock.now())
    by: Mapped[str] = mapped_column(sa.String(200), default=lambda: current().name)
