"""The demo company's accountant matches a month of five hundred lines and signs for it; its manager closes the year."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from playwright.sync_api import Route, expect

from erp import clock, complete, create, session, tasks
from erp.run.demo import Stage
from erp.testing.pytest_plugin import Company, Person
from plugins.accounting import demo as books
from plugins.accounting.api import Part, Posting, balance, locked_until, post_many
from plugins.accounting.models import Account, FiscalYear
from plugins.banking import checks
from plugins.banking import demo as bank
from plugins.banking.entering import journal_of
from plugins.banking.models import BankAccount, BankStatement
from plugins.closing import demo as closing
from plugins.closing.models import YearEnd
from plugins.expenses import demo as expenses
from plugins.taxes import demo as taxes
from tests.scenarios.browser import Open, Window
from tests.scenarios.test_repair_in_the_browser import pick

pytestmark = pytest.mark.browser
LINES, FEES, SPLIT = 500, 6, 2
SURE = LINES - FEES - SPLIT - 1
"""Lines that name what the books say; besides fees, a deposit in two parts and a customer who pays less than is due."""
OPEN = {"bank and cash": "M-Pesa's statement comes by the tenth", "clearing accounts": "Stock is told in May"}
"""What is not clear of the month, and why it may be closed all the same."""
PARTS = ("bank and cash", "drafts", "clearing accounts", "stock", "tax")


@dataclass
class Office:
    """The company, and the month that is to be closed."""

    accountant: Person
    manager: Person
    last: date
    bank_account: int = 0
    invoice: str = ""

    def day(self, place: int) -> date:
        """A day of the last two weeks of the month, as the demo's accounts are matched from 45 days ago."""
        return self.last - timedelta(days=place % 14)


@pytest.fixture
def office(make_company: Callable[..., Company]) -> Iterator[Office]:
    """The demo company as far as its books go, in the order an installation loads it."""
    company = make_company()
    accountant = company.person("Accountant", name=books.WHO)
    manager = company.person("TENANT_MANAGER", name=expenses.BOSS)
    made = Office(accountant, manager, clock.now().date().replace(day=1) - timedelta(days=1))
    with manager.acting("demo") as boss, ExitStack() as stack:
        acting = stack.enter_context(accountant.acting("demo"))
        for begun in (taxes, books):
            begun.begin()
        people = {books.WHO: acting, expenses.BOSS: boss}
        books.load(Stage(books.TYPE, people), Random(4817), every=11)  # the month that is closed, and one of last year
        for module in (expenses, bank, closing):
            module.load(Stage(module.TYPE, people, module.ANSWERS), Random(4817))
        made.bank_account = session().scalars(sa.select(BankAccount.id).where(BankAccount.kind == "bank")).one()
        made.invoice = invoiced(made)
        yield made


def invoiced(office: Office) -> str:
    """Naomi's invoice of 11,600, tax included."""
    with clock.frozen(datetime(office.last.year, office.last.month, 5, 9, tzinfo=ZoneInfo("Africa/Nairobi"))):
        party = create("party", {"name": "Naomi Achieng", "kind": "person"}).id
        line = {"description": "Repair", "quantity": Decimal(1), "unit_price": Decimal(10_000)}
        invoice = create("invoice", {"customer": party, "lines": [line]})
        complete(tasks.open_of("invoice", [invoice.id])[0].id, {"decision": "issue"})
    return str(invoice.number)


def month_of(office: Office, folder: Path) -> Path:
    """What customers paid into the bank, as tills post it, and the file in which the bank tells of it and of more."""
    account = session().get_one(BankAccount, office.bank_account)
    sales = session().scalars(sa.select(Account.id).where(Account.use == "sales").order_by(Account.code)).first()
    paid = [(Decimal(1000 + place % 250), f"S-{office.last.year}-{place:05}") for place in range(SURE)]
    deposit = [(Decimal(amount), "Cash of the till") for amount in (40_600, 20_400, 9_000)]
    post_many([
        Posting("payment_received", office.day(place), "sale", place + 1, [Part(
            "received", amount, debit_account_id=account.account_id, credit_account_id=sales, text=text,
        )], journal_id=journal_of(account))
        for place, (amount, text) in enumerate([*paid, *deposit])
    ])  # fmt: skip
    rows = [
        (office.day(place), f"Payment {text.replace('-', ' ')}", amount) for place, (amount, text) in enumerate(paid)
    ]
    rows += [(office.last, "Account charges", Decimal(-350))] * FEES
    rows += [(office.last, "Deposit", Decimal(amount)) for amount in (45_000, 25_000)]
    rows += [(office.last, f"Naomi Achieng {office.invoice.replace('-', ' ')}", Decimal(5_000))]
    path = folder / "month.csv"
    told = [f"{on},{text},T{place:06},{amount}" for place, (on, text, amount) in enumerate(rows)]
    path.write_text("\n".join(["Booking Date,Details,Transaction ID,Amount", *told]))
    assert len(rows) == LINES
    return path


def bring(window: Window, office: Office, file: Path) -> None:
    """Bring a statement in, by columns that are read once."""
    window.go(f"/bank_account/{office.bank_account}")
    window.press("Bring a statement in")
    window.page.set_input_files("[name=file]", file)
    window.press("Read the file")
    window.says("Say which column is what")
    assert window.page.locator("[name=column-0]").input_value() == "on"
    window.press("Bring it in")
    window.says(f"{LINES} lines are brought in.")
    window.go(f"/bank_statement/new?bank_account={office.bank_account}")
    window.page.set_input_files("[name=file]", file)
    window.press("Read the file")
    window.says("This file was brought in already")


def pick_lines(window: Window, side: str, text: str) -> None:
    """Pick every line of a side that says something, and nothing else there."""
    for box in window.page.locator(f"[data-side={side}] input:checked").all():
        box.uncheck()
    for line in window.page.locator(f"[data-side={side}] [data-line]", has_text=text).all():
        line.locator("input").check()


def matched(window: Window, office: Office) -> None:
    """Match the month, most of it by keys."""
    page = window.page
    window.go(f"/bank_account/{office.bank_account}/match")
    expect(page.locator("[data-side=told]")).to_contain_text("200 of")
    begun = time.monotonic()
    page.keyboard.press("a")
    window.says("lines of the statement are matched.")
    assert time.monotonic() - begun < 60
    page.keyboard.press("z")
    window.says("Undone")
    page.keyboard.press("a")
    window.says("lines of the statement are matched.")

    # two deposits are three of the till
    pick_lines(window, "told", "Deposit")
    pick_lines(window, "booked", "Cash of the till")
    expect(page.locator("[data-sums]")).to_contain_text("0.00 left over")
    sent_once(window)
    window.says("Matched.")

    # the fees of the month and this month's are picked by what they say, and posted in their months
    pick_lines(window, "booked", "nothing")
    pick_lines(window, "told", "FT9000001")
    page.keyboard.press("s")
    page.keyboard.press("e")
    window.says("2,450.00 is on the statement and not in the books.")
    page.fill("[name=account__text]", "Bank charges")
    page.locator("[role=option]").first.click()
    window.press("Post and match")
    window.says("Posted and matched.")

    # a customer paid less than is due
    pick_lines(window, "told", "Naomi")
    page.keyboard.press("p")
    window.says("KES 5,000.00")
    window.page.locator("main form button[type=submit], main form .btn-primary").last.click()
    window.says("KES 6,600.00 of")


def sent_once(window: Window) -> None:
    """Match what is picked, over a network that fails at first and is slow then."""
    page = window.page
    sent: list[Route] = []
    page.route("**/match", lambda route: sent.append(route) if route.request.method == "POST" else route.continue_())
    with page.expect_request("**/match"):
        page.keyboard.press("Enter")
    expect(page.locator("[data-matching]")).to_have_attribute("aria-busy", "true")
    sent.pop().abort()
    window.says("No answer came from the server. Nothing is lost: try again.")
    window.complaints.remove("Failed to load resource: net::ERR_FAILED")
    expect(page.locator("[data-sums]")).to_contain_text("0.00 left over")
    with page.expect_request("**/match"):
        page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.press("j")
    expect(page.locator("[data-sums]")).to_contain_text("0.00 left over")
    assert len(sent) == 1
    sent[0].continue_()
    page.unroute("**/match")


def sign(window: Window, part: str, reason: str = "") -> None:
    """Sign for a part from the inbox, with a reason where something is not clear."""
    window.go("/inbox/")
    window.page.get_by_role("link", name=f"Check {part}").first.click()
    window.says("How it stands")
    if reason:
        window.page.fill("[name=reason]", reason)
    window.send("I have looked through it")
    window.says("done for")


def test_a_month_and_a_year_are_closed_in_the_browser(office: Office, visit: Open, tmp_path: Path) -> None:
    file = month_of(office, tmp_path)
    wanjiku, peter = visit(office.accountant), visit(office.manager)
    bring(wanjiku, office, file)

    # the bank is refused until the last line is matched
    wanjiku.go("/inbox/")
    wanjiku.page.get_by_role("link", name="Check bank and cash").first.click()
    wanjiku.send("I have looked through it")
    wanjiku.says("Put it right, or say why it may be closed all the same.")
    matched(wanjiku, office)
    for part in PARTS:
        sign(wanjiku, part, OPEN.get(part, ""))

    peter.go("/inbox/")
    peter.page.get_by_role("link", name="Lock the month").first.click()
    peter.says(f"All {LINES + 1} lines of its statements are matched.")  # the demo's own tells of the wages
    peter.says(books.WHO)
    peter.send("Lock the month")
    peter.says("done for")
    assert locked_until() == {"all": office.last}

    year = str(clock.now().year - 1)
    wanjiku.go("/year_end/new")
    pick(wanjiku, "year", year, year)
    wanjiku.press("Save")
    # no statements of it are known any more, unless that month was its last
    unclear = OPEN if office.last.year == int(year) else {"clearing accounts": "Told to the auditor"}
    for part in PARTS:
        sign(wanjiku, part, unclear.get(part, ""))
    peter.go("/inbox/")
    peter.page.get_by_role("link", name="Close the year").first.click()
    peter.send("Close the year")
    peter.says("done for")

    # the tax return is two clicks away from the first page
    wanjiku.go("/")
    for address in ("/reports/", "/reports/tax_return"):
        wanjiku.page.locator(f"a[href='{address}']:visible").first.click()
    expect(wanjiku.page.get_by_role("heading", name="Tax").first).to_be_visible()
    with office.accountant.acting():
        ended = session().scalars(sa.select(FiscalYear.ends_on).order_by(FiscalYear.id)).first()
        told = sa.select(BankStatement.moved).where(BankStatement.file_name == file.name)
        assert (ended, session().scalars(told).one() > 0) == (date(int(year), 12, 31), True)
        result = session().scalars(sa.select(YearEnd.result)).one()
        assert balance("retained_earnings", ended) == -result != 0  # what was sold, too, where it was sold in that year
        left = sa.select(Account.id).where(Account.kind.in_(("income", "expense")))
        assert {balance(each, ended) for each in session().scalars(left)} == {0}
        assert [*checks.matches_are_equal()] == []
