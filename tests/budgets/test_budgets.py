"""What was planned stands beside what came of it, month by month."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa

from erp import Invalid, create, session
from plugins.accounting.models import FiscalYear
from tests.accounting.conftest import accountant, books

__all__ = ["accountant", "books"]


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
