"""Books begun before a plugin or version came: `erp migrate` adds the accounts and rules they lack, and nothing else."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from erp import read_setting, session, transaction, write_setting
from erp.cli import migrate
from erp.provision import upgrade_all
from plugins.accounting import charts
from plugins.accounting.models import Account, PostingRule
from tests.accounting.test_posting import lines


def kept():
    """What accounts and rules say, without their ids."""
    codes = dict(session().execute(sa.select(Account.id, Account.code)).all())
    accounts = {
        (each.code, each.name, each.kind, each.use, each.is_allocated) for each in session().scalars(sa.select(Account))
    }
    rules = {(each.event, each.amount_name, each.tender, codes[each.debit_account_id], codes[each.credit_account_id])
             for each in session().scalars(sa.select(PostingRule))}  # fmt: skip
    return accounts, rules


def rules_of(event):
    return sa.delete(PostingRule).where(PostingRule.event == event)


@pytest.fixture
def older(books):
    """Books as they were before tills came, and before a bill could differ; of what a sale posts their accountant removed and changed a rule."""
    cash = books.account("cash")
    with transaction():
        for event in ("till_counted", "till_cash_moved"):
            session().execute(rules_of(event))
        session().execute(sa.delete(Account).where(Account.use.in_(["cash_difference", "cash_transit"])))
        session().execute(rules_of("sale_made").where(PostingRule.tender == "mpesa"))
        session().execute(rules_of("bill_received").where(PostingRule.amount_name == "difference"))
        session().execute(
            sa.update(PostingRule).where(PostingRule.event == "sale_made", PostingRule.tender == "card")
            .values(debit_account_id=cash)
        )  # fmt: skip
        write_setting(charts.CHOSEN, "")
    return books


def test_migrating_adds_what_is_missing_and_leaves_what_was_changed(older, settings, database):
    accounts, rules = kept()
    session.remove()
    migrate(settings)
    upgrade_all(database)
    more_accounts, more_rules = kept()
    chart = charts.charts()["kenya"]
    assert {use for *_rest, use, _allocated in more_accounts - accounts} == {"cash_difference", "cash_transit"}
    assert {code for code, *_rest in more_accounts} == {code for code, *_rest in chart.accounts}
    assert {(event, amount) for event, amount, *_rest in more_rules - rules} == {
        ("till_counted", "missing"), ("till_cash_moved", "in"), ("till_cash_moved", "out"),
        ("bill_received", "difference"),
    }  # fmt: skip
    assert accounts <= more_accounts
    assert rules <= more_rules
    assert read_setting(charts.CHOSEN, "") == "kenya"
    assert lines(older.post("till_counted", missing=20)) == {("cash_difference", 20, 0), ("cash", 0, 20)}


def test_a_number_that_is_taken_is_left_to_its_account(older, database):
    code = next(code for code, _name, _kind, use in charts.charts()["kenya"].accounts if use == "cash_difference")
    with transaction():
        session().add(Account(code=code, name="Donations", kind="expense"))
    upgrade_all(database)
    added = session().scalars(sa.select(Account).where(Account.use == "cash_difference")).one()
    assert added.code == f"{code}.1"


def test_who_keeps_no_books_gets_none(accountant, database):
    upgrade_all(database)
    assert kept() == (set(), set())
