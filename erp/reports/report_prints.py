"""A report on paper: landscape when it is wide, its head on every page, pages counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from erp import context, i18n
from erp.data.organisation import company
from erp.i18n import _
from erp.reports import files
from erp.reports.definitions import Report
from erp.reports.files import ReportTooLarge
from erp.reports.grouping import Head, grouped
from erp.reports.parameters import Chosen
from erp.reports.prints import render_html, to_pdf
from erp.reports.running import opened
from erp.reports.totals import Totals, places_of
from erp.reports.wording import Wording, is_negative, sums

MOST = 3_000
"""Rows of the longest paper; longer ones nobody reads, and a sheet has them."""
WIDE = 90
"""Characters side by side from which a page lies on its side."""
TEMPLATE = Path(__file__).with_name("report.html")


class PaperTooLong(ReportTooLarge):
    """The report has more rows than fit on paper: a PDF ends at 3,000.

    Take it as Excel or CSV, or ask for less, for example a shorter period.
    """

    code = "paper_too_long"


@dataclass(frozen=True)
class PaperCell:
    """A cell of the table."""

    text: str
    is_number: bool = False
    is_negative: bool = False
    span: int = 1


@dataclass(frozen=True)
class PaperRow:
    """A row; kind: '' | g (head of a group) | t (total)."""

    cells: Sequence[PaperCell]
    kind: str = ""


@dataclass(frozen=True)
class PaperHead:
    """A column's head with its share of the width in per cent."""

    label: str
    is_number: bool
    width: int


@cache
def _template() -> str:
    return TEMPLATE.read_text()


def pdf_of(report: Report, chosen: Chosen, *, order: Sequence[str] = (), seconds: int = 0) -> bytes:
    """The report as PDF; raises as `running.opened` does, or PaperTooLong beyond MOST rows."""
    with opened(report, chosen, order=order, limit=MOST + 1, seconds=seconds) as found:
        rows = list(found)
    return printed(report, chosen, rows)


def printed(report: Report, chosen: Chosen, rows: Sequence[Sequence[Any]]) -> bytes:
    """The PDF of rows that were read already; raises PaperTooLong beyond MOST."""
    if len(rows) > MOST:
        raise PaperTooLong
    whole = Totals(report, places_of(report.selected))
    for row in rows:
        whole.add(row)
    own = company()
    wording = Wording(report, own.currency)
    wording.look(rows, whole)
    paper = _Paper(report, wording)
    told = [paper.head(each) if isinstance(each, Head) else paper.row(each) for each in grouped(report, rows)]
    told += [paper.total(whole, currency) for currency in whole.currencies] if whole.columns and rows else []
    widths = paper.widths(told)
    is_wide = sum(widths) > WIDE
    language = context.current().language
    data = {
        "title": _(report.title), "notes": files.notes(report, chosen), "company": own.name, "rows": told,
        "heads": paper.heads(widths), "size": "a4 landscape" if is_wide else "a4 portrait",
        "font": 8 if sum(widths) < WIDE * 2 else 6.5,
    }  # fmt: skip
    return to_pdf(render_html(_template(), data, language))


class _Paper:
    """The rows of one report on paper."""

    def __init__(self, report: Report, wording: Wording) -> None:
        self.wording = wording
        self.columns = [column for column in report.columns if not column.group] or list(report.columns)
        self.lead = next((place for place, each in enumerate(self.columns) if sums(each)), len(self.columns))

    def heads(self, widths: Sequence[int]) -> list[PaperHead]:
        """The heads, wider where more is written."""
        whole = sum(widths)
        shares = [max(1, width * 100 // whole) for width in widths]
        shares[0] += max(0, 100 - sum(shares))
        return [
            PaperHead(self.wording.label(column), column.is_number, share)
            for column, share in zip(self.columns, shares, strict=True)
        ]

    def widths(self, rows: Sequence[PaperRow]) -> list[int]:
        """About how many characters each column needs."""
        found = [max(6, min(14, len(self.wording.label(column)))) for column in self.columns]
        for row in (each for each in rows[:500] if not each.kind):
            found = [max(width, min(40, len(cell.text))) for width, cell in zip(found, row.cells, strict=True)]
        return [width + 2 for width in found]

    def row(self, row: Sequence[Any]) -> PaperRow:
        """A row."""
        places = self.wording.places
        return PaperRow([
            PaperCell(self.wording.cell(column, row), column.is_number, is_negative(row[places[column.name]]))
            for column in self.columns
        ])  # fmt: skip

    def head(self, head: Head) -> PaperRow:
        """The head of a group with what it comes to."""
        label = "\u2003" * head.level + self.wording.cell(head.column, head.first)
        several = head.totals is None or len(head.totals.currencies) > 1
        totals = None if several else head.totals
        return self._summed(label, totals, totals.currencies[0] if totals is not None else "", "g")

    def total(self, whole: Totals, currency: str) -> PaperRow:
        """The total of a currency."""
        return self._summed(self.wording.total(currency), whole, currency, "t")

    def _summed(self, label: str, totals: Totals | None, currency: str, kind: str) -> PaperRow:
        cells = [PaperCell(label, span=self.lead)] if self.lead else []
        if self.lead > 1 and i18n.direction() == "rtl":
            # columns are turned round one by one, and what reaches over several is lost
            cells = [PaperCell(label), *(PaperCell("") for _each in range(self.lead - 1))]
        for column in self.columns[self.lead :]:
            value = totals.of(column, currency) if totals is not None and sums(column) else None
            text = "" if value is None else self.wording.text(column, value, currency)
            cells.append(PaperCell(text, is_number=True, is_negative=is_negative(value)))
        return PaperRow(cells, kind)
