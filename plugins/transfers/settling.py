"""What is missing or rejected is found, sent back, written off or charged to whoever carried it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from erp import Invalid, _, _l, i18n, today
from plugins.accounting.api import Part, Posting, keeps_books
from plugins.accounting.api import post as post_money
from plugins.stock.api import Movement, Step, place, post_many
from plugins.stock.models import ZERO
from plugins.transfers.models import IN_TRANSIT, Transfer, TransferLine
from plugins.transfers.moving import expect_rest, source_of
from plugins.transfers.receiving import state_of

FOUND, RETURNED, LOST, CHARGED = "found", "returned", "lost", "charged"
OUTCOMES: Mapping[str, str] = {
    FOUND: _l("It is here and can be sold"), RETURNED: _l("It is back where it came from"),
    LOST: _l("It is lost: write it off"), CHARGED: _l("It is lost: charge the carrier"),
}  # fmt: skip
BUCKET = {FOUND: "received", RETURNED: "returned", LOST: "lost", CHARGED: "lost"}
CHARGED_EVENT = "carrier_charged"


@dataclass(frozen=True)
class Decision:
    """What becomes of so many of a line that are on the way, or were rejected."""

    line: TransferLine
    bucket: str
    outcome: str
    quantity: Decimal


def settle_rest(transfer: Transfer, outcome: str) -> str:
    """Decide alike on all that is still open; `clear` once nothing is. Raises as `settle`."""
    rest = [
        Decision(line, bucket, outcome, getattr(line, bucket))
        for line in transfer.lines
        for bucket in (IN_TRANSIT, "rejected")
        if getattr(line, bucket)
    ]
    if rest:
        settle(transfer, rest)
    return state_of(transfer)


def settle(transfer: Transfer, decisions: Sequence[Decision]) -> None:
    """Move what was decided on; raises Invalid at `outcome` or `quantity` for what cannot be."""
    key = f"decision-{transfer.settlements}"
    way, moves = place("transit").id, []
    for each in decisions:
        _refuse(transfer, each)
        target = _target(transfer, each.outcome)
        moves.append(
            Movement(each.line.product_id, way, target, each.quantity, each.line.lot_id, line=str(each.line.id))
        )
        each.line.put(BUCKET[each.outcome], each.quantity, of=each.bucket)
    made = post_many([Step(moves, today(), source_of(transfer, key))])[0]
    charged = sum((row.value for row, each in zip(made, decisions, strict=True) if each.outcome == CHARGED), ZERO)
    if charged:
        _charge(transfer, charged, key)
    transfer.settlements += 1
    expect_rest(transfer)


def _refuse(transfer: Transfer, each: Decision) -> None:
    if each.outcome not in OUTCOMES:
        raise Invalid(fields={"outcome": _("Choose one of the list.")})
    if each.quantity <= 0 or each.quantity > getattr(each.line, each.bucket):
        left = i18n.format_number(getattr(each.line, each.bucket))
        raise Invalid(fields={"quantity": _("%(count)s are left to decide on.", count=left)})
    if each.outcome == CHARGED and transfer.carrier_id is None:
        raise Invalid(fields={"outcome": _("No carrier is named on this transfer.")})
    if each.outcome == RETURNED and transfer.origin_id is not None:
        raise Invalid(fields={"outcome": _("These goods were turned back already: receive them where they came from.")})


def _target(transfer: Transfer, outcome: str) -> int:
    if outcome == FOUND:
        return transfer.to_location_id
    return transfer.from_location_id if outcome == RETURNED else place("loss").id


def _charge(transfer: Transfer, amount: Decimal, key: str) -> None:
    """Have the carrier owe what was lost."""
    transfer.charged += amount
    if keeps_books():
        part = Part("charge", amount, party_id=transfer.carrier_id, branch_id=transfer.branch_id, due_on=today())
        post_money(Posting(
            CHARGED_EVENT, today(), transfer.__tablename__, transfer.id, [part], transfer.number or "", key,
            transfer.branch_id,
        ))  # fmt: skip
