"""Lines of a file are gathered under their numbers, on the disk; what cannot be read is told with its row."""

from __future__ import annotations

import marshal
import re
import tempfile
import weakref
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import IO, Any, NamedTuple
from zoneinfo import ZoneInfo

from erp import _, i18n, importing
from plugins.sales.history.plans import COLUMNS, Plan

CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?(?:\.\d+)?")
MOST = 10_000


class Raw(NamedTuple):
    """A line as the file has it."""

    row: int
    code: str
    """As products are told apart."""
    written: str
    """As it stands in the file."""
    description: str
    quantity: Decimal
    price: Decimal
    moment: datetime
    customer: str
    country: str


@dataclass(slots=True)
class Held:
    """A number of the file, and where its lines stand on the disk."""

    number: str
    moment: str
    """Its earliest, as text that sorts."""
    row: int
    places: array[int] = field(default_factory=lambda: array("q"))
    is_readable: bool = True


@dataclass(slots=True)
class Article:
    """What all lines of a code say of it."""

    names: Counter[str] = field(default_factory=Counter)
    price: Decimal = Decimal(0)
    """The last one above zero."""

    @property
    def name(self) -> str:
        """The most frequent description; of equally frequent ones the first."""
        return self.names.most_common(1)[0][0] if self.names else ""


@dataclass
class Shelf:
    """A whole file, its lines on the disk; the file there has no name and goes with it."""

    lines: IO[bytes]
    zone: ZoneInfo
    documents: list[Held] = field(default_factory=list)
    """In the order of their moments."""
    articles: dict[str, Article] = field(default_factory=dict)
    countries: dict[str, Counter[str]] = field(default_factory=dict)
    """{customer: how often each country}"""
    rows: int = 0
    problems: list[tuple[int, str]] = field(default_factory=list)
    """(row, what is wrong with it), the first ten thousand."""
    problem_count: int = 0

    def of(self, held: Held) -> list[Raw]:
        """The lines of a number, in the order of the file."""
        return [
            Raw(row, code, written, description, _number(quantity), _number(price), _moment(moment, self.zone), *who)
            for row, code, written, description, quantity, price, moment, *who in self.texts_of(held)
        ]

    def texts_of(self, held: Held) -> Iterator[tuple[Any, ...]]:
        """The same as the file has it, the number of its row first."""
        for place in held.places:
            self.lines.seek(place)
            yield marshal.load(self.lines)  # noqa: S302 - written by this process, in a file without a name

    def rows_of(self, held: Held) -> list[int]:
        """The rows of a number."""
        return [int(texts[0]) for texts in self.texts_of(held)]

    def country_of(self, customer: str) -> str:
        """The most frequent one of a customer."""
        seen = self.countries.get(customer)
        return seen.most_common(1)[0][0] if seen else ""


Cells = Sequence[str]
Getters = Mapping[str, Callable[[Cells], str]]


def read(table: importing.Table, plan: Plan, zone: ZoneInfo) -> Shelf:
    """Every line of the file; a number with a line that cannot be read is marked so."""
    shelf = Shelf(tempfile.TemporaryFile(), zone)  # noqa: SIM115 - closed below
    weakref.finalize(shelf, shelf.lines.close)
    cell, by_number = _cells(table, plan), dict[str, Held]()
    join = plan.choice("suffix") == "join"
    for row, cells in table.rows():
        shelf.rows += 1
        number = cell["number"](cells)
        said = _unreadable(cells, cell, zone)
        held = by_number.get(number) or by_number.setdefault(number, Held(number, "9999", row))
        if said:
            held.is_readable = False
            _refuse(shelf, row, said)
        _put(shelf, held, row, cells, cell, join=join)
    shelf.documents = sorted(by_number.values(), key=lambda held: (held.moment, held.row))
    return shelf


def _cells(table: importing.Table, plan: Plan) -> Getters:
    """How each thing a line may say is read."""
    places = {column: place for place, column in enumerate(table.columns)}

    def reader(name: str) -> Callable[[Cells], str]:
        place = places.get(plan.columns.get(name, ""), -1)
        if place < 0:
            return lambda _cells: ""
        if name == "customer":
            return lambda cells: _whole(cells[place].strip())
        return lambda cells: cells[place].strip()

    return {name: reader(name) for name in COLUMNS}


def _whole(text: str) -> str:
    """A number without the “.0” a spreadsheet wrote behind it."""
    head, point, tail = text.partition(".")
    return head if point and head.isdecimal() and not tail.strip("0") else text


def _put(shelf: Shelf, held: Held, row: int, cells: Cells, cell: Getters, *, join: bool) -> None:
    written, description = cell["code"](cells), cell["description"](cells)
    code = written.upper() if join else written
    moment, customer, country = cell["moment"](cells), cell["customer"](cells), cell["country"](cells)
    held.places.append(shelf.lines.tell())
    quantity, price = cell["quantity"](cells), cell["price"](cells)
    marshal.dump((row, code, written, description, quantity, price, moment, customer, country), shelf.lines)
    if not held.is_readable:
        return
    held.moment = min(held.moment, _moment(moment, shelf.zone).isoformat())
    article = shelf.articles.get(code) or shelf.articles.setdefault(code, Article())
    if description:
        article.names[description] += 1
    if (given := _number(price)) > 0:
        article.price = given
    if customer:
        shelf.countries.setdefault(customer, Counter())[country] += 1


def _unreadable(cells: Cells, cell: Getters, zone: ZoneInfo) -> str:
    """What is wrong with a line, in words; empty for nothing."""
    for name in ("number", "code"):
        text = cell[name](cells)
        if not text or len(text) > 40:
            said = _("Fill this in.") if not text else _("At most %(count)s characters.", count=40)
            return _at(name, said)
    try:
        for name in ("quantity", "price"):
            if abs(_number(cell[name](cells))) >= 10**9:
                return _at(name, _("This number is too large."))
        _moment(cell["moment"](cells), zone)
    except ValueError as error:
        return str(error)
    return "" if _number(cell["quantity"](cells)) else _at("quantity", _("Nothing was sold."))


def _at(name: str, said: str) -> str:
    """What is wrong, behind the name of its column."""
    return f"{COLUMNS[name]}: {said}"


def _refuse(shelf: Shelf, row: int, said: str) -> None:
    shelf.problem_count += 1
    if len(shelf.problems) < MOST:
        shelf.problems.append((row, said))


@lru_cache(maxsize=50_000)
def _number(text: str) -> Decimal:
    return i18n.parse_decimal(text)


@lru_cache(maxsize=50_000)
def _moment(text: str, zone: ZoneInfo) -> datetime:
    """A moment as files write it, in the branch's time zone unless it names another."""
    day, _gap, rest = text.replace("T", " ").partition(" ")
    found = CLOCK.match(rest.strip()) if rest.strip() else None
    if rest.strip() and found is None:
        raise ValueError(_("“%(text)s” is not a date and time.", text=text))
    hour, minute, second = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    return datetime.combine(i18n.parse_date(day), time(hour, minute, second), zone)
