from __future__ import annotations

from erp import action
from plugins.stock import adjusting
from plugins.stock.adjustments import StockAdjustment


@action
def value_adjustment(adjustment: StockAdjustment) -> None:
    """Work out what the lines are worth as costs are now; refuses an adjustment without lines."""
    adjusting.value(adjustment)


@action
def post_adjustment(adjustment: StockAdjustment) -> None:
    """Move the goods, once; refuses what is not there any more, and a day in a locked period."""
    adjusting.post(adjustment)


@action
def note_adjustment_rejection(adjustment: StockAdjustment, comment: str = "") -> None:
    """Keep what was said to it by whoever rejected it."""
    adjustment.decision_note = comment[:400]
