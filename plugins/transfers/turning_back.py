"""A transfer is stopped: what was picked is free again, what is on the road turns back as a transfer of its own."""

from __future__ import annotations

from erp import _, add, clock, current
from plugins.stock.api import place
from plugins.stock.models import ZERO
from plugins.transfers.models import IN_TRANSIT, Transfer, TransferLine
from plugins.transfers.moving import expect_rest, unpick


def stop(transfer: Transfer, reason: str) -> None:
    """Undo what the transfer holds: promises are released, goods on the road turn back."""
    if not transfer.passed(IN_TRANSIT):
        unpick(transfer)
    elif any(line.open for line in transfer.lines):
        turn_back(transfer, reason)


def turn_back(transfer: Transfer, reason: str) -> Transfer:
    """A transfer of all that is on the road or was rejected, to where it came from; it ships out of transit."""
    lines = [_turned(line) for line in transfer.lines if line.open]
    back = Transfer(
        from_location=place("transit"), to_location=transfer.from_location, carrier=transfer.carrier,
        tracking=transfer.tracking, origin=transfer, reason=_("%(number)s: %(reason)s", number=transfer.number,
        reason=reason)[:200], sent_at=clock.now(), sent_by=current().name, lines=lines, worth=ZERO, deliveries=0,
        charged=ZERO, settlements=0,
    )  # fmt: skip
    back.from_location_id, back.to_location_id = back.from_location.id, back.to_location.id
    back.origin_id = transfer.id
    add(back)
    for each in (transfer, back):
        expect_rest(each)
    return back


def _turned(line: TransferLine) -> TransferLine:
    count = line.open
    for bucket in (IN_TRANSIT, "rejected"):
        line.put("returned", getattr(line, bucket), of=bucket)
    return TransferLine(
        product=line.product, lot=line.lot, quantity=count, picked=count, sent=count, received=ZERO, rejected=ZERO,
        lost=ZERO, returned=ZERO, in_transit=count, position=line.position,
    )  # fmt: skip
