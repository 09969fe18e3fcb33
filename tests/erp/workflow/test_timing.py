"""Durations, moments and repetitions as diagrams write them."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp.workflow.diagrams.timing import TimingInvalid, parse_duration, parse_moment, parse_repetition

START = datetime(2026, 1, 31, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("PT1H", datetime(2026, 1, 31, 10, tzinfo=UTC)),
        ("P1D", datetime(2026, 2, 1, 9, tzinfo=UTC)),
        ("P1W", datetime(2026, 2, 7, 9, tzinfo=UTC)),
        ("P1M", datetime(2026, 2, 28, 9, tzinfo=UTC)),
        ("P1Y2M", datetime(2027, 3, 31, 9, tzinfo=UTC)),
        ("P1DT2H30M1.5S", datetime(2026, 2, 1, 11, 30, 1, 500000, tzinfo=UTC)),
        ("PT0S", START),
    ],
)
def test_a_duration_after_a_moment(text, due):
    assert parse_duration(text).after(START) == due


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "1H", "PT1", "P-1D", "pt1h", '"PT1H"', "PT1H ago", "P200Y", "P1H", "P99999999D", "PT٣H"]
)
def test_what_is_no_duration(text):
    with pytest.raises(TimingInvalid):
        parse_duration(text)


def test_a_moment_has_a_time_zone():
    assert parse_moment("2026-03-01T12:00:00+03:00") == datetime(2026, 3, 1, 9, tzinfo=UTC)
    for text in ("2026-03-01T12:00:00", "2026-03-01", "soon", "", "0001-01-01T00:00:00+14:00"):
        with pytest.raises(TimingInvalid):
            parse_moment(text)


def test_a_repetition_does_not_drift():
    monthly = parse_repetition("R3/P1M")
    assert [monthly.due(START, fired).day for fired in range(3)] == [28, 31, 30]
    from_a_day = parse_repetition("R/2026-03-01T09:00:00+00:00/P1D")
    assert from_a_day.count is None
    assert from_a_day.due(START, 2) == datetime(2026, 3, 3, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["R", "R3", "R0/PT1H", "R3/PT0S", "3/PT1H", "R3/PT1H/PT1H", "R3/never/PT1H", "R-1/PT1H", ""]
)
def test_what_is_no_repetition(text):
    with pytest.raises(TimingInvalid):
        parse_repetition(text)


def test_a_timer_beyond_the_calendar_is_refused():
    with pytest.raises(TimingInvalid):
        parse_duration("P100Y").after(datetime(9950, 1, 1, tzinfo=UTC))


@given(st.text(alphabet="PRTYMWDHS0123456789/.-: ", max_size=14))
def test_no_text_breaks_the_parsers(text):
    for parse in (parse_duration, parse_moment, parse_repetition):
        with contextlib.suppress(TimingInvalid):
            parse(text)


@given(st.integers(0, 10**5))
def test_days_are_days(days):
    assert parse_duration(f"P{min(days, 36000)}D").after(START) - START == timedelta(days=min(days, 36000))
