"""Statements beside books: what is the same money is matched, as many lines of each side as there are."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa

from erp import Conflict, Invalid, bulk, session, transaction
from plugins.accounting.api import balance, entries_of
from plugins.accounting.models import JournalEntry, JournalLine
from plugins.banking import entering, matching
from plugins.banking.models import BankStatementLine, ReconciledLine
from plugins.banking.proposing import propose
from plugins.banking.views_matching import match_sure


def proposals(bank):
    return propose(matching.open_statement_lines(bank.account), matching.open_journal_lines(bank.account))


def test_one_line_of_a_statement_is_two_payments(bank):
    first, second = bank.posted(700), bank.posted(300)
    bank.brought("2026-03-06,Cash paid in,,1000")
    matching.match(bank.id, bank.told, [first, second])
    assert (bank.told, bank.booked) == ([], [])


def test_sides_that_differ_are_refused_with_what_is_left(bank):
    booked = bank.posted(700)
    bank.brought("2026-03-06,Cash paid in,,1000")
    with pytest.raises(
        Invalid, match=r"The statement says KES 1,000\.00, the books say KES 700\.00: KES 300\.00 is left"
    ):
        matching.match(bank.id, bank.told, [booked])
    assert len(bank.told) == 1


def test_entries_that_cancel_each_other_out_are_matched_alone(bank):
    one, other = bank.posted(700), bank.posted(-700)
    matching.match(bank.id, [], [one, other])
    assert bank.booked == []


def test_nothing_is_matched_twice_until_it_is_undone(bank):
    booked = bank.posted(1000)
    bank.brought("2026-03-06,Cash paid in,,1000")
    told = bank.told
    made = matching.match(bank.id, told, [booked])
    with pytest.raises(Conflict, match="One of these lines is matched already"):
        matching.match(bank.id, told, [booked])
    matching.undo(made)
    assert (bank.told, bank.booked) == (told, [booked])
    matching.match(bank.id, told, [booked])


def test_a_fee_is_posted_from_the_statement_and_matched_with_the_rest(bank):
    booked = bank.posted(1000)
    bank.brought("2026-03-06,Card settlement,,965")
    charges = bank.chart("bank_charges")
    entering.enter(bank.id, bank.told, [booked], entering.Wished(charges))
    assert (bank.told, bank.booked, balance(charges)) == ([], [], 35)
    line = session().scalars(sa.select(BankStatementLine)).one()
    assert [entry.entry_date for entry in entries_of("bank_statement", line.document_id)] == [date(2026, 3, 6)]


def test_what_is_owed_by_somebody_needs_to_say_by_whom(bank):
    bank.brought("2026-03-06,Transfer,,965")
    with pytest.raises(Invalid) as refused:
        entering.enter(bank.id, bank.told, [], entering.Wished(bank.chart("receivable")))
    assert "Say of whom" in refused.value.fields["party"]
    assert len(bank.told) == 1


def test_a_reference_is_surer_than_a_day(bank):
    near, named = bank.posted(500), bank.posted(500, "INV-2026-00017", date(2026, 2, 20))
    bank.brought("2026-03-05,Payment inv 2026 00017,,500", "2026-03-08,Deposit,,500")
    told = bank.told
    found = proposals(bank)
    assert (found[told[0]].journal_ids, found[told[0]].by, found[told[0]].is_sure) == ((named,), "reference", True)
    assert (found[told[1]].journal_ids, found[told[1]].by, found[told[1]].is_sure) == ((near,), "amount", False)


def test_payments_of_one_day_are_proposed_together(bank):
    paid = [bank.posted(amount) for amount in (100, 250, 650)]
    bank.brought("2026-03-06,Till deposit,,1000")
    (found,) = proposals(bank).values()
    assert (sorted(found.journal_ids), found.by, found.is_sure) == (paid, "sum", False)


def test_all_that_is_sure_is_matched_at_once(bank):
    for place in range(20):
        bank.posted(Decimal(100 + place))
    bank.brought(*(f"2026-03-06,Deposit,,{100 + place}" for place in range(25)))
    assert match_sure(bank.account) == 20
    assert (len(bank.told), len(bank.booked)) == (5, 0)


def test_the_database_refuses_sides_that_differ(bank):
    booked = bank.posted(700)
    bank.brought("2026-03-06,Deposit,,1000")
    (told,) = bank.told
    with pytest.raises(sa.exc.IntegrityError, match="do not come to the same"):
        written(bank, [(told, None, 1000), (None, booked, 700)])
    with pytest.raises(sa.exc.IntegrityError, match="another amount"):
        written(bank, [(told, None, 5), (None, booked, 5)])


def written(bank, rows):
    with transaction():
        made = matching.begun(bank.account)
        named = [dict(zip(matching.COLUMNS, (made.id, *row), strict=True)) for row in rows]
        bulk.insert_rows(ReconciledLine, matching.COLUMNS, named, {"is_current": True})


def test_lines_of_two_months_are_an_entry_in_each(bank):
    bank.brought("2026-03-30,Paybill from 2547,A1,100", "2026-03-31,Paybill from 2548,A2,50", "2026-04-02,Paybill,A3,7")
    entering.enter(bank.id, bank.told, [], entering.Wished(bank.chart("sales"), text="Paybill"))
    told = sa.select(JournalEntry.entry_date, JournalLine.amount).join(
        JournalLine, JournalLine.document_id == JournalEntry.id
    )
    booked = told.where(JournalLine.account_id == bank.account.account_id).order_by(JournalEntry.entry_date)
    assert session().execute(booked).all() == [(date(2026, 3, 31), 150), (date(2026, 4, 2), 7)]
    assert (bank.told, bank.booked) == ([], [])
