"""Sheets of a report: subtotals where a group ends, totals as formulas, amounts of each currency by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from erp import late
from erp.documents.fields import Field
from erp.i18n import _
from erp.reports.cells import Column as Cells
from erp.reports.definitions import Column, Report
from erp.reports.tables import Sheets, Table
from erp.reports.totals import COMPANY, Totals, currency_of, places_of

if TYPE_CHECKING:
    import xlsxwriter
else:
    xlsxwriter = late.module("xlsxwriter")

Stretch = tuple[str, int, int]
"""(sheet, first row, last row), rows counted from one."""


class ReportSheets(Sheets):
    """The sheets of one report; made for it by `of`."""

    report: Report

    def __init__(self, book: Any, table: Table, sheet_rows: int) -> None:
        super().__init__(book, table, sheet_rows)
        self.places = places_of([column.name for column in table.columns])
        self.summed = []  # sums are kept by currency
        self.grouped = [self.places[column.name] for column in self.report.groups]
        self.whole = Totals(self.report, self.places)
        self.levels = [Totals(self.report, self.places) for _each in self.grouped]
        self.begins: list[list[Stretch]] = [[] for _each in self.grouped]
        """Where the present group of each level stands."""
        self.present: list[Any] | None = None
        self.styles = {column.name: self._style(column, bold=True, top=1) for column in table.columns}
        self.label = self._style(Field(""), bold=True, top=1)

    @classmethod
    def of(cls, report: Report) -> type[ReportSheets]:
        """The sheets of this report."""
        return type("ReportSheetsOfOne", (cls,), {"report": report})

    def write(self, values: Sequence[Any]) -> None:
        """One row, and before it the subtotals of the groups that ended."""
        if self.grouped:
            self._turn([values[place] for place in self.grouped])
        super().write(values)
        self.whole.add(values)
        name, last = self.filled[-1]
        for level, totals in enumerate(self.levels):
            totals.add(values)
            stretches = self.begins[level]
            if stretches and stretches[-1][0] == name:
                stretches[-1] = (name, stretches[-1][1], last)
            else:
                stretches.append((name, last, last))

    def _turn(self, keys: list[Any]) -> None:
        """End the groups that another key ends, the innermost first."""
        if self.present is not None and keys != self.present:
            first = next(level for level, key in enumerate(keys) if key != self.present[level])
            self._end(first)
        self.present = keys

    def _end(self, first: int) -> None:
        for level in range(len(self.grouped) - 1, first - 1, -1):
            column = self.table.columns[self.grouped[level]]
            value = self.present[level] if self.present is not None else None
            word = "–" if value is None else column.shown(value)
            self._sums(_("Total %(group)s", group=word), self.grouped[level], self.levels[level], self.begins[level])
            self.levels[level] = Totals(self.report, self.places)
            self.begins[level] = []

    def _write_totals(self, filled: Sequence[tuple[str, int]]) -> None:
        self._sums(_("Total"), 0, self.whole, [(name, 2, last) for name, last in filled])

    def finish(self) -> None:
        """The last subtotals, then what every table ends with."""
        if self.grouped and self.present is not None:
            self._end(0)
        super().finish()

    def _sums(self, label: str, at: int, totals: Totals, stretches: Sequence[Stretch]) -> None:
        """A row for each currency there is a sum in; its own currency cell stays empty, so that no sum counts it."""
        for currency in totals.currencies:
            row = self._next_row() + 1
            sheet = self.filled[-1][0]
            named = f"{label}, {currency}" if currency else label
            found = {at: Cells(at, self.label).of_text(row, named)}
            for column in totals.columns:
                value = totals.of(column, currency)
                if value is not None:
                    place = self.places[column.name]
                    found[place] = self._formula(column, place, row, currency, stretches, sheet, value)
            self.sheets[-1].fh.write(f'<row r="{row}">{"".join(found[place] for place in sorted(found))}</row>')
            self.filled[-1] = (sheet, row)

    def _formula(
        self, column: Column, place: int, row: int, currency: str, stretches: Sequence[Stretch], here: str, value: Any
    ) -> str:
        letters = xlsxwriter.utility.xl_col_to_name(place)
        if column.ratio is not None:
            above, below = (xlsxwriter.utility.xl_col_to_name(self.places[name]) for name in column.ratio)
            text = f"IF({below}{row}=0,0,{above}{row}/{below}{row})"
        else:
            text = "+".join(self._sum(column, letters, currency, stretch, here) for stretch in stretches)
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return f'<c r="{letters}{row}" s="{self.styles[column.name]}"><f>{escaped}</f><v>{value}</v></c>'

    def _sum(self, column: Column, letters: str, currency: str, stretch: Stretch, here: str) -> str:
        """The sum of one stretch; SUBTOTAL leaves out subtotals inside it, a sum by currency what has none."""
        name, first, last = stretch
        sheet = "" if name == here else "'" + name.replace("'", "''") + "'!"
        values = f"{sheet}{letters}{first}:{letters}{last}"
        if not column.currency or currency == COMPANY:
            return f"SUBTOTAL(9,{values})"
        other = xlsxwriter.utility.xl_col_to_name(self.places[currency_of(self.report)])
        return f'SUMIF({sheet}{other}{first}:{other}{last},"{currency}",{values})'
