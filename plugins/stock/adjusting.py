"""What the process of an adjustment does: it is valued, then posted once."""

from __future__ import annotations

from erp import Invalid, _
from plugins.accounting.api import refuse_locked
from plugins.stock import posting
from plugins.stock.adjustments import POSTED, StockAdjustment
from plugins.stock.movements import Source


def value(adjustment: StockAdjustment) -> None:
    """Work out its worth as costs are now; raises Invalid where it has no lines."""
    if not adjustment.lines:
        raise Invalid(fields={"lines": _("Add at least one line.")})
    adjustment.value()


def post(adjustment: StockAdjustment) -> list[int]:
    """Move its goods and keep what they carried; the ids of the moves. Raises Invalid at a day that is locked."""
    if adjustment.adjusted_on is not None:
        refuse_locked("all", adjustment.adjusted_on, "adjusted_on")
    source = Source(adjustment.__tablename__, adjustment.id, POSTED, adjustment.number or "")
    adjustment.value()
    return posting.post(adjustment.movements(), on=adjustment.adjusted_on, source=source)
