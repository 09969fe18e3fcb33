"""Typed cells of a sheet as XML: how a column is written is settled once, so that little is left to do per cell.

XlsxWriter builds the workbook; going its way through each cell of many rows would be nine tenths of the time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from erp import late
from erp.documents.fields import Field, Kind

if TYPE_CHECKING:
    import xlsxwriter
else:
    xlsxwriter = late.module("xlsxwriter")

LONGEST_CELL = 32_767
"""UTF-16 units of the longest text."""
EXACT_DIGITS = 15
"""Significant digits a sheet keeps of a number; longer ones are written as text."""
BEFORE_1900 = 693_594
"""Days from the first of January of the year 1 to where a sheet begins to count, its 29 February 1900 included."""
FIRST_DAY = date(1900, 3, 1).toordinal()
"""Sheets disagree about days before; those are written as text."""
DAY = 86_400
UNSAFE = re.compile("[&<>\x00-\x08\x0b-\x1f\ufffe\uffff]|_x[0-9a-fA-F]{4}_")
"""What XML or a sheet would read as something else."""
MARKED_UP = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
Cell = Callable[[int, Any], str]
"""(number of the row, value): the cell's XML; the value is never None and never empty."""


class Column:
    """What all cells of a column have in common; `style` is the number of their format, 0 for none."""

    def __init__(self, place: int, style: int = 0) -> None:
        marked = f' s="{style}"' if style else ""
        self.begin = f'<c r="{xlsxwriter.utility.xl_col_to_name(place)}'
        self.number = f'"{marked}><v>'
        self.flag = f'"{marked} t="b"><v>'
        self.text = f'"{marked} t="inlineStr"><is><t>'
        self.kept = f'"{marked} t="inlineStr"><is><t xml:space="preserve">'

    def of_text(self, row: int, value: str) -> str:
        """A text, cut where a sheet would refuse it."""
        if len(value) > LONGEST_CELL // 2:
            value = _cut(value)
        begin = self.kept if value[:1].isspace() or value[-1:].isspace() else self.text
        safe = UNSAFE.sub(_escaped, value) if UNSAFE.search(value) else value
        return f"{self.begin}{row}{begin}{safe}</t></is></c>"

    def of_number(self, row: int, value: object) -> str:
        """A number that is written out."""
        return f"{self.begin}{row}{self.number}{value}</v></c>"

    def of_flag(self, row: int, value: object) -> str:
        """Yes or no."""
        return f"{self.begin}{row}{self.flag}{1 if value else 0}</v></c>"


def _escaped(found: re.Match[str]) -> str:
    sign = found[0]
    if len(sign) > 1:
        return f"_x005F{sign}"
    return MARKED_UP.get(sign) or f"_x{ord(sign):04X}_"


def _cut(value: str) -> str:
    """The beginning of a text that fits; no sign is cut in two."""
    return value.encode("utf-16-le", "replace")[: LONGEST_CELL * 2].decode("utf-16-le", "ignore")


def writer(field: Field, place: int, style: int, zone: ZoneInfo) -> Cell:
    """Writes the values of a field in the column at `place`, counted from zero; moments stand in `zone`."""
    column = Column(place, style)
    if field.kind in {Kind.INTEGER, Kind.DECIMAL, Kind.MONEY}:
        return _number(column, field.places)
    if field.kind is Kind.DATE:
        return _day(column)
    if field.kind is Kind.DATETIME:
        return _moment(column, zone)
    if field.kind is Kind.BOOLEAN:
        return column.of_flag
    if field.kind is Kind.CHOICE:
        labels = {value: str(label) for value, label in field.choices}
        return lambda row, value: column.of_text(row, labels.get(value) or str(value))
    return lambda row, value: column.of_text(row, value if type(value) is str else text(field, value))


def key(place: int) -> Cell:
    """Writes whole numbers that are no amount of anything."""
    return Column(place).of_number


def _number(column: Column, places: int) -> Cell:
    safe = 10 ** (EXACT_DIGITS - places)

    def cell(row: int, value: Any) -> str:
        if -safe < value < safe or len(Decimal(value).normalize().as_tuple().digits) <= EXACT_DIGITS:
            return column.of_number(row, format(value, "f") if type(value) is Decimal else value)
        return column.of_text(row, format(value, "f"))

    return cell


def _day(column: Column) -> Cell:
    def cell(row: int, value: date) -> str:
        days = value.toordinal()
        if days < FIRST_DAY:
            return column.of_text(row, str(value))
        return column.of_number(row, days - BEFORE_1900)

    return cell


def _moment(column: Column, zone: ZoneInfo) -> Cell:
    def cell(row: int, value: datetime) -> str:
        here = value.astimezone(zone)
        days = here.toordinal()
        if days < FIRST_DAY:
            return column.of_text(row, str(value))
        seconds = here.hour * 3600 + here.minute * 60 + here.second + here.microsecond / 1_000_000
        return column.of_number(row, days - BEFORE_1900 + seconds / DAY)

    return cell


def text(field: Field, value: Any) -> str:
    """A value as text: the label of a choice, several names parted by commas."""
    if field.kind is Kind.CHOICE:
        return str(dict(field.choices).get(value, value))
    return ", ".join(str(each) for each in value) if isinstance(value, list | tuple) else str(value)


def row_of(cells: Sequence[Cell], row: int, values: Sequence[Any]) -> str:
    """One row; empty values have no cell."""
    found = [cell(row, value) for cell, value in zip(cells, values, strict=False) if value is not None and value != ""]
    return f'<row r="{row}">{"".join(found)}</row>'
