from __future__ import annotations

from erp import action
from plugins.stock import adjusting, counting
from plugins.stock.adjustments import StockAdjustment
from plugins.stock.counts import StockCount


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


@action
def begin_count(count: StockCount) -> None:
    """Make a line for all that should lie there; refuses what another count is counting."""
    counting.begin(count)


@action
def compare_count(count: StockCount, uncounted: str = "") -> str:
    """`again` where lines differ by more than may be, else `clear`; lines nobody counted stay, or are `none`."""
    return counting.compare(count, uncounted)


@action
def compare_count_again(count: StockCount, uncounted: str = "") -> None:
    """Take the second count over; refuses while lines wait for it, unless the first count is to be kept."""
    counting.compare_again(count, uncounted)


@action
def ask_count_again(count: StockCount) -> None:
    """Have every line that differs counted once more."""
    counting.ask_again(count)


@action
def value_count(count: StockCount) -> None:
    """Work out what the differences are worth as costs are now."""
    counting.value(count)


@action
def post_count(count: StockCount) -> None:
    """Move what differs, once; refuses what is not there any more."""
    counting.post(count)


@action
def close_count(count: StockCount, comment: str = "") -> None:
    """End it without moving anything, and keep what was said to it."""
    count.decision_note = comment[:400]
    counting.end(count)
