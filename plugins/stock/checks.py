"""What must be true of stock, whatever happened on the way: all that is derived equals the moves."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from erp import check, session
from plugins.accounting.api import balance, keeps_books
from plugins.accounting.models import Account, JournalEntry, JournalLine
from plugins.products.models import Product
from plugins.stock.beginning import HELD
from plugins.stock.models import Location, Lot, StockCost, StockLayer, StockLevel, StockMove, StockReservation

ZERO = Decimal(0)


@check
def levels_are_moves() -> Iterator[str]:
    """What is at each of our places is what moves brought there less what they took away."""
    columns = (StockMove.product_id, StockMove.lot_id)
    moved = _sums(
        [
            sa.select(columns[0], StockMove.to_location_id, columns[1], StockMove.quantity),
            sa.select(columns[0], StockMove.from_location_id, columns[1], -StockMove.quantity),
            sa.select(StockLevel.product_id, StockLevel.location_id, StockLevel.lot_id, -StockLevel.quantity),
        ]
    )
    for (product_id, place_id, lot_id), count in moved:
        has = sa.select(StockLevel.quantity).where(*_at(product_id, place_id, lot_id))
        told = session().scalar(has) or ZERO
        yield f"{_named(product_id, place_id, lot_id)}: {told:f} is there, its moves say {told + count:f}"


@check
def reserved_is_promised() -> Iterator[str]:
    """What is reserved at each place is what its reservations add up to."""
    held = StockReservation
    promised = _sums(
        [
            sa.select(held.product_id, held.location_id, held.lot_id, held.quantity).where(held.kind == "reserved"),
            sa.select(StockLevel.product_id, StockLevel.location_id, StockLevel.lot_id, -StockLevel.reserved),
        ]
    )
    for (product_id, place_id, lot_id), count in promised:
        has = sa.select(StockLevel.reserved).where(*_at(product_id, place_id, lot_id))
        told = session().scalar(has) or ZERO
        yield f"{_named(product_id, place_id, lot_id)}: {told:f} reserved, its reservations say {told + count:f}"


@check
def costs_are_moves() -> Iterator[str]:
    """What all of a product costs is what its moves brought in less what they took out; so is how many there are."""
    _crosses, sign = _crossing()
    sums = (sa.func.sum(sign * StockMove.quantity), sa.func.sum(sign * StockMove.value))
    moved = {row[0]: row[1:] for row in _by_product(StockMove.product_id, *sums)}
    had = map(_total, (StockCost.quantity, StockCost.value))
    costs = {row[0]: row[1:] for row in _by_product(StockCost.product_id, *had)}
    for product_id in sorted(moved.keys() | costs.keys()):
        ours, theirs = costs.get(product_id, (ZERO, ZERO)), moved.get(product_id, (ZERO, ZERO))
        for what, told, found in zip(("quantity", "cost"), ours, theirs, strict=True):
            if told != found:
                yield f"{_product(product_id)}: {what} {told:f}, its moves say {found:f}"


@check
def layers_are_costs() -> Iterator[str]:
    """What is left of the receipts of a product valued first in, first out adds up to what it costs."""
    sums = map(_total, (StockLayer.quantity_left, StockLayer.value_left))
    layers = {row[0]: row[1:] for row in _by_product(StockLayer.product_id, *sums)}
    statement = sa.select(StockCost.product_id, StockCost.method, StockCost.quantity, StockCost.value)
    for product_id, method, quantity, value in session().execute(statement.order_by(StockCost.product_id)).all():
        found = tuple(layers.get(product_id, (ZERO, ZERO)))
        told = (quantity, value) if method == "fifo" and quantity > 0 else (ZERO, ZERO)
        if told != found:
            yield f"{_product(product_id)}: {told[0]:f} for {told[1]:f}, its layers are {found[0]:f} for {found[1]:f}"


@check
def books_are_costs() -> Iterator[str]:
    """Where books are kept, the accounts for stock hold what all goods of ours cost."""
    if not keeps_books():
        return
    ours, booked = session().scalar(sa.select(sa.func.sum(StockCost.value))) or ZERO, balance("stock")
    if ours != booked:
        yield f"stock costs {ours:f}, the books say {booked:f}"
        yield from _days_that_differ()


def _days_that_differ() -> Iterator[str]:
    """The days and events of which moves and entries say something else, the oldest first."""
    at, told = _crossing()
    moved = sa.select(StockMove.moved_on, StockMove.event, told * StockMove.value).where(at)
    booked = (
        sa.select(JournalEntry.entry_date, JournalEntry.event, -JournalLine.amount)
        .join(JournalEntry, JournalEntry.id == JournalLine.document_id)
        .join(Account, Account.id == JournalLine.account_id)
        .where(Account.use == "stock")
    )
    every = sa.union_all(moved, booked).subquery()
    day, event, value = every.c
    left = sa.func.sum(value)
    rows = sa.select(day, event, left).group_by(day, event).having(left != 0).order_by(day, event)
    for on, what, amount in session().execute(rows).all():
        yield f"{on} {what}: the moves come to {amount:f} more than the books"


def _crossing() -> tuple[sa.ColumnElement[bool], sa.ColumnElement[int]]:
    """(whether a move leaves or enters our places, 1 where it enters them and -1 where it leaves)."""
    held = sa.select(Location.id).where(Location.kind.in_(HELD))
    comes, goes = StockMove.to_location_id.in_(held), StockMove.from_location_id.in_(held)
    return comes != goes, sa.case((comes & ~goes, 1), (goes & ~comes, -1), else_=0)


def _sums(sides: list[Any]) -> list[tuple[tuple[int, int, int | None], Decimal]]:
    """What does not come to nothing, by product, place of ours and lot."""
    every = sa.union_all(*sides).subquery()
    product_id, place_id, lot_id, quantity = every.c
    keys, count = (product_id, place_id, lot_id), sa.func.sum(quantity)
    statement = sa.select(*keys, count).join(Location, Location.id == place_id).where(Location.kind.in_(HELD))
    rows = session().execute(statement.group_by(*keys).having(count != 0).order_by(*keys)).all()
    return [((row[0], row[1], row[2]), row[3]) for row in rows]


def _by_product(product_id: Any, *sums: Any) -> list[Any]:
    return list(session().execute(sa.select(product_id, *sums).group_by(product_id)))


def _total(column: Any) -> Any:
    return sa.func.sum(column)


def _at(product_id: int, place_id: int, lot_id: int | None) -> tuple[sa.ColumnElement[bool], ...]:
    same_lot = StockLevel.lot_id.is_not_distinct_from(lot_id)
    return StockLevel.product_id == product_id, StockLevel.location_id == place_id, same_lot


def _named(product_id: int, place_id: int, lot_id: int | None) -> str:
    lot = f" {session().get_one(Lot, lot_id).code}" if lot_id else ""
    return f"{_product(product_id)}{lot} at {session().get_one(Location, place_id).name}"


def _product(product_id: int) -> str:
    return session().get_one(Product, product_id).title
