"""Goods that are promised, and goods that are expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache

import sqlalchemy as sa

from erp import Invalid, NotFound, _, bulk, clock, current, session, transaction
from plugins.stock.holding import Levels, short
from plugins.stock.models import StockReservation
from plugins.stock.movements import NOBODY, Kept, Known, Movement, Source, in_own_unit, locations, lots, products
from plugins.stock.posting import begin, post

RESERVED, INCOMING = "reserved", "incoming"


@dataclass(frozen=True, slots=True)
class Wish:
    """So many of a product promised or expected at a place."""

    product_id: int
    location_id: int
    quantity: Decimal
    lot_id: int | None = None
    due_on: date | None = None
    line: str = ""
    at: str = ""
    """What the names of its fields begin with in the form it was typed in."""
    uom_id: int | None = None
    """The unit of what is expected; none is the product's own, as of what is promised."""


def reserve(
    wishes: Sequence[Wish], *, source: Source = NOBODY, partly: bool = False, kept: Mapping[int, Kept] | None = None
) -> list[int]:
    """Promise goods, all of them or none: the ids of the reservations, in the order of the wishes.

    Raises Invalid at the quantity that is not free, saying what is there and what of it is promised. With `partly` as
    much of each is promised as is free, and what is not there at all is left out. `kept` is what the caller has read
    of the products.
    """
    if not wishes:
        return []
    with transaction():
        found = _known(wishes, kept)
        work = begin(found)
        promised = []
        for wish in wishes:
            free = work.levels.free((wish.product_id, wish.location_id, wish.lot_id))
            wanted = replace(wish, quantity=min(wish.quantity, free)) if partly else wish
            if free > 0 or not partly:
                _promise(wanted, work.levels, found)
                promised.append(wanted)
        work.levels.write()
        return _keep(promised, RESERVED, source)


def expect(
    wishes: Sequence[Wish],
    *,
    source: Source = NOBODY,
    instead: bool = False,
    were_moved: bool = False,
    partly: bool = False,
) -> list[int]:
    """Note goods that are to come in; the ids of the notes, which `release` takes away once they are there.

    With `instead` nothing else is expected for the source any more. Of goods that `were_moved` already nobody asks
    again whether they are kept in stock. Raises Invalid for what is not, or cannot be told in its product's own unit;
    with `partly` that is left out.
    """
    if not wishes and not instead:
        return []
    with transaction():
        if instead:
            bulk.change(_expected_for(), type=source.type, id=source.id)
        if not wishes:
            return []
        if not were_moved:
            kept = products({each.product_id for each in wishes}, partly=partly)
            wishes = [own for each in wishes if each.product_id in kept for own in _in_own_unit(each, kept, partly)]
        return _keep(wishes, INCOMING, source)


def _in_own_unit(wish: Wish, kept: Mapping[int, Kept], partly: bool) -> list[Wish]:
    try:
        own = in_own_unit(wish, kept[wish.product_id])
    except Invalid:
        if not partly:
            raise
        return []
    return [own] if own.quantity or not partly else []


@cache
def _expected_for() -> sa.Delete:
    mine = StockReservation.source_type == sa.bindparam("type"), StockReservation.source_id == sa.bindparam("id")
    return sa.delete(StockReservation).where(bulk.own(StockReservation), *mine, StockReservation.kind == INCOMING)


def release(reservation_ids: Sequence[int]) -> None:
    """Promise or expect these no more; those that are gone already are left alone."""
    if not reservation_ids:
        return
    with transaction():
        rows = _rows(reservation_ids)
        held = [row for row in rows if row.kind == RESERVED]
        if held:
            # locked in between: what was taken meanwhile is not there to be released
            work = begin(_known([_wish(row) for row in held]))
            rows = _rows(reservation_ids)
            for row in (each for each in rows if each.kind == RESERVED):
                work.levels.reserve((row.product_id, row.location_id, row.lot_id), -row.quantity)
            work.levels.write()
        for row in rows:
            session().delete(row)
        session().flush()


def consume(
    reservation_ids: Sequence[int], to_id: int, *, on: date | None = None, source: Source = NOBODY
) -> list[int]:
    """Move all that is promised by these to a place; the ids of the moves. Raises NotFound for one that is gone."""
    with transaction():
        rows = [row for row in _rows(reservation_ids) if row.kind == RESERVED]
        if len(rows) < len(set(reservation_ids)):
            raise NotFound
        movements = [
            Movement(
                row.product_id, row.location_id, to_id, row.quantity, row.lot_id, reservation_id=row.id,
                line=row.source_line,
            )
            for row in rows
        ]  # fmt: skip
        return post(movements, on=on, source=source)


def reservations_of(source: Source) -> list[StockReservation]:
    """What is promised and expected for a document, the oldest first."""
    statement = sa.select(StockReservation).where(
        StockReservation.source_type == source.type, StockReservation.source_id == source.id
    )
    fresh = {"populate_existing": True}
    return list(session().scalars(statement.order_by(StockReservation.id), execution_options=fresh))


def _known(wishes: Sequence[Wish], kept: Mapping[int, Kept] | None = None) -> Known:
    return Known(
        dict(kept or products({each.product_id for each in wishes})),
        locations({each.location_id for each in wishes}),
        lots({each.lot_id for each in wishes if each.lot_id is not None}),
    )


def _promise(wish: Wish, levels: Levels, found: Known) -> None:
    key = (wish.product_id, wish.location_id, wish.lot_id)
    if wish.quantity <= 0:
        raise Invalid(fields={f"{wish.at}quantity": _("More than nothing must be reserved.")})
    if wish.quantity > levels.free(key):
        place = found.places[wish.location_id]
        raise short(found.products[wish.product_id], place, levels.told(key), wish.quantity, f"{wish.at}quantity")
    levels.reserve(key, wish.quantity)


def _keep(wishes: Sequence[Wish], kind: str, source: Source) -> list[int]:
    if not wishes:
        return []
    rows = [
        {
            "product_id": each.product_id, "location_id": each.location_id, "lot_id": each.lot_id,
            "quantity": each.quantity, "due_on": each.due_on, "source_line": each.line,
        }
        for each in wishes
    ]  # fmt: skip
    same = {"kind": kind, "source_type": source.type, "source_id": source.id, "at": clock.now(), "by": current().name}
    return bulk.insert_rows(StockReservation, list(rows[0]), rows, same, flush=False)


def _rows(ids: Sequence[int]) -> list[StockReservation]:
    statement = sa.select(StockReservation).where(StockReservation.id.in_(ids)).order_by(StockReservation.id)
    return list(session().scalars(statement.execution_options(populate_existing=True)))


def _wish(row: StockReservation) -> Wish:
    return Wish(row.product_id, row.location_id, row.quantity, row.lot_id)
