"""Posting: events become entries by rules, once, balanced, whole."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa

from erp import Conflict, Invalid, edit, session, today, transaction
from plugins.accounting.api import Part, Posting, balance, charts, choose_chart, keeps_books, post, post_many, reverse
from plugins.accounting.kinds import USES
from plugins.accounting.models import JournalEntry, PostingRule

DAY = date(2026, 3, 5)


def lines(entry_id):
    entry = session().get(JournalEntry, entry_id)
    return {(line.account.use, line.debit, line.credit) for line in entry.lines}


def test_without_a_chart_nothing_is_posted(accountant):
    assert not keeps_books()
    assert post(Posting("invoice_issued", DAY, "invoice", 1, [Part("net", Decimal(100))])) is None


def test_an_invoice_is_posted_by_its_rules(books):
    entry = books.post("invoice_issued", net=100, tax=16)
    assert lines(entry) == {("receivable", 116, 0), ("sales", 0, 100), ("tax_payable", 0, 16)}
    assert session().get(JournalEntry, entry).number == "JE-2026-00001"


def test_what_is_below_zero_goes_the_other_way_round(books):
    assert lines(books.post("stock_revalued", cost=-30)) == {("stock", 0, 30), ("stock_revaluation", 30, 0)}


def test_the_rule_with_most_conditions_met_is_taken(books):
    made = books.posted(
        Posting(
            "payment_received",
            DAY,
            "payment",
            1,
            [
                Part("received", Decimal(50), tender="cash"),
                Part("received", Decimal(70), tender="cheque"),
            ],
        )
    )
    assert lines(made) == {("cash", 50, 0), ("bank", 70, 0), ("receivable", 0, 120)}


def test_an_amount_no_rule_knows_is_refused_by_name(books):
    with pytest.raises(Conflict, match=r"tip.*invoice is issued"):
        books.post("invoice_issued", tip=5)


def test_an_event_of_a_source_is_posted_once(books):
    posting = Posting("invoice_issued", DAY, "invoice", 7, [Part("net", Decimal(100))])
    assert books.posted(posting) == books.posted(posting)
    assert balance("sales") == -100


def test_many_are_posted_in_a_few_statements_and_given_back_in_their_order(books):
    postings = [
        Posting("sale_made", DAY, "sale", 1000 + each, [Part("net", Decimal(each)), Part("paid", Decimal(each))])
        for each in range(50)
    ]
    with transaction():
        made = post_many(postings)
    assert made[0] is None
    assert [session().get(JournalEntry, key).source_id for key in made[1:]] == list(range(1001, 1050))
    assert balance("till_clearing") == 0
    assert balance("sales") == -sum(range(50))


def test_the_rule_that_always_holds_is_not_narrowed(books):
    rule = session().scalars(sa.select(PostingRule).where(PostingRule.event == "till_counted")).one()
    with pytest.raises(Invalid, match="No other rule says where"):
        edit(rule.id, "posting_rule", {"tender": "cash"}, version=rule.version)
    session().rollback()
    edit(rule.id, "posting_rule", {"debit_account": books.account("bank")}, version=rule.version)


def test_a_day_without_a_fiscal_year_is_refused(books):
    with pytest.raises(Invalid, match="No fiscal year"):
        books.post("invoice_issued", date(2031, 1, 1), net=100)


def test_an_entry_is_taken_back_by_its_mirror_dated_today(books):
    made = books.post("invoice_issued", net=100, tax=16)
    mirror = session().get(JournalEntry, reverse(made, reason="Wrong customer"))
    assert (mirror.reverses_id, mirror.reason) == (made, "Wrong customer")
    assert mirror.entry_date == today()
    assert balance("receivable") == balance("sales") == balance("tax_payable") == 0
    with pytest.raises(Conflict, match=mirror.number):
        reverse(made, reason="Again")


def test_a_chart_is_chosen_once(books):
    with pytest.raises(Conflict):
        choose_chart("uk", date(2026, 4, 1))


@pytest.mark.parametrize("name", charts())
def test_every_chart_has_an_account_for_each_use_and_rule(accountant, name):
    chart = charts()[name]
    assert 40 <= len(chart.accounts) <= 90
    assert {use for _code, _name, _kind, use in chart.accounts if use} == set(USES)
    choose_chart(name, date(2026, 1, 1))
    assert session().scalar(sa.select(sa.func.count(PostingRule.id))) == len(chart.rules)
