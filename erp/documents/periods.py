"""Periods that move with the day, such as `last 30 days`, in the reader's calendar and time zone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from zoneinfo import ZoneInfo

import jdatetime

from erp import clock, context, i18n
from erp.i18n import _, _l

Days = tuple[date, date]
"""(first day, day after the last)"""


def _days(before: int, after: int) -> Callable[[date], Days]:
    """From so many days before a day until so many after it."""
    return lambda today: (today - timedelta(days=before), today + timedelta(days=after + 1))


def _month(today: date) -> Days:
    """The month of a day, of the Persian calendar where that is read."""
    if i18n.is_jalali():
        jalali = jdatetime.date.fromgregorian(date=today)
        first = jdatetime.date(jalali.year, jalali.month, 1)
        following = jdatetime.date(jalali.year + jalali.month // 12, jalali.month % 12 + 1, 1)
        return first.togregorian(), following.togregorian()
    return today.replace(day=1), date(today.year + today.month // 12, today.month % 12 + 1, 1)


def _year(today: date) -> Days:
    """The year of a day, of the Persian calendar where that is read."""
    if i18n.is_jalali():
        year = jdatetime.date.fromgregorian(date=today).year
        return jdatetime.date(year, 1, 1).togregorian(), jdatetime.date(year + 1, 1, 1).togregorian()
    return date(today.year, 1, 1), date(today.year + 1, 1, 1)


def _last_month(today: date) -> Days:
    """The month before that of a day."""
    return _month(_month(today)[0] - timedelta(days=1))


PERIODS: Mapping[str, tuple[str, Callable[[date], Days]]] = {
    "today": (_l("today"), _days(0, 0)),
    "yesterday": (_l("yesterday"), _days(1, -1)),
    "last_7_days": (_l("last 7 days"), _days(6, 0)),
    "last_30_days": (_l("last 30 days"), _days(29, 0)),
    "next_7_days": (_l("next 7 days"), _days(0, 6)),
    "this_month": (_l("this month"), _month),
    "last_month": (_l("last month"), _last_month),
    "this_year": (_l("this year"), _year),
}
"""What is stored -> (what people read, the days it is on a day)."""


def days_of(name: str) -> Days:
    """The days of a period now; ValueError with a sentence when there is no such period."""
    if name not in PERIODS:
        raise ValueError(_("Choose one of the list."))
    return PERIODS[name][1](i18n.local(clock.now()).date())


def moments_of(name: str) -> tuple[datetime, datetime]:
    """(first moment, first moment after) of a period in the reader's time zone."""
    first, following = days_of(name)
    return midnight(first), midnight(following)


def midnight(day: date) -> datetime:
    """The moment a day begins in the reader's time zone."""
    zone = ZoneInfo(context.current().timezone)
    return datetime.combine(day, clock_time(), tzinfo=zone).astimezone(UTC)
