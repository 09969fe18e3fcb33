"""Typed cells of a sheet: what writes a column's values is settled once, so that nothing is decided per cell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from erp.documents.fields import Field, Kind

LONGEST_CELL = 32_767
EXACT_DIGITS = 15
"""Significant digits a sheet keeps of a number; longer ones are written as text."""
BEFORE_1900 = 693_594
"""Days from the first of January of the year 1 to where a sheet begins to count, its 29 February 1900 included."""
FIRST_DAY = date(1900, 3, 1).toordinal()
"""Sheets disagree about days before; those are written as text."""
DAY = 86_400
Put = Callable[[Any, int, int, Any], object]
"""(sheet, row, column, value): what writes one cell."""


def writer(column: Field, style: Any, zone: ZoneInfo) -> Put:
    """Writes the values of a column; moments stand in `zone`."""
    if column.kind in {Kind.INTEGER, Kind.DECIMAL, Kind.MONEY}:
        return number(style, column.places)
    if column.kind in {Kind.DATE, Kind.DATETIME}:
        return _day(style, zone)
    if column.kind is Kind.BOOLEAN:
        return lambda sheet, row, place, value: sheet.write_boolean(row, place, value, style)
    if column.kind is Kind.CHOICE:
        return _choice(column, style)

    def put(sheet: Any, row: int, place: int, value: Any) -> None:
        if type(value) is not str:
            value = text(column, value)
        sheet.write_string(row, place, value[:LONGEST_CELL], style)

    return put


def number(style: Any, places: int = 0) -> Put:
    """Writes numbers, as text where a sheet would lose digits."""
    safe = 10 ** (EXACT_DIGITS - places)

    def put(sheet: Any, row: int, place: int, value: Any) -> None:
        if -safe < value < safe or len(Decimal(value).normalize().as_tuple().digits) <= EXACT_DIGITS:
            sheet.write_number(row, place, float(value), style)
        else:
            sheet.write_string(row, place, format(value, "f"), style)

    return put


def _day(style: Any, zone: ZoneInfo) -> Put:
    def put(sheet: Any, row: int, place: int, value: Any) -> None:
        days = value.toordinal()
        if days < FIRST_DAY:
            sheet.write_string(row, place, str(value), style)
        elif isinstance(value, datetime):
            here = value.astimezone(zone)
            seconds = here.hour * 3600 + here.minute * 60 + here.second + here.microsecond / 1_000_000
            sheet.write_number(row, place, here.toordinal() - BEFORE_1900 + seconds / DAY, style)
        else:
            sheet.write_number(row, place, days - BEFORE_1900, style)

    return put


def _choice(column: Field, style: Any) -> Put:
    labels = {value: str(label) for value, label in column.choices}
    return lambda sheet, row, place, value: sheet.write_string(row, place, labels.get(value, str(value)), style)


def text(column: Field, value: Any) -> str:
    """A value as text: the label of a choice, several names parted by commas."""
    if column.kind is Kind.CHOICE:
        return str(dict(column.choices).get(value, value))
    return ", ".join(str(each) for each in value) if isinstance(value, list | tuple) else str(value)
