"""Checks of reports: each is read, runs with what it begins with, and comes out as every kind of file."""

from __future__ import annotations

from pathlib import Path

from openpyxl import load_workbook

from erp.documents.types import declared
from erp.reports import files, library, parameters, running
from erp.reports.definitions import Report
from erp.reports.reading import read
from erp.testing.conformance.subjects import Shipped, icons, roles, tell
from erp.testing.pytest_plugin import Company


def _read(shipped: Shipped) -> Report:
    path = shipped.path
    sql = path.with_suffix(".sql")
    assert sql.is_file(), f"Put the SELECT of {path.name} beside it, as {sql.name}."
    return read(shipped.plugin, path.stem, path.read_text(), sql.read_text())


def test_a_report_names_what_there_is(told: Shipped) -> None:
    """Its roles, its icon, the document types and the reports it leads to are there."""
    report = _read(told)
    leads = [column.link for column in report.columns if column.link is not None]
    types = {link.document for link in leads if link.document} - set(declared())
    others = {link.report for link in leads if link.report} - set(library.reports())
    tell([
        *(f"{report.name}: nobody plays {role}." for role in report.roles if role not in roles()),
        *([] if report.icon in icons() else [f"{report.name}: icons.txt does not list {report.icon}."]),
        *(f"{report.name} leads to {name}, which no plugin declares." for name in types),
        *(f"{report.name} leads to {name}, which is no report." for name in others),
        *_misnamed(report),
    ])  # fmt: skip


def _misnamed(report: Report) -> list[str]:
    """What is given to other reports and they do not ask for."""
    return [
        f"{report.name}: {column.link.report} has no parameter {name}."
        for column in report.columns
        if column.link is not None and column.link.report in library.reports()
        for name in column.link.given
        if library.reports()[column.link.report].parameter(name) is None
    ]


def test_a_report_runs_as_it_begins(told: Shipped, company: Company, tmp_path: Path) -> None:
    """The owner runs it with its defaults, all of it and sorted by each column, and takes it as a sheet and as CSV."""
    report = _read(told)
    with company.person("TENANT_OWNER").acting():
        chosen = parameters.chosen(report, {})
        for column in report.columns:
            with running.opened(report, chosen, order=(f"-{column.name}",), limit=10) as rows:
                assert all(len(row) == len(report.selected) for row in rows)
        running.summed(report, chosen)
        with files.xlsx_of(report, chosen) as path:
            sheets = load_workbook(path)
        content = b"".join(files.csv_of(report, chosen))
    labels = [str(cell.value) for cell in sheets.worksheets[0][1]]
    assert len(labels) == len(content.decode("utf-8-sig").splitlines()[0].split(","))
