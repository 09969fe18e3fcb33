"""Tables of banks and mobile money: which column says what, guessed from its head and remembered afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

from erp import Invalid, _, _l, i18n, importing
from plugins.banking.reading.booked import Booked, Read

GOES: dict[str, str] = {
    "on": _l("Day"),
    "amount": _l("Amount"),
    "paid_in": _l("Paid in"),
    "paid_out": _l("Paid out"),
    "name": _l("Who"),
    "text": _l("Text"),
    "reference": _l("Reference of the bank"),
    "balance": _l("Balance after it"),
    "status": _l("Status"),
}
HEADS: Mapping[str, tuple[str, ...]] = {
    "on": (
        "completion time",
        "booking date",
        "booking day",
        "transaction date",
        "posting date",
        "date",
        "value date",
        "buchungstag",
    ),
    "paid_in": ("paid in", "money in", "credit", "deposit", "deposits", "credit amount"),
    "paid_out": ("withdrawn", "paid out", "money out", "debit", "withdrawal", "withdrawals", "debit amount"),
    "amount": ("amount", "transaction amount", "betrag", "value"),
    "name": ("other party info", "name", "payee", "counterparty", "beneficiary", "payer"),
    "text": ("details", "description", "narrative", "particulars", "narration", "remarks", "memo", "reason"),
    "reference": ("receipt no", "reference", "transaction id", "bank reference", "ref", "transaction reference"),
    "balance": ("balance", "running balance", "closing balance"),
    "status": ("transaction status", "status"),
}
"""What each is called by banks, the surest first; those of an M-Pesa organisation's statement are among them."""
HEAD_ROWS, MOST_SAMPLED = 20, 50
"""Rows above the heads, with the name of the account and the like; rows below looked at for examples."""
DONE = frozenset({"", "completed", "complete", "posted", "booked", "successful", "success"})
DAY_FIRST, MONTH_FIRST = "day", "month"
NUMERIC = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{2,4})")
WORDED = re.compile(r"(\d{1,2})[ -]([A-Za-z]{3})[A-Za-z]*[ ,-]+(\d{2,4})")
COMMA = re.compile(r"-?(?:\d{1,3}(?:\.\d{3})+|\d+),\d{1,2}")
"""1.234,50 as most of Europe writes it."""
GROUPED = re.compile(r"-?\d{1,3}(?:,\d{2,3})+(?:\.\d+)?")
"""1,234.50, or 1,23,456.50 as India writes it."""
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of a table says what, and how its days are written."""

    heads: tuple[str, ...]
    goes: Mapping[str, int] = field(default_factory=dict)
    """{name of GOES: place of the column}"""
    dates: str = DAY_FIRST

    @property
    def is_enough(self) -> bool:
        """Whether a statement can be read by it."""
        return "on" in self.goes and bool({"amount", "paid_in", "paid_out"} & set(self.goes))

    def as_json(self) -> dict[str, Any]:
        """What the bank account remembers."""
        return {"heads": list(self.heads), "goes": dict(self.goes), "dates": self.dates}

    @classmethod
    def remembered(cls, kept: Mapping[str, Any], heads: Sequence[str]) -> Columns | None:
        """What was remembered, where it is about a table with these heads."""
        if list(kept.get("heads", ())) != list(heads):
            return None
        return cls(tuple(heads), dict(kept["goes"]), kept["dates"])


def _rows(table: importing.Table) -> Iterator[tuple[int, Sequence[str]]]:
    yield 1, table.columns
    yield from table.rows()


def _plain(head: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", head.casefold()).strip()


def heads_of(table: importing.Table) -> tuple[int, tuple[str, ...]]:
    """(row, its cells) of the heads: the first rows may name the account and the like.

    The row most of whose cells are called as a column of a statement; the first one where none is.
    """
    known = {each for names in HEADS.values() for each in names}
    best, found = 0, (1, tuple(table.columns))
    for number, cells in _rows(table):
        if number > HEAD_ROWS:
            break
        score = sum(_plain(cell) in known for cell in cells)
        if score > best:
            best, found = score, (number, tuple(cell.strip() for cell in cells))
    return found


def samples(table: importing.Table, count: int = 3) -> list[list[str]]:
    """A few values of each column below the heads, for people to recognise it."""
    row, heads = heads_of(table)
    below = [cells for number, cells in islice(_rows(table), row + MOST_SAMPLED) if number > row]
    found = ([cells[place].strip() for cells in below if place < len(cells)] for place in range(len(heads)))
    return [list(dict.fromkeys(filter(None, values)))[:count] for values in found]


def guessed(table: importing.Table) -> Columns:
    """Which column says what, as far as the heads and the days tell."""
    row, heads = heads_of(table)
    plain = [_plain(head) for head in heads]
    goes: dict[str, int] = {}
    for name, words in HEADS.items():
        for word in words:
            if word in plain and plain.index(word) not in goes.values():
                goes[name] = plain.index(word)
                break
    if {"paid_in", "paid_out"} <= set(goes):
        goes.pop("amount", None)
    found = Columns(heads, goes)
    return replace(found, dates=_order([_cell(cells, found, "on") for number, cells in _rows(table) if number > row]))


def _order(days: Sequence[str]) -> str:
    """Whether days or months come first; days, unless some second number can be no month."""
    found = [match for each in days if (match := NUMERIC.match(each.strip()))]
    return MONTH_FIRST if any(int(match[2]) > 12 for match in found) else DAY_FIRST


def read(table: importing.Table, columns: Columns) -> Read:
    """The statement in a table; raises Invalid at `file` naming the row that cannot be read."""
    row, _heads = heads_of(table)
    lines, balances = [], []
    for number, cells in _rows(table):
        if number <= row:
            continue
        line = _line(number, cells, columns)
        if line is not None:
            lines.append(line)
            balances.append(_amount(number, _cell(cells, columns, "balance")))
    lines, balances = _forward(lines, balances)
    opening = balances[0] - lines[0].amount if lines and balances[0] is not None else None
    return Read("csv", lines, opening=opening, closing=balances[-1] if balances else None)


def _forward(lines: list[Booked], balances: list[Decimal | None]) -> tuple[list[Booked], list[Decimal | None]]:
    """The oldest first: some banks write the newest first."""
    if lines and lines[0].on > lines[-1].on:
        return lines[::-1], balances[::-1]
    return lines, balances


def _cell(cells: Sequence[str], columns: Columns, name: str) -> str:
    place = columns.goes.get(name)
    return cells[place].strip() if place is not None and place < len(cells) else ""


def _line(number: int, cells: Sequence[str], columns: Columns) -> Booked | None:
    """None for a row without an amount, such as a sum, and for what did not come about."""
    if _cell(cells, columns, "status").casefold() not in DONE:
        return None
    amount = _signed(number, cells, columns)
    day = _cell(cells, columns, "on")
    if not amount or not day:
        return None
    name, text, reference = (_cell(cells, columns, each) for each in ("name", "text", "reference"))
    return Booked(_day(number, day, columns.dates), amount, name[:140], text[:300], reference[:80])


def _signed(number: int, cells: Sequence[str], columns: Columns) -> Decimal:
    """What came in less what went out; a column of what went out may be written with a minus."""
    if "amount" in columns.goes:
        return _amount(number, _cell(cells, columns, "amount")) or Decimal(0)
    paid_in = _amount(number, _cell(cells, columns, "paid_in")) or Decimal(0)
    paid_out = _amount(number, _cell(cells, columns, "paid_out")) or Decimal(0)
    return abs(paid_in) - abs(paid_out)


def _amount(number: int, cell: str) -> Decimal | None:
    bare = re.sub(r"[A-Za-z]{3}|[\s$€£¥]", "", cell)
    turned = bare.startswith("(") or bare.endswith("-")
    bare = bare.strip("()").rstrip("-").removeprefix("+")
    if not bare:
        return None
    if COMMA.fullmatch(bare):
        bare = bare.replace(".", "").replace(",", ".")
    elif GROUPED.fullmatch(bare):
        bare = bare.replace(",", "")
    try:
        found = i18n.parse_decimal(bare)
    except ValueError:
        said = _("Row %(row)s: “%(cell)s” is not an amount.", row=number, cell=cell[:40])
        raise Invalid(fields={"file": said}) from None
    return -found if turned else found


def _day(number: int, cell: str, order: str) -> date:
    try:
        return _read_day(cell, order)
    except ValueError:
        said = _("Row %(row)s: “%(cell)s” is not a day.", row=number, cell=cell[:40])
        raise Invalid(fields={"file": said}) from None


def _read_day(cell: str, order: str) -> date:
    if match := WORDED.match(cell):
        return date(_year(match[3]), MONTHS.index(match[2].lower()) + 1, int(match[1]))
    if match := NUMERIC.match(cell):
        first, second = int(match[1]), int(match[2])
        return date(_year(match[3]), *((first, second) if order == MONTH_FIRST else (second, first)))
    bare = cell[:8] if cell[:8].isdecimal() else cell[:10].replace("/", "-")
    return date.fromisoformat(bare)


def _year(digits: str) -> int:
    return int(digits) + (2000 if len(digits) == 2 else 0)
