"""An accountant signs for a month part by part, a manager locks it and closes the year; the tax return is near."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from erp import create, session, transaction
from plugins.accounting.api import Part, Posting, locked_until, post_many
from plugins.accounting.models import FiscalYear
from plugins.banking.matching import match_pairs, open_journal_lines, open_statement_lines
from plugins.banking.models import BankAccount
from plugins.banking.reading import Booked, Read
from plugins.banking.statements import bring
from tests.closing.conftest import Office, office
from tests.scenarios.browser import Open, Window
from tests.scenarios.test_repair_in_the_browser import pick

__all__ = ["office"]
pytestmark = pytest.mark.browser
LINES = 500
LAST = date(2026, 12, 31)


def statement_of(office: Office) -> BankAccount:
    """A statement of 500 lines, each of which the books know; all are matched but the last."""
    bank = office.account("bank")
    with transaction():
        post_many([
            Posting("payment_received", date(2026, 12, 1 + place % 28), "payment", place,
                    [Part("received", Decimal(100 + place))])
            for place in range(LINES)
        ])  # fmt: skip
    account = create("bank_account", {"name": "Equity Bank", "account": bank})
    told = [Booked(date(2026, 12, 1 + place % 28), Decimal(100 + place), f"Payment {place}") for place in range(LINES)]
    bring(account.id, "december.csv", b"december", Read("csv", told))
    booked = {each.amount: each.id for each in open_journal_lines(account)}
    waiting = open_statement_lines(account)
    match_pairs(account.id, {each.id: [booked[each.amount]] for each in waiting[:-1]})
    return account


def sign(window: Window, name: str, reason: str = "") -> None:
    """Sign for a part from the inbox, with a reason where something is not clear."""
    window.go("/inbox/")
    window.page.get_by_role("link", name=name).first.click()
    window.says("How it stands")
    if reason:
        window.page.fill("[name=reason]", reason)
    window.send("I have looked through it")
    window.says("done for")


def test_a_month_and_a_year_are_closed_in_the_browser(office: Office, visit: Open):
    account = statement_of(office)
    wanjiku, grace = visit(office.accountant), visit(office.manager)
    wanjiku.go("/month_end/new")
    pick(wanjiku, "period", "2026-12", "2026-12")
    wanjiku.press("Save")
    wanjiku.says("1 lines of its statements are not matched.")

    # the bank is refused until the last line is matched
    wanjiku.go("/inbox/")
    wanjiku.page.get_by_role("link", name="Check bank and cash").first.click()
    wanjiku.send("I have looked through it")
    wanjiku.says("Put it right, or say why it may be closed all the same.")
    (line,) = open_statement_lines(account)
    match_pairs(account.id, {line.id: [open_journal_lines(account)[0].id]})
    sign(wanjiku, "Check bank and cash")
    for part in ("drafts", "clearing accounts", "stock", "tax"):
        sign(wanjiku, f"Check {part}")

    grace.go("/inbox/")
    grace.page.get_by_role("link", name="Lock the month").first.click()
    grace.says("All 500 lines of its statements are matched.")
    grace.says("Wanjiku Kamau")
    grace.send("Lock the month")
    grace.says("done for")
    assert locked_until() == {"all": LAST}

    wanjiku.go("/year_end/new")
    pick(wanjiku, "year", "2026", "2026")
    wanjiku.press("Save")
    for part in ("bank and cash", "drafts", "clearing accounts", "stock", "tax"):
        sign(wanjiku, f"Check {part}")
    grace.go("/inbox/")
    grace.page.get_by_role("link", name="Close the year").first.click()
    grace.send("Close the year")
    grace.says("done for")
    session().rollback()
    assert session().scalars(sa.select(FiscalYear.name).order_by(FiscalYear.id)).all() == ["2026", "2027"]

    # the tax return is two clicks away from the first page
    grace.go("/")
    for address in ("/reports/", "/reports/tax_return"):
        grace.page.locator(f"a[href='{address}']:visible").first.click()
    expect(grace.page.get_by_role("heading", name="Tax").first).to_be_visible()
