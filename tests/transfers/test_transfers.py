"""Goods go from one branch to another: asked for, picked, on the road, received by somebody who did not ship them."""

from __future__ import annotations

import pytest

from erp import Forbidden


def test_goods_go_to_the_other_branch(road):
    shop = road.shop
    lamp, vase = shop.product("Lamp"), shop.product("Vase")
    shop.receive(lamp, 10, 1000)
    shop.receive(vase, 4, 80)
    road.send([(lamp, 3), (vase, 2)], reason="For the fair")
    with shop.boss.acting():
        row = road.look()
        assert (row.state, row.worth, row.sent_by) == ("in_transit", 340, "Ben")
        assert shop.counts(lamp) == {(shop.here, None): 7, (shop.at("transit"), None): 3}
    road.receive()
    with shop.boss.acting():
        row = road.look()
        assert (row.state, row.received_by, [line.received for line in row.lines]) == ("closed", "Anne", [3, 2])
        assert shop.counts(lamp) == {(shop.here, None): 7, (shop.there, None): 3}
        assert shop.worth(lamp) == (10, 1000)


def test_whoever_ships_does_not_receive(road):
    lamp = road.shop.product("Lamp")
    road.shop.receive(lamp, 10, 1000)
    road.ask([(lamp, 3)])
    road.answer(road.peter, "pick", picked="asked", decision="done")
    road.answer(road.peter, "ship", decision="done")
    with pytest.raises(Forbidden):
        road.receive(road.peter)
    road.receive()
