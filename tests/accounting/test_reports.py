"""Statements of a small company, worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa

from erp import create, session, transaction
from plugins.accounting.api import Part, Posting, make_year
from plugins.accounting.balances import fold
from plugins.accounting.models import Account, Allocation, JournalLine
from tests.reported import rows, table, total

QUARTER = {"period": "2026-01-01..2026-03-31"}


def of(code):
    return session().scalar(sa.select(Account.id).where(Account.code == code))


def line(entry_id, code):
    wanted = sa.select(JournalLine.id).where(JournalLine.document_id == entry_id, JournalLine.account_id == of(code))
    return session().scalar(wanted)


@pytest.fixture
def shop(books):
    """A year of trade in nine postings; those of last year are folded into balances, the others wait."""
    make_year(date(2025, 1, 1))
    amina, peter = (create("party", {"name": name}).id for name in ("Amina Hassan", "Peter Otieno"))
    with transaction():
        standard = create("tax_category", {"name": "Standard", "code": "S"}).id
        vat = create(
            "tax", {"category": standard, "name": "VAT", "rate": Decimal(16), "valid_from": date(2021, 1, 1)}
        ).id

    def posted(number, event, on, *parts):
        return books.posted(Posting(event, on, "sale", number, parts, text=f"No. {number}"))

    def by_hand(number, on, debit, credit, amount):
        part = Part("amount", Decimal(amount), debit_account_id=of(debit), credit_account_id=of(credit))
        return posted(number, "journal_voucher", on, part)

    def invoice(number, on, net, tax, party, due):
        return posted(
            number, "invoice_issued", on, Part("net", Decimal(net), party_id=party, due_on=due),
            Part("tax", Decimal(tax), party_id=party, due_on=due, tax_id=vat, tax_base=Decimal(net)),
        )  # fmt: skip

    posted(1, "goods_received", date(2025, 11, 1), Part("cost", Decimal(600)))
    supplier = {"party_id": peter, "due_on": date(2025, 12, 2)}
    posted(2, "bill_received", date(2025, 11, 2), Part("net", Decimal(600), **supplier),
           Part("tax", Decimal(96), tax_id=vat, tax_base=Decimal(600), **supplier))  # fmt: skip
    first = invoice(3, date(2025, 11, 10), 1000, 160, amina, date(2025, 12, 10))
    posted(4, "goods_issued", date(2025, 11, 10), Part("cost", Decimal(400)))
    assert fold() == 4
    by_hand(5, date(2026, 1, 2), "1100", "3000", 5000)
    paid = posted(6, "payment_received", date(2026, 1, 15), Part("received", Decimal(1160), party_id=amina))
    invoice(7, date(2026, 2, 10), 2000, 320, peter, date(2026, 3, 12))
    posted(8, "goods_issued", date(2026, 2, 10), Part("cost", Decimal(150)))
    posted(9, "payment_made", date(2026, 2, 20), Part("paid", Decimal(500), party_id=peter))
    by_hand(10, date(2026, 3, 5), "6100", "1100", 300)
    by_hand(11, date(2026, 3, 20), "1520", "1100", 250)
    with transaction():
        session().add(Allocation(debit_line_id=line(first, "1200"), credit_line_id=line(paid, "1200"),
                                 amount=Decimal(1160)))  # fmt: skip
    return books


def test_the_balance_sheet_balances_and_tells_two_results(shop):
    assert table("balance_sheet", "section", "code", "name", "assets", "owed", "owed_before", day="2026-03-31") == [
        ("asset", "1100", "Bank, shilling account", 5110, None, None),
        ("asset", "1200", "Trade receivables", 2320, None, None),
        ("asset", "1300", "Inventory", 50, None, None),
        ("asset", "1400", "Input VAT 16 %", 96, None, None),
        ("asset", "1520", "Workshop tools and equipment", 250, None, None),
        ("liability", "2000", "Trade payables", None, 196, None),
        ("liability", "2100", "Output VAT 16 %", None, 480, None),
        ("equity", "3000", "Share capital", None, 5000, None),
        ("equity", None, "current", None, 1550, None),
        ("equity", None, "earlier", None, 600, None),
    ]
    for day in ("2025-11-05", "2025-12-31", "2026-01-02", "2026-03-31"):
        assert total("balance_sheet", "assets", day=day) == total("balance_sheet", "owed", day=day)


def test_the_trial_balance_of_a_month_adds_up_to_nothing(shop):
    february = {"period": "2026-02-01..2026-02-28"}
    assert table("trial_balance", "code", "opening", "debit", "credit", "closing", **february) == [
        ("1100", 6160, 0, 500, 5660),
        ("1200", 0, 2320, 0, 2320),
        ("1300", 200, 0, 150, 50),
        ("1400", 96, 0, 0, 96),
        ("2000", -696, 500, 0, -196),
        ("2100", -160, 0, 320, -480),
        ("3000", -5000, 0, 0, -5000),
        ("4000", 0, 0, 2000, -2000),
        ("5000", 0, 150, 0, 150),
        (None, -600, 0, 0, -600),
    ]
    assert total("trial_balance", "opening", **february) == total("trial_balance", "closing", **february) == 0


def test_days_that_cut_months_come_to_the_same_folded_or_not(shop):
    periods = ("2025-11-02..2025-11-02", "2025-11-10..2026-02-15", "2026-01-10..2026-03-10")

    def told():
        return [table("trial_balance", "code", "opening", "debit", "credit", period=each) for each in periods]

    before = told()
    assert fold() == 7
    assert told() == before
    assert all(total("trial_balance", "closing", period=each) == 0 for each in periods)


def test_profit_and_loss_of_a_quarter(shop):
    assert table("profit_and_loss", "section", "code", "result", "share", **QUARTER) == [
        ("income", "4000", 2000, 1),
        ("cost_of_goods", "5000", -150, Decimal("-0.075")),
        ("expense", "6100", -300, Decimal("-0.15")),
    ]
    beside = table("profit_and_loss", "code", "result", "year_before", period="2026-11-01..2026-11-30")
    assert beside == [("4000", 0, 1000), ("5000", 0, -400)]


def test_the_cash_flow_leads_from_the_beginning_to_what_is_there(shop):
    assert table("cash_flow", "section", "code", "came", "went", **QUARTER) == [
        ("operating", "1200", 1160, 0),
        ("operating", "2000", 0, 500),
        ("operating", "6100", 0, 300),
        ("investing", "1520", 0, 250),
        ("financing", "3000", 5000, 0),
    ]
    assert total("cash_flow", "flow", **QUARTER) == 5110
    assert total("cash_flow", "flow", period="2026-02-01..2026-02-28") == 5660


def test_a_ledger_runs_from_what_was_held_before(shop):
    bank = {"account_id": str(of("1100")), "period": "2026-02-01..2026-03-31"}
    assert table("general_ledger", "entry_date", "debit", "credit", "balance", **bank) == [
        (None, None, None, 6160),
        (date(2026, 2, 20), None, 500, 5660),
        (date(2026, 3, 5), None, 300, 5360),
        (date(2026, 3, 20), None, 250, 5110),
    ]


def test_what_customers_owe_by_its_age(shop):
    ages = ("party", "open", "not_due", "days_30", "days_60", "days_90", "older")
    assert table("aged_receivables", *ages, day="2026-04-30") == [("Peter Otieno", 2320, None, None, 2320, None, None)]
    assert table("aged_receivables", *ages, day="2025-12-31") == [("Amina Hassan", 1160, None, 1160, None, None, None)]
    assert rows("aged_receivables", day="2025-11-09") == []
    assert table("aged_payables", "party", "open", "older", day="2026-02-01") == [("Peter Otieno", 696, None)]
    assert table("aged_payables", "open", day="2026-03-01") == [(696,), (-500,)]


def test_the_tax_of_a_quarter_and_the_entries_behind_it(shop):
    year = {"period": "2025-11-01..2026-03-31"}
    assert table("tax_return", "side", "tax", "rate", "entries", "base", "amount", **year) == [
        ("a_sales", "VAT", Decimal("0.16"), 2, 3000, 480),
        ("b_purchases", "VAT", Decimal("0.16"), 1, -600, -96),
    ]
    assert table("tax_entries", "number", "base", "amount", **QUARTER) == [("JE-2026-00007", 2000, 320)]
