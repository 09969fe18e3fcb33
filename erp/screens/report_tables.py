"""A report's rows as its page shows them: groups with their sums, figures in words, links that lead on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from erp import i18n, money
from erp.access import can
from erp.documents.types import declared
from erp.i18n import _
from erp.reports import library
from erp.reports.definitions import Column, ColumnKind, Link, Report
from erp.reports.parameters import NONE, Chosen
from erp.reports.totals import COMPANY, Totals, currency_of, places_of

DASH = "–"


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
    count: int = 0


@dataclass
class _Group:
    """A group while its rows are read."""

    at: int
    value: Any
    first: Sequence[Any]
    totals: Totals = field(repr=False)


class Drawing:
    """Draws the rows of one report for one reader."""

    def __init__(self, report: Report, chosen: Chosen, company: str) -> None:
        self.report, self.chosen, self.company = report, chosen, company
        self.places = places_of(report.selected)
        self.columns = [column for column in report.columns if not column.group]
        leading = next((place for place, each in enumerate(self.columns) if _sums(each)), len(self.columns))
        self.has_blank = leading == 0
        self.lead = leading or 1
        self.currency = self.places[currency_of(report)] if currency_of(report) else -1
        self.only: str | None = None
        """The currency all amounts are in; None where they are of several."""
        self.links = {each.name: _leads(each.link) for each in report.columns if each.link is not None}

    def shown(
        self, rows: Sequence[Sequence[Any]], whole: Totals | None, heads: Sequence[ReportHead], *, is_cut: bool = False
    ) -> Shown:
        """The table; `whole` are the sums of all rows, None where they are not known."""
        seen = {row[self.currency] or COMPANY for row in rows} if self.currency >= 0 else {self.company}
        seen |= set(whole.currencies) - {COMPANY} if whole is not None and self.currency >= 0 else set()
        self.only = next(iter(seen)) if len(seen) == 1 else None
        drawn = self._grouped(rows, is_cut=is_cut) if self.report.groups else [self._row(row, 0) for row in rows]
        totals = self._totals(whole) if whole is not None and whole.columns and rows else ()
        return Shown(heads, drawn, totals, self.lead, whole.count if whole is not None else len(rows))

    # -- groups ------------------------------------------------------------------------------------------

    def _grouped(self, rows: Sequence[Sequence[Any]], *, is_cut: bool) -> list[ReportRow]:
        found: list[ReportRow] = []
        open_: list[_Group] = []
        places = [self.places[column.name] for column in self.report.groups]
        for row in rows:
            keys = [row[place] for place in places]
            same = next((n for n, group in enumerate(open_) if group.value != keys[n]), len(open_))
            self._close(found, open_, same)
            for level in range(len(open_), len(places)):
                open_.append(_Group(len(found), keys[level], row, Totals(self.report, self.places)))
                found.append(ReportRow(()))
            for group in open_:
                group.totals.add(row)
            found.append(self._row(row, len(places)))
        self._close(found, open_, 0, is_cut=is_cut)
        return found

    def _close(self, found: list[ReportRow], open_: list[_Group], keep: int, *, is_cut: bool = False) -> None:
        """Write the heads of the groups that end; what a group comes to is not known where it was cut off."""
        while len(open_) > keep:
            group = open_.pop()
            column = self.report.groups[len(open_)]
            head = self._cell(column, group.first)
            sums = [] if is_cut else self._sums(group.totals, group.totals.currencies[0])
            more = "" if is_cut or len(group.totals.currencies) == 1 else _("several currencies")
            cells = [ReportCell(more or each.text, "", each.is_negative and not more) for each in sums]
            found[group.at] = ReportRow(cells, len(open_), head)

    # -- totals ------------------------------------------------------------------------------------------

    def _totals(self, whole: Totals) -> list[ReportRow]:
        found = []
        for currency in whole.currencies:
            label = _("Total") if self.only is not None or currency == COMPANY else _("Total, %(unit)s", unit=currency)
            found.append(ReportRow(self._sums(whole, currency), group=ReportCell(label)))
        return found

    def _sums(self, totals: Totals, currency: str) -> list[ReportCell]:
        """What stands behind the name of a group or a total."""
        behind = self.columns if self.has_blank else self.columns[self.lead :]
        return [self._sum(totals, column, currency) for column in behind]

    def _sum(self, totals: Totals, column: Column, currency: str) -> ReportCell:
        value = totals.of(column, currency) if _sums(column) else None
        if value is None:
            return ReportCell()
        return ReportCell(self.text(column, value, currency), "", value < 0)

    # -- rows --------------------------------------------------------------------------------------------

    def _row(self, row: Sequence[Any], level: int) -> ReportRow:
        cells = [self._cell(column, row) for column in self.columns]
        return ReportRow([ReportCell(), *cells] if self.has_blank else cells, level)

    def _cell(self, column: Column, row: Sequence[Any]) -> ReportCell:
        value = row[self.places[column.name]]
        currency = row[self.currency] if column.currency else ""
        lead = self.links.get(column.name)
        url = "" if lead is None or column.link is None else lead(self._linked(column.link, row))
        is_negative = isinstance(value, Decimal | int) and not isinstance(value, bool) and value < 0
        return ReportCell(self.text(column, value, currency), url, is_negative)

    def text(self, column: Column, value: Any, currency: str = "") -> str:
        """A value as the reader reads it; a currency stands in front only where there are several."""
        if value is None or value == "":
            return DASH
        if column.kind is ColumnKind.MONEY:
            unit = currency or self.company
            text = i18n.format_number(value, _places(column, unit))
            return text if self.only is not None else f"{unit} {text}"
        if column.kind is ColumnKind.PERCENT:
            return _("%(number)s %%", number=i18n.format_number(Decimal(value) * 100, column.places or 1))
        if column.is_number:
            return i18n.format_number(value, column.places)
        return column.field().shown(value)

    def _linked(self, link: Link, row: Sequence[Any]) -> Mapping[str, Any]:
        """What a link needs, by its own keys."""
        if link.report:
            return {key: self._given(source, row) for key, source in link.given.items()}
        kind = link.document or row[self.places[link.document_in]]
        return {"document": kind, "id": row[self.places[link.id]]}

    def _given(self, source: str, row: Sequence[Any]) -> str:
        if source.startswith(":"):
            return self.chosen.args.get(source[1:], NONE)
        value = row[self.places[source]]
        return NONE if value is None else ("1" if value is True else str(value))


def _sums(column: Column) -> bool:
    return column.total or column.ratio is not None


def _places(column: Column, currency: str) -> int:
    return column.places if column.places is not None else money.exponent(currency or "USD")


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


def heads(drawing: Drawing, order: Sequence[str], address: Callable[[str], str]) -> list[ReportHead]:
    """The heads of the columns; `address` is the page sorted so."""
    found = [ReportHead("")] if drawing.has_blank else []
    asked = {name.removeprefix("-"): name for name in (*reversed(drawing.report.sort), *reversed(order))}
    leading = (order or drawing.report.sort or ("",))[0].removeprefix("-")
    for column in drawing.columns:
        present = asked.get(column.name, "") if column.name == leading else ""
        following = f"-{column.name}" if present == column.name or (column.is_number and not present) else column.name
        sorted_ = {"": "", column.name: "ascending"}.get(present, "descending")
        found.append(ReportHead(_label(drawing, column), address(following), sorted_, column.is_number))
    return found


def _label(drawing: Drawing, column: Column) -> str:
    label = _(column.label)
    if column.kind is ColumnKind.MONEY and drawing.only:
        return _("%(label)s, %(unit)s", label=label, unit=drawing.only)
    return label
