"""Sheets and CSV files as an accountant opens them."""

import csv
import io
import tracemalloc
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape

from erp import context
from erp.documents.fields import Field, Kind
from erp.reports.tables import Table, sheet_name, to_csv, to_xlsx

COLUMNS = (
    Field("number", label="Number"),
    Field("due", Kind.DATE, label="Due"),
    Field("created_at", Kind.DATETIME, label="Created"),
    Field("total", Kind.MONEY, label="Total", total=True),
    Field("weight", Kind.DECIMAL, label="Weight", unit="g"),
    Field("urgent", Kind.BOOLEAN, label="Urgent"),
    Field("fault", Kind.CHOICE, label="Fault", choices=(("shutter", "Shutter stuck"),)),
)
MOMENT = datetime(2026, 11, 21, 21, 30, tzinfo=UTC)
ROW = ("RO-1", date(2026, 11, 28), MOMENT, Decimal("27028.00"), Decimal("3.25"), True, "shutter")


@pytest.fixture(autouse=True)
def nairobi():
    with context.acting(language="en", timezone="Africa/Nairobi"):
        yield


def table(*rows: Any, columns: Any = COLUMNS, **more: Any):
    return Table("Repair orders", columns, iter(rows), "KES", **more)


def csv_rows(source: Any):
    content = b"".join(to_csv(source))
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def sheets(source: Any, path: Any, **more: Any):
    to_xlsx(source, path, **more)
    return load_workbook(path)


def test_csv_has_labels_plain_numbers_and_local_time():
    assert csv_rows(table(ROW)) == [
        ["Number", "Due", "Created", "Total (KES)", "Weight (g)", "Urgent", "Fault"],
        ["RO-1", "2026-11-28", "2026-11-22 00:30:00", "27028.00", "3.25", "true", "Shutter stuck"],
    ]


@pytest.mark.parametrize("text", ["=1+1", "+254712000111", "-x", "@SUM(A1)", "\tx", "\rx"])
def test_no_text_is_a_formula(text: str, tmp_path: Path):
    columns = (Field("note", label="Note"), Field("amount", Kind.MONEY, label="Amount"))
    assert csv_rows(table((text, Decimal(-5)), columns=columns))[1] == ["'" + text, "-5"]
    cell = sheets(table((text, Decimal(-5)), columns=columns), tmp_path / "t.xlsx").active["A2"]
    assert cell.data_type == "s"


def test_csv_is_sent_while_rows_are_still_read():
    taken = []

    def rows():
        for number in range(100_000):
            taken.append(number)
            yield (f"RO-{number}",)

    stream = to_csv(Table("t", COLUMNS[:1], rows()))
    next(stream)
    assert len(taken) < 20_000


def test_a_sheet_has_typed_cells_a_frozen_head_and_a_filter(tmp_path: Path):
    sheet = sheets(table(ROW, ROW), tmp_path / "t.xlsx").active
    assert sheet.title == "Repair orders"
    assert [cell.value for cell in sheet[1]][3:5] == ["Total (KES)", "Weight (g)"]
    assert sheet["A1"].font.bold
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:G3")
    assert [f"{cell.value:%Y-%m-%d %H:%M}" for cell in sheet[2][1:3]] == ["2026-11-28 00:00", "2026-11-22 00:30"]
    assert [cell.number_format for cell in sheet[2][1:3]] == ["yyyy-mm-dd", "yyyy-mm-dd hh:mm"]
    assert (sheet["D2"].value, sheet["D2"].number_format) == (27028, "#,##0.00")
    assert (sheet["F2"].value, sheet["G2"].value) == (True, "Shutter stuck")
    assert sheet["D4"].value == "=SUM(D2:D3)"
    assert sheet["A4"].value == "Total"
    assert sheet.column_dimensions["G"].width > 10


def test_sums_are_shown_before_the_sheet_is_counted_again(tmp_path: Path):
    to_xlsx(table(ROW, ROW), tmp_path / "t.xlsx")
    assert load_workbook(tmp_path / "t.xlsx", data_only=True).active["D4"].value == 54056


@pytest.mark.parametrize(("currency", "expected"), [("KES", "#,##0.00"), ("IRR", "#,##0"), ("KWD", "#,##0.000")])
def test_money_has_the_decimals_of_its_currency(currency: str, expected: str, tmp_path: Path):
    amounts = Table("t", (Field("a", Kind.MONEY, label="A"),), [(Decimal(1),)], currency)
    assert sheets(amounts, tmp_path / "t.xlsx").active["A2"].number_format == expected


def test_numbers_a_sheet_would_round_stay_exact_as_text(tmp_path: Path):
    long = Decimal("1234567890123456.78")
    sheet = sheets(
        Table("t", (Field("a", Kind.MONEY),), [(long,), (Decimal("123456789012.345"),)]), tmp_path / "t.xlsx"
    ).active
    assert sheet["A2"].value == "1234567890123456.78"
    assert Decimal(str(sheet["A3"].value)) == Decimal("123456789012.345")


def test_persian_sheets_read_from_the_right(tmp_path: Path):
    with context.acting(language="fa"):
        assert sheets(table(ROW), tmp_path / "t.xlsx").active.sheet_view.rightToLeft


def test_what_does_not_fit_goes_on_the_next_sheet_and_the_sum_reaches_over_all(tmp_path: Path):
    book = sheets(table(*[ROW] * 8), tmp_path / "t.xlsx", sheet_rows=5)
    assert book.sheetnames == ["Repair orders", "Repair orders 2", "Repair orders 3"]
    assert [sheet.max_row for sheet in book] == [5, 5, 2]
    assert all(sheet["A1"].value == "Number" for sheet in book)
    assert book["Repair orders 3"]["D2"].value == "=SUM('Repair orders'!D2:D5)+SUM('Repair orders 2'!D2:D5)"


def test_odd_values_do_not_break_the_file(tmp_path: Path):
    columns = (Field("a"), Field("b", Kind.DATE), Field("c", Kind.DECIMAL, total=True))
    rows = [
        ("x\x01y\x0b", date(1850, 1, 1), None), ("ط" * 40_000, None, Decimal(0)), (["a", "b"], None, 3),
        (" <a> & _x0041_\ufffe ", None, Decimal("1E+3")), ("😀" * 40_000, None, Decimal("-0.5")),
    ]  # fmt: skip
    sheet = sheets(Table("a/b:c[d]*?" * 5, columns, rows), tmp_path / "t.xlsx").active
    assert sheet["B2"].value == "1850-01-01"
    assert len(sheet["A3"].value) == 32_767
    assert sheet["A4"].value == "a, b"
    assert unescape(sheet["A5"].value) == " <a> & _x0041_\ufffe "
    assert sheet["C5"].value == 1000
    assert len(sheet["A6"].value) == 16_383


def test_an_empty_table_is_a_head(tmp_path: Path):
    sheet = sheets(table(), tmp_path / "t.xlsx").active
    assert (sheet.max_row, sheet["A1"].value) == (1, "Number")


def test_notes_stand_on_their_own_sheet(tmp_path: Path):
    book = sheets(table(ROW, notes=("Open orders only.",)), tmp_path / "t.xlsx")
    assert book["Notes"]["A1"].value == "Open orders only."


def test_sheet_names_are_allowed_ones():
    assert sheet_name("'Orders: 2026/11?'") == "Orders  2026 11"
    assert sheet_name("") == "Sheet"
    assert len(sheet_name("x" * 50, 12)) == 31


def test_many_rows_take_little_memory(tmp_path: Path):
    tracemalloc.start()
    to_xlsx(table(*()), tmp_path / "warm.xlsx")
    tracemalloc.reset_peak()
    base = tracemalloc.get_traced_memory()[0]
    to_xlsx(Table("t", COLUMNS, (ROW for _ in range(5000)), "KES"), tmp_path / "t.xlsx")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak - base < 6_000_000
