"""Goods are picked from the shelf, promised to their transfer, and shipped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from erp import Invalid, _, clock, current, read_links, session
from plugins.stock.api import (
    Kept,
    Movement,
    Pick,
    Source,
    Wish,
    expect,
    how_kept,
    place_beside,
    post,
    release,
    reservations_of,
    reserve,
    worth_of,
)
from plugins.stock.api import pick as pick_lots
from plugins.stock.models import ZERO
from plugins.transfers.models import PICK, Transfer, TransferLine
from plugins.transfers.scans import Counted, counted, held

SCANNED = "scanned"
SENT = "sent"


@dataclass(frozen=True)
class Picked:
    """So many of a lot for a line."""

    line: TransferLine
    lot_id: int | None
    quantity: Decimal


def source_of(transfer: Transfer, key: str = "") -> Source:
    """What stock keeps a transfer's moves and promises under."""
    return Source(transfer.__tablename__, transfer.id, key, transfer.number or "")


def value(transfer: Transfer) -> str:
    """Work out what it is worth as costs are now: `under_way` for goods turned back on the road, else `new`."""
    worth = worth_of({line.product_id for line in transfer.lines})
    transfer.worth = sum((worth[line.product_id].of(line.sent or line.quantity) for line in transfer.lines), ZERO)
    return "new" if transfer.sent_at is None else "under_way"


def pick(transfer: Transfer, how: str) -> None:
    """Promise what was picked: as asked for, or as scanned; raises Invalid for what is not there, or nothing at all."""
    read_links([transfer], "from_location", "to_location")
    kept = None if how == SCANNED else how_kept({line.product_id for line in transfer.lines})
    chosen = _as_scanned(transfer) if kept is None else _as_asked(transfer, kept)
    if not chosen:
        raise Invalid(fields={"picked": _("Nothing was scanned yet.")})
    for line in {id(each.line): each.line for each in chosen}.values():
        _spread(transfer, line, [each for each in chosen if each.line is line])
    if any(line.id is None for line in transfer.lines):
        session().flush()
    wishes = [
        Wish(line.product_id, transfer.from_location_id, line.picked, line.lot_id, line=str(line.id),
             at=f"lines-{index}-")
        for index, line in enumerate(transfer.lines) if line.picked
    ]  # fmt: skip
    reserve(wishes, source=source_of(transfer), kept=kept)


def _as_asked(transfer: Transfer, kept: Mapping[int, Kept]) -> list[Picked]:
    """All that was asked for; of products kept by lots those that are best before the earliest day."""
    chosen = []
    for index, line in enumerate(transfer.lines):
        lots: Sequence[Pick] = (Pick(line.lot_id, line.quantity),)
        if kept[line.product_id].tracking != "none" and line.lot_id is None:
            lots = pick_lots(line.product_id, transfer.from_location_id, line.quantity, at=f"lines-{index}-")
        chosen += [Picked(line, each.lot_id, each.quantity) for each in lots]
    return chosen


def _as_scanned(transfer: Transfer) -> list[Picked]:
    held(transfer)
    lines = {line.id: line for line in transfer.lines}
    return [_picked(lines[each.line_id], each) for each in counted(transfer, PICK) if each.line_id in lines]


def _picked(line: TransferLine, each: Counted) -> Picked:
    return Picked(line, each.lot_id, each.quantity)


def _spread(transfer: Transfer, line: TransferLine, chosen: Sequence[Picked]) -> None:
    """A line for each lot: the first stays, for each other one there is a new one beside it."""
    first, *others = chosen
    for each in others:
        another = TransferLine(
            product=line.product, product_id=line.product_id, lot_id=each.lot_id, quantity=each.quantity,
            picked=each.quantity, position=len(transfer.lines),
        )  # fmt: skip
        transfer.lines.append(another)
    line.lot_id, line.picked = first.lot_id, first.quantity
    line.quantity = max(line.quantity - sum((each.quantity for each in others), ZERO), first.quantity)


def ship(transfer: Transfer) -> None:
    """Move what was picked to where goods are on their way, once."""
    way, _origin = place_beside("transit", transfer.from_location_id)  # held: posting need not read them again
    moves = [
        Movement(line.product_id, transfer.from_location_id, way.id, line.picked, line.lot_id, line=str(line.id))
        for line in transfer.lines if line.picked
    ]  # fmt: skip
    post(moves, source=source_of(transfer, SENT), keeps=source_of(transfer))
    for line in transfer.lines:
        line.sent = line.in_transit = line.picked
    transfer.sent_at, transfer.sent_by = clock.now(), current().name
    expect_rest(transfer, instead=False)


def expect_rest(transfer: Transfer, *, instead: bool = True) -> None:
    """Expect at its destination what is on the way now, and nothing else of it; not `instead` where nothing was yet."""
    if any(line.id is None for line in transfer.lines):
        session().flush()
    wishes = [
        Wish(line.product_id, transfer.to_location_id, line.in_transit, line.lot_id, transfer.needed_on, str(line.id))
        for line in transfer.lines if line.in_transit
    ]  # fmt: skip
    expect(wishes, source=source_of(transfer), instead=instead, were_moved=True)


def unpick(transfer: Transfer) -> None:
    """Promise what was picked no more."""
    release([each.id for each in reservations_of(source_of(transfer))])
