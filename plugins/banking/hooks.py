from __future__ import annotations

from collections.abc import Sequence

from erp import _l
from plugins.accounting.api import Amount, Event, postable


@postable.answer
def events_of_banking() -> Sequence[Event]:
    """What banks say, as posting rules name it."""
    moved = (Amount("moved", _l("the amount")),)
    return [Event("bank_entry", _l("a statement says what nobody had posted"), moved)]
