"""Two tills and the last piece, one number sent twice, and a drawer that is closed while somebody sells."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugins.pos import checks as tills
from plugins.sales import checks as sales
from plugins.stock import checks as stock
from plugins.stock.api import on_hand
from tests.pos.conftest import make_till, sale

pytestmark = pytest.mark.usefixtures("books")


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """What each came to; all begin together, and nobody waits for ever."""
    start, found = threading.Barrier(len(deeds)), list[Any]([None] * len(deeds))

    def run(place: int, deed: Callable[[], Any]) -> None:
        start.wait(20)
        found[place] = deed()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "somebody waits for ever"
    return found


def wrong(person: Any) -> Sequence[str]:
    """What the checks of tills, sales and stock find."""
    held = (
        tills.drawers_hold_what_was_paid, tills.cash_is_in_the_books, tills.each_sale_is_whole, sales.lines_add_up,
        sales.each_is_in_the_books_once, sales.goods_moved_at_their_cost, stock.levels_are_moves, stock.costs_are_moves,
    )  # fmt: skip
    with person.acting():
        return [line for check in held for line in check()]


def test_two_tills_and_the_last_piece(till, manager, cashier, sign_in, shelf):
    other = make_till(manager, cashier, sign_in, "Till 2")
    lamp = shelf("Lamp", "100", count=1)
    till.open()
    other.open()
    answers = at_once(*(lambda own=own: own.sell({"product_id": lamp}) for own in (till, other)))
    assert sorted(each.status_code for each in answers) == [200, 422]
    (told,) = [each.json["error"] for each in answers if each.status_code == 422]
    assert told["detail"]["fields"] == {"lines-0-quantity": "1 of Lamp are wanted; only 0 are at Westlands."}
    assert wrong(manager) == []


def test_two_tills_and_one_watch(till, manager, cashier, sign_in, kept):
    other = make_till(manager, cashier, sign_in, "Till 2")
    watch = kept("Watch", "serial", W1=(1, None), W2=(1, None))
    till.open()
    other.open()
    line = {"product_id": watch[""], "lot_id": watch["W1"]}
    answers = at_once(*(lambda own=own: own.sell(line) for own in (till, other)))
    assert sorted(each.status_code for each in answers) == [200, 422]
    with manager.acting():
        assert [on_hand(watch[""], lot_id=watch[code]) for code in ("W1", "W2")] == [0, 1]
    assert wrong(manager) == []


def test_cash_sent_twice_at_once_is_booked_once(till, manager):
    till.open()
    sent = {"uuid": str(uuid4()), "direction": "in", "amount": "50", "reason": "Coins"}
    answers = at_once(*(lambda: till.post("sessions/current/cash", sent) for _each in range(2)))
    assert [each.json["cash_in"] for each in answers] == ["50.00"] * 2
    assert wrong(manager) == []


def test_one_number_sent_twice_at_once_sells_once(till, manager, shelf, truth):
    lamp = shelf("Lamp", "100", count=1)
    till.open()
    sent = sale({"product_id": lamp}, tenders=[{"kind": "cash", "tendered": "200"}])
    answers = at_once(*(lambda: till.post("checkout", sent) for _each in range(4)))
    assert [each.status_code for each in answers] == [200] * 4, [each.text for each in answers]
    assert len({each.text for each in answers}) == 1
    assert answers[0].json["change"] == "84.00"
    assert truth("select count(*) from pos_sale where terminal_id = :id", id=till.terminal_id)[0][0] == 1
    assert wrong(manager) == []


@settings(max_examples=6, suppress_health_check=list(HealthCheck))
@given(order=st.lists(st.integers(0, 2), min_size=2, max_size=7))
def test_numbers_sent_again_in_any_order_sell_each_once(till, manager, shelf, order):
    """A till that lost the answer sends the same again, between others: each number is one sale, with one answer."""
    if till.get("state").json["session"] is None:
        till.open()
    lamp = shelf(f"Lamp {order}{id(order)}", "10", count=50, cost="1")
    sent = [sale({"product_id": lamp, "quantity": place + 1}) for place in range(3)]
    answers: dict[int, set[str]] = {}
    for place in order:
        answers.setdefault(place, set()).add(till.post("checkout", sent[place]).text)
    assert all(len(each) == 1 for each in answers.values())
    with manager.acting():
        left = Decimal(50) - sum(place + 1 for place in answers)
        assert on_hand(lamp) == left


def test_a_drawer_is_closed_while_others_sell(till, manager, shelf, truth):
    """Whoever was selling is counted; whoever comes later is told; nobody waits for ever."""
    lamp = shelf("Lamp", "100", count=50)
    number = till.open()["number"]
    close = {"counted": {"1000": 1}}
    answers = at_once(
        *(lambda: till.sell({"product_id": lamp}) for _each in range(4)),
        lambda: till.post("sessions/current/close", close),
    )
    z = answers[-1]
    assert z.status_code == 200, z.text
    sold = [each for each in answers[:-1] if each.status_code == 200]
    assert {each.json["error"]["code"] for each in answers[:-1] if each.status_code != 200} <= {"no_session"}
    assert (z.json["session"], z.json["sales"]) == (number, len(sold))
    assert Decimal(z.json["expected"]) == 1000 + 116 * len(sold)
    assert wrong(manager) == []
