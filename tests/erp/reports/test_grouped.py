"""Sheets of reports by hand-worked figures: subtotals, currencies, ratios, more rows than a sheet holds."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from erp import config, context
from erp.config import Settings
from erp.reports import files
from erp.reports.definitions import Column, ColumnKind, Report
from erp.reports.grouped import ReportSheets
from erp.reports.grouping import Head, grouped
from erp.reports.parameters import Chosen
from erp.reports.tables import to_xlsx
from erp.reports.totals import Totals, places_of
from tests.office import cells, recounted

MONEY, TEXT = ColumnKind.MONEY, ColumnKind.TEXT
REPORT = Report(
    "sales", "sales", "Sales", "select 1",
    (
        Column("branch", TEXT, "Branch", group=True),
        Column("customer", TEXT, "Customer", group=True),
        Column("number", TEXT, "Number"),
        Column("pieces", ColumnKind.QUANTITY, "Pieces", total=True),
        Column("net", MONEY, "Net", total=True, currency="currency"),
        Column("margin", MONEY, "Margin", total=True, currency="currency"),
        Column("share", ColumnKind.PERCENT, "Share", ratio=("margin", "net")),
    ),
)  # fmt: skip
ROWS = [
    ("Mombasa", "Amina", "S1", Decimal(2), Decimal("100.00"), Decimal("25.00"), Decimal("0.25"), "KES"),
    ("Mombasa", "Amina", "S2", Decimal("1.5"), Decimal("50.50"), Decimal("10.10"), Decimal("0.2"), "KES"),
    ("Mombasa", "Brian", "S3", Decimal(1), Decimal("-20.00"), Decimal("-5.00"), Decimal("0.25"), "KES"),
    ("Westlands", "Amina", "S4", Decimal(4), Decimal("80.00"), Decimal("8.00"), Decimal("0.1"), "USD"),
    ("Westlands", "Amina", "=1+1", Decimal(3), Decimal("30.00"), Decimal("3.00"), Decimal("0.1"), "KES"),
]
"""In all 11.5 pieces; KES 160.50 with a margin of 33.10, USD 80.00 with 8.00."""


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(config, "_active", Settings())
    with context.acting(language="en", timezone="Africa/Nairobi"):
        yield


def written(path: Path, report: Report = REPORT, rows: Any = ROWS, **more: Any) -> Any:
    to_xlsx(files.table(report, Chosen({}, {}, ()), iter(rows)), path, sheets=ReportSheets.of(report), **more)
    return load_workbook(path)


def test_selected_columns_are_those_shown_then_what_they_need():
    assert REPORT.selected == ("branch", "customer", "number", "pieces", "net", "margin", "share", "currency")


def test_currencies_are_never_added_up():
    totals = Totals(REPORT, places_of(REPORT.selected))
    for row in ROWS:
        totals.add(row)
    told = dict(totals.lines())
    assert told["KES"] == [Decimal("11.5"), Decimal("160.50"), Decimal("33.10"), Decimal("33.10") / Decimal("160.50")]
    assert told["USD"] == [None, Decimal("80.00"), Decimal("8.00"), Decimal("0.1")]


def test_groups_have_heads_with_what_they_come_to():
    drawn = grouped(REPORT, ROWS)
    heads = [(each.level, each.first[each.level], each.totals) for each in drawn if isinstance(each, Head)]
    assert [(level, name) for level, name, _totals in heads] == [
        (0, "Mombasa"), (1, "Amina"), (1, "Brian"), (0, "Westlands"), (1, "Amina"),
    ]  # fmt: skip
    pieces = REPORT.columns[3]
    assert [totals.of(pieces, totals.currencies[0]) for _level, _name, totals in heads if totals] == [
        Decimal("4.5"), Decimal("3.5"), Decimal(1), Decimal(7), Decimal(7),
    ]  # fmt: skip
    cut = grouped(REPORT, ROWS, is_cut=True)
    assert [each.totals is None for each in cut if isinstance(each, Head)] == [False, False, False, True, True]


def test_the_sheet_says_how_it_sums(tmp_path: Path):
    sheet = written(tmp_path / "t.xlsx").worksheets[0]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert rows[2] == [None, "Total Amina, KES", None, "=SUBTOTAL(9,D2:D3)", None,
                       '=SUMIF(E2:E3,"KES",F2:F3)', '=SUMIF(E2:E3,"KES",G2:G3)', "=IF(F4=0,0,G4/F4)"]  # fmt: skip
    assert [row[0] for row in rows if row[0] and row[0].startswith("Total")] == [
        "Total Mombasa, KES", "Total Westlands, USD", "Total Westlands, KES", "Total, KES", "Total, USD",
    ]  # fmt: skip
    assert sheet["H2"].number_format == "0.0%"
    assert sheet["D2"].number_format == "#,##0.###"
    assert next(row for row in sheet.iter_rows(min_row=2) if row[2].value == "=1+1")[2].data_type == "s"
    assert sheet.freeze_panes == "A2"


def test_what_one_sheet_cannot_hold_is_summed_over_two(tmp_path: Path):
    plain = Report(
        "s",
        "s",
        "Sales",
        "",
        (Column("number", TEXT, "Number"), Column("pieces", ColumnKind.INTEGER, "Pieces", total=True)),
    )
    book = written(tmp_path / "t.xlsx", plain, [(f"S{n}", n) for n in range(1, 12)], sheet_rows=6)
    assert [sheet.title for sheet in book.worksheets] == ["Sales", "Sales 2", "Sales 3", "Notes"]
    last = book.worksheets[2]
    assert last["B3"].value == "=SUBTOTAL(9,'Sales'!B2:B6)+SUBTOTAL(9,'Sales 2'!B2:B6)+SUBTOTAL(9,B2:B2)"


def test_libreoffice_counts_the_same(tmp_path: Path):
    written(tmp_path / "t.xlsx")
    ours, (theirs,) = cells(tmp_path / "t.xlsx"), recounted([tmp_path / "t.xlsx"], tmp_path)
    assert len(ours) == len(theirs) == 1 + len(ROWS) + 9
    for own, other in zip(ours, theirs, strict=True):
        assert [pytest.approx(value) if isinstance(value, float | int) else value for value in own] == other
