"""Whoever matches at the same time, and whatever is undone: a line is in one match, and sides are equal."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Barrier, Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erp import Conflict, Invalid
from plugins.banking import checks, matching

AMOUNTS = (100, 100, 250, 350, -50, -50, 300)
STEP = st.tuples(st.sets(st.integers(0, 6)), st.sets(st.integers(0, 6)), st.booleans())


def test_of_two_who_match_the_same_line_one_is_told(bank):
    booked = [bank.posted(500), bank.posted(500)]
    bank.brought("2026-03-06,Paid in,,500")
    told, start, said = bank.told, Barrier(2), []

    def match(other: int) -> None:
        with bank.accountant.acting():
            start.wait()
            try:
                matching.match(bank.id, told, [other])
            except Conflict as refusal:
                said.append(refusal.message)

    threads = [Thread(target=match, args=(each,)) for each in booked]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert said == ["One of these lines is matched already. Look again at what is left."]
    assert (bank.told, len(bank.booked)) == ([], 1)


@pytest.fixture
def both(bank):
    """The same amounts on a statement and in the books; the ids of both."""
    booked = [bank.posted(amount) for amount in AMOUNTS]
    bank.brought(*(f"2026-03-06,Line {place},,{amount}" for place, amount in enumerate(AMOUNTS)))
    return bank, bank.told, booked


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True, deadline=None)
@given(steps=st.lists(STEP, max_size=8))
def test_what_is_open_and_what_is_matched_are_all_there_is(both, steps: Sequence[tuple[set[int], set[int], bool]]):
    bank, told, booked = both
    made: dict[int, tuple[list[int], list[int]]] = {}
    for left, right, undoes in steps:
        if undoes and made:
            key, _lines = made.popitem()
            matching.undo(key)
            continue
        picked, chosen = [told[each] for each in left], [booked[each] for each in right]
        try:
            made[matching.match(bank.id, picked, chosen)] = (picked, chosen)
        except (Invalid, Conflict):
            continue
    assert sorted([*bank.told, *(key for lines, _other in made.values() for key in lines)]) == sorted(told)
    assert sorted([*bank.booked, *(key for _lines, other in made.values() for key in other)]) == sorted(booked)
    assert [*checks.matches_are_equal(), *checks.undone_is_undone()] == []
    for key in made:
        matching.undo(key)
