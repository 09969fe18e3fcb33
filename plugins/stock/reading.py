"""What is where, what is promised and expected, and what it cost: now, or as of a day."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from erp import session, whole
from plugins.products.models import Product
from plugins.stock.beginning import HELD
from plugins.stock.models import (
    STOCKED,
    ZERO,
    Location,
    Lot,
    ProductStock,
    StockCost,
    StockLevel,
    StockMove,
    StockReservation,
)


@dataclass(frozen=True, slots=True)
class Held:
    """What is at one place of a product or one of its lots, in the product's unit."""

    product_id: int
    location_id: int
    lot_id: int | None
    quantity: Decimal
    reserved: Decimal

    @property
    def available(self) -> Decimal:
        """What nobody was promised."""
        return self.quantity - self.reserved


@dataclass(frozen=True, slots=True)
class Cost:
    """What all of a product that is ours cost."""

    quantity: Decimal = ZERO
    value: Decimal = ZERO
    last_cost: Decimal = ZERO
    """Of one, when it last came in."""


def levels(product_ids: Collection[int], location_ids: Collection[int] | None = None) -> list[Held]:
    """What is at each place and of each lot, in the order of product, place and lot; without what is empty."""
    columns = (
        StockLevel.product_id, StockLevel.location_id, StockLevel.lot_id, StockLevel.quantity, StockLevel.reserved,
    )  # fmt: skip
    is_there = sa.or_(StockLevel.quantity != 0, StockLevel.reserved != 0)
    statement = sa.select(*columns).where(StockLevel.product_id.in_(product_ids), is_there)
    if location_ids is not None:
        statement = statement.where(StockLevel.location_id.in_(location_ids))
    rows = session().execute(statement.order_by(*columns[:3]))
    return [Held(*row) for row in rows]


def on_hand(
    product_id: int, *, on: date | None = None, location_id: int | None = None, lot_id: int | None = None
) -> Decimal:
    """How many there are, in all our places or one; at the end of a day, with what was booked later left out."""
    now = sa.select(sa.func.coalesce(sa.func.sum(StockLevel.quantity), 0)).where(StockLevel.product_id == product_id)
    if location_id is not None:
        now = now.where(StockLevel.location_id == location_id)
    if lot_id is not None:
        now = now.where(StockLevel.lot_id == lot_id)
    count = session().scalar(now) or ZERO
    if on is None:
        return count
    later = [StockMove.product_id == product_id, StockMove.moved_on > on]
    if lot_id is not None:
        later.append(StockMove.lot_id == lot_id)
    with whole():
        return count - _net(later, location_id)


def _net(which: list[sa.ColumnElement[bool]], location_id: int | None) -> Decimal:
    """What moves brought into our places, or one of them, less what they took away."""
    here = _held() if location_id is None else sa.literal(location_id)
    comes, goes = _within(StockMove.to_location_id, here), _within(StockMove.from_location_id, here)
    signed = sa.case((comes, StockMove.quantity), else_=0) - sa.case((goes, StockMove.quantity), else_=0)
    return session().scalar(sa.select(sa.func.coalesce(sa.func.sum(signed), 0)).where(*which)) or ZERO


def _held() -> sa.Select[int]:
    return sa.select(Location.id).where(Location.kind.in_(HELD))


def _within(column: Any, here: Any) -> sa.ColumnElement[bool]:
    found: sa.ColumnElement[bool] = column.in_(here) if isinstance(here, sa.Select) else column == here
    return found


def as_of(on: date, product_ids: Collection[int] | None = None) -> dict[tuple[int, int], Decimal]:
    """{(product, place): quantity} of our places at the end of a day; without what is nothing.

    One statement over what is there now and what was moved since.
    """
    sides = [
        sa.select(StockLevel.product_id, StockLevel.location_id, StockLevel.quantity),
        sa.select(StockMove.product_id, StockMove.to_location_id, -StockMove.quantity).where(StockMove.moved_on > on),
        sa.select(StockMove.product_id, StockMove.from_location_id, StockMove.quantity).where(StockMove.moved_on > on),
    ]
    every = sa.union_all(*sides).subquery()
    product_id, location_id, quantity = every.c
    count = sa.func.sum(quantity)
    statement = (
        sa.select(product_id, location_id, count)
        .join(Location, Location.id == location_id)
        .where(Location.kind.in_(HELD))
        .group_by(product_id, location_id)
        .having(count != 0)
    )
    if product_ids is not None:
        statement = statement.where(product_id.in_(product_ids))
    with whole():
        return {(product, place): number for product, place, number in session().execute(statement)}


def available(product_id: int, *, location_id: int | None = None, lot_id: int | None = None) -> Decimal:
    """How many nobody was promised, in the house or at one place; less than nothing where a place went below it."""
    left = sa.func.coalesce(sa.func.sum(StockLevel.quantity - StockLevel.reserved), 0)
    statement = sa.select(left).where(StockLevel.product_id == product_id)
    if location_id is None:
        statement = statement.where(StockLevel.location_id.not_in(_on_the_way()))
    else:
        statement = statement.where(StockLevel.location_id == location_id)
    if lot_id is not None:
        statement = statement.where(StockLevel.lot_id == lot_id)
    return session().scalar(statement) or ZERO


def _on_the_way() -> sa.Select[int]:
    """Places whose goods are on the road: ours, and nobody's to sell."""
    return sa.select(Location.id).where(Location.kind == "transit")


def incoming(product_id: int, *, location_id: int | None = None, until: date | None = None) -> Decimal:
    """How many are expected, in all our places or one, until a day where one is given."""
    statement = sa.select(sa.func.coalesce(sa.func.sum(StockReservation.quantity), 0)).where(
        StockReservation.product_id == product_id, StockReservation.kind == "incoming"
    )
    if location_id is not None:
        statement = statement.where(StockReservation.location_id == location_id)
    if until is not None:
        statement = statement.where(StockReservation.due_on <= until)
    return session().scalar(statement) or ZERO


def expected_at(product_id: int) -> dict[int, Decimal]:
    """{place: how many are expected there} of places the actor reaches."""
    count = sa.func.sum(StockReservation.quantity)
    statement = (
        sa.select(StockReservation.location_id, count)
        .join(Location, Location.id == StockReservation.location_id)
        .where(StockReservation.product_id == product_id, StockReservation.kind == "incoming")
    )
    rows = session().execute(statement.group_by(StockReservation.location_id))
    return {row[0]: row[1] for row in rows}


def available_of(product_ids: Collection[int]) -> dict[int, Decimal]:
    """{product: how many nobody was promised, in the places the actor reaches}; of those that ever were there."""
    left = sa.func.sum(StockLevel.quantity - StockLevel.reserved)
    statement = (
        sa.select(StockLevel.product_id, left)
        .join(Location, Location.id == StockLevel.location_id)
        .where(StockLevel.product_id.in_(product_ids), Location.kind != "transit")
    )
    rows = session().execute(statement.group_by(StockLevel.product_id))
    return {row[0]: row[1] for row in rows}


def cost_of(product_id: int) -> Cost:
    """What all of a product in our places cost, and one of it last."""
    columns = sa.select(StockCost.quantity, StockCost.value, StockCost.last_cost)
    row = session().execute(columns.where(StockCost.product_id == product_id)).first()
    return Cost() if row is None else Cost(*row)


def followed(product_ids: Collection[int]) -> dict[int, str]:
    """{product: how it is followed} of those that are kept in stock and were ever received."""
    way = sa.func.coalesce(ProductStock.tracking, "none")
    statement = (
        sa.select(Product.id, way)
        .join(StockCost, StockCost.product_id == Product.id)
        .outerjoin(ProductStock, ProductStock.record_id == Product.id)
        .where(
            Product.id.in_(product_ids), Product.kind.in_(STOCKED),
            sa.func.coalesce(ProductStock.is_stocked, sa.true()),
        )
    )  # fmt: skip
    return {row[0]: row[1] for row in session().execute(statement)}


def lots_of(source_type: str, source_id: int) -> dict[str, Lot]:
    """{line: the lot that was moved for it} of a document; lines of what is not kept by lots are left out."""
    statement = (
        sa.select(StockMove.source_line, Lot)
        .join(Lot, Lot.id == StockMove.lot_id)
        .where(StockMove.source_type == source_type, StockMove.source_id == source_id, StockMove.quantity > 0)
    )
    with whole():
        return {row[0]: row[1] for row in session().execute(statement)}


def expected(product_ids: Collection[int], location_id: int) -> dict[int, tuple[Decimal, date | None]]:
    """{product: (how many are expected at a place, the first day)} of those that are."""
    count, first = sa.func.sum(StockReservation.quantity), sa.func.min(StockReservation.due_on)
    statement = sa.select(StockReservation.product_id, count, first).where(
        StockReservation.product_id.in_(product_ids), StockReservation.location_id == location_id,
        StockReservation.kind == "incoming",
    )  # fmt: skip
    rows = session().execute(statement.group_by(StockReservation.product_id))
    return {product_id: (quantity, due_on) for product_id, quantity, due_on in rows}
