"""A bank's file becomes a statement once; what another file brought already is left out."""

from __future__ import annotations

from decimal import Decimal

import pytest

from erp import Conflict, Invalid
from plugins.banking import statements
from plugins.banking.matching import match

MARCH = ("2026-03-02,Rent of March,,-45000", "2026-03-05,Amina Yusuf,TX900123,1250.50")


def test_a_table_becomes_a_statement_with_its_lines(bank):
    made = bank.brought(*MARCH).statement
    assert (made.format, made.moved, len(made.lines)) == ("csv", Decimal("-43749.50"), 2)
    assert [(line.text, line.amount) for line in made.lines] == [("Rent of March", -45000), ("Amina Yusuf", 1250.5)]
    assert (made.starts_on.isoformat(), made.ends_on.isoformat()) == ("2026-03-02", "2026-03-05")


def test_the_same_file_is_refused_by_name(bank):
    first = bank.brought(*MARCH).statement
    with pytest.raises(Invalid) as refused:
        bank.brought(*MARCH)
    assert f"This file was brought in already, as {first.number} on " in refused.value.fields["file"]
    assert len(bank.told) == 2


def test_lines_of_another_file_are_left_out(bank):
    bank.brought(*MARCH)
    brought = bank.brought(*MARCH, "2026-03-06,Interest,TX900777,12")
    assert (brought.new, brought.known, len(bank.told)) == (1, 2, 3)


def test_a_file_that_brings_nothing_new_is_refused(bank):
    first = bank.brought(*MARCH, "2026-03-06,Interest,TX900777,12").statement
    with pytest.raises(Invalid) as refused:
        bank.brought(*MARCH)
    assert refused.value.fields["file"] == f"Every line of this file is here already, with {first.number}."


def test_two_lines_that_say_the_same_are_two(bank):
    coffee = "2026-03-02,Coffee,,-300"
    assert bank.brought(coffee, coffee).new == 2
    assert bank.brought(coffee, coffee, coffee).new == 1


def test_one_that_was_taken_back_may_come_in_again(bank):
    made = bank.brought(*MARCH).statement
    statements.take_back(made.id)
    assert bank.told == []
    assert bank.brought(*MARCH).new == 2


def test_none_is_taken_back_while_it_is_matched(bank):
    from_books = bank.posted(-45000)
    made = bank.brought(*MARCH).statement
    match(bank.id, [bank.told[0]], [from_books])
    with pytest.raises(Conflict, match="Some of its lines are matched"):
        statements.take_back(made.id)
