"""Wanjiku brings a month of 500 lines in and matches it with the books, mostly by keys."""

from __future__ import annotations

import time
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from erp import session
from plugins.accounting.api import Part, Posting, balance, post_many
from plugins.banking.entering import journal_of
from plugins.banking.models import BankStatement
from tests.banking.conftest import Bank, bank
from tests.scenarios.browser import Open

__all__ = ["bank"]
pytestmark = pytest.mark.browser
LINES, DAY = 500, date(2026, 3, 1)


def month(bank: Bank, folder: Path) -> Path:
    """What customers paid as the books say it, and the file of the bank, which takes a fee besides."""
    amounts = [Decimal(1000 + place % 250) for place in range(LINES - 1)]
    days = [DAY + timedelta(days=place * 28 // LINES) for place in range(LINES)]
    postings = [
        Posting("payment_received", days[place], "sale", place + 1, [Part(
            "received", amount, debit_account_id=bank.account.account_id, credit_account_id=bank.chart("sales"),
            text=f"INV-2026-{place:05}" if place else "Deposit",
        )], journal_id=journal_of(bank.account))
        for place, amount in enumerate(amounts)
    ]  # fmt: skip
    post_many(postings)
    rows = [
        f"{days[place] + timedelta(days=1)},{f'Payment INV 2026 {place:05}' if place else 'Cash'},T{place:06},{amount}"
        for place, amount in enumerate(amounts)
    ]
    path = folder / "march.csv"
    heads = "Booking Date,Details,Transaction ID,Amount"
    path.write_text("\n".join([heads, *rows, f"{days[-1]},Account charges,T999999,-350.00"]))
    return path


def test_a_month_is_brought_in_and_matched(bank: Bank, visit: Open, tmp_path: Path):
    file = month(bank, tmp_path)
    window = visit(bank.accountant)
    page = window.page
    window.go(f"/bank_account/{bank.id}")
    window.press("Bring a statement in")
    page.set_input_files("[name=file]", file)
    window.press("Read the file")
    window.says("Say which column is what")
    assert page.locator("[name=column-0]").input_value() == "on"
    window.press("Bring it in")
    window.says("500 lines are brought in.")
    window.go(f"/bank_statement/new?bank_account={bank.id}")
    page.set_input_files("[name=file]", file)
    window.press("Read the file")
    window.says("This file was brought in already")

    window.go(f"/bank_account/{bank.id}/match")
    expect(page.locator("[data-side=told]")).to_contain_text("200 of 500")
    begun = time.monotonic()
    page.keyboard.press("a")
    window.says("498 lines of the statement are matched.")
    assert time.monotonic() - begun < 10
    told = page.locator("[data-side=told] [data-line]")
    expect(told).to_have_count(2)
    for key, said, left in (("Enter", "Matched.", 1), ("z", "Undone", 2), ("Enter", "Matched.", 1)):
        page.keyboard.press(key)
        window.says(said)
        expect(told).to_have_count(left)
    expect(page.locator("[data-sums]")).to_contain_text("350.00 left over")
    page.keyboard.press("e")
    window.says("350.00 is on the statement and not in the books.")
    page.fill("[name=account__text]", "Bank charges")
    page.locator("[role=option]").first.click()
    window.press("Post and match")
    window.says("Everything on statements is matched.")
    with bank.accountant.acting():
        said = session().scalars(sa.select(BankStatement.moved)).one()
        assert (bank.told, bank.booked, balance(bank.account.account_id)) == ([], [], said)
