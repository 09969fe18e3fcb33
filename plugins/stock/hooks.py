from __future__ import annotations

from collections.abc import Sequence

from erp import Document, telling
from plugins.accounting.api import Event, postable
from plugins.stock import counting
from plugins.stock.counts import StockCount
from plugins.stock.journal import EVENTS


@postable.answer
def events_of_stock() -> Sequence[Event]:
    """What happens to goods, as posting rules name it."""
    return EVENTS


@telling.stopped.answer
def free_lines(document: Document, reason: str) -> None:
    """What a stopped count was counting may be counted elsewhere."""
    if isinstance(document, StockCount) and document.is_under_way:
        counting.end(document)
