"""What people see of stock."""

from __future__ import annotations

from decimal import Decimal
from random import Random

from erp import create
from erp.context import acting
from erp.documents.types import document_type
from erp.run.demo import Stage
from erp.screens.lookups import offered
from plugins.stock import demo
from plugins.stock.api import Wish, expect, reserve
from plugins.stock.checks import costs_are_moves, levels_are_moves


def test_a_product_says_what_is_where_and_what_was_moved_last(shop, sign_in):
    lamp = shop.product("Lamp")
    shop.receive(lamp, 10, 1234)
    shop.move(lamp, shop.here, shop.there, 4)
    reserve([Wish(lamp, shop.here, Decimal(2))])
    expect([Wish(lamp, shop.there, Decimal(7))])
    assert offered("product", "Lamp")[0]["sub"].endswith(" · 8 available")
    page = sign_in(shop.boss).get(f"/product/{lamp}").text
    for told in ("Westlands", "Mombasa", "In stock", "Last moves", "Suppliers", "1,234.00"):
        assert told in page


def test_a_place_and_a_lot_say_what_is_there(shop, sign_in):
    grain = shop.product("Grain", **{"product_stock.tracking": "lot"})
    lot = create("lot", {"product": grain, "code": "L-7", "kind": "lot"}).id
    shop.receive(grain, 3, 30, lot_id=lot)
    client = sign_in(shop.boss)
    assert "Grain" in client.get(f"/location/{shop.here}").text
    assert "Westlands" in client.get(f"/lot/{lot}").text
    assert "Westlands" in client.get("/stock_move/").text


def test_what_goods_cost_is_seen_by_right_only(shop):
    lamp = shop.product("Lamp")
    shop.receive(lamp, 1, 777)
    with shop.company.person("Counter").acting():
        assert "value" in document_type("stock_move").hidden


def test_a_move_is_nobodys_to_edit(shop, sign_in):
    move = shop.receive(shop.product("Lamp"), 1, 10)
    client = sign_in(shop.boss)
    assert client.get(f"/stock_move/{move}").status_code == 200
    assert client.get(f"/stock_move/{move}/edit").status_code == 403
    assert client.get("/stock_move/new").status_code == 403


def test_the_demo_company_has_goods_on_its_shelves(shop):
    for number in range(8):
        shop.product(f"Thing {number}", unit_price=Decimal(100))
    with acting(name=demo.WHO) as peter:
        demo.load(Stage("location", {demo.WHO: peter}), Random(1))
    assert [*levels_are_moves(), *costs_are_moves()] == []
