"""Which rules answer to which values: columns parted into finitely many cases, and a search through them that ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from erp.decisions.axes import Axis, axis
from erp.decisions.nodes import Path, Scope
from erp.decisions.tables import Table
from erp.decisions.values import Value

STEPS = 80_000
"""Values looked at in one analysis."""
LARGEST = 1_000_000
"""Values times rules of a table that is looked at."""
BOXES = 21
"""Open cases that are followed further from any place."""
Box = tuple[int, ...]
"""For each axis the values that belong to it, as bits."""


@dataclass
class Cases:
    """Axes, and what each rule covers of them for certain and at most. Rules are bits too, counted from 0."""

    axes: Sequence[Axis]
    columns: Sequence[int]
    """The first column of each axis; columns that ask the same share one."""
    certain: Sequence[Sequence[int]]
    """For each axis and rule the values its cell surely lets pass."""
    possible: Sequence[Sequence[int]]
    """The same, with all values for a cell that asks more than its column's."""
    count: int
    unseen: Sequence[tuple[int, str]] = ()
    """(rule, column) of those cells."""
    is_whole: bool = True
    """Whether everything could be looked at so far."""
    steps: int = STEPS
    _by_value: dict[tuple[int, bool], list[int]] = field(default_factory=dict)
    _meeting: dict[tuple[int, int], int] = field(default_factory=dict)

    @property
    def everyone(self) -> int:
        """All rules."""
        return (1 << self.count) - 1

    def filled(self) -> list[int]:
        """The cases in which every input is there."""
        return [each.filled for each in self.axes]

    def open(self, domain: Sequence[int]) -> tuple[Box, ...]:
        """What no rule can answer, within these values."""
        return _Search(self, domain, is_certain=False).boxes(0, self.everyone)

    def hiders(self, rule: int, before: int) -> int:
        """Those of some rules that together answer wherever this one could; 0 where they do not."""
        domain = [masks[rule] for masks in self.possible]
        near = before & self.meeting(domain)
        search = _Search(self, domain, is_certain=True)
        if not near or not all(domain) or not search.is_covered(0, near):
            return 0
        for each in bits(near):  # as few as will do: those are what somebody has to look at
            if near.bit_count() > 1 and search.is_covered(0, near & ~(1 << each)):
                near &= ~(1 << each)
        return near

    def meeting(self, box: Sequence[int]) -> int:
        """The rules that surely answer somewhere in a box."""
        found = self.everyone
        for place, values in enumerate(box):
            key = (place, values)
            if key not in self._meeting:
                by_value, here = self.by_value(place, is_certain=True), 0
                for value in bits(values):
                    here |= by_value[value]
                self._meeting[key] = here
            found &= self._meeting[key]
        return found

    def by_value(self, place: int, *, is_certain: bool) -> list[int]:
        """For each value of an axis the rules that cover it."""
        key = (place, is_certain)
        if key not in self._by_value:
            found = [0] * len(self.axes[place].atoms)
            for rule, values in enumerate((self.certain if is_certain else self.possible)[place]):
                for value in bits(values):
                    found[value] |= 1 << rule
            self._by_value[key] = found
        return self._by_value[key]

    def spend(self, steps: int) -> bool:
        """Count steps; False once there were too many."""
        self.steps -= steps
        self.is_whole = self.is_whole and self.steps >= 0
        return self.steps >= 0


def cases(table: Table, scope: Scope, known: Mapping[Path, Sequence[Value]]) -> Cases:
    """The cases of a table; `known` holds all values of some inputs."""
    groups: list[list[int]] = []
    for place, column in enumerate(table.columns):
        same = next((group for group in groups if table.columns[group[0]].expression == column.expression), None)
        if same is None:
            groups.append([place])
        else:
            same.append(place)
    found = Cases([], [group[0] for group in groups], [], [], len(table.rules), [])
    for group in groups:
        _add_axis(found, table, group, scope, known)
    if sum(len(each.atoms) for each in found.axes) * len(table.rules) > LARGEST:
        return Cases([], [], [], [], 0, is_whole=False)
    return found


def _add_axis(
    found: Cases, table: Table, group: Sequence[int], scope: Scope, known: Mapping[Path, Sequence[Value]]
) -> None:
    column = table.columns[group[0]]
    paths = list(column.expression.paths())
    tests = [rule.tests[place] for rule in table.rules for place in group]
    made = axis(column, tests, scope, known.get(paths[0], ()) if len(paths) == 1 else ())
    certain, possible, unseen = [], [], list(found.unseen)
    for rule in table.rules:
        sure = maybe = made.every
        for place in group:
            values = made.passing(rule.tests[place], scope)
            sure &= 0 if values is None else values
            maybe &= made.every if values is None else values
            unseen += [(rule.number, table.columns[place].label)] if values is None else []
        certain.append(sure)
        possible.append(maybe)
    found.axes, found.unseen = [*found.axes, made], unseen
    found.certain, found.possible = [*found.certain, certain], [*found.possible, possible]


class _Search:
    """Goes through the axes; values that leave the same rules go together, and each set of rules is followed once."""

    def __init__(self, all_cases: Cases, domain: Sequence[int], *, is_certain: bool) -> None:
        self.cases, self.domain, self.is_certain = all_cases, domain, is_certain
        masks = all_cases.certain if is_certain else all_cases.possible
        self.rest = [all_cases.everyone] * (len(domain) + 1)
        """For each axis the rules that cover it and all after it wholly."""
        for place in range(len(domain) - 1, -1, -1):
            whole = sum(1 << rule for rule, mask in enumerate(masks[place]) if mask & domain[place] == domain[place])
            self.rest[place] = self.rest[place + 1] & whole
        self.found: dict[tuple[int, int], tuple[Box, ...]] = {}
        self.covered: dict[tuple[int, int], bool] = {}

    def _groups(self, place: int, rules: int) -> dict[int, int]:
        """{rules left: the values that leave them}; nothing once too much was looked at."""
        groups: dict[int, int] = {}
        if self.cases.spend(self.domain[place].bit_count()):
            by_value = self.cases.by_value(place, is_certain=self.is_certain)
            for value in bits(self.domain[place]):
                left = rules & by_value[value]
                groups[left] = groups.get(left, 0) | 1 << value
        return groups

    def boxes(self, place: int, rules: int) -> tuple[Box, ...]:
        """What these rules leave open from an axis on; values that go on alike are one."""
        if not rules:
            return (tuple(self.domain[place:]),)
        if rules & self.rest[place]:
            return ()
        key = (place, rules)
        if key not in self.found:
            alike: dict[tuple[Box, ...], int] = {}
            for left, values in self._groups(place, rules).items():
                if after := self.boxes(place + 1, left):
                    alike[after] = alike.get(after, 0) | values
            every = [(values, *box) for after, values in alike.items() for box in after]
            self.cases.is_whole = self.cases.is_whole and len(every) < BOXES
            self.found[key] = tuple(every[:BOXES])
        return self.found[key]

    def is_covered(self, place: int, rules: int) -> bool:
        """Whether these rules leave nothing open from an axis on; False once too much was looked at."""
        if not rules or rules & self.rest[place]:
            return bool(rules)
        key = (place, rules)
        if key not in self.covered:
            groups = self._groups(place, rules)
            self.covered[key] = bool(groups) and all(self.is_covered(place + 1, left) for left in groups)
        return self.covered[key]


def bits(mask: int) -> Iterator[int]:
    """The places of the bits that are set."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
