"""Tables as files: CSV and XLSX written row by row, so that a million rows need no more memory than ten."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from erp import context, i18n, late, money
from erp.documents.fields import Field, Kind
from erp.i18n import _
from erp.reports import cells
from erp.reports.cells import LONGEST_CELL
from erp.reports.marks import KEY, TOTAL, VERSION

if TYPE_CHECKING:
    import xlsxwriter
else:
    xlsxwriter = late.module("xlsxwriter")

SHEET_ROWS = 1_048_576
"""Rows a sheet can hold, its head included."""
MEASURED_ROWS = 500
"""Rows that are looked at for the width of the columns."""
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
CHUNK = 64 * 1024


@dataclass(frozen=True)
class Table:
    """Rows under columns; a row has one value for each column, links as their text."""

    title: str
    columns: Sequence[Field]
    rows: Iterable[Sequence[Any]]
    currency: str = ""
    notes: Sequence[str] = field(default=())
    """What the reader should know: how it was filtered, until when it reaches."""
    properties: Mapping[str, str] = field(default_factory=dict)
    """The mark of a list that may be brought back; each row then ends with its id and version."""
    formats: Mapping[str, str] = field(default_factory=dict)
    """{column: how a sheet shows its numbers}, where its kind does not say."""

    def heads(self) -> list[str]:
        """The labels of the columns, with their currency or unit."""
        return [_head(column, self.currency) for column in self.columns]


def _head(column: Field, currency: str) -> str:
    unit = currency if column.kind is Kind.MONEY else str(column.unit)
    label = str(column.label) or column.name
    return f"{label} ({unit})" if unit else label


# -- CSV -------------------------------------------------------------------------------------------------


def to_csv(table: Table) -> Iterator[bytes]:
    """The table as UTF-8 with a byte order mark, in chunks; no cell is read as a formula by a spreadsheet."""
    zone = ZoneInfo(context.current().timezone)
    return _csv_chunks(table, table.heads(), zone)


def _csv_chunks(table: Table, heads: Sequence[str], zone: ZoneInfo) -> Iterator[bytes]:
    buffer = io.StringIO("\ufeff")
    buffer.seek(0, io.SEEK_END)
    writer = csv.writer(buffer)
    writer.writerow([_harmless(head) for head in heads])
    for row in table.rows:
        pairs = zip(table.columns, row, strict=not table.properties)
        writer.writerow([_csv_cell(column, value, zone) for column, value in pairs])
        if buffer.tell() > CHUNK:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


def _csv_cell(column: Field, value: Any, zone: ZoneInfo) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date | int):
        return str(value)
    return _harmless(cells.text(column, value))


# -- XLSX ------------------------------------------------------------------------------------------------


def to_xlsx(table: Table, path: Path, *, sheet_rows: int = SHEET_ROWS, sheets: type[Sheets] | None = None) -> int:
    """Write the table to `path` and return the number of rows; what does not fit goes on further sheets.

    `sheets` are another kind of sheets, such as those with subtotals.
    """
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"title": table.title, "comments": "\n".join(table.notes)})
        for name, value in table.properties.items():
            book.set_custom_property(name, value)
        made = (sheets or Sheets)(book, table, sheet_rows)
        for row in table.rows:
            made.write(row)
        made.finish()
    return made.count


def sheet_name(title: str, number: int = 1) -> str:
    """A name a sheet may have: 31 characters, no bracket, colon, star, question mark or slash, no quote at an end."""
    plain = re.sub(r"[\[\]:*?/\\\x00-\x1f]+", " ", title).strip(" '") or "Sheet"
    ending = f" {number}" if number > 1 else ""
    return plain[: 31 - len(ending)].rstrip(" '") + ending


class Sheets:
    """The sheets of one table, the next one begun when a sheet is full."""

    def __init__(self, book: Any, table: Table, sheet_rows: int) -> None:
        self.book, self.table, self.sheet_rows = book, table, sheet_rows
        self.zone = ZoneInfo(context.current().timezone)
        self.heads = table.heads()
        self.widths = [len(head) + 3 for head in self.heads]
        self.totals = [Decimal(0)] * len(table.columns)
        self.summed = [place for place, column in enumerate(table.columns) if column.total]
        self.filled: list[tuple[str, int]] = []
        """Name and last row of every sheet, rows counted from one."""
        self.cells = [
            cells.writer(column, place, self._style(column), self.zone) for place, column in enumerate(table.columns)
        ]
        if table.properties:
            self.cells += [cells.key(len(self.cells)), cells.key(len(self.cells) + 1)]
        self.bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "vcenter"})
        self.sheets: list[Any] = []
        self.count = 0
        """Rows written so far."""
        self._begin()

    def _format(self, column: Field, **more: Any) -> Any:
        """The cell format of a column, its decimals by the currency."""
        style: dict[str, Any] = dict(more)
        if column.name in self.table.formats:
            style["num_format"] = self.table.formats[column.name]
        elif column.kind is Kind.MONEY:
            places = money.exponent(self.table.currency or "USD")
            style["num_format"] = "#,##0." + "0" * places if places else "#,##0"
        elif column.kind is Kind.INTEGER:
            style["num_format"] = "#,##0"
        elif column.kind is Kind.DATE:
            style["num_format"] = "yyyy-mm-dd"
        elif column.kind is Kind.DATETIME:
            style["num_format"] = "yyyy-mm-dd hh:mm"
        elif column.kind is Kind.LONG_TEXT:
            style.update(text_wrap=True, valign="top")
        return self.book.add_format(style) if style else None

    def _style(self, column: Field, **more: Any) -> int:
        """The number of a column's format among those of the book, 0 for none."""
        made = self._format(column, **more)
        return int(made._get_xf_index()) if made is not None else 0  # noqa: SLF001 - rows are written past the cells

    def _begin(self) -> None:
        name = sheet_name(self.table.title, len(self.sheets) + 1)
        sheet = self.book.add_worksheet(name)
        if i18n.direction() == "rtl":
            sheet.right_to_left()
        sheet.freeze_panes(1, 0)
        for place, head in enumerate(self.heads):
            sheet.write_string(0, place, head, self.bold)
        if self.table.properties:
            for place, head in enumerate((KEY, VERSION), len(self.heads)):
                sheet.write_string(0, place, head)
                sheet.set_column(place, place, 9, None, {"hidden": True})
        # the head goes to the sheet's rows; what follows is written behind it
        sheet._write_single_row(1)  # noqa: SLF001
        self.sheets.append(sheet)
        self.filled.append((name, 1))

    def _next_row(self) -> int:
        """The next free row, counted from zero."""
        if self.filled[-1][1] >= self.sheet_rows:
            self._close()
            self._begin()
        return self.filled[-1][1]

    def _close(self) -> None:
        """Let XlsxWriter know of the rows of the last sheet."""
        sheet, last = self.sheets[-1], self.filled[-1][1]
        sheet.previous_row = last
        sheet.dim_rowmax = last - 1

    def write(self, values: Sequence[Any]) -> None:
        """One row."""
        row = self._next_row()
        self.count += 1
        self.sheets[-1].fh.write(cells.row_of(self.cells, row + 1, values))
        for place in self.summed:
            if isinstance(values[place], Decimal | int):
                self.totals[place] += values[place]
        if row < MEASURED_ROWS:
            self._measure(values)
        self.filled[-1] = (self.filled[-1][0], row + 1)

    def _measure(self, values: Sequence[Any]) -> None:
        for place, column in enumerate(self.table.columns):
            if values[place] is not None:
                self.widths[place] = max(self.widths[place], _width(column, values[place]))

    def finish(self) -> None:
        """Sums, filters, widths and notes."""
        filled = list(self.filled)
        self._close()
        if any(column.total for column in self.table.columns) and filled[0][1] > 1:
            self._write_totals(filled)
        for sheet, (_name, last) in zip(self.sheets, filled, strict=False):
            # the hidden columns too, so that sorting by the filter keeps each row together
            sheet.autofilter(0, 0, max(last - 1, 0), len(self.cells) - 1)
        for sheet in self.sheets:
            for place, width in enumerate(self.widths):
                sheet.set_column(place, place, min(width, 60))
        if self.table.notes:
            sheet = self.book.add_worksheet(sheet_name(_("Notes"), 1 if _("Notes") != self.filled[0][0] else 2))
            sheet.set_column(0, 0, 100)
            for place, note in enumerate(self.table.notes):
                sheet.write_string(place, 0, str(note)[:LONGEST_CELL])

    def _write_totals(self, filled: Sequence[tuple[str, int]]) -> None:
        row = self._next_row()
        sheet = self.sheets[-1]
        named = False
        if self.table.properties:
            sheet.write_string(row, len(self.heads), TOTAL)
        for place, column in enumerate(self.table.columns):
            if column.total:
                letters = xlsxwriter.utility.xl_col_to_name(place)
                ranges = [
                    f"SUM({_quoted(name) if name != self.filled[-1][0] else ''}{letters}2:{letters}{last})"
                    for name, last in filled
                ]
                style = self._format(column, bold=True, top=1)
                sheet.write_formula(row, place, "=" + "+".join(ranges), style, float(self.totals[place]))
            elif not named:
                sheet.write_string(row, place, _("Total"), self.book.add_format({"bold": True, "top": 1}))
                named = True


def _quoted(name: str) -> str:
    return "'" + name.replace("'", "''") + "'!"


def _width(column: Field, value: Any) -> int:
    """About how many characters wide a value is shown."""
    if isinstance(value, datetime):
        return 17
    if isinstance(value, date):
        return 11
    if isinstance(value, Decimal | int):
        return len(f"{value:,.2f}") + 2
    return max(len(line) for line in cells.text(column, value).split("\n")) + 2
