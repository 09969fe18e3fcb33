from __future__ import annotations

from erp import action
from plugins.pos import differences
from plugins.pos.models import CashDifference


@action
def correct_cash_difference(difference: CashDifference) -> None:
    """Post back what of the difference was found; refuses more than differed."""
    differences.correct(difference)
