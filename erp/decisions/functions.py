"""The functions cells may call (DMN 1.5, chapter 10.3.4): what decision tables need, null for wrong arguments."""

from __future__ import annotations

import decimal
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from erp.decisions import values
from erp.decisions.values import NUMBERS, Months, Value, below, equal, number

Function = Callable[..., Value]


def _texts(count: int, work: Callable[..., Value]) -> Function:
    """A function that is null unless it is given so many texts and nothing else."""

    def checked(*given: Value) -> Value:
        return work(*given) if len(given) == count and all(isinstance(each, str) for each in given) else None

    return checked


def _listed(given: Sequence[Value]) -> list[Value]:
    """The elements: of the one list that was given, else what was given."""
    if len(given) == 1 and isinstance(given[0], list):
        return given[0]
    return list(given)


def _numbers(given: Sequence[Value]) -> list[Decimal] | None:
    found = _listed(given)
    return found if found and all(isinstance(each, Decimal) for each in found) else None


def _sum(*given: Value) -> Value:
    found = _numbers(given)
    if found is None:
        return None
    total: Value = Decimal(0)
    for each in found:
        total = values.add(total, each)
    return total


def _mean(*given: Value) -> Value:
    return values.divide(_sum(*given), Decimal(len(_listed(given)))) if _numbers(given) else None


def _outermost(is_first: Callable[[Value, Value], bool | None]) -> Function:
    def found(*given: Value) -> Value:
        best: Value = None
        for place, each in enumerate(_listed(given)):
            if each is None:
                return None
            if place == 0:
                best = each
                continue
            answer = is_first(each, best)
            if answer is None:
                return None
            best = each if answer else best
        return best

    return found


def _count(*given: Value) -> Value:
    return Decimal(len(given[0])) if len(given) == 1 and isinstance(given[0], list) else None


def _list_contains(*given: Value) -> Value:
    if len(given) != 2 or not isinstance(given[0], list):
        return None
    return any(equal(each, given[1]) is True for each in given[0])


def _not(*given: Value) -> Value:
    return not given[0] if len(given) == 1 and isinstance(given[0], bool) else None


def _all(*given: Value) -> Value:
    found = _listed(given)
    if any(each is False for each in found):
        return False
    return True if all(each is True for each in found) else None


def _any(*given: Value) -> Value:
    found = _listed(given)
    if any(each is True for each in found):
        return True
    return False if all(each is False for each in found) else None


def _number(*given: Value) -> Value:
    """A text as a number; a second and third argument say what groups and parts its digits."""
    if not given or not all(each is None or isinstance(each, str) for each in given) or given[0] is None:
        return None
    text = str(given[0])
    if len(given) == 3:
        text = text.replace(given[1], "") if given[1] else text
        text = text.replace(given[2], ".") if given[2] else text
    try:
        return number(Decimal(text)) if text.strip() == text and "_" not in text else None
    except decimal.InvalidOperation:
        return None


def text_of(value: Value) -> str | None:
    """A value as text; null stays null."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, Months | timedelta):
        return _duration_text(value)
    return value.isoformat() if isinstance(value, date | time) else None


def _duration_text(value: Months | timedelta) -> str:
    """`P1Y6M`, `-P2DT3H`."""
    if isinstance(value, Months):
        years, months = divmod(abs(value.count), 12)
        parts = [f"{count}{sign}" for count, sign in ((years, "Y"), (months, "M")) if count]
        return f"{'-' if value.count < 0 else ''}P{''.join(parts) or '0M'}"
    whole = abs(value)
    minutes, seconds = divmod(whole.seconds, 60)
    clock = ((minutes // 60, "H"), (minutes % 60, "M"), (seconds, "S"))
    times = "".join(f"{count}{sign}" for count, sign in clock if count)
    days = f"{whole.days}D" if whole.days else ""
    return f"{'-' if value < timedelta() else ''}P{days}{'T' if times else ''}{times}" if days or times else "PT0S"


def _day(*given: Value) -> Value:
    if len(given) == 3 and all(isinstance(each, Decimal) for each in given):
        try:
            return date(*(int(each) for each in given))
        except (ValueError, OverflowError):
            return None
    (first,) = given if len(given) == 1 else (None,)
    if isinstance(first, datetime):
        return first.date()
    return first if isinstance(first, date) else values.day(first) if isinstance(first, str) else None


def _moment(*given: Value) -> Value:
    if len(given) == 2 and isinstance(given[0], date) and isinstance(given[1], time):
        return datetime.combine(given[0], given[1])
    return values.moment(given[0]) if len(given) == 1 and isinstance(given[0], str) else None


def _months_between(*given: Value) -> Value:
    if len(given) != 2 or not all(isinstance(each, date) for each in given):
        return None
    begin, end = given
    months = (end.year - begin.year) * 12 + end.month - begin.month
    if months > 0 and end.day < begin.day:
        months -= 1
    elif months < 0 and end.day > begin.day:
        months += 1
    return Months(months)


def _rounded(mode: str) -> Function:
    """`round up(n, scale)` and its like, `floor(n)` and `ceiling(n)`."""

    def found(*given: Value) -> Value:
        if not given or not all(isinstance(each, Decimal) for each in given) or len(given) > 2:
            return None
        scale = int(given[1]) if len(given) == 2 else 0
        if abs(scale) > 30:
            return None
        rounded = given[0].quantize(Decimal(1).scaleb(-scale), rounding=mode, context=NUMBERS)
        return number(rounded)

    return found


def _substring(*given: Value) -> Value:
    text, start, *rest = (*given, None, None)[:3] if len(given) in {2, 3} else (None, None, None)
    length = rest[0]
    if not isinstance(text, str) or not isinstance(start, Decimal) or not start:
        return None
    begin = int(start) - 1 if start > 0 else len(text) + int(start)
    if not 0 <= begin <= len(text):
        return None
    if len(given) == 2:
        return text[begin:]
    return text[begin : begin + int(length)] if isinstance(length, Decimal) and length >= 0 else None


FUNCTIONS: Mapping[str, Function] = {
    "abs": lambda *given: abs(given[0]) if len(given) == 1 and isinstance(given[0], Decimal) else None,
    "all": _all,
    "any": _any,
    "ceiling": _rounded(decimal.ROUND_CEILING),
    "contains": _texts(2, lambda text, part: part in text),
    "count": _count,
    "date": _day,
    "date and time": _moment,
    "decimal": _rounded(decimal.ROUND_HALF_EVEN),
    "duration": _texts(1, values.duration),
    "ends with": _texts(2, lambda text, end: text.endswith(end)),
    "floor": _rounded(decimal.ROUND_FLOOR),
    "list contains": _list_contains,
    "lower case": _texts(1, lambda text: text.lower()),
    "max": _outermost(lambda each, best: below(best, each)),
    "mean": _mean,
    "min": _outermost(below),
    "not": _not,
    "number": _number,
    "round half down": _rounded(decimal.ROUND_HALF_DOWN),
    "round half up": _rounded(decimal.ROUND_HALF_UP),
    "starts with": _texts(2, lambda text, begin: text.startswith(begin)),
    "string": lambda *given: text_of(given[0]) if len(given) == 1 else None,
    "string length": _texts(1, lambda text: Decimal(len(text))),
    "substring": _substring,
    "sum": _sum,
    "time": _texts(1, values.time_of_day),
    "upper case": _texts(1, lambda text: text.upper()),
    "years and months duration": _months_between,
}
