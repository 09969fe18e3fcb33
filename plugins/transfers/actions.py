from __future__ import annotations

from erp import action
from plugins.transfers import moving, receiving, settling
from plugins.transfers.models import Transfer


@action(asks=False)
def value_transfer(transfer: Transfer) -> str:
    """Work out what it is worth: `under_way` where the goods were turned back on the road, else `new`."""
    return moving.value(transfer)


@action
def note_transfer_refusal(transfer: Transfer, comment: str = "") -> None:
    """Keep what was said to it by whoever declined it."""
    transfer.decision_note = comment[:400]


@action
def pick_transfer(transfer: Transfer, picked: str = "") -> None:
    """Keep what was picked for this transfer alone, as asked for or as scanned; refuses what is not there."""
    moving.pick(transfer, picked)


@action
def ship_transfer(transfer: Transfer) -> None:
    """Move what was picked onto the road, once."""
    moving.ship(transfer)


@action
def receive_transfer(transfer: Transfer, came: str, rest: str = "", over_reason: str = "") -> str:
    """Take in what came: `clear` where all is here and good, `open` where some is missing, else `differs`."""
    receiving.refuse_empty(transfer, came, rest)
    return receiving.receive(transfer, came, over_reason or "")


@action
def receive_again(transfer: Transfer, over_reason: str = "") -> None:
    """Take in what was found when it was counted again; nothing where nothing was."""
    receiving.receive(transfer, "scanned", over_reason or "")


@action
def settle_transfer(transfer: Transfer, outcome: str, note: str = "") -> str:
    """Decide what becomes of all that is missing or was rejected; `clear` once nothing is left."""
    if note:
        transfer.decision_note = note[:400]
    return settling.settle_rest(transfer, outcome)
