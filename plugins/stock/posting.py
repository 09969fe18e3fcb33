"""Moves are posted: products locked, levels and costs worked out, everything written by a few statements."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from erp import Invalid, NotFound, _, bulk, clock, currency, current, prepared, today, transaction, whole
from plugins.accounting.api import Posting, refuse_locked
from plugins.accounting.api import post_many as tell_books
from plugins.stock import journal, places
from plugins.stock.costs import Pools
from plugins.stock.holding import Levels
from plugins.stock.journal import Told
from plugins.stock.models import ZERO, StockMove, StockReservation
from plugins.stock.movements import NOBODY, Known, Movement, Source, Step, checked, event_of, known
from plugins.stock.returning import value_of_return


@dataclass
class Draft:
    """A move that is about to be written; one of no quantity revalues what is there."""

    product_id: int
    from_id: int
    to_id: int
    quantity: Decimal
    value: Decimal
    event: str
    sign: int = 1
    """-1 where the books take back what the event says."""
    lot_id: int | None = None
    line: str = ""
    reverses_id: int | None = None
    returns_id: int | None = None
    step: int = 0
    """Place of what it is made for among the steps of the posting."""


@dataclass
class Work:
    """What one posting has at hand while its products are locked."""

    known: Known
    levels: Levels
    pools: Pools
    drafts: list[Draft]
    promises: dict[int, Any] = field(default_factory=dict)
    """What these movements keep, read once the products are locked."""
    left: dict[int, Decimal] = field(default_factory=dict)
    """What is left of each promise that was kept."""

    def moved(self, draft: Draft, revalued: Decimal = ZERO) -> None:
        """Take a move over and, where it changed what is there in value, the revaluation that goes with it."""
        self.drafts.append(draft)
        if revalued:
            held = draft.to_id if self.known.places[draft.to_id].is_held else draft.from_id
            self.drafts.append(revaluation(draft.product_id, held, revalued, line=draft.line, step=draft.step))


def revaluation(product_id: int, held: int, by: Decimal, *, line: str = "", step: int = 0) -> Draft:
    """What is there is worth more or less: the difference comes from or goes to where losses go."""
    loss = places.place("loss").id
    origin, target = (loss, held) if by > 0 else (held, loss)
    sign = 1 if by > 0 else -1
    return Draft(product_id, origin, target, ZERO, abs(by), "stock_revalued", sign, line=line, step=step)


class Posted(NamedTuple):
    """A move that was made, and the cost it carried."""

    id: int
    value: Decimal


def post(
    movements: Sequence[Movement],
    *,
    on: date | None = None,
    source: Source = NOBODY,
    event: str = "",
    keeps: Source = NOBODY,
) -> list[int]:
    """Move goods, all of it or nothing: the ids of the moves, in the order of the movements.

    `event` says what it is where the places do not; `keeps` names the document whose promises the movements keep, each
    that of its line. Raises Invalid at the field that is wrong: a quantity that is not there, a lot that does not fit,
    `moved_on` for a day that is locked.
    """  # fmt: skip
    return [each.id for each in post_many([Step(movements, on or today(), source, event, keeps)])[0]]


Books = Callable[[Sequence[Posting]], object]
"""Who is told what moves cost."""


def post_many(steps: Sequence[Step], *, books: Books = tell_books) -> list[list[Posted]]:
    """Move the goods of many documents, one after another, in as many statements as of one; raises as `post`.

    Rights are the caller's: what is moved is read past the actor's branches. Whoever posts more of the same document
    takes what the `books` are told, and posts it along.
    """
    every = [movement for step in steps for movement in step.movements]
    if not every:
        return [[] for _step in steps]
    with whole(), transaction():
        found = known(every)
        wanted = [checked(step.movements, found) for step in steps]
        work = begin(found)
        wanted = [_keeping(own, step.keeps, work) for step, own in zip(steps, wanted, strict=True)]
        done = _posted([step.source for step in steps if step.source.key])
        left = [own for step, own in zip(steps, wanted, strict=True) if _key(step.source) not in done]
        work.pools.read_layers(_needed([movement for own in left for movement in own], found))
        chosen: dict[int, list[int]] = {}
        for place, (step, own) in enumerate(zip(steps, wanted, strict=True)):
            if _key(step.source) not in done:
                chosen[place] = [_carry_out(movement, work, step.event, place) for movement in own]
        ids = write(work, steps, books)
        made = [Posted(key, draft.value) for key, draft in zip(ids, work.drafts, strict=True)]
        return [
            [made[at] for at in chosen[place]] if place in chosen else done[_key(step.source)]
            for place, step in enumerate(steps)
        ]


def begin(found: Known) -> Work:
    """Lock the products and read what is there of them."""
    pools = Pools.locked(found.products)
    return Work(found, Levels.read(found), pools, [])


Key = tuple[str, int, str]


def _key(source: Source) -> Key:
    return source.type, source.id, source.key


def _posted(sources: Sequence[Source]) -> dict[Key, list[Posted]]:
    """The moves these steps of documents made already, revaluations left out; asked once the products are locked."""
    if not sources:
        return {}
    kinds, ids, keys = (sorted(set(values)) for values in zip(*map(_key, sources), strict=True))
    found: dict[Key, list[Posted]] = {}
    for kind, source_id, key, move_id, value in prepared.rows(_moves_of(), {"kinds": kinds, "ids": ids, "keys": keys}):
        found.setdefault((kind, source_id, key), []).append(Posted(move_id, value))
    return {key: moves for key, moves in found.items() if key in set(map(_key, sources))}


@cache
def _moves_of() -> sa.Select[*tuple[Any, ...]]:
    columns = (StockMove.source_type, StockMove.source_id, StockMove.source_key)
    kinds, keys = (sa.bindparam(name, type_=ARRAY(sa.String)) for name in ("kinds", "keys"))
    return (
        sa.select(*columns, StockMove.id, StockMove.value)
        .where(
            StockMove.source_type == sa.any_(kinds), bulk.among(StockMove.source_id, "ids"),
            StockMove.source_key == sa.any_(keys), StockMove.quantity > 0,
        )
        .order_by(StockMove.id)
    )  # fmt: skip


def _needed(movements: Sequence[Movement], found: Known) -> Mapping[int, Decimal]:
    needed: dict[int, Decimal] = {}
    for each in movements:
        if found.places[each.from_id].is_held and not found.places[each.to_id].is_held:
            needed[each.product_id] = needed.get(each.product_id, ZERO) + each.quantity
    return needed


def _carry_out(movement: Movement, work: Work, event: str, place: int) -> int:
    """Work one movement out; the place of its move among the drafts."""
    origin, target = work.known.places[movement.from_id], work.known.places[movement.to_id]
    pool = work.pools[movement.product_id]
    value, revalued = ZERO, ZERO
    if movement.reservation_id is not None:
        keep_promise(movement, work)
    if origin.is_held:
        work.levels.take((movement.product_id, origin.id, movement.lot_id), movement.quantity, movement.at)
    if target.is_held:
        work.levels.put((movement.product_id, target.id, movement.lot_id), movement.quantity, movement.at)
    if origin.is_held and target.is_held:
        value = pool.cost_of(movement.quantity)
    elif target.is_held:
        value = _value_coming_in(movement, work)
        revalued = pool.put(movement.quantity, value, len(work.drafts))
    else:
        value = pool.take(movement.quantity).value
    draft = Draft(
        movement.product_id, origin.id, target.id, movement.quantity, value, event or event_of(origin, target),
        lot_id=movement.lot_id, line=movement.line, returns_id=movement.returns_id, step=place,
    )  # fmt: skip
    at = len(work.drafts)
    work.moved(draft, revalued)
    return at


def _value_coming_in(movement: Movement, work: Work) -> Decimal:
    if movement.value is not None:
        return movement.value
    if movement.returns_id is not None:
        before = [each for each in work.drafts if each.returns_id == movement.returns_id]
        counted = sum((each.quantity for each in before), ZERO)
        return value_of_return(movement, counted, currency())
    return work.pools[movement.product_id].cost_of(movement.quantity)


def keep_promise(movement: Movement, work: Work) -> None:
    """Take what is moved off the reservation it was promised by; raises NotFound, or Invalid where it is too much."""
    held = work.promises.get(movement.reservation_id or 0)
    if held is None or held.product_id != movement.product_id or held.kind != "reserved":
        raise NotFound
    left = work.left.get(held.id, held.quantity)
    if movement.quantity > left:
        raise Invalid(fields={f"{movement.at}quantity": _("More than is reserved for it.")})
    if held.lot_id not in {None, movement.lot_id}:
        raise Invalid(fields={f"{movement.at}lot": _("Another lot is reserved for it.")})
    work.levels.reserve((held.product_id, held.location_id, held.lot_id), -movement.quantity)
    work.left[held.id] = left - movement.quantity


def _keeping(movements: list[Movement], source: Source, work: Work) -> list[Movement]:
    """The movements with the promises they keep, which are at hand from now on."""
    named = [each.reservation_id for each in movements if each.reservation_id is not None]
    if named:
        work.promises |= {row.id: row for row in prepared.rows(_named(), {"ids": named})}
    if source == NOBODY:
        return movements
    rows = prepared.rows(_promised_for(), {"type": source.type, "id": source.id})
    of_lines = {row.source_line: row for row in rows}
    work.promises |= {row.id: row for row in of_lines.values()}
    return [replace(each, reservation_id=of_lines[each.line].id if each.line in of_lines else 0) for each in movements]


@cache
def _promises() -> sa.Select[*tuple[Any, ...]]:
    columns = ("id", "kind", "product_id", "location_id", "lot_id", "quantity", "source_line")
    return sa.select(*(getattr(StockReservation, name) for name in columns))


@cache
def _named() -> sa.Select[*tuple[Any, ...]]:
    return _promises().where(bulk.among(StockReservation.id, "ids"))


@cache
def _promised_for() -> sa.Select[*tuple[Any, ...]]:
    mine = StockReservation.source_type == sa.bindparam("type"), StockReservation.source_id == sa.bindparam("id")
    return _promises().where(*mine, StockReservation.kind == "reserved")


def _write_promises(work: Work) -> None:
    """Promises that were kept are gone, and of the others as much is left as was not taken."""
    if gone := [key for key, left in work.left.items() if not left]:
        bulk.change(_kept(), ids=gone)
    for key, left in work.left.items():
        if left:
            bulk.change(_less(), ids=[key], left=left)


@cache
def _kept() -> sa.Delete:
    return sa.delete(StockReservation).where(bulk.own(StockReservation), bulk.among(StockReservation.id, "ids"))


@cache
def _less() -> sa.Update:
    mine = bulk.own(StockReservation), bulk.among(StockReservation.id, "ids")
    return sa.update(StockReservation).where(*mine).values(quantity=sa.bindparam("left"))


def write(work: Work, steps: Sequence[Step], books: Books = tell_books) -> list[int]:
    """Write moves, levels, costs and the journal; the ids of the moves. Raises Invalid for a day that is locked."""
    if not work.drafts:
        return []
    days = [step.on for step in steps]
    for day in sorted(set(days)):
        refuse_locked("all", day, "moved_on")
    rows = [_row(each, work.known, days[each.step], steps[each.step].source) for each in work.drafts]
    now, name = clock.now(), current().name
    stamps = {
        "moved_at": now, "version": 1, "created_at": now, "created_by": name, "updated_at": now, "updated_by": name,
        "extra": {},
    }  # fmt: skip
    ids = bulk.insert_rows(StockMove, list(rows[0]), rows, stamps, flush=False)
    work.levels.write()
    _write_promises(work)
    work.pools.write(ids)
    books(journal.postings([
        _told(draft, move_id, work.known, days[draft.step], steps[draft.step].source)
        for draft, move_id in zip(work.drafts, ids, strict=True)
        if draft.event != "moved"
    ]))  # fmt: skip
    return ids


def _told(draft: Draft, move_id: int, found: Known, on: date, source: Source) -> Told:
    held = draft.to_id if found.places.get(draft.to_id, None) and found.places[draft.to_id].is_held else draft.from_id
    return Told(
        move_id, draft.step, draft.event, on, draft.sign * draft.value, found.products[draft.product_id].category_id,
        _branch(held, found), source.note,
    )  # fmt: skip


def _row(draft: Draft, found: Known, on: date, source: Source) -> dict[str, Any]:
    return {
        "product_id": draft.product_id, "from_location_id": draft.from_id, "to_location_id": draft.to_id,
        "lot_id": draft.lot_id, "quantity": draft.quantity, "value": draft.value, "event": draft.event,
        "moved_on": on, "note": source.note[:120], "source_type": source.type, "source_id": source.id,
        "source_line": draft.line, "source_key": source.key, "reverses_id": draft.reverses_id,
        "returns_id": draft.returns_id, "from_branch_id": _branch(draft.from_id, found),
        "to_branch_id": _branch(draft.to_id, found),
    }  # fmt: skip


def _branch(place_id: int, found: Known) -> int | None:
    place = found.places.get(place_id)
    return None if place is None else place.branch_id
