"""Business time: how long something takes while a branch is open, and when it is due then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from erp.i18n import _
from erp.workflow.diagrams.timing import Duration, TimingInvalid

AHEAD = 366 * 10
"""Days looked ahead for the next one that is open."""
MIDNIGHT = time(0, 0)


@dataclass(frozen=True)
class Hours:
    """When a branch is open: hours by weekday (0 is Monday), none at all for always, and the days it is closed."""

    zone: str = "UTC"
    week: Mapping[int, tuple[time, time]] = field(default_factory=dict)
    """A day that is not there is closed; one that closes at midnight is open until the day is over."""
    closed: frozenset[date] = frozenset()

    def after(self, start: datetime, duration: Duration) -> datetime:
        """The moment (UTC) at which so much business time has passed: whole days first, then hours and minutes.

        A business day later is the same time on the next day that is open, or the moment nearest to it within its
        hours. Time outside the hours does not count. Raises TimingInvalid for months and weeks, and if it never opens.
        """
        check(duration)
        zone = ZoneInfo(self.zone)
        here = start.astimezone(zone)
        if duration.days:
            day = here.date()
            for _number in range(duration.days):
                day = self._next_open(day + timedelta(days=1))
            opens, closes = self._hours(day)
            here = min(max(datetime.combine(day, here.time(), zone), opens), closes)
        return self._passed(here.astimezone(UTC), duration.rest - timedelta(days=duration.days))

    def _passed(self, moment: datetime, left: timedelta) -> datetime:
        zone = ZoneInfo(self.zone)
        day = moment.astimezone(zone).date()
        while True:
            day = self._next_open(day)
            opens, closes = (each.astimezone(UTC) for each in self._hours(day))
            moment = max(moment, opens)
            if moment + left <= closes:
                return moment + left
            left -= max(closes - moment, timedelta(0))
            day += timedelta(days=1)

    def _next_open(self, day: date) -> date:
        for _number in range(AHEAD):
            opens, closes = self._hours(day)
            if opens < closes:
                return day
            day += timedelta(days=1)
        raise TimingInvalid(_("Business time was asked for, but the branch never opens."))

    def _hours(self, day: date) -> tuple[datetime, datetime]:
        zone = ZoneInfo(self.zone)
        begin = datetime.combine(day, MIDNIGHT, zone)
        if day in self.closed or (self.week and day.weekday() not in self.week):
            return begin, begin
        opens, closes = self.week.get(day.weekday(), (MIDNIGHT, MIDNIGHT))
        until = datetime.combine(day + timedelta(days=1 if closes == MIDNIGHT else 0), closes, zone)
        return datetime.combine(day, opens, zone), until


def check(duration: Duration) -> None:
    """Raise TimingInvalid unless it can be business time."""
    if duration.months or duration.weeks:
        raise TimingInvalid(_("Business time is counted in days, hours and minutes, like P2DT4H."))
