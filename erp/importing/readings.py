"""Rows become items: tidied, left out by rules, and gathered under their key; nothing here knows the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

from erp.i18n import _, parse_decimal
from erp.importing.plans import PLACE, Plan, Skip, Source
from erp.importing.tables import Table

MOST_PROBLEMS = 10_000
Cells = Sequence[str]
Getter = Callable[[Cells], str]


@dataclass(frozen=True)
class Problem:
    """Why a row cannot be taken."""

    row: int
    column: str
    value: str
    message: str

    def as_json(self) -> dict[str, object]:
        """What a job row keeps."""
        return {"row": self.row, "column": self.column, "value": self.value[:200], "message": self.message}


@dataclass(frozen=True)
class Picked:
    """The value that counts for a field, and the row it stands in."""

    text: str
    row: int


@dataclass
class Item:
    """The rows of one key: what will be one record."""

    key: str
    row: int
    """The first of its rows."""
    fields: dict[str, Picked] = field(default_factory=dict)


@dataclass
class Reading:
    """A whole file by a plan; `items` are in the order their keys first came."""

    rows: int = 0
    skipped: Counter[Skip] = field(default_factory=Counter)
    items: dict[str, Item] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0
    taken: int = 0
    """Rows that went into an item."""

    def refuse(self, problem: Problem) -> None:
        """Note a problem; all are counted, the first 10,000 are kept."""
        self.problem_count += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(problem)


class Gatherer:
    """Collects one field's values of every item, by the source's pick."""

    def __init__(self, name: str, source: Source, getter: Getter) -> None:
        self.name = name
        self.column = source.column
        self.getter = getter
        self.positive = source.positive
        self.keep_first = source.pick == "first"
        self.counted: dict[str, dict[str, list[int]]] | None = {} if source.pick == "most" else None

    def take(self, item: Item, row: int, cells: Cells, reading: Reading) -> None:
        """Look at a row's value."""
        if self.keep_first and self.name in item.fields:
            return
        text = self.getter(cells)
        if not text:
            return
        if self.positive:
            try:
                if _number(text) <= 0:
                    return
            except ValueError as error:
                reading.refuse(Problem(row, self.column, text, str(error)))
                return
        if self.counted is None:
            item.fields[self.name] = Picked(text, row)
        else:
            seen = self.counted.setdefault(item.key, {}).setdefault(text, [0, row])
            seen[0] += 1

    def finish(self, items: Mapping[str, Item]) -> None:
        """Give every item its most frequent value; of equally frequent ones the first."""
        for key, seen in (self.counted or {}).items():
            text, (_count, row) = max(seen.items(), key=lambda entry: (entry[1][0], -entry[1][1]))
            items[key].fields[self.name] = Picked(text, row)


@lru_cache(maxsize=10_000)
def _number(text: str) -> Decimal:
    return parse_decimal(text)


def read_by(plan: Plan, table: Table) -> Reading:
    """Every row of the file, gathered by key; rows left out are counted under the first rule that says so."""
    getters = {column: _tidied(place, plan.tidy.get(column, "")) for place, column in enumerate(table.columns)}
    rules = [(skip, _test(skip, getters[skip.column])) for skip in plan.skips]
    key_of = _getter(plan.sources[plan.key], getters)
    key_column = plan.sources[plan.key].column
    gatherers = [Gatherer(name, source, _getter(source, getters)) for name, source in plan.sources.items()]
    reading = Reading()
    for row, cells in table.rows():
        reading.rows += 1
        skip = next((skip for skip, holds in rules if holds(cells)), None)
        if skip is not None:
            reading.skipped[skip] += 1
        elif len(cells) > len(table.columns):
            reading.refuse(Problem(row, "", cells[-1], _("This row has more cells than there are columns.")))
        elif not (key := key_of(cells)):
            reading.refuse(Problem(row, key_column, "", _("Fill this in.")))
        else:
            reading.taken += 1
            item = reading.items.get(key) or reading.items.setdefault(key, Item(key, row))
            for gatherer in gatherers:
                gatherer.take(item, row, cells, reading)
    for gatherer in gatherers:
        gatherer.finish(reading.items)
    return reading


def _tidied(place: int, how: str) -> Getter:
    """A column's cell without blanks around it, tidied."""
    if how == "upper":
        return lambda cells: cells[place].strip().upper()
    if how == "lower":
        return lambda cells: cells[place].strip().lower()
    if how == "whole":
        return lambda cells: _whole(cells[place].strip())
    return lambda cells: cells[place].strip()


def _whole(text: str) -> str:
    head, point, tail = text.partition(".")
    return head if point and head.isdecimal() and not tail.strip("0") else text


def _getter(source: Source, getters: Mapping[str, Getter]) -> Getter:
    if source.column:
        return getters[source.column]
    if not source.columns():
        return lambda _cells: source.text.strip()
    parts = PLACE.split(source.text)

    def filled(cells: Cells) -> str:
        values = [getters[part](cells) if place % 2 else part for place, part in enumerate(parts)]
        return "".join(values).strip() if any(values[1::2]) else ""

    return filled


def _test(skip: Skip, get: Getter) -> Callable[[Cells], bool]:
    wanted = skip.value.strip().casefold()
    return {
        "empty": lambda cells: not get(cells),
        "filled": lambda cells: bool(get(cells)),
        "equals": lambda cells: get(cells).casefold() == wanted,
        "differs": lambda cells: get(cells).casefold() != wanted,
        "begins": lambda cells: get(cells).casefold().startswith(wanted),
        "contains": lambda cells: wanted in get(cells).casefold(),
    }[skip.test]


def in_chunks(items: Mapping[str, Item], size: int, start: int = 0) -> Iterator[list[Item]]:
    """The items from `start` on, in order, `size` at a time."""
    every = list(items.values())
    for first in range(start, len(every), size):
        yield every[first : first + size]
