from __future__ import annotations

from erp import _, action
from plugins.closing import signing, years
from plugins.closing.models import MonthEnd, YearEnd


@action
def sign_month(month: MonthEnd, step: str, reason: str = "") -> None:
    """Keep that somebody looked through a part of the month; refuses what is not clear without a reason."""
    signing.sign(month, step, reason)


@action
def lock_month(month: MonthEnd) -> None:
    """Lock the month for everything; refuses where something is not clear any more that was signed for as clear."""
    signing.refuse_changed(month)
    years.lock(month.period.ends_on, _("%(number)s closed %(month)s", number=month.number, month=month.period.name))


@action
def sign_year(year: YearEnd, step: str, reason: str = "") -> None:
    """Keep that somebody looked through a part of the year; refuses what is not clear without a reason."""
    signing.sign(year, step, reason)


@action
def check_months(year: YearEnd) -> None:
    """Refuse while a month of the year is not locked."""
    years.refuse_open_months(year)


@action
def carry_result(year: YearEnd) -> None:
    """Carry what the year came to to retained earnings, on its last day."""
    years.carry_result(year)


@action
def open_next_year(year: YearEnd) -> None:
    """Make the next fiscal year with its months, unless it is there."""
    years.open_next(year)


@action
def lock_year(year: YearEnd) -> None:
    """Lock the year, for ever where that was chosen."""
    years.lock_year(year)
