"""Products go to Excel, five thousand of them in the long run, come back edited by two people, are looked at, applied and taken back.

In the sheet a column is moved and one removed, rows are removed, added, doubled and sorted, cells hold formulas as text,
Persian digits and grouped numbers, fields nobody may set and marks that were changed; a colleague edited some rows meanwhile.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa

from erp import batches, operations
from erp.data.base import transaction
from erp.documents.lists import ListQuery
from erp.documents.types import document_type
from erp.reports import exports
from erp.testing.pytest_plugin import Company, Person

COLUMNS = ("code", "name", "uom", "unit_price", "note", "updated_by")
STALE, REMOVED, FORBIDDEN, WRONG = range(100, 110), range(200, 230), range(300, 305), range(400, 404)
"""Rows of the sheet, each kind of trouble in its own."""
LEFT_ALONE = {*STALE, *REMOVED, *FORBIDDEN, *WRONG, 4, 5}
PRODUCTS = "select code, name, unit_price, version, note from product where tenant_id = :t order by id"


@pytest.fixture
def manager(company: Company) -> Person:
    return company.person("TENANT_MANAGER", name="Wanjiru Kamau")


def exported(rows: int) -> Any:
    """The list as a workbook in somebody's hands."""
    with transaction() as current:
        cls, unit = document_type("product").cls, document_type("unit").cls
        piece = current.scalars(sa.select(unit).where(unit.code == "piece")).one()
        numbers = range(2, rows + 2)
        current.add_all(cls(code=f"P-{n:05}", name=f"Part {n}", unit_price=Decimal(n), uom=piece) for n in numbers)
    with exports.xlsx_of(ListQuery(document_type("product"), columns=COLUMNS, sort="id"), {}) as path:
        return openpyxl.load_workbook(path)


def edited(book: Any, rows: int) -> bytes:
    """The workbook after an afternoon in Excel: A code, B name, C unit, D price, E note, F changed by, G key, H version."""
    sheet = book.worksheets[0]
    for row in range(2, rows + 2):
        if row not in LEFT_ALONE - {*STALE}:
            sheet.cell(row, 2).value = f"Renamed {row}"
            sheet.cell(row, 4).value = row * 2
    sheet["B2"], sheet["B2"].data_type = "=1+1", "s"
    sheet["D2"], sheet["D3"] = "۱٬۲۵۰٫۵۰", "1,250.50"
    sheet["G4"], sheet["H5"] = "Q", "first"
    for row in FORBIDDEN:
        sheet.cell(row, 6).value = "Somebody else"
    for row, value in zip(WRONG, ("cheap", "#DIV/0!", -1, True), strict=True):
        sheet.cell(row, 4).value = value
    for row in REMOVED:
        for column in range(1, 9):
            sheet.cell(row, column).value = None
    for column in range(1, 9):
        sheet.cell(rows + 2, column).value = sheet.cell(10, column).value
    sheet.cell(rows + 3, 2).value = "A new part"
    for row in range(1, rows + 3):  # the price stands where the note was, and the unit is gone
        price, note = sheet.cell(row, 4), sheet.cell(row, 5)
        price.value, note.value = note.value, price.value
    sheet.delete_cols(3)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("rows", [pytest.param(1000, id="sample"), pytest.param(5000, marks=pytest.mark.soak)])
def test_rows_are_edited_in_excel_applied_and_taken_back(
    company: Company, manager: Person, sign_in: Callable[[Person], Any], run_jobs: Callable[[], int], truth: Any,
    rows: int,
) -> None:  # fmt: skip
    tenant, taken = manager.place.tenant_id, rows - len(LEFT_ALONE)
    with manager.acting():
        book = exported(rows)
    before = [tuple(row) for row in truth(PRODUCTS, t=tenant)]
    with company.person("TENANT_MANAGER", name="Peter Otieno").acting():
        for row in STALE:
            found = truth("select id from product where tenant_id = :t and code = :c", t=tenant, c=f"P-{row:05}")
            operations.edit(found[0][0], "product", {"name": "Peter's"}, version=1)
    client = sign_in(manager)

    # brought: nothing is written, every cell is shown from what to what, and what is refused says why
    sent = {"file": (io.BytesIO(edited(book, rows)), "products.xlsx"), "csrf_token": token(client, "/product/sheet")}
    url = client.post("/product/sheet", data=sent, content_type="multipart/form-data").headers["Location"]
    page = client.get(url).get_data(as_text=True)
    shown = (f"Apply to {taken:,} rows", f"1–100 of {2 * taken:,}", "=1+1", "KES 2.00", "KES 1,250.50")
    assert [text for text in shown if text not in page] == []
    with manager.acting():
        _name, found = batches.brought("product", int(url.rsplit("/", 1)[1]))
    is_refused_with_reasons(found, rows)
    assert [row[1] for row in truth(PRODUCTS, t=tenant) if row[1].startswith("Renamed")] == []

    # applied: one batch in the background, with progress, each row in the history
    watched = client.post(url, data={"csrf_token": token(client, url)}).headers["Location"]
    assert client.get(f"{watched}/progress").get_json()["percent"] == 0
    run_jobs()
    assert client.get(f"{watched}/progress").get_json()["percent"] == 100
    assert [tuple(row) for row in truth(PRODUCTS, t=tenant)] == [wanted(each) for each in before]
    audited = "select count(*), count(distinct actor) from audit_entry where batch_id = :b and kind = 'changed'"
    assert tuple(truth(audited, b=int(watched.rsplit("/", 1)[1]))[0]) == (taken, 1)

    # taken back as one: every row as it was, except what Peter wrote
    client.post(f"{watched}/undo", data={"csrf_token": token(client, watched)})
    run_jobs()
    after = [tuple(row)[:3] for row in truth(PRODUCTS, t=tenant)]
    assert after == [(c, "Peter's", p) if int(c[2:]) in STALE else (c, n, p) for c, n, p, *_rest in before]


def token(client: Any, url: str) -> str:
    found = re.search(r'name="csrf-token" content="([^"]+)"', client.get(url).get_data(as_text=True))
    assert found is not None
    return found[1]


def is_refused_with_reasons(found: batches.Comparison, rows: int) -> None:
    said = {each.address: each.message for each in found.problems}
    assert found.ignored == []
    assert found.refused == len(STALE) + len(FORBIDDEN) + len(WRONG) + 4
    assert all("Peter Otieno changed this row after the export" in said[f"B{row}"] for row in STALE)
    assert all("cannot be set" in said[f"E{row}"] for row in FORBIDDEN)
    assert [said[f"D{row}"].partition(": ")[2] for row in WRONG] == [
        "“cheap” is not a number.", "“#DIV/0!” is an error of the sheet's own formula.", "At least 0.",
        "“true” is not a number.",
    ]  # fmt: skip
    assert said["4"] == said["5"] == "The hidden columns of this row were changed. Export the list again."
    assert said[str(rows + 2)] == "This is the same record as row 10."
    assert said[str(rows + 3)] == "New rows are not taken here: bring them in by Import."


def wanted(row: Any) -> Any:
    """What becomes of a product."""
    code, name, price, _version, note = row
    number = int(code[2:])
    if number in STALE:
        return code, "Peter's", price, 2, note
    if number in LEFT_ALONE:
        return code, name, price, 1, note
    if number in {2, 3}:
        return code, "=1+1" if number == 2 else "Renamed 3", Decimal("1250.5"), 2, note
    return code, f"Renamed {number}", Decimal(number * 2), 2, note
