from __future__ import annotations

from collections.abc import Sequence

from plugins.accounting.api import Event, postable
from plugins.stock.journal import EVENTS


@postable.answer
def events_of_stock() -> Sequence[Event]:
    """What happens to goods, as posting rules name it."""
    return EVENTS
