"""The values of FEEL and what may be done with them (DMN 1.5, chapter 10.3.2).

null is None, numbers are Decimals of 34 digits; whatever makes no sense is null, as the standard wants it.
"""

from __future__ import annotations

import decimal
import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

NUMBERS = decimal.Context(prec=34, rounding=decimal.ROUND_HALF_EVEN, Emin=-6143, Emax=6144, traps=[])
LONGEST_TEXT = 10_000
DURATION = re.compile(
    r"(-)?P(?=[0-9T])(?:([0-9]{1,4})Y)?(?:([0-9]{1,5})M)?(?:([0-9]{1,6})D)?"
    r"(?:T(?=[0-9])(?:([0-9]{1,7})H)?(?:([0-9]{1,9})M)?(?:([0-9]{1,10}(?:\.[0-9]{1,6})?)S)?)?"
)
Value = Any
"""None, bool, Decimal, str, date, time, datetime, timedelta, Months, list or mapping."""


@dataclass(frozen=True, order=True)
class Months:
    """A duration of years and months; months have no fixed length, so it never equals one of days."""

    count: int


KINDS: Mapping[type, None] = dict.fromkeys((bool, Decimal, str, datetime, date, time, timedelta, Months, list))
"""Kinds of values that can be compared with one another, each before those it is a kind of."""


def incoming(value: Any) -> Value:
    """A value of Python as FEEL knows it; numbers become Decimals."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(str(value))
    if isinstance(value, list | tuple):
        return [incoming(each) for each in value]
    return value


def number(value: Decimal) -> Decimal | None:
    """The number, rounded to 34 digits; null for infinity and what is none."""
    found = NUMBERS.plus(value)
    return found if found.is_finite() else None


# -- comparing -------------------------------------------------------------------------------------------


def kind_of(value: Value) -> type | None:
    """What a value can be compared with; None for null."""
    kind = type(value)
    if kind in KINDS:
        return kind
    # a class of its own: of a lazy text, or of a mapping
    return next((known for known in KINDS if isinstance(value, known)), dict if isinstance(value, Mapping) else None)


def equal(left: Value, right: Value) -> bool | None:
    """Whether two values are the same; null for two of different kinds, which cannot be said to differ."""
    if left is None or right is None:
        return left is right
    kind = kind_of(left)
    if kind is not kind_of(right):
        return None
    if kind is list:
        return len(left) == len(right) and all(equal(a, b) is True for a, b in zip(left, right, strict=True))
    if kind in {datetime, time}:
        return comparable(left) == comparable(right)
    return bool(left == right)


def below(left: Value, right: Value) -> bool | None:
    """Whether left is less than right; null where there is no order between them."""
    kind = kind_of(left)
    if kind is None or kind is not kind_of(right) or kind in {bool, list, dict}:
        return None
    if kind in {datetime, time}:
        left, right = comparable(left), comparable(right)
    return bool(left < right)


def comparable(value: datetime | time) -> datetime | time:
    """A moment or time of day with a zone; one without is taken as UTC."""
    return value if value.tzinfo is not None else value.replace(tzinfo=UTC)


# -- reckoning -------------------------------------------------------------------------------------------


def add(left: Value, right: Value) -> Value:
    """The sum; null for what cannot be added."""
    if isinstance(left, str) and isinstance(right, str):
        return left + right if len(left) + len(right) <= LONGEST_TEXT else None
    if _are_numbers(left, right):
        return number(NUMBERS.add(left, right))
    if isinstance(left, timedelta | Months) and isinstance(right, date | time):
        left, right = right, left
    try:
        return _added(left, right)
    except (OverflowError, ValueError):
        return None


def _added(left: Value, right: Value) -> Value:
    if isinstance(left, Months) and isinstance(right, Months):
        return Months(left.count + right.count)
    if isinstance(left, date) and isinstance(right, Months):
        return _months_later(left, right.count)
    if isinstance(left, timedelta | date) and isinstance(right, timedelta):
        return left + right
    if isinstance(left, time) and isinstance(right, timedelta):
        return (datetime.combine(date(2000, 1, 1), left) + right).timetz()
    return None


def _months_later(start: date, months: int) -> date:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return start.replace(year=year, month=month + 1, day=min(start.day, monthrange(year, month + 1)[1]))


def subtract(left: Value, right: Value) -> Value:
    """The difference; two days or moments differ by a duration of days."""
    if _are_numbers(left, right):
        return number(NUMBERS.subtract(left, right))
    if isinstance(left, datetime) and isinstance(right, datetime):
        return comparable(left) - comparable(right)  # type: ignore[operator] # both are moments
    if kind_of(left) is date and kind_of(right) is date:
        return left - right
    return add(left, negated(right)) if isinstance(right, timedelta | Months) else None


def multiply(left: Value, right: Value) -> Value:
    """The product; a duration may be multiplied by a number."""
    if _are_numbers(left, right):
        return number(NUMBERS.multiply(left, right))
    if isinstance(right, timedelta | Months):
        left, right = right, left
    if not isinstance(right, Decimal) or abs(right) > 1_000_000:
        return None
    if isinstance(left, Months):
        return Months(int(left.count * right))
    return _scaled(left, right) if isinstance(left, timedelta) else None


def divide(left: Value, right: Value) -> Value:
    """The quotient; null for a division by zero."""
    if _are_numbers(left, right):
        return number(NUMBERS.divide(left, right)) if right else None
    if isinstance(left, timedelta | Months) and isinstance(right, Decimal) and right:
        return multiply(left, NUMBERS.divide(Decimal(1), right))
    return None


def power(left: Value, right: Value) -> Value:
    """The power; null where it is too large to be a number."""
    return number(NUMBERS.power(left, right)) if _are_numbers(left, right) else None


def negated(value: Value) -> Value:
    """The value with the other sign."""
    if isinstance(value, Decimal):
        return number(NUMBERS.minus(value))
    if isinstance(value, Months):
        return Months(-value.count)
    return -value if isinstance(value, timedelta) else None


def _are_numbers(left: Value, right: Value) -> bool:
    return isinstance(left, Decimal) and isinstance(right, Decimal)


def _scaled(length: timedelta, factor: Decimal) -> timedelta | None:
    try:
        return timedelta(microseconds=int((length // timedelta(microseconds=1)) * factor))
    except OverflowError:
        return None


# -- from text -------------------------------------------------------------------------------------------


def day(text: str) -> date | None:
    """`2026-11-20` as a day; null for anything else."""
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
    except ValueError:
        return None


def time_of_day(text: str) -> time | None:
    """`09:30:00`, with or without a zone, as a time of day; null for anything else."""
    try:
        return time.fromisoformat(text) if re.match(r"\d\d:\d\d:\d\d", text) else None
    except ValueError:
        return None


def moment(text: str) -> datetime | None:
    """`2026-11-20T09:30:00+03:00` as a moment, a day as its beginning; null for anything else."""
    if (on := day(text)) is not None:
        return datetime.combine(on, time(), UTC)
    try:
        return datetime.fromisoformat(text) if re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", text) else None
    except ValueError:
        return None


def duration(text: str) -> timedelta | Months | None:
    """`P1Y6M` as months, `P2DT3H` as a length of time; null for anything else, and for a mixture of both."""
    found = DURATION.fullmatch(text)
    if found is None:
        return None
    sign = -1 if found[1] else 1
    if found[2] or found[3]:
        is_mixed = any(found.group(place) for place in range(4, 8))
        return None if is_mixed else Months(sign * (int(found[2] or 0) * 12 + int(found[3] or 0)))
    days, hours, minutes = (int(found[place] or 0) for place in (4, 5, 6))
    seconds = Decimal(found[7] or 0)
    rest = timedelta(microseconds=int(seconds * 1_000_000))
    return sign * (timedelta(days=days, hours=hours, minutes=minutes) + rest)


def from_text(text: str) -> Value:
    """What `@"…"` stands for: a day, a moment, a time of day or a duration; null for anything else."""
    for read in (day, moment, time_of_day, duration):
        found = read(text)
        if found is not None:
            return found
    return None
