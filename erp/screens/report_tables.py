"""A report's rows as its page shows them: groups with their sums, figures in words, links that lead on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from erp.access import can
from erp.documents.types import declared
from erp.i18n import _
from erp.reports import library
from erp.reports.definitions import Column, Link, Report
from erp.reports.grouping import Head, grouped
from erp.reports.parameters import NONE, Chosen
from erp.reports.totals import Totals
from erp.reports.wording import Wording, is_negative, sums


@dataclass(frozen=True)
class ReportCell:
    """What stands in one place."""

    text: str = ""
    url: str = ""
    is_negative: bool = False


@dataclass(frozen=True)
class ReportHead:
    """A column's head, with the way to sort by it."""

    label: str
    sort_url: str = ""
    sorted: str = ""
    is_number: bool = False


@dataclass(frozen=True)
class ReportRow:
    """A row, or the head of a group with what it comes to; `level` counts the groups it stands in."""

    cells: Sequence[ReportCell]
    level: int = 0
    group: ReportCell | None = None
    """Of a head: what its rows have in common."""


@dataclass(frozen=True)
class Shown:
    """A report's table."""

    heads: Sequence[ReportHead]
    rows: Sequence[ReportRow]
    totals: Sequence[ReportRow] = ()
    lead: int = 1
    """Columns over which the name of a group or a total reaches."""
    is_grouped: bool = False


class Drawing:
    """Draws the rows of one report for one reader."""

    def __init__(self, report: Report, chosen: Chosen, wording: Wording) -> None:
        self.report, self.chosen, self.wording = report, chosen, wording
        self.columns = [column for column in report.columns if not column.group]
        leading = next((place for place, each in enumerate(self.columns) if sums(each)), len(self.columns))
        self.has_blank = leading == 0
        self.lead = leading or 1
        self.links = {each.name: _leads(each.link) for each in report.columns if each.link is not None}

    def shown(self, rows: Sequence[Sequence[Any]], whole: Totals | None, *, is_cut: bool = False) -> Shown:
        """The table without its heads; `whole` are the sums of all rows, None where they are not known."""
        if self.report.groups:
            drawn = [
                self._head(each) if isinstance(each, Head) else self._row(each, len(self.report.groups))
                for each in grouped(self.report, rows, is_cut=is_cut)
            ]
        else:
            drawn = [self._row(row, 0) for row in rows]
        has_totals = whole is not None and bool(whole.columns) and bool(rows)
        totals = self._totals(whole) if whole is not None and has_totals else ()
        return Shown((), drawn, totals, self.lead, bool(self.report.groups))

    def heads(self, order: Sequence[str], address: Callable[[str], str]) -> list[ReportHead]:
        """The heads of the columns; `address` is the page sorted so."""
        found = [ReportHead("")] if self.has_blank else []
        present = (order or self.report.sort or ("",))[0]
        for column in self.columns:
            sorted_ = {column.name: "ascending", f"-{column.name}": "descending"}.get(present, "")
            wants_largest = column.is_number and sorted_ != "descending"
            following = f"-{column.name}" if wants_largest or sorted_ == "ascending" else column.name
            label = self.wording.label(column)
            found.append(ReportHead(label, address(following), sorted_, column.is_number))
        return found

    def _head(self, head: Head) -> ReportRow:
        """The head of a group; what it comes to in several currencies is told by the totals alone."""
        sums_ = [] if head.totals is None else self._sums(head.totals, head.totals.currencies[0])
        if head.totals is not None and len(head.totals.currencies) > 1:
            sums_ = [ReportCell(_("several currencies") if each.text else "") for each in sums_]
        return ReportRow(sums_, head.level, self._cell(head.column, head.first))

    def _totals(self, whole: Totals) -> list[ReportRow]:
        return [
            ReportRow(self._sums(whole, currency), group=ReportCell(self.wording.total(currency)))
            for currency in whole.currencies
        ]

    def _sums(self, totals: Totals, currency: str) -> list[ReportCell]:
        """What stands behind the name of a group or a total."""
        behind = self.columns if self.has_blank else self.columns[self.lead :]
        return [self._sum(totals, column, currency) for column in behind]

    def _sum(self, totals: Totals, column: Column, currency: str) -> ReportCell:
        value = totals.of(column, currency) if sums(column) else None
        if value is None:
            return ReportCell()
        return ReportCell(self.wording.text(column, value, currency), "", is_negative(value))

    def _row(self, row: Sequence[Any], level: int) -> ReportRow:
        cells = [self._cell(column, row) for column in self.columns]
        return ReportRow([ReportCell(), *cells] if self.has_blank else cells, level)

    def _cell(self, column: Column, row: Sequence[Any]) -> ReportCell:
        return ReportCell(
            self.wording.cell(column, row), self.url(column, row), is_negative(row[self.wording.places[column.name]])
        )

    def url(self, column: Column, row: Sequence[Any]) -> str:
        """Where a cell leads, '' for nowhere."""
        lead = self.links.get(column.name)
        return "" if lead is None or column.link is None else lead(self._linked(column.link, row))

    def _linked(self, link: Link, row: Sequence[Any]) -> Mapping[str, Any]:
        """What a link needs, by its own keys."""
        places = self.wording.places
        if link.report:
            return {key: self._given(source, row) for key, source in link.given.items()}
        return {"document": link.document or row[places[link.document_in]], "id": row[places[link.id]]}

    def _given(self, source: str, row: Sequence[Any]) -> str:
        if source.startswith(":"):
            return self.chosen.args.get(source[1:], NONE)
        value = row[self.wording.places[source]]
        return NONE if value is None else ("1" if value is True else str(value))


def _leads(link: Link) -> Callable[[Mapping[str, Any]], str]:
    """Where a link leads the actor; nowhere what they may not open."""
    if link.report:
        target = library.reports().get(link.report)
        if target is None or not library.may(target):
            return lambda _given: ""
        return lambda given: f"/reports/{link.report}?{urlencode(given)}"
    return _document


def _document(given: Mapping[str, Any]) -> str:
    kind, row_id = given["document"], given["id"]
    if not row_id or kind not in declared() or not can("show", kind):
        return ""
    return f"/{kind}/{row_id}"
