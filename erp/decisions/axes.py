"""The values of an input column, parted where its cells part them: what an analysis of a table counts over."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import Any

from erp.decisions.errors import DecisionFailed
from erp.decisions.functions import text_of
from erp.decisions.nodes import Against, Anything, Literal, Matching, Node, Scope, Test, Tests, Within
from erp.decisions.tables import Column
from erp.decisions.types import BASIC
from erp.decisions.values import NUMBERS, Months, Value, comparable, kind_of
from erp.i18n import _, format_date, format_datetime, format_number

Step = Callable[[Any, Any], Any]
ELSE = "…"
"""Stands for every text no cell names, with as many of it as it takes to be none of them."""
WHOLE = frozenset({"integer", "long"})


@dataclass(frozen=True)
class Atom:
    """Values no cell tells apart: one point, those between two points, all other texts, or nothing at all."""

    value: Value
    """One of them."""
    low: Value = None
    high: Value = None
    is_point: bool = False

    @property
    def is_null(self) -> bool:
        """Whether it is the empty value."""
        return self.value is None


@dataclass(frozen=True)
class Axis:
    """A column's values in their order, the empty one last; sets of them are bits of a number."""

    label: str
    atoms: Sequence[Atom]
    is_ordered: bool = False
    is_open: bool = False
    """Whether it holds values nobody can part: lists, structures, kinds that are mixed."""

    @property
    def every(self) -> int:
        """All values, the empty one too."""
        return (1 << len(self.atoms)) - 1

    @property
    def filled(self) -> int:
        """All values but the empty one."""
        return sum(1 << place for place, atom in enumerate(self.atoms) if not atom.is_null)

    def passing(self, test: Test, scope: Scope) -> int | None:
        """The values that pass; None for a test that has to know more than the value."""
        if not _is_plain(test, is_text=not self.is_ordered) or (self.is_open and not isinstance(test, Anything)):
            return None
        found = 0
        try:
            for first, after in self._stretches([*_constants(test, scope)]):
                if test.holds(self.atoms[first].value, scope) is True:
                    found |= (1 << after) - (1 << first)
        except DecisionFailed:
            return None
        return found

    def _stretches(self, constants: Sequence[Value]) -> Iterator[tuple[int, int]]:
        """Places (from, up to) of neighbours that these constants do not part."""
        last = len(self.atoms) - 1
        edges = {0, last, last + 1}
        for value in constants:
            place = self._place(value)
            if place is not None:
                edges.update(place)
        yield from pairwise(sorted(edges))

    def _place(self, value: Value) -> tuple[int, int] | None:
        """Where a constant parts the values: before and after those that are equal to it."""
        if self.is_ordered:
            key, keys = _key(value), self._keys
            if kind_of(value) is not kind_of(self.atoms[0].value):
                return None
            return bisect_left(keys, key), bisect_right(keys, key)
        place = self._places.get(value) if isinstance(value, str | bool) else None
        return None if place is None else (place, place + 1)

    @cached_property
    def _keys(self) -> list[Any]:
        return [_key(atom.value) for atom in self.atoms if not atom.is_null]

    @cached_property
    def _places(self) -> dict[Value, int]:
        return {atom.value: place for place, atom in enumerate(self.atoms) if atom.is_point}

    def told(self, mask: int) -> str:
        """`Total > 5,000`, `Member is false`; '' for a set that says nothing."""
        if mask & self.filled == self.filled:
            return ""
        if not mask & self.filled:
            return _("%(name)s is empty", name=self.label)
        return self._ordered(mask) if self.is_ordered else self._listed(mask)

    def cell(self, mask: int) -> str:
        """The cell that lets these values pass, as S-FEEL."""
        if mask & self.filled == self.filled:
            return "-"
        if not mask & self.filled:
            return "null"
        if self.is_ordered:
            return ", ".join(_interval(*run) for run in self._runs(mask))
        named = [written(atom.value) for atom in self._points(mask)]
        if self._has_rest(mask):
            return f"not({', '.join([*(written(atom.value) for atom in self._points(~mask)), 'null'])})"
        return ", ".join(named)

    def _points(self, mask: int) -> Iterator[Atom]:
        return (atom for place, atom in enumerate(self.atoms) if atom.is_point and mask >> place & 1)

    def _has_rest(self, mask: int) -> bool:
        rest = [place for place, atom in enumerate(self.atoms) if not atom.is_point and not atom.is_null]
        return any(mask >> place & 1 for place in rest)

    def _listed(self, mask: int) -> str:
        if self._has_rest(mask):
            others = _(", ").join(shown(atom.value) for atom in self._points(~mask))
            return _("%(name)s is none of %(values)s", name=self.label, values=others)
        named = [shown(atom.value) for atom in self._points(mask)]
        if len(named) == 1:
            return _("%(name)s is %(value)s", name=self.label, value=named[0])
        return _("%(name)s is one of %(values)s", name=self.label, values=_(", ").join(named))

    def _ordered(self, mask: int) -> str:
        return _(" or ").join(_spoken(self.label, *run) for run in self._runs(mask))

    def _runs(self, mask: int) -> Iterator[tuple[Atom, Atom]]:
        """Neighbours as (first, last)."""
        first: Atom | None = None
        last: Atom | None = None
        for place, atom in enumerate(self.atoms):
            if mask >> place & 1 and not atom.is_null:
                first, last = first or atom, atom
            elif first is not None and last is not None:
                yield first, last
                first = None
        if first is not None and last is not None:
            yield first, last


def axis(column: Column, tests: Sequence[Test], scope: Scope, known: Sequence[Value] = ()) -> Axis:
    """The axis of a column with its cells; `known` are all values there can be, where that is known."""
    allowed = column.type.allowed if column.type.allowed is not None else Tests([Matching(Literal(list(known)))])
    is_limited = column.type.allowed is not None or bool(known)
    found = [value for test in [*tests, *([allowed] if is_limited else [])] for value in _constants(test, scope)]
    is_many = column.type.is_list or bool(column.type.parts)
    kind = None if is_many else _kind(column, found)
    atoms = list(_atoms(kind, column.type.basic, found))
    if is_limited and _is_plain(allowed, is_text=False):
        atoms = [atom for atom in atoms if atom.is_null or allowed.holds(atom.value, scope) is True]
    is_open = is_many or (kind is None and any(value is not None for value in found))
    return Axis(column.label, [*atoms, Atom(None)], kind in _ORDERS, is_open)


def _kind(column: Column, found: Sequence[Value]) -> type | None:
    """What kind of values the column is asked with: as it says, else as all its cells agree; None where they do not."""
    if column.type.basic:
        return BASIC[column.type.basic][0]
    kinds = {kind_of(value) for value in found if value is not None}
    return kinds.pop() if len(kinds) == 1 else None


def _constants(test: Test, scope: Scope) -> Iterator[Value]:
    """The values a test names, as far as they are the same for whatever is asked."""
    if isinstance(test, Tests):
        for each in test.tests:
            yield from _constants(each, scope)
    nodes = {
        Against: lambda: [test.bound],  # type: ignore[attr-defined]
        Within: lambda: [test.low, test.high],  # type: ignore[attr-defined]
        Matching: lambda: [test.expression],  # type: ignore[attr-defined]
    }.get(type(test), list)()
    for node in nodes:
        if is_constant(node):
            try:
                value = node.evaluate(scope)
            except DecisionFailed:
                continue
            yield from value if isinstance(value, list) else [value]


def is_constant(node: Node) -> bool:
    """Whether it comes to the same whatever is asked."""
    return next(iter(node.paths()), None) is None


def _is_plain(test: Test, *, is_text: bool) -> bool:
    """Whether a test asks nothing but how the value stands to constants; texts are only looked at as equal or not."""
    if isinstance(test, Anything):
        return True
    if isinstance(test, Tests):
        return all(_is_plain(each, is_text=is_text) for each in test.tests)
    if isinstance(test, Against):
        return is_constant(test.bound) and not (is_text and test.sign not in {"=", "!="})
    if isinstance(test, Within):
        return is_constant(test.low) and is_constant(test.high) and not is_text
    return isinstance(test, Matching) and is_constant(test.expression)


# -- values in their order -------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Order:
    """How the values of a kind lie: one of them, what lies below, between and above; None where nothing does."""

    some: Value
    under: Callable[[Any], Any]
    between: Step
    over: Callable[[Any], Any]


def _day(steps: int) -> Callable[[date], date | None]:
    def moved(value: date) -> date | None:
        try:
            return value + timedelta(days=steps)
        except OverflowError:
            return None

    return moved


def _moment(steps: int) -> Callable[[datetime], datetime | None]:
    def moved(value: datetime) -> datetime | None:
        try:
            return value + timedelta(days=steps)
        except OverflowError:
            return None

    return moved


def _halfway(low: Any, high: Any) -> Any:
    found = low + (high - low) / 2
    return found if low < found < high else None


def _middle(low: Decimal, high: Decimal) -> Decimal | None:
    found = NUMBERS.divide(NUMBERS.add(low, high), Decimal(2))
    return found if low < found < high else None


def _clock(moment: time, micro: int) -> time | None:
    """The time of day so many microseconds on, of the same zone; None past midnight."""
    whole = timedelta(hours=moment.hour, minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond)
    found = whole + timedelta(microseconds=micro)
    if not timedelta() <= found < timedelta(days=1):
        return None
    return (datetime(2000, 1, 1) + found).time().replace(tzinfo=moment.tzinfo)  # noqa: DTZ001 - a time of day alone


def _key(value: Value) -> Value:
    return comparable(value) if isinstance(value, datetime | time) else value


def _after(low: Any, high: Any, following: Any) -> Any:
    return following if following is not None and following < high else None


_ORDERS: Mapping[type, _Order] = {
    Decimal: _Order(Decimal(0), lambda v: v - abs(v) - 1, _middle, lambda v: v + abs(v) + 1),
    date: _Order(date(2000, 1, 1), _day(-1), lambda low, high: _after(low, high, _day(1)(low)), _day(1)),
    datetime: _Order(datetime(2000, 1, 1, tzinfo=UTC), _moment(-1), _halfway, _moment(1)),
    time: _Order(
        time(12, tzinfo=UTC), lambda v: _clock(v, -1), lambda low, high: _after(low, high, _clock(low, 1)),
        lambda v: _clock(v, 1),
    ),
    timedelta: _Order(timedelta(), lambda v: v - timedelta(days=1), _halfway, lambda v: v + timedelta(days=1)),
    Months: _Order(
        Months(0), lambda v: Months(v.count - 1), lambda low, high: _after(low, high, Months(low.count + 1)),
        lambda v: Months(v.count + 1),
    ),
}  # fmt: skip


def _whole(low: Decimal, high: Decimal) -> Decimal | None:
    found = Decimal(math.floor(low) + 1)
    return found if found < high else None


def _atoms(kind: type | None, basic: str, found: Sequence[Value]) -> Iterator[Atom]:
    """Every value but the empty one, parted by those that were found."""
    if kind is bool:
        yield from (Atom(value, is_point=True) for value in (True, False))
    elif kind is not None and kind in _ORDERS:
        order = _ORDERS[kind]
        if basic in WHOLE:
            order = _Order(
                Decimal(0), lambda v: Decimal(math.ceil(v) - 1), _whole, lambda v: Decimal(math.floor(v) + 1)
            )
        points = {_key(value) for value in found if kind_of(value) is kind}
        yield from _parted(sorted(points), order, is_whole=basic in WHOLE)
    else:
        named = list(dict.fromkeys(v for v in found if isinstance(v, str))) if kind is str else []
        yield from (Atom(value, is_point=True) for value in named)
        yield Atom(ELSE * (1 + max((len(value) for value in named), default=0)))


def _parted(points: Sequence[Any], order: _Order, *, is_whole: bool) -> Iterator[Atom]:
    if not points:
        yield Atom(order.some)
        return
    if (under := order.under(points[0])) is not None:
        yield Atom(under, high=points[0])
    for point, following in zip(points, [*points[1:], None], strict=True):
        if not is_whole or point == point.to_integral_value():
            yield Atom(point, point, point, is_point=True)
        between = order.over(point) if following is None else order.between(point, following)
        if between is not None:
            yield Atom(between, point, following)


# -- in words --------------------------------------------------------------------------------------------


def shown(value: Value) -> str:
    """A value as people read it in a sentence."""
    if isinstance(value, Decimal):
        return format_number(value)
    if isinstance(value, datetime):
        return format_datetime(value)
    if isinstance(value, date):
        return format_date(value)
    return f"“{value}”" if isinstance(value, str) else str(text_of(value))


def written(value: Value) -> str:
    """A value as a cell says it."""
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'
    text = str(text_of(value))
    if value is None or isinstance(value, bool | Decimal):
        return "null" if value is None else text
    return f'date("{text}")' if kind_of(value) is date else f'@"{text}"'


def _interval(first: Atom, last: Atom) -> str:
    """`> 5`, `[5..10)`, `5`."""
    if first.low is None or last.high is None:
        bound, sign = (last.high, "<") if first.low is None else (first.low, ">")
        edge = last if first.low is None else first
        return f"{sign}{'=' if edge.is_point else ''} {written(bound)}"
    if first is last and first.is_point:
        return written(first.value)
    return f"{'[' if first.is_point else '('}{written(first.low)}..{written(last.high)}{']' if last.is_point else ')'}"


def _spoken(name: str, first: Atom, last: Atom) -> str:
    low, high = (shown(each) for each in (first.low, last.high))
    if first.low is None and last.is_point:
        return _("%(name)s ≤ %(high)s", name=name, high=high)
    if first.low is None:
        return _("%(name)s < %(high)s", name=name, high=high)
    if last.high is None and first.is_point:
        return _("%(name)s ≥ %(low)s", name=name, low=low)
    if last.high is None:
        return _("%(name)s > %(low)s", name=name, low=low)
    if first is last and first.is_point:
        return _("%(name)s is %(value)s", name=name, value=low)
    return _(
        "%(low)s %(from_sign)s %(name)s %(to_sign)s %(high)s", name=name, low=low, high=high,
        from_sign="≤" if first.is_point else "<", to_sign="≤" if last.is_point else "<",
    )  # fmt: skip
