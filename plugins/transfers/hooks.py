from __future__ import annotations

from collections.abc import Sequence

from erp import Document, _l, telling
from plugins.accounting.api import Amount, Event, postable
from plugins.transfers import turning_back
from plugins.transfers.models import Transfer
from plugins.transfers.settling import CHARGED_EVENT


@postable.answer
def events_of_transfers() -> Sequence[Event]:
    """What a carrier owes for what was lost on the road; the loss itself is told by its moves."""
    return (Event(CHARGED_EVENT, _l("a carrier is charged with what was lost"), (Amount("charge", _l("charge")),)),)


@telling.stopped.answer
def turn_back(document: Document, reason: str) -> None:
    """What a stopped transfer picked is free again; what is on the road turns back."""
    if isinstance(document, Transfer):
        turning_back.stop(document, reason)
