"""A cell somebody edited becomes a field's typed value, or a sentence that says what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from erp.documents.fields import Field, Kind
from erp.forms import Lookup
from erp.i18n import _

NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.MONEY})
YES, NO = frozenset({"true", "yes", "1", "y"}), frozenset({"false", "no", "0", "n"})
SECOND = 1.0
"""Moments closer than this are the same: a sheet keeps no more."""


@dataclass(frozen=True)
class Cell:
    """What a sheet holds in one place."""

    value: Any
    is_formula: bool = False
    is_error: bool = False
    is_percent: bool = False


class Reader:
    """Reads the cells of one sheet; labels of choices count in the language it was written in and in the reader's."""

    def __init__(self, labels: Mapping[str, Mapping[str, str]], zone: ZoneInfo, lookup: Lookup) -> None:
        self.labels, self.zone, self.lookup = labels, zone, lookup
        self._found: dict[tuple[str, str], int] = {}

    def is_as_shown(self, entry: Field, cell: Cell, current: Any, name: str) -> bool:
        """Whether the cell still says what the row holds; `name` is what people call a linked record."""
        value = cell.value
        if value is None or value == "":
            return current in (None, "", False)
        if entry.kind is Kind.LINK:
            return current is not None and str(value).strip() == name.strip()
        if isinstance(value, str) and isinstance(current, str) and _plain(value) == _plain(current):
            return True
        try:
            typed = self.typed(entry, cell)
        except ValueError:
            return False
        if isinstance(typed, datetime) and isinstance(current, datetime):
            return abs((typed - current).total_seconds()) < SECOND
        return bool(typed == current)

    def typed(self, entry: Field, cell: Cell) -> Any:
        """The value; raises ValueError with a sentence."""
        value = cell.value
        if cell.is_error:
            raise ValueError(_("“%(text)s” is an error of the sheet's own formula.", text=str(value)[:40]))
        if value is None or (isinstance(value, str) and not value.strip()):
            if cell.is_formula:
                raise ValueError(_("This formula has no value yet. Open the file, save it, and bring it again."))
            return entry.check(False if entry.kind is Kind.BOOLEAN else None)
        if entry.kind is Kind.BOOLEAN:
            return self._flag(value)
        if entry.kind in {Kind.DATE, Kind.DATETIME} and isinstance(value, date):
            return self._day(entry, value)
        if entry.kind in {Kind.DATE, Kind.DATETIME} and isinstance(value, int | float):
            raise ValueError(_("“%(text)s” is a number. Write a date.", text=value))
        if entry.kind in NUMBERS and not isinstance(value, str):
            return self._number(entry, cell)
        if entry.kind is Kind.CHOICE:
            known = self.labels.get(entry.name, {})
            return entry.parse(known.get(_folded(_as_text(value)), _as_text(value)))
        if entry.kind is Kind.LINK:
            return self._link(entry, _as_text(value))
        return entry.parse(_as_text(value))

    def _number(self, entry: Field, cell: Cell) -> Any:
        if isinstance(cell.value, bool) or not isinstance(cell.value, int | float):
            raise ValueError(_("“%(text)s” is not a number.", text=_as_text(cell.value)[:40]))  # noqa: TRY004 - told to people
        # fifteen digits are what a sheet keeps; the rest is noise of its arithmetic
        number = Decimal(format(cell.value, ".15g"))
        if cell.is_percent and str(entry.unit) == "%":
            number *= 100
        if entry.kind is not Kind.INTEGER:
            return entry.check(number)
        if number != number.to_integral_value():
            raise ValueError(_("Write a whole number."))
        return entry.check(int(number))

    def _day(self, entry: Field, value: date) -> Any:
        if entry.kind is Kind.DATE:
            if isinstance(value, datetime) and value.time() != time():
                raise ValueError(_("“%(text)s” is a time of day. Write a date.", text=f"{value:%Y-%m-%d %H:%M}"))
            return entry.check(value.date() if isinstance(value, datetime) else value)
        here = value if isinstance(value, datetime) else datetime.combine(value, time())
        return entry.check(here.replace(tzinfo=self.zone).astimezone(ZoneInfo("UTC")))

    def _flag(self, value: Any) -> bool:
        text = _folded(_as_text(value))
        if isinstance(value, bool) or text in YES | {_folded(_("Yes"))}:
            return value if isinstance(value, bool) else True
        if text in NO | {_folded(_("No"))}:
            return False
        raise ValueError(_("“%(text)s” is neither yes nor no.", text=_as_text(value)[:40]))

    def _link(self, entry: Field, text: str) -> int:
        """The record somebody meant; each is looked up once."""
        text = text.strip()
        if (entry.name, text) not in self._found:
            self._found[(entry.name, text)] = self.lookup.find(entry, text)
        return self._found[(entry.name, text)]


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _folded(text: str) -> str:
    return text.strip().casefold()


def _as_text(value: Any) -> str:
    """What somebody sees in the cell; spreadsheets make numbers of what looks like one."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else format(Decimal(format(value, ".15g")), "f")
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if value.time() == time() else f"{value:%Y-%m-%d %H:%M}"
    return str(value)
