"""Parts of a repair: reserved at approval, taken from the branch's shelf when it is repaired, brought back if unused.

Only products that were ever received are followed: who keeps no stock repairs as before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import sqlalchemy as sa

from erp import Invalid, NotFound, _, session
from plugins.products.api import components
from plugins.products.models import Product
from plugins.repairs.models import ZERO, RepairOrder, RepairOrderLine
from plugins.stock.api import (
    Movement,
    Source,
    Wish,
    available,
    expected,
    followed,
    home,
    place,
    post,
    release,
    reservations_of,
    reserve,
)
from plugins.stock.models import Lot, StockMove

COVERED, COVERED_BACK = "warranty_cost", "warranty_returned"
"""What parts of a covered repair cost is posted apart, and so is what comes back of them."""
Key = tuple[int, int | None]
"""(product, lot)"""


@dataclass(frozen=True, slots=True)
class Need:
    """So much of a product that a line names."""

    product: Product
    quantity: Decimal
    place: int
    """Of the line."""
    tracking: str


@dataclass(frozen=True, slots=True)
class Missing:
    """What is not there of a part: how many are wanted, free here, and expected when."""

    name: str
    wanted: Decimal
    there: Decimal
    coming: Decimal
    due_on: date | None


def hold(order: RepairOrder) -> None:
    """Reserve what the approved lines need, as far as it is there; what no line needs any more is free again."""
    release([row.id for row in reservations_of(_source(order))])
    wanted, taken = _wanted(needs_of(order)), _sums(_taken(order))
    short = {key: count - taken.get(key, ZERO) for key, count in wanted.items() if count > taken.get(key, ZERO)}
    reserve([Wish(key, _shelf(order), count) for key, count in short.items()], source=_source(order), partly=True)


def use(order: RepairOrder) -> None:
    """Take the parts the lines name from the branch's shelf, and bring back what was taken before and is not named.

    Raises Invalid at the line whose serial number is missing or unknown, or of which there is not enough.
    """
    needs = needs_of(order)
    lots, taken = _lots(order, needs), _taken(order)
    # what was promised is free again and taken in the same transaction, which holds the products
    release([row.id for row in reservations_of(_source(order))])
    _bring_back(order, taken, [(need.product.id, lots.get(need.place)) for need in needs], needs)
    left = {key: sum((row.quantity for row in rows), ZERO) for key, rows in taken.items()}
    movements = []
    for need in needs:
        key = (need.product.id, lots.get(need.place))
        before = min(left.get(key, ZERO), need.quantity)
        left[key] = left.get(key, ZERO) - before
        if need.quantity > before:
            movements.append(Movement(
                key[0], _shelf(order), place("customer").id, need.quantity - before, key[1],
                at=f"lines-{need.place}-", line=str(need.place),
            ))  # fmt: skip
    post(movements, source=_source(order), event=COVERED if "part" in order.covered_kinds else "")


def drop(order: RepairOrder) -> None:
    """Nothing is repaired after all: parts are promised no more, and those that were taken come back."""
    release([row.id for row in reservations_of(_source(order))])
    _bring_back(order, _taken(order), [], [])


def missing(order: RepairOrder) -> list[Missing]:
    """The parts that are neither reserved, taken nor free here in the number the lines name."""
    needs = needs_of(order)
    if not needs:
        return []
    wanted, names = _wanted(needs), {need.product.id: need.product.title for need in needs}
    held, taken, shelf = _held(order), _sums(_taken(order)), _shelf(order)
    coming = expected(wanted, shelf)
    found = []
    for product_id, count in wanted.items():
        kept = held.get(product_id, ZERO) + taken.get(product_id, ZERO)
        there = kept + max(available(product_id, location_id=shelf), ZERO)
        if there < count:
            found.append(Missing(names[product_id], count, there, *coming.get(product_id, (ZERO, None))))
    return found


def needs_of(order: RepairOrder) -> list[Need]:
    """What the lines need of products that are kept in stock, bundles taken apart."""
    named = [
        (each.product, each.quantity, place_)
        for place_, line in enumerate(order.lines)
        if line.kind == "part" and line.product is not None
        for each in components(line.product, line.quantity)
    ]
    tracked = followed({product.id for product, _quantity, _place in named}) if named else {}
    return [
        Need(product, quantity, place_, tracked[product.id])
        for product, quantity, place_ in named
        if product.id in tracked
    ]


def _source(order: RepairOrder) -> Source:
    return Source(order.__tablename__, order.id, note=order.number or "")


def _shelf(order: RepairOrder) -> int:
    try:
        return home(order.branch_id).id
    except NotFound as error:
        said = _("This branch has no stock location. Add one under Stock locations.")
        raise Invalid(said, fields={"lines": said}) from error


def _wanted(needs: Sequence[Need]) -> dict[int, Decimal]:
    found: dict[int, Decimal] = {}
    for need in needs:
        found[need.product.id] = found.get(need.product.id, ZERO) + need.quantity
    return found


def _held(order: RepairOrder) -> dict[int, Decimal]:
    """{product: how many are promised for an order}."""
    found: dict[int, Decimal] = {}
    for row in reservations_of(_source(order)):
        found[row.product_id] = found.get(row.product_id, ZERO) + row.quantity
    return found


@dataclass(slots=True)
class Taken:
    """An issue of a part, and what of it has not come back."""

    move: StockMove
    quantity: Decimal


def _taken(order: RepairOrder) -> dict[Key, list[Taken]]:
    """What was taken for an order and is still in the item, the oldest first."""
    mine = (StockMove.source_type == order.__tablename__, StockMove.source_id == order.id, StockMove.quantity > 0)
    rows = list(session().scalars(sa.select(StockMove).where(*mine).order_by(StockMove.id)))
    back: dict[int, Decimal] = {}
    for row in rows:
        if row.returns_id is not None:
            back[row.returns_id] = back.get(row.returns_id, ZERO) + row.quantity
    found: dict[Key, list[Taken]] = {}
    for row in rows:
        left = row.quantity - back.get(row.id, ZERO)
        if row.returns_id is None and left > 0:
            found.setdefault((row.product_id, row.lot_id), []).append(Taken(row, left))
    return found


def _sums(taken: Mapping[Key, Sequence[Taken]]) -> dict[int, Decimal]:
    found: dict[int, Decimal] = {}
    for (product_id, _lot), rows in taken.items():
        found[product_id] = found.get(product_id, ZERO) + sum((row.quantity for row in rows), ZERO)
    return found


def _bring_back(
    order: RepairOrder, taken: dict[Key, list[Taken]], keys: Sequence[Key], needs: Sequence[Need]
) -> None:  # fmt: skip
    """Bring back to the shelf what was taken beyond what is needed, the newest first; `taken` tells what stays."""
    needed: dict[Key, Decimal] = {}
    for key, need in zip(keys, needs, strict=True):
        needed[key] = needed.get(key, ZERO) + need.quantity
    movements: dict[str, list[Movement]] = {}
    for key, rows in taken.items():
        over = sum((row.quantity for row in rows), ZERO) - needed.get(key, ZERO)
        for row in reversed(rows):
            part = min(over, row.quantity)
            if part <= 0:
                break
            move = row.move
            event = COVERED_BACK if move.event == COVERED else ""
            movements.setdefault(event, []).append(Movement(
                move.product_id, move.to_location_id, move.from_location_id, part, move.lot_id, returns_id=move.id
            ))  # fmt: skip
            row.quantity -= part
            over -= part
    for event, each in movements.items():
        post(each, source=_source(order), event=event)


def _lots(order: RepairOrder, needs: Sequence[Need]) -> dict[int, int]:
    """{line: the lot its new serial names}; raises Invalid at what is missing of a pair, or not known."""
    found, errors = {}, {}
    for need in needs:
        if need.tracking == "none":
            continue
        line, at = order.lines[need.place], f"lines-{need.place}-"
        wanted = sa.select(Lot.id).where(Lot.product_id == need.product.id, Lot.code == (line.new_serial or ""))
        lot = session().scalar(wanted)
        if lot is None:
            errors[f"{at}new_serial"] = _no_lot(line, need)
        elif need.tracking == "serial" and not (line.old_serial or "").strip():
            errors[f"{at}old_serial"] = _("Write down the serial that came out, or “none” where there was none.")
        else:
            found[need.place] = lot
    if errors:
        raise Invalid(next(iter(errors.values())), fields=errors)
    return found


def _no_lot(line: RepairOrderLine, need: Need) -> str:
    if not line.new_serial:
        return _("Write down which one of %(product)s went in.", product=need.product.title)
    return _(
        "%(serial)s is no lot or serial number of %(product)s.", serial=line.new_serial, product=need.product.title
    )
