"""What was planned stands beside what came of it, month by month."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook

from erp import Invalid, create, session
from plugins.accounting.models import Account, FiscalYear
from plugins.budgets.models import Budget
from tests.accounting.conftest import accountant, books
from tests.erp.screens.conftest import post

__all__ = ["accountant", "books", "post"]


def budget(books, *lines, **more):
    year = session().scalars(sa.select(FiscalYear.id)).one()
    return create("budget", {"name": "Plan", "year": year, "lines": [
        {"account": books.account(use), **{f"month_{place}": Decimal(value) for place, value in months.items()}}
        for use, months in lines
    ], **more})  # fmt: skip


def test_budget_and_actual_by_account_and_month(books, company, sign_in):
    books.post("invoice_issued", date(2026, 3, 5), net=900)
    books.post("invoice_issued", date(2026, 4, 5), net=100)
    budget(books, ("sales", {3: 1000, 4: 1000}))
    browser = sign_in(company.person("Accountant"))
    answer = browser.get("/reports/budget_against_actual/csv?period=2026-03-01..2026-04-30")
    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
    told = [row for row in rows if "2026-03" in row or "2026-04" in row]
    assert [[Decimal(cell.replace(",", "")) for cell in row[4:7]] for row in told] == [
        [1000, 900, -100], [1000, 100, -900],
    ]  # fmt: skip


def test_an_account_stands_once(books):
    with pytest.raises(Invalid) as refused:
        budget(books, ("sales", {1: 1}), ("sales", {2: 1}))
    assert set(refused.value.fields) == {"lines-1-account"}


def test_a_budget_may_be_a_branchs_own(books):
    assert budget(books, ("sales", {1: 1})).branch_id is None
    assert budget(books, ("sales", {1: 1}), name="Westlands", is_of_branch=True).branch_id is not None


def in_excel(content, change):
    """The sheet after an accountant changed it and saved."""
    book, out = load_workbook(io.BytesIO(content)), io.BytesIO()
    change(book.worksheets[0])
    book.save(out)
    return out.getvalue()


def test_a_budget_is_changed_in_excel_and_comes_back_cell_by_cell(books, company, sign_in, post):
    made = budget(books, ("sales", {3: 1000, 4: 1000}), ("cost_of_goods", {3: 400}))
    made_id = made.id
    rent = session().scalars(sa.select(Account).where(Account.code == "6100")).one().title
    person = company.person("Accountant")
    browser = sign_in(person)
    url = f"/budget/{made_id}/plan"

    def change(sheet):
        assert [cell.value for cell in sheet[1]][:3] == ["Account", "Name", "2026-01 (KES)"]
        sheet["E2"], sheet["F2"], sheet["G3"] = 1250.5, None, "1,100"
        sheet.insert_rows(4)
        sheet["A4"], sheet["C4"] = "6100", 45_000
        sheet["O1"], sheet["O2"] = "Said to it", "as agreed in May"

    def brought(change):
        sheet = in_excel(browser.get(f"{url}.xlsx").data, change)
        return post(browser, url, {"file": (io.BytesIO(sheet), "plan.xlsx")})

    look = brought(change).location
    page = browser.get(look).text
    for said in ("1,250.50", "F2", "2026-05", rent, "Said to it", "Change 4 cells"):
        assert said in page
    assert post(browser, look).location == f"/budget/{made_id}"
    with person.acting():
        kept = {line.account.use or line.account.code: line for line in session().get_one(Budget, made_id).lines}
        assert (kept["sales"].month_3, kept["sales"].month_4) == (Decimal("1250.50"), 0)
        assert (kept["cost_of_goods"].month_5, kept["6100"].month_1) == (1100, 45_000)
    assert post(browser, look).status_code == 412

    def mistaken(sheet):
        sheet["A2"], sheet["D3"], sheet["E3"] = "9999", "much", "=1+1"

    page = browser.get(brought(mistaken).location).text
    for said in ("There is no account with this code", "is not a number", "has no value yet"):
        assert said in page
    assert "Change" not in page.split("What cannot be taken")[1]
    assert "No column is a month" in brought(lambda sheet: sheet.delete_cols(3, 12)).text
