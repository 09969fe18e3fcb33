"""When an invoice is to be paid."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from erp import _l

PAYMENT_TERMS: dict[str, str] = {
    "net_0": _l("At once"),
    "net_14": _l("Within 14 days"),
    "net_30": _l("Within 30 days"),
    "net_60": _l("Within 60 days"),
    "end_of_month": _l("By the end of the month"),
    "end_of_next_month": _l("By the end of the next month"),
}


def due_day(issued_on: date, terms: str) -> date:
    """The last day to pay what was issued on a day."""
    if terms.startswith("net_"):
        return issued_on + timedelta(days=int(terms.removeprefix("net_")))
    last = _end_of_month(issued_on)
    return last if terms == "end_of_month" else _end_of_month(last + timedelta(days=1))


def _end_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])
