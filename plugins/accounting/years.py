"""Fiscal years, made one after another with their months."""

from __future__ import annotations

import itertools
from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from erp import Conflict, Invalid, _, i18n, session, transaction
from plugins.accounting.models import FiscalPeriod, FiscalYear

MONTHS = 12


def make_year(starts_on: date, months: int = MONTHS) -> FiscalYear:
    """A fiscal year of so many months from the first of a month on; raises Invalid where it would leave a gap.

    Years stand one after another: a new one begins the day after the last, or ends the day before the first.
    """
    if starts_on.day != 1 or not 1 <= months <= 18:
        raise Invalid(fields={"starts_on": _("A fiscal year begins on the first of a month.")})
    starts = [later(starts_on, count) for count in range(months + 1)]
    ends_on = starts[-1] - timedelta(days=1)
    first, last = session().execute(
        sa.select(sa.func.min(FiscalYear.starts_on), sa.func.max(FiscalYear.ends_on))
    ).one()  # fmt: skip
    if first is not None and starts_on != last + timedelta(days=1) and ends_on != first - timedelta(days=1):
        raise Conflict(_("Fiscal years follow each other: the next begins on %(day)s.",
                         day=i18n.format_date(last + timedelta(days=1))))  # fmt: skip
    name = str(ends_on.year) if starts_on.year == ends_on.year else f"{starts_on.year}/{ends_on.year}"
    with transaction():
        year = FiscalYear(name=name, starts_on=starts_on, ends_on=ends_on)
        session().add(year)
        session().flush()
        for begins, follows in itertools.pairwise(starts):
            ends = follows - timedelta(days=1)
            session().add(FiscalPeriod(year_id=year.id, name=f"{begins:%Y-%m}", starts_on=begins, ends_on=ends))
            session().flush()
    return year


def cover_years(first: date, last: date) -> None:
    """Make the years that are missing for these days, as history needs them; calendar years where there is none yet."""
    begins, ends = session().execute(
        sa.select(sa.func.min(FiscalYear.starts_on), sa.func.max(FiscalYear.ends_on))
    ).one()  # fmt: skip
    if begins is None:
        begins = date(first.year, 1, 1)
        ends = make_year(begins).ends_on
    while first < begins:
        begins = make_year(later(begins, -MONTHS)).starts_on
    while last > ends:
        ends = make_year(ends + timedelta(days=1)).ends_on


def next_start() -> date | None:
    """The day on which the next fiscal year begins; None while there is none."""
    last = session().scalar(sa.select(sa.func.max(FiscalYear.ends_on)))
    return None if last is None else last + timedelta(days=1)


class Span(NamedTuple):
    """A fiscal period."""

    id: int
    starts_on: date
    ends_on: date


def spans() -> list[Span]:
    """Every fiscal period, the earliest first."""
    columns = (FiscalPeriod.id, FiscalPeriod.starts_on, FiscalPeriod.ends_on)
    return [Span(*row) for row in session().execute(sa.select(*columns).order_by(FiscalPeriod.starts_on))]


def periods_of(days: Iterable[date], known: Sequence[Span]) -> dict[date, int]:
    """{day: id of the period it stands in}; raises Invalid for a day no fiscal year was made for."""
    wanted = set(days)
    found = {day: each.id for day in wanted for each in known if each.starts_on <= day <= each.ends_on}
    for day in sorted(wanted - set(found)):
        raise Invalid(_("No fiscal year was made for %(day)s. Make it under Fiscal years.", day=i18n.format_date(day)))
    return found


def later(day: date, months: int) -> date:
    """The same day so many months later, the last of the month where it has no such day."""
    count = day.year * MONTHS + day.month - 1 + months
    year, month = divmod(count, MONTHS)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
