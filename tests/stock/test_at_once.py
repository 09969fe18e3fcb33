"""Several people want the last piece at once: one has it, the others are told, and nobody waits for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from erp import Invalid, session
from erp.errors import ErpError
from plugins.stock.api import Movement, Wish, levels, on_hand, post, release, reserve
from plugins.stock.checks import costs_are_moves, layers_are_costs, levels_are_moves, reserved_is_promised


def at_once(shop: Any, *deeds: Callable[[], Any]) -> list[Any]:
    """What each of them came to, or what its doer was told; all begin together."""
    start, found = threading.Barrier(len(deeds)), list[Any]([None] * len(deeds))

    def run(place: int, deed: Callable[[], Any]) -> None:
        with shop.boss.acting():
            start.wait(20)
            try:
                found[place] = deed()
            except ErpError as error:
                found[place] = error
            finally:
                session.remove()

    threads = [threading.Thread(target=run, args=(place, deed)) for place, deed in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "somebody waits for ever"
    return found


def test_a_sale_a_transfer_and_a_count_of_the_last_piece(shop):
    lamp = shop.product("Lamp")
    customer, loss = shop.at("customer"), shop.at("loss")
    for _round in range(4):
        shop.receive(lamp, 1, 10)
        found = at_once(shop, *(
            lambda target=target: post([Movement(lamp, shop.here, target, Decimal(1))])
            for target in (customer, shop.there, loss)
        ))  # fmt: skip
        told = [each for each in found if isinstance(each, Invalid)]
        assert len(told) == 2, found
        assert {each.fields["quantity"] for each in told} == {"1 of Lamp are wanted; only 0 are at Westlands."}
        for held in levels([lamp], [shop.there]):
            shop.issue(lamp, held.quantity, of=shop.there)
    assert on_hand(lamp) == 0


def test_a_promise_and_a_sale_of_the_last_piece(shop):
    lamp = shop.product("Lamp")
    shop.receive(lamp, 1, 10)
    sale, promise = at_once(
        shop,
        lambda: shop.issue(lamp, 1),
        lambda: reserve([Wish(lamp, shop.here, Decimal(1))]),
    )
    assert isinstance(sale, Invalid) != isinstance(promise, Invalid)
    assert [*levels_are_moves(), *reserved_is_promised()] == []


def test_many_who_name_the_same_products_in_another_order_never_wait_in_a_circle(shop):
    products = [shop.product(f"Lamp {place}") for place in range(4)]
    customer, supplier = shop.at("customer"), shop.at("supplier")

    def deed(turn: int) -> int:
        done = 0
        for round_ in range(4):
            own = products[turn % 4 :] + products[: turn % 4]
            own = own[::-1] if round_ % 2 else own
            post([Movement(each, supplier, shop.here, Decimal(3), value=Decimal(9)) for each in own])
            promises = reserve([Wish(each, shop.here, Decimal(1)) for each in own])
            post([Movement(each, shop.here, customer, Decimal(2)) for each in reversed(own)])
            release(promises)
            done += 1
        return done

    assert at_once(shop, *(lambda turn=turn: deed(turn) for turn in range(4))) == [4, 4, 4, 4]
    assert [shop.worth(each) for each in products] == [(16, 48)] * 4
    assert [*levels_are_moves(), *reserved_is_promised(), *costs_are_moves(), *layers_are_costs()] == []
