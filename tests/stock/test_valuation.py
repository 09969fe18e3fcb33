"""What a pool costs, without a database: nothing is lost to rounding, and below nothing is settled."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.stock.valuation import AVERAGE, FIFO, Pool

D = Decimal
steps = st.lists(
    st.tuples(st.sampled_from(("put", "take", "revalue", "method")), st.integers(1, 9), st.integers(0, 99_999)),
    max_size=40,
)


@pytest.mark.parametrize("method", [FIFO, AVERAGE])
@settings(max_examples=150)
@given(steps=steps)
def test_what_came_in_went_out_or_is_there_even_below_nothing(method, steps):
    pool = Pool("KES", method)
    count, value = D(0), D(0)
    for kind, number, cents in steps:
        quantity, amount = D(number), D(cents) / 100
        if kind == "put":
            value += amount + pool.put(quantity, amount)
            count += quantity
        elif kind == "take":
            value -= pool.take(quantity).value
            count -= quantity
        elif kind == "revalue" and pool.quantity > 0:
            pool.revalue(amount - pool.value)
            value = amount
        elif kind == "method":
            pool.change_method(AVERAGE if pool.method == FIFO else FIFO)
        assert (pool.quantity, pool.value) == (count, value)
        assert (count > 0 and value >= 0) or (count == 0 and value == 0) or (count < 0 and value <= 0)
        if pool.method == FIFO and count > 0:
            left = [layer for layer in pool.layers if layer.quantity]
            assert sum(layer.quantity for layer in left) == count
            assert sum(layer.value for layer in left) == value
            assert all(layer.value >= 0 for layer in left)


def test_three_for_a_hundred_leave_the_rest_to_the_last():
    for method in (FIFO, AVERAGE):
        pool = Pool("KES", method)
        pool.put(D(3), D(100))
        assert [pool.take(D(1)).value for _each in range(3)] == [D("33.33"), D("33.34"), D("33.33")]


def test_first_in_first_out_by_hand():
    pool = Pool("KES", FIFO)
    pool.put(D(10), D(100))
    pool.put(D(10), D(120))
    assert [pool.take(D(count)).value for count in (8, 4, 8)] == [80, 20 + 24, 96]


def test_the_average_by_hand():
    pool = Pool("KES", AVERAGE)
    pool.put(D(10), D(100))
    pool.put(D(10), D(120))
    assert pool.take(D(8)).value == 88
    pool.put(D(4), D(60))
    assert pool.take(D(16)).value == 192


def test_a_receipt_that_is_taken_back_carries_what_it_brought():
    pool = Pool("KES", FIFO)
    pool.put(D(10), D(100))
    first = pool.layers[0]
    pool.put(D(10), D(120))
    pool.take(D(4))
    taken = pool.take(D(10), D(100), first=[first])
    assert (taken.value, taken.revalued) == (100, 100 - (60 + 48))
    assert (pool.quantity, pool.value) == (6, 72)


def test_yen_have_no_cents():
    pool = Pool("JPY", AVERAGE)
    pool.put(D(3), D(100))
    assert [pool.take(D(1)).value for _each in range(3)] == [33, 34, 33]
