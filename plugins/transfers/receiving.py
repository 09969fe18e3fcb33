"""Goods are received: what is good goes to the shelf, what is damaged or wrong waits until somebody decides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from erp import Invalid, _, bulk, can, clock, current, i18n, session
from plugins.products.models import Product
from plugins.stock.api import Movement, available, place, place_beside, post
from plugins.stock.models import ZERO
from plugins.transfers.models import DAMAGED, GOOD, RECEIVE, WRONG, Transfer, TransferLine, TransferReceipt
from plugins.transfers.moving import expect_rest, source_of
from plugins.transfers.scans import Counted, counted, held

ALL, WAIT = "all", "wait"
CLEAR, OPEN, DIFFERS = "clear", "open", "differs"


@dataclass(frozen=True)
class Arrival:
    """So many of a line came; `over` of them are more than were on the way."""

    line: TransferLine
    quantity: Decimal
    condition: str = GOOD
    over: Decimal = ZERO
    file_id: int | None = None


def receive(transfer: Transfer, how: str, reason: str) -> str:
    """Take in what came: `clear` where all did and is good, `open` where some is missing, else `differs`.

    Raises Invalid where nothing was counted, and for more than was sent without the right to take it, or a reason.
    """
    came = _everything(transfer) if how == ALL else _as_counted(transfer)
    _refuse_over(transfer, came, reason)
    _take_in(transfer, came, reason)
    return state_of(transfer)


def state_of(transfer: Transfer) -> str:
    """What is left to be decided: `open` where goods are missing, `differs` where some were rejected, else `clear`."""
    if any(line.in_transit for line in transfer.lines):
        return OPEN
    return DIFFERS if any(line.rejected for line in transfer.lines) else CLEAR


def _everything(transfer: Transfer) -> list[Arrival]:
    return [Arrival(line, line.in_transit) for line in transfer.lines if line.in_transit]


def _as_counted(transfer: Transfer) -> list[Arrival]:
    """What was scanned, the good first; each line takes what is on its way, and the last of them what is over."""
    held(transfer)
    found: list[Arrival] = []
    left = {id(line): line.in_transit for line in transfer.lines}
    rank = {GOOD: 0, DAMAGED: 1, WRONG: 2}
    for each in sorted(counted(transfer, RECEIVE), key=lambda each: rank[each.condition]):
        line = _line_of(transfer, each)
        over = max(each.quantity - left.get(id(line), ZERO), ZERO)
        left[id(line)] = left.get(id(line), ZERO) - each.quantity + over
        found.append(Arrival(line, each.quantity, each.condition, over, each.file_id))
    return found


def _line_of(transfer: Transfer, each: Counted) -> TransferLine:
    """The line a count is for; a new one for what nobody sent, as far as the papers say."""
    known = next((line for line in transfer.lines if line.id == each.line_id), None)
    if known is not None:
        return known
    product = session().get_one(Product, each.product_id)
    line = TransferLine(
        product=product, product_id=product.id, lot_id=each.lot_id, quantity=ZERO, position=len(transfer.lines),
        picked=ZERO, sent=ZERO, received=ZERO, rejected=ZERO, lost=ZERO, returned=ZERO, in_transit=ZERO,
    )  # fmt: skip
    transfer.lines.append(line)
    return line


def _refuse_over(transfer: Transfer, came: Iterable[Arrival], reason: str) -> None:
    over = next((each for each in came if each.over and each.condition == GOOD), None)
    if over is None:
        return
    told = {"product": over.line.product.name, "count": i18n.format_number(over.over)}
    if not can("receive_over", transfer.__tablename__):
        raise Invalid(fields={"over_reason": _(
            "%(count)s of %(product)s are more than was sent: a stock manager receives them, or count them as wrong.",
            **told,
        )})  # fmt: skip
    if not reason.strip():
        said = _("%(count)s of %(product)s are more than was sent: say why you take them.", **told)
        raise Invalid(fields={"over_reason": said})


def _take_in(transfer: Transfer, came: list[Arrival], reason: str) -> None:
    if not came:
        return
    if any(each.line.id is None for each in came):
        session().flush()
    # held: posting need not read them again
    transit, _target = place_beside("transit", transfer.to_location_id)
    way, moves = transit.id, []
    for each in came:
        moves += _also_sent(transfer, each, way)
        if each.condition == GOOD:
            moves.append(_move(each.line, way, transfer.to_location_id, each.quantity))
        each.line.put("received" if each.condition == GOOD else "rejected", each.quantity)
    if moves:
        post(moves, source=source_of(transfer, f"delivery-{transfer.deliveries}"))
    _write(transfer, came, reason)
    expect_rest(transfer)
    transfer.deliveries += 1
    transfer.received_at, transfer.received_by = clock.now(), current().name


def _also_sent(transfer: Transfer, each: Arrival, way: int) -> list[Movement]:
    """What came and was never booked as sent left the origin all the same; what is not there either was found."""
    if not each.over:
        return []
    line, loss = each.line, place("loss").id
    line.sent += each.over
    line.in_transit += each.over
    there = ZERO
    if transfer.from_location_id != way:
        there = available(line.product_id, location_id=transfer.from_location_id, lot_id=line.lot_id)
    taken = min(max(there, ZERO), each.over)
    parts = ((transfer.from_location_id, taken), (loss, each.over - taken))
    return [_move(line, origin, way, count) for origin, count in parts if count]


def _move(line: TransferLine, origin: int, target: int, count: Decimal) -> Movement:
    return Movement(line.product_id, origin, target, count, line.lot_id, line=str(line.id))


def _write(transfer: Transfer, came: Iterable[Arrival], reason: str) -> None:
    acting = current()
    rows = [
        {
            "line_id": each.line.id, "lot_id": each.line.lot_id, "quantity": each.quantity,
            "condition": each.condition, "over": each.over, "note": reason[:400] if each.over else "",
            "file_id": each.file_id,
        }
        for each in came
    ]  # fmt: skip
    same = {
        "transfer_id": transfer.id, "delivery": transfer.deliveries, "member_id": acting.member_id, "by": acting.name,
        "at": clock.now(),
    }  # fmt: skip
    bulk.insert_rows(TransferReceipt, list(rows[0]), rows, same, flush=False)


def refuse_empty(transfer: Transfer, how: str, rest: str) -> None:
    """Raise Invalid where nothing was counted and more is to come: then nothing has happened yet."""
    if how != ALL and rest == WAIT and not counted(transfer, RECEIVE):
        raise Invalid(fields={"came": _("Nothing was counted yet: scan what came.")})
