"""Spans of days a report is asked for by name: this month, last quarter, the fiscal year so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta

from erp import clock, i18n
from erp.documents.periods import PERIODS, Days
from erp.hooks import hook
from erp.i18n import _, _l

CUSTOM = "custom"
"""Two days somebody typed."""


@hook
def fiscal_year(day: date) -> Days | None:
    """Asked which fiscal year of the acting company a day lies in, (first day, day after the last).

    Answered by who keeps its books; without an answer it is the calendar year.
    """
    return None


def _named(name: str) -> Callable[[date], Days]:
    return PERIODS[name][1]


def _week(today: date) -> Days:
    first = today - timedelta(days=today.weekday())
    return first, first + timedelta(days=7)


def _before(of: Callable[[date], Days]) -> Callable[[date], Days]:
    """The span of this kind that ends where today's begins."""
    return lambda today: of(of(today)[0] - timedelta(days=1))


def _so_far(of: Callable[[date], Days]) -> Callable[[date], Days]:
    return lambda today: (of(today)[0], today + timedelta(days=1))


def _quarter(today: date) -> Days:
    """The three months of the reader's year a day lies in."""
    month, year = _named("this_month"), _named("this_year")
    first, following = year(today)[0], month(year(today)[0])[1]
    for _quarter_of_year in range(4):
        for _month in range(2):
            following = month(following)[1]
        if today < following:
            break
        first, following = following, month(following)[1]
    return first, following


def _fiscal(today: date) -> Days:
    told = (answer for answer in fiscal_year(today) if answer is not None)
    return next(told, None) or _named("this_year")(today)


SPANS: Mapping[str, tuple[str, Callable[[date], Days]]] = {
    "today": (_l("Today"), _named("today")),
    "yesterday": (_l("Yesterday"), _named("yesterday")),
    "this_week": (_l("This week"), _week),
    "last_week": (_l("Last week"), _before(_week)),
    "last_7_days": (_l("Last 7 days"), _named("last_7_days")),
    "last_30_days": (_l("Last 30 days"), _named("last_30_days")),
    "this_month": (_l("This month"), _named("this_month")),
    "last_month": (_l("Last month"), _named("last_month")),
    "this_quarter": (_l("This quarter"), _quarter),
    "last_quarter": (_l("Last quarter"), _before(_quarter)),
    "this_year": (_l("This year"), _named("this_year")),
    "last_year": (_l("Last year"), _before(_named("this_year"))),
    "year_to_date": (_l("This year so far"), _so_far(_named("this_year"))),
    "this_fiscal_year": (_l("This fiscal year"), _fiscal),
    "last_fiscal_year": (_l("Last fiscal year"), _before(_fiscal)),
    "fiscal_year_to_date": (_l("Fiscal year so far"), _so_far(_fiscal)),
}
"""What is stored -> (what people read, the days it is on a day)."""


def day(text: str) -> date:
    """The day of `today` or of a typed one; ValueError with a sentence."""
    return i18n.local(clock.now()).date() if text == "today" else i18n.parse_date(text)


def parse(text: str) -> Days:
    """The days of a span's name, of a day, or of `2026-01-01..2026-03-31`, both included; raises ValueError."""
    if text in SPANS:
        return SPANS[text][1](i18n.local(clock.now()).date())
    begins, dots, ends = text.partition("..") if ".." in text else (text, "", text)
    if not dots and not text[:1].isdecimal():
        raise ValueError(_("Choose a period of the list, or write two days as 2026-01-01..2026-03-31."))
    first, last = i18n.parse_date(begins), i18n.parse_date(ends)
    if last < first:
        raise ValueError(_("The period ends before it begins."))
    if last == date.max:
        raise ValueError(_("“%(text)s” is not a date. Write it as year-month-day.", text=ends))
    return first, last + timedelta(days=1)


def shown(text: str) -> str:
    """A span in words, with its days."""
    first, following = parse(text)
    last = following - timedelta(days=1)
    days = i18n.format_date(first) if first == last else f"{i18n.format_date(first)} – {i18n.format_date(last)}"
    return f"{SPANS[text][0]}, {days}" if text in SPANS else days
