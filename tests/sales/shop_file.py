"""A shop's file with every kind of dirt, the same each time, and what an independent few lines make of any such file."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random

HEADS = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
SERVICES = {"POST", "DOT", "M", "BANK CHARGES"}
SEED = 7
CENT = Decimal("0.01")
Row = list[str]


def made(lines: int = 3000) -> bytes:
    """Some thousand lines: cancellations with and without a sale, corrections, gifts, services, repeated lines."""
    chance = Random(SEED)
    rows: list[Row] = []
    number, moment = 536365, datetime(2010, 12, 1, 8, 26)
    while len(rows) < lines:
        number, moment = number + 1, moment + timedelta(minutes=chance.randrange(5, 300))
        rows += _document(chance, number, moment, rows)
    out = io.StringIO()
    csv.writer(out).writerows([HEADS, *rows])
    return out.getvalue().encode()


def _document(chance: Random, number: int, moment: datetime, before: list[Row]) -> list[Row]:
    customer = f"{12346 + chance.randrange(60)}.0" if chance.random() < 0.75 else ""
    country = chance.choice(("United Kingdom", "United Kingdom", "United Kingdom", "Germany", "EIRE"))
    kind = chance.random()
    when = f"{moment:%Y-%m-%d %H:%M:%S}"
    if kind < 0.1 and len(before) > 50:
        return _cancelled(chance, number, when, before)
    if kind < 0.16:
        code, count = _code(chance), chance.choice((-12, -3, 7, 40))
        return [[str(number), code, chance.choice(("", "damaged", "?")), str(count), when, "0.0", "", "United Kingdom"]]
    found: list[Row] = []
    for _line in range(chance.randrange(1, 12)):
        code = chance.choice(sorted(SERVICES)) if chance.random() < 0.05 else _code(chance)
        price = "0.0" if customer and chance.random() < 0.02 else str(Decimal(chance.randrange(10, 4000)) / 100)
        name = f"HEART LANTERN {code.upper()}" if chance.random() > 0.05 else "Lantern, heart"
        found.append([str(number), code, name, str(chance.randrange(1, 30)), when, price, customer, country])
    if chance.random() < 0.05:
        found.append(list(found[-1]))
    if chance.random() < 0.05:
        found[-1][4] = f"{moment + timedelta(minutes=1):%Y-%m-%d %H:%M:%S}"
    return found


def _cancelled(chance: Random, number: int, when: str, before: list[Row]) -> list[Row]:
    """Some of a line that was sold, or of one nobody remembers."""
    sold = chance.choice([row for row in before if row[0][0] != "C" and int(row[3]) > 0])
    count = chance.randrange(1, int(sold[3]) + 1) if chance.random() < 0.8 else int(sold[3]) + 500
    price = sold[5] if sold[5] != "0.0" else "1.25"
    return [[f"C{number}", sold[1], sold[2], str(-count), when, price, sold[6], sold[7]]]


def _code(chance: Random) -> str:
    code = f"{20000 + chance.randrange(90)}A"
    return code.lower() if chance.random() < 0.03 else code


@dataclass
class Totals:
    """What was sold less what came back, counted in four ways."""

    day: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    product: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    customer: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    country: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def add(self, line: Mapping[str, str], amount: Decimal) -> None:
        """Count a line of the file with an amount."""
        self.day[line["InvoiceDate"][:10]] += amount
        self.product[line["StockCode"].upper()] += amount
        self.customer[line["CustomerID"].removesuffix(".0")] += amount
        self.country[line["Country"]] += amount


@dataclass(frozen=True)
class Difference:
    """A line that is worth something else in the books than in the file, and the rules it met."""

    row: int
    rules: str
    amount: Decimal
    """What it is worth more in the file."""


def lines_of(content: bytes) -> Iterator[tuple[int, dict[str, str], Decimal]]:
    """Each line of a file with its row and what it comes to: quantity times price, not rounded."""
    for row, line in enumerate(csv.DictReader(io.StringIO(content.decode())), 2):
        yield row, line, Decimal(line["Quantity"]) * Decimal(line["UnitPrice"])


def compared(content: bytes, told: Iterable[Sequence[str]]) -> tuple[Totals, Totals, list[Difference]]:
    """The totals of a plain file; what those lines take away that rules changed; and these lines one by one.

    `told` are the rows of the import's own list: row, rules, …, what became of it.
    """
    plain, away, found = Totals(), Totals(), []
    became = {int(cells[0]): (cells[1], cells[-1]) for cells in told}
    for row, line, exact in lines_of(content):
        plain.add(line, exact)
        rules, kind = became.get(row, ("", "sale"))
        kept = exact.quantize(CENT, ROUND_HALF_UP) if kind in {"sale", "refund"} else Decimal(0)
        if rules and kept != exact:
            away.add(line, exact - kept)
            found.append(Difference(row, rules, exact - kept))
    return plain, away, found
