"""ISO 8601 texts of timers: durations, moments and repetitions, counted from a moment the caller gives."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from erp.errors import Invalid
from erp.i18n import _

LONGEST = timedelta(days=366 * 100)

_DURATION = re.compile(
    r"P(?=[0-9T])(?:([0-9]{1,4})Y)?(?:([0-9]{1,5})M)?(?:([0-9]{1,5})W)?(?:([0-9]{1,6})D)?"
    r"(?:T(?=[0-9])(?:([0-9]{1,7})H)?(?:([0-9]{1,9})M)?(?:([0-9]{1,10}(?:\.[0-9]{1,6})?)S)?)?",
)
_CYCLE = re.compile(r"R([0-9]{0,6})(?:/([^/]+))?/([^/]+)")


class TimingInvalid(Invalid):
    """A timer's text is not a duration, moment or repetition of ISO 8601."""

    code = "timing_invalid"


@dataclass(frozen=True)
class Duration:
    """A length of time; months keep their calendar length."""

    months: int
    rest: timedelta
    weeks: int = 0
    days: int = 0
    """What of the rest was written as weeks and days."""

    def after(self, start: datetime, times: int = 1) -> datetime:
        """The moment that is `times` durations after `start`; a day the month does not have becomes its last."""
        months = start.year * 12 + start.month - 1 + self.months * times
        try:
            year, month = divmod(months, 12)
            day = min(start.day, monthrange(year, month + 1)[1])
            return start.replace(year=year, month=month + 1, day=day) + self.rest * times
        except (ValueError, OverflowError) as error:
            raise TimingInvalid(_("A timer ends after the year 9999.")) from error

    @property
    def is_zero(self) -> bool:
        """Whether no time passes."""
        return not self.months and not self.rest


@dataclass(frozen=True)
class Repetition:
    """`R3/PT1H`: how often (None: without end), every how long, and since when (None: since the timer was set)."""

    count: int | None
    every: Duration
    start: datetime | None

    def due(self, set_at: datetime, fired: int) -> datetime:
        """When it fires next after it has fired `fired` times."""
        if self.start is None:
            return self.every.after(set_at, fired + 1)
        return self.every.after(self.start, fired)


def parse_duration(text: str) -> Duration:
    """`P1DT2H` as a Duration; raises TimingInvalid."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise TimingInvalid(_("“%(text)s” is not a duration. Write it like PT1H, P2D or P1M.", text=text.strip()))
    years, months, weeks, days, hours, minutes = (int(part or 0) for part in found.groups()[:6])
    seconds = float(found.group(7) or 0)
    rest = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    if rest > LONGEST or years * 12 + months > 1200:
        raise TimingInvalid(_("“%(text)s” is longer than a hundred years.", text=text.strip()))
    return Duration(years * 12 + months, rest, weeks, days)


def parse_moment(text: str) -> datetime:
    """`2026-12-01T09:00:00+03:00` as an aware moment in UTC; raises TimingInvalid, also without a time zone."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        moment = None
    if moment is None:
        raise TimingInvalid(
            _("“%(text)s” is not a moment. Write it like 2026-12-01T09:00:00+00:00.", text=text.strip()),
        )
    if moment.tzinfo is None:
        raise TimingInvalid(_("“%(text)s” has no time zone. Add one, like +00:00.", text=text.strip()))
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise TimingInvalid(_("“%(text)s” is not a moment.", text=text.strip())) from error


def parse_repetition(text: str) -> Repetition:
    """`R3/PT1H`, `R/P1D` or `R2/<moment>/P1D` as a Repetition; raises TimingInvalid."""
    found = _CYCLE.fullmatch(text.strip())
    if found is None:
        raise TimingInvalid(_("“%(text)s” is not a repetition. Write it like R3/PT1H.", text=text.strip()))
    count, start, every = found.groups()
    duration = parse_duration(every)
    if duration.is_zero or count == "0" * len(count) != "":
        raise TimingInvalid(_("“%(text)s” never fires, or without pause.", text=text.strip()))
    return Repetition(int(count) if count else None, duration, parse_moment(start) if start else None)
