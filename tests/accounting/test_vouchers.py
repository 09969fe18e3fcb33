"""What is written by hand: balanced or refused beside the field, in foreign money by a rate, again and again, taken back."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from erp import Invalid, complete, create, session, tasks, transaction
from erp import today as day_of_business
from plugins.accounting import jobs
from plugins.accounting.api import balance
from plugins.accounting.models import FiscalPeriod, FiscalYear, JournalEntry
from plugins.accounting.vouchers import JournalVoucher

DAY = date(2026, 3, 31)


def lines(books, debit=70, credit=70):
    return [
        {"account": books.account("bank"), "debit": Decimal(debit)},
        {"account": books.account("opening"), "credit": Decimal(credit)},
    ]


def voucher(books, **values):
    return create("journal_voucher", {"text": "Opening", "voucher_date": DAY, "lines": lines(books), **values})


def decide(made, decision="post"):
    (task,) = tasks.open_of("journal_voucher", [made.id])
    complete(task.id, {"decision": decision})
    return made


def refusal(action, *args, **values):
    with pytest.raises(Invalid) as refused:
        action(*args, **values)
    return refused.value.fields


def test_opening_balances_come_in_by_a_voucher(books):
    made = decide(voucher(books))
    entry = session().get(JournalEntry, made.entry_id)
    assert (made.state, entry.entry_date, entry.source_id, made.total) == ("posted", DAY, made.id, 70)
    assert (balance("bank"), balance("opening")) == (70, -70)


def test_a_draft_is_discarded_and_posts_nothing(books):
    assert decide(voucher(books), "discard").entry_id is None
    assert balance("bank") == 0


def test_sides_that_differ_are_refused_with_what_is_missing(books):
    made = voucher(books, lines=lines(books, 70, 60))
    assert "10.00 is missing" in refusal(decide, made)["lines"]


def test_a_line_has_one_side(books):
    both = [{"account": books.account("bank"), "debit": Decimal(5), "credit": Decimal(5)}]
    assert set(refusal(voucher, books, lines=both)) == {"lines-0-credit"}


def test_a_closed_account_takes_nothing_more(books):
    made = voucher(books)
    with transaction():
        session().get(type(made.lines[0].account), made.lines[0].account_id).is_closed = True
    assert "lines-0-account" in refusal(decide, made)


def test_foreign_money_wants_a_rate_and_leaves_no_cent(books):
    made = voucher(
        books,
        in_currency="USD",
        lines=[
            {"account": books.account("bank"), "debit": Decimal("33.33")},
            {"account": books.account("cash"), "debit": Decimal("66.67")},
            {"account": books.account("opening"), "credit": Decimal(100)},
        ],
    )
    assert "USD" in refusal(decide, made)["in_currency"]
    rate = {"base_currency": "USD", "quote_currency": "KES", "rate": Decimal("129.357"), "valid_on": DAY}
    create("exchange_rate", rate)
    entry = session().get(JournalEntry, decide(made).entry_id)
    assert sum(line.amount for line in entry.lines) == 0
    assert [(line.currency, line.currency_amount) for line in entry.lines][2] == ("USD", -100)
    assert balance("opening") == Decimal("-12935.70")


def test_a_recurring_entry_makes_its_vouchers_and_goes_on(books):
    today = day_of_business()
    rent = {"name": "Rent", "every": "1", "next_on": today - timedelta(days=40), "lines": lines(books)}
    made = create("recurring_entry", {**rent, "is_automatic": True, "reverse_after": 5})
    assert jobs.make_due_vouchers(today) == 2
    assert jobs.make_due_vouchers(today) == 0
    assert made.next_on > today
    vouchers = session().scalars(sa.select(JournalVoucher).order_by(JournalVoucher.id)).all()
    assert [each.state for each in vouchers] == ["posted", "posted"]
    assert jobs.take_back_due(today) == sum(each.reverse_on <= today for each in vouchers)
    mirrors = session().scalars(sa.select(JournalEntry).where(JournalEntry.reverses_id.is_not(None))).all()
    assert {each.entry_date for each in mirrors} <= {today}


def test_a_recurring_entry_must_balance_since_nobody_looks_again(books):
    assert "lines" in refusal(create, "recurring_entry", {"name": "Rent", "lines": lines(books, 70, 60)})


def test_the_next_fiscal_year_is_made_in_time(books):
    jobs.make_next_year(date(2026, 10, 1))
    assert session().scalar(sa.select(sa.func.count(FiscalYear.id))) == 1
    jobs.make_next_year(date(2026, 11, 15))
    assert session().scalars(sa.select(FiscalYear.name).order_by(FiscalYear.id)).all() == ["2026", "2027"]
    assert session().scalar(sa.select(sa.func.count(FiscalPeriod.id))) == 24
