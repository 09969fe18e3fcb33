"""Timers in business time: while the branch is open, over nights, weekends, holidays and the change of the clocks."""

from datetime import UTC, date, datetime, time

import pytest

from erp.workflow.diagrams.business import Hours, check
from erp.workflow.diagrams.timing import TimingInvalid, parse_duration
from tests.erp.workflow.engine_tools import Caller, Running

WEEK = dict.fromkeys(range(5), (time(9), time(17)))
OFFICE = Hours("Europe/Berlin", WEEK, frozenset({date(2026, 4, 3), date(2026, 4, 6)}))  # Good Friday, Easter Monday


def due(start, text, hours=OFFICE):
    return hours.after(datetime.fromisoformat(start), parse_duration(text)).isoformat()


@pytest.mark.parametrize(
    ("start", "text", "ends"),
    [
        # a Monday, Berlin is an hour ahead of UTC
        ("2026-03-02T10:00+01:00", "PT2H", "2026-03-02T11:00:00+00:00"),
        ("2026-03-02T10:00+01:00", "PT7H", "2026-03-02T16:00:00+00:00"),
        ("2026-03-02T10:00+01:00", "PT8H", "2026-03-03T09:00:00+00:00"),
        ("2026-03-02T03:00+01:00", "PT1H", "2026-03-02T09:00:00+00:00"),
        ("2026-03-02T20:00+01:00", "PT1H", "2026-03-03T09:00:00+00:00"),
        ("2026-03-06T16:00+01:00", "PT2H", "2026-03-09T09:00:00+00:00"),
        ("2026-03-06T16:00+01:00", "PT40H", "2026-03-13T15:00:00+00:00"),
        ("2026-03-06T16:00+01:00", "P1D", "2026-03-09T15:00:00+00:00"),
        ("2026-03-07T12:00+01:00", "P1D", "2026-03-09T11:00:00+00:00"),
        ("2026-03-06T22:00+01:00", "P1D", "2026-03-09T16:00:00+00:00"),
        ("2026-03-06T16:00+01:00", "P1DT2H", "2026-03-10T09:00:00+00:00"),
        ("2026-03-02T10:00+01:00", "PT0S", "2026-03-02T09:00:00+00:00"),
        # over Easter and the change of the clocks
        ("2026-03-27T16:00+01:00", "PT2H", "2026-03-30T08:00:00+00:00"),
        ("2026-04-02T16:00+02:00", "PT2H", "2026-04-07T08:00:00+00:00"),
        ("2026-04-02T16:00+02:00", "P2D", "2026-04-08T14:00:00+00:00"),
    ],
)
def test_only_the_time_the_branch_is_open_counts(start, text, ends):
    assert due(start, text) == ends


def test_a_branch_without_hours_is_closed_on_holidays_only():
    always = Hours("UTC", {}, frozenset({date(2026, 3, 3)}))
    assert due("2026-03-02T23:00+00:00", "PT2H", always) == "2026-03-04T01:00:00+00:00"
    assert due("2026-03-02T23:00+00:00", "P1D", always) == "2026-03-04T23:00:00+00:00"


def test_a_branch_that_never_opens_is_said():
    with pytest.raises(TimingInvalid, match="never opens"):
        due("2026-03-02T23:00+00:00", "PT2H", Hours("UTC", {0: (time(9), time(9))}))


@pytest.mark.parametrize("text", ["P1M", "P1Y", "P2W"])
def test_months_and_weeks_are_no_business_time(text):
    with pytest.raises(TimingInvalid):
        check(parse_duration(text))


def test_timers_of_a_process_in_business_time():
    caller = Caller()
    caller.office_hours, caller.moment = OFFICE, datetime(2026, 3, 6, 14, tzinfo=UTC)  # a Friday at three
    run = Running("in_office_hours", caller=caller)
    found = []
    for _ in range(3):
        (timer,) = run.instance.timers()
        found.append(timer.due.isoformat())
        caller.moment = timer.due
        run.fire("remind")
    assert found == ["2026-03-09T10:00:00+00:00", "2026-03-09T14:00:00+00:00", "2026-03-10T10:00:00+00:00"]
    run.complete("answer")
    (timer,) = run.instance.timers()
    assert timer.due == datetime(2026, 3, 12, 11, tzinfo=UTC)
    caller.moment = timer.due
    assert run.fire("two_days").instance.ended
