"""Workbooks made to hurt, and workbooks people really send: each is read, or refused in a sentence."""

from __future__ import annotations

import io
import time
import zipfile
from typing import Any

import openpyxl
import pytest

from erp.errors import Invalid
from erp.importing import Plan, dry_run, keep, opened, read
from erp.importing.readings import read_by
from erp.importing.tables import UNSOLVED
from erp.testing.pytest_plugin import Company, Person
from tests.erp.importing.test_tables import book

LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">%s]>""" % b"".join(
    b'<!ENTITY %c "%s">' % (name, b"&%c;" % (name - 1) * 20) for name in range(ord("b"), ord("n"))
)
ROWS = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'


def with_part(content: bytes, name: str, text: bytes) -> bytes:
    """The workbook with one of its parts as given."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            if part != name:
                new.writestr(part, old.read(part))
        new.writestr(name, text)
    return out.getvalue()


def refusal(content: bytes) -> str:
    began = time.monotonic()
    with pytest.raises(Invalid) as error:
        list(read(content, "a.xlsx").rows())
    assert time.monotonic() - began < 60
    return error.value.fields["file"]


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/sharedStrings.xml"])
def test_a_billion_laughs_are_not_laughed(part: str):
    plain = book(("name",), ("x",))
    text = LAUGHS + b"<worksheet><sheetData><row><c><v>&m;</v></c></row></sheetData></worksheet>"
    try:
        rows = list(read(with_part(plain, part, text), "a.xlsx").rows())
    except Invalid as error:
        assert "damaged" in error.fields["file"] or "no rows" in error.fields["file"]
    else:
        assert all(len(cell) < 1000 for _number, cells in rows for cell in cells)


def test_a_sheet_of_two_million_rows_is_refused():
    row = b'<row r="%d"><c t="inlineStr"><is><t>x</t></is></c></row>'
    text = ROWS % b"".join(row % number for number in (1, 2, 2_000_000))
    assert refusal(with_part(book(("name",)), "xl/worksheets/sheet1.xml", text)) in {
        "At most 1,000,000 rows.", "The workbook is damaged. Save it again as .xlsx.",
    }  # fmt: skip


def test_a_row_number_beyond_every_sheet_does_not_count_on_for_ever():
    text = (
        ROWS % b'<row r="1"><c t="inlineStr"><is><t>n</t></is></c></row><row r="99999999999999"><c><v>1</v></c></row>'
    )
    assert "damaged" in refusal(with_part(book(("name",)), "xl/worksheets/sheet1.xml", text))


def test_texts_that_would_fill_the_memory_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("erp.importing.tables.MOST_TEXTS", 1024 * 1024)
    content = with_part(book(("name",), ("x",)), "xl/sharedStrings.xml", b"<sst>" + b"<si/>" * 300_000 + b"</sst>")
    assert "larger than 1 MB" in refusal(content)


def test_merged_cells_are_named():
    made = openpyxl.Workbook()
    sheet: Any = made.active
    for row in (("name", "city"), ("a", "Nairobi"), ("b", None)):
        sheet.append(row)
    sheet.merge_cells("B2:B3")
    out = io.BytesIO()
    made.save(out)
    assert (
        refusal(out.getvalue()) == "The cells B2:B3 are merged. Unmerge all cells, so that each row has its own values."
    )


def test_formulas_errors_and_days_that_are_numbers_are_told_at_their_cells(company: Company):
    made = openpyxl.Workbook()
    sheet: Any = made.active
    for row in (
        ("no", "name", "price", "since"),
        (1, "=A2", 5, None),
        (2, "b", "#REF!", None),
        (3, "c", "=1+1", 45000),
    ):
        sheet.append(row)
    sheet["B2"].data_type = "s"
    out = io.BytesIO()
    made.save(out)
    plan: dict[str, Any] = {
        "type": "product", "key": "code",
        "sources": {"code": {"column": "no"}, "name": {"column": "name"}, "unit_price": {"column": "price"}},
    }  # fmt: skip
    manager: Person = company.person("TENANT_MANAGER")
    with manager.acting():
        table = opened(keep("a.xlsx", out.getvalue()).id)
        outcome = dry_run(Plan.from_json(plan), table)
    assert [cells[2] for _row, cells in table.rows()] == ["5", "#REF!", UNSOLVED]
    assert outcome.new == 1  # "=A2" is a text and stays one
    assert [(each.row, each.message) for each in outcome.problems] == [
        (3, "“#REF!” is an error of the sheet's own formula."),
        (4, "This formula has no value yet. Open the file, save it, and bring it again."),
    ]


def test_a_day_that_lost_its_form_is_not_guessed(company: Company):
    plan: dict[str, Any] = {
        "type": "repair_order", "key": "number",
        "sources": {
            "number": {"column": "no"}, "item": {"text": "x"}, "fault": {"text": "y"}, "customer": {"text": "z"},
            "created_at": {"column": "day"}, "state": {"text": "delivered"},
        },
    }  # fmt: skip
    with company.person("TENANT_MANAGER").acting():
        outcome = dry_run(Plan.from_json(plan), opened(keep("a.csv", b"no,day\n1,45000\n").id))
    assert "“45000” is a number. Write a date, or give the column the form of a date." in {
        each.message for each in outcome.problems
    }


def test_a_cell_of_any_size_and_wrong_letters_are_read_or_refused(company: Company):
    assert "quotation mark is missing or a cell is too long" in refusal(b'a,b\n"' + b"x" * 200_000 + b'",1\n')
    assert next(read("Name\nZoë\n".encode("cp1252"), "a.csv").rows()) == (2, ["Zoë"])
    assert "cannot be read" in refusal(b"\xff\xfea\x00\x00\xd8\x00\xd8")


def test_a_long_file_is_parted_on_the_disk_and_comes_out_whole(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("erp.importing.readings.PART", 10_000)
    plan = {"type": "party", "key": "number", "sources": {"number": {"column": "no"}, "name": {"column": "name"}}}
    table = read(b"no,name\n" + b"".join(b"%d,x\n" % (n % 3000) for n in range(5000)), "a.csv")
    chunks = list(read_by(Plan.from_json(plan), table).chunks(100))
    assert max(chunk.part for chunk in chunks) >= 2
    assert (
        len({item.key for chunk in chunks for item in chunk.items}) == sum(len(chunk.items) for chunk in chunks) == 3000
    )
    assert sum(chunk.rows for chunk in chunks) == 5000
    halfway = chunks[len(chunks) // 2]
    rest = list(read_by(Plan.from_json(plan), table).chunks(100, halfway.part, halfway.place))
    assert [item.key for chunk in rest for item in chunk.items] == [
        item.key for chunk in chunks[len(chunks) // 2 + 1 :] for item in chunk.items
    ]
