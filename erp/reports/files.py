"""A report as a file: typed XLSX, CSV and PDF, each read from the database while it is written."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from operator import itemgetter
from pathlib import Path
from typing import Any

from erp import clock, context, i18n, money
from erp.config import settings
from erp.data.organisation import company
from erp.documents.fields import Field
from erp.errors import UserError
from erp.i18n import _
from erp.reports import parameters
from erp.reports.definitions import Column, ColumnKind, Report
from erp.reports.grouped import ReportSheets
from erp.reports.parameters import Chosen
from erp.reports.running import opened
from erp.reports.tables import Table, to_csv, to_xlsx
from erp.reports.totals import currency_of, places_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TELL_EVERY = 5_000
"""Rows between two words of how far a file is."""
Told = Callable[[int], None]


class ReportTooLarge(UserError):
    """The report has more rows than a file may have.

    Ask for less, for example a shorter period.
    """

    code = "report_too_large"


def columns_of(report: Report) -> list[Field]:
    """The columns of its files: those shown, and the currency where amounts are of several."""
    found = [column.field() for column in report.columns]
    currency = currency_of(report)
    if currency and currency not in {column.name for column in report.columns}:
        place = next(place for place, column in enumerate(report.columns) if column.currency)
        found.insert(place, Field(currency, label=_("Currency")))
    return [replace(field, total=field.total or _has_ratio(report, field.name)) for field in found]


def _has_ratio(report: Report, name: str) -> bool:
    column = report.column(name)
    return column is not None and column.ratio is not None


def _format(column: Column, currency: str) -> str:
    """How a sheet shows the numbers of a column, '' where its kind says so."""
    if column.places is not None:
        zeros = "0" * column.places
        return f"{'0' if column.kind is ColumnKind.PERCENT else '#,##0'}{'.' if zeros else ''}{zeros}" + (
            "%" if column.kind is ColumnKind.PERCENT else ""
        )
    if column.kind is ColumnKind.PERCENT:
        return "0.0%"
    if column.kind is ColumnKind.QUANTITY:
        return "#,##0.###"
    if column.kind is ColumnKind.MONEY and column.currency:
        return "#,##0.00"
    return ""


def table(report: Report, chosen: Chosen, rows: Iterator[Sequence[Any]], told: Told | None = None) -> Table:
    """The report as a table of typed rows; `told` hears how many were read."""
    currency = company().currency if context.current().company_id else ""
    fields = columns_of(report)
    places = places_of(report.selected)
    pick = _picking([places[field.name] for field in fields])
    formats = {column.name: text for column in report.columns if (text := _format(column, currency))}
    shown = [replace(field, unit=currency) if _is_own_money(report, field) else field for field in fields]
    return Table(
        _(report.title), shown, (pick(row) for row in _counted(rows, told)), "", notes(report, chosen),
        formats={**_money(report, currency), **formats},
    )  # fmt: skip


def _is_own_money(report: Report, field: Field) -> bool:
    column = report.column(field.name)
    return column is not None and column.kind is ColumnKind.MONEY and not column.currency


def _money(report: Report, currency: str) -> dict[str, str]:
    places = money.exponent(currency or "USD")
    text = "#,##0." + "0" * places if places else "#,##0"
    return {column.name: text for column in report.columns if column.kind is ColumnKind.MONEY}


def _picking(places: Sequence[int]) -> Callable[[Sequence[Any]], Sequence[Any]]:
    if len(places) == 1:
        return lambda row: (row[places[0]],)
    return itemgetter(*places)


def _counted(rows: Iterator[Sequence[Any]], told: Told | None) -> Iterator[Sequence[Any]]:
    most = settings().report_file_rows
    for place, row in enumerate(rows):
        if place >= most:
            raise ReportTooLarge
        if told is not None and place % TELL_EVERY == 0:
            told(place)
        yield row


def notes(report: Report, chosen: Chosen) -> list[str]:
    """What stands on the last sheet: what it is, what it was asked for, when and by whom."""
    acting = context.current()
    at = i18n.local(clock.now())
    who = _("%(title)s as of %(moment)s.", title=_(report.title), moment=f"{at:%Y-%m-%d %H:%M} {acting.timezone}")
    lines = [who, *parameters.notes(report, chosen)]
    if acting.branches is not None and report.is_narrowed:
        lines.append(_("Only the branches %(name)s sees are in it.", name=acting.name))
    return lines


def name_of(report: Report, ending: str) -> str:
    """What a file is called: `Sales by day 2026-11-27.xlsx`."""
    return f"{_(report.title)} {clock.now():%Y-%m-%d}.{ending}"


@contextmanager
def xlsx_of(
    report: Report, chosen: Chosen, *, order: Sequence[str] = (), seconds: int = 0, told: Told | None = None
) -> Iterator[Path]:
    """The report as a sheet in a file that is gone afterwards; raises as `running.opened` does, or ReportTooLarge."""
    with tempfile.TemporaryDirectory(prefix="millrace-report-") as folder:
        path = Path(folder) / "report.xlsx"
        with opened(report, chosen, order=order, seconds=seconds) as rows:
            to_xlsx(table(report, chosen, rows, told), path, sheets=ReportSheets.of(report))
        yield path


def csv_of(
    report: Report, chosen: Chosen, *, order: Sequence[str] = (), seconds: int = 0, told: Told | None = None
) -> Iterator[bytes]:
    """The report as CSV, in chunks while it is read; raises as `running.opened` does, or ReportTooLarge."""
    with opened(report, chosen, order=order, seconds=seconds) as rows:
        yield from to_csv(table(report, chosen, rows, told))
