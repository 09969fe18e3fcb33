"""The same diagrams in SpiffWorkflow as it comes and in ours: same elements, same data."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.erp.workflow.stock import Answers, in_ours, in_stock

# A failed subprocess counts as completed in stock, and a joining gateway once for each token.
DIFFERENT = ("do_it", "fork", "join")

CASES = [
    ("counting", {"n": 0, "limit": 7}, {}),
    ("asking", {"n": 0}, {"ask": "is_done"}),
    ("approval", {"lines": [{"amount": 300}, {"amount": 250}]}, {"approve": "is_approved"}),
    ("approval", {"lines": [{"amount": 3}]}, {"approve": "is_approved"}),
    ("embedded", {"a": [1, 1, 2]}, {"work": "worked"}),
    ("repair_order", {"parts": 900, "labour": 200}, {"approve_quote": "is_approved"}),
    ("repair_order", {"parts": 9, "labour": 2}, {}),
    ("delivery", {"quantity": 3, "price": 7}, {}),
    ("side_by_side", {"round_no": 0, "rounds": 1, "packed": [], "kept": 5}, {}),
]


@pytest.mark.parametrize(("key", "values", "by_task"), CASES)
@given(numbers=st.lists(st.integers(0, 9), max_size=30))
def test_ours_does_what_stock_does(key, values, by_task, numbers):
    stock_done, stock_values, stock_ended = in_stock(key, values, Answers(numbers, by_task))
    our_done, our_values, our_ended = in_ours(key, values, Answers(numbers, by_task))
    for different in DIFFERENT:
        our_done.pop(different, None)
        stock_done.pop(different, None)
    assert our_done == stock_done
    assert our_ended == stock_ended
    if our_ended:
        # stock takes the stale copy of a list when the other path arrives last
        for merged_wrongly in ("packed", "data_objects"):
            our_values.pop(merged_wrongly, None)
            stock_values.pop(merged_wrongly, None)
        assert our_values == stock_values
