"""Rows become items: tidied, left out by rules, and gathered under their key; nothing here knows the database.

A large file is first parted by key into files on the disk, so that only one part's items are held at a time.
"""

from __future__ import annotations

import marshal
import tempfile
import weakref
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from typing import IO, Any

from erp.i18n import _, parse_decimal
from erp.importing.plans import LINES, PLACE, Plan, Skip, Source
from erp.importing.tables import Table

MOST_PROBLEMS = 10_000
PART = 8 * 1024 * 1024
"""Bytes of a file whose items are held together."""
Cells = Sequence[str]
Getter = Callable[[Cells], str]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row cannot be taken; without a message it stays out with another row of its key."""

    row: int
    column: str
    value: str
    message: str

    def as_json(self) -> dict[str, object]:
        """What a job row keeps."""
        return {"row": self.row, "column": self.column, "value": self.value[:200], "message": self.message}


@dataclass(frozen=True, slots=True)
class Picked:
    """The value that counts for a field, and the row it stands in."""

    text: str
    row: int


@dataclass(slots=True)
class Item:
    """The rows of one key: what will be one record."""

    key: str
    row: int
    """The first of its rows."""
    fields: dict[str, Picked] = field(default_factory=dict)
    lines: list[dict[str, Picked]] = field(default_factory=list)
    """What each row gives to a line of its own."""
    rows: list[int] = field(default_factory=list)


@dataclass
class Reading:
    """A whole file by a plan; its items come part by part, in each in the order their keys first came."""

    plan: Plan
    parts: Sequence[IO[bytes]]
    refused: IO[bytes]
    """Every problem, on the disk."""
    rows: int = 0
    skipped: Counter[Skip] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    """The first 10,000."""
    problem_count: int = 0
    taken: int = 0
    """Rows that went into an item."""

    def refuse(self, problem: Problem) -> None:
        """Note a problem."""
        self.problem_count += 1
        marshal.dump((problem.row, problem.column, problem.value, problem.message), self.refused)
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(problem)

    def every_problem(self) -> Iterator[Problem]:
        """All problems in the order of their rows."""
        for values in _records(self.refused):
            yield Problem(*values)

    def chunks(self, size: int, part: int = 0, place: int = 0) -> Iterator[Chunk]:
        """The items from a place of a part on, at most `size` together."""
        for number in range(part, len(self.parts)):
            items = iter(self._gathered(number).values())
            at = place if number == part else 0
            items = islice(items, at, None)
            while found := list(islice(items, size)):
                at += len(found)
                yield Chunk(number, at, found)

    def _gathered(self, number: int) -> dict[str, Item]:
        """The items of one part."""
        gatherers = [
            Gatherer(name, source, place)
            for place, (name, source) in enumerate(self.plan.sources.items())
            if not name.startswith(LINES)
        ]
        lines = [(place, name) for place, name in enumerate(self.plan.sources) if name.startswith(LINES)]
        items: dict[str, Item] = {}
        for row, key, texts in _records(self.parts[number]):
            item = items.get(key) or items.setdefault(key, Item(key, row))
            item.rows.append(row)
            for gatherer in gatherers:
                gatherer.take(item, row, texts[gatherer.place])
            line = {name: Picked(texts[place], row) for place, name in lines if texts[place]}
            if line:
                item.lines.append(line)
        for gatherer in gatherers:
            gatherer.finish(items)
        return items


@dataclass(frozen=True)
class Chunk:
    """Some items, and where the next ones begin."""

    part: int
    place: int
    items: list[Item]

    @property
    def rows(self) -> int:
        """Rows of the file they are made of."""
        return sum(len(item.rows) for item in self.items)


def _records(stream: IO[bytes]) -> Iterator[Any]:
    stream.seek(0)
    while True:
        try:
            yield marshal.load(stream)  # noqa: S302 - written by this process, in a file without a name
        except EOFError:
            return


class Gatherer:
    """Collects one field's values of every item, by the source's pick."""

    def __init__(self, name: str, source: Source, place: int) -> None:
        self.name = name
        self.place = place
        self.keep_first = source.pick == "first"
        self.counted: dict[str, dict[str, list[int]]] | None = {} if source.pick == "most" else None

    def take(self, item: Item, row: int, text: str) -> None:
        """Look at a row's value."""
        if not text or (self.keep_first and self.name in item.fields):
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
    """Every row of the file, parted by key; rows left out are counted under the first rule that says so."""
    tidied = {column: _tidied(place, plan.tidy.get(column, "")) for place, column in enumerate(table.columns)}
    rules = [(skip, _test(skip, tidied[skip.column])) for skip in plan.skips]
    key_of = _getter(plan.sources[plan.key], tidied)
    key_column = plan.sources[plan.key].column
    getters = [(source, _getter(source, tidied)) for source in plan.sources.values()]
    count = 1 + table.size // PART
    reading = _begun(plan, count)
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
            texts = tuple(_counting(source, getter(cells), row, reading) for source, getter in getters)
            part = reading.parts[zlib.crc32(key.encode("utf-8", "replace")) % count]
            marshal.dump((row, key, texts), part)
    return reading


def _begun(plan: Plan, count: int) -> Reading:
    """A reading of nothing yet; its files have no name and go with it."""
    parts = [tempfile.TemporaryFile() for _part in range(count)]  # noqa: SIM115 - closed below
    reading = Reading(plan, parts, tempfile.TemporaryFile())  # noqa: SIM115
    for stream in (*parts, reading.refused):
        weakref.finalize(reading, stream.close)
    return reading


def _counting(source: Source, text: str, row: int, reading: Reading) -> str:
    """The text if it counts: numbers that must be above zero and are not do not."""
    if not text or not source.positive:
        return text
    try:
        return text if _number(text) > 0 else ""
    except ValueError as error:
        reading.refuse(Problem(row, source.column, text, str(error)))
        return ""


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
