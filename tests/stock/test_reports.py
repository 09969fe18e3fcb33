"""What the reports of stock say of a few goods, worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from plugins.stock.api import Wish, reserve
from tests.reported import table, total
from tests.stock.conftest import Shop

MARCH = {"period": "2026-03-01..2026-03-31"}


@pytest.fixture
def goods(shop: Shop) -> Shop:
    """Ten lamps and later five dearer ones, four of them sold at 12 on average; three vases that nobody wants."""
    lamp, vase = shop.product("Lamp"), shop.product("Vase")
    shop.receive(lamp, 10, 100, on=date(2026, 1, 5))
    shop.receive(vase, 3, 30, on=date(2026, 1, 10))
    shop.receive(lamp, 5, 80, on=date(2026, 3, 1))
    shop.issue(lamp, 4, on=date(2026, 3, 10))
    shop.move(vase, shop.here, shop.there, 1, on=date(2026, 3, 12))
    reserve([Wish(lamp, shop.here, Decimal(2))])
    return shop


def test_what_is_where_and_what_is_promised(goods: Shop):
    found = table("stock_on_hand", "name", "quantity", "reserved", "available", location_key=str(goods.here))
    assert found == [("Lamp", 11, 2, 9), ("Vase", 2, 0, 2)]
    assert table("stock_on_hand", "name", "quantity", location_key=str(goods.there)) == [("Vase", 1)]


def test_what_it_was_worth_on_a_day(goods: Shop):
    def worth(day: str) -> list[tuple[object, ...]]:
        return table("stock_valuation", "name", "quantity", "unit_cost", "value", day=day)

    assert worth("2026-02-01") == [("Lamp", 10, 10, 100), ("Vase", 3, 10, 30)]
    assert worth("2026-03-31") == [("Lamp", 11, 12, 132), ("Vase", 3, 10, 30)]
    assert total("stock_valuation", "value", day="2026-03-31") == 162


def test_what_came_in_last_is_what_is_there(goods: Shop):
    ages = ("name", "quantity", "days_30", "days_90", "older", "average_days")
    assert table("stock_ageing", *ages, day="2026-03-31") == [
        ("Lamp", 11, 5, 6, None, 60),
        ("Vase", 3, None, 3, None, 80),
    ]


def test_how_often_it_was_sold_over(goods: Shop):
    assert table("stock_turnover", "name", "sold", "cost", "average_value", "days", **MARCH) == [
        ("Lamp", 4, 48, 116, 75), ("Vase", 0, 0, 30, None),
    ]  # fmt: skip


def test_what_lies_dead_and_where_goods_went(goods: Shop):
    assert table("dead_stock", "name", "value", "last_out") == [
        ("Lamp", 132, date(2026, 3, 10)), ("Vase", 30, None),
    ]  # fmt: skip
    assert table("dead_stock", "name", days="36500") == []
    assert table("stock_movements", "name", "came_from", "went_to", "quantity", **MARCH) == [
        ("Lamp", "Suppliers", "Westlands", 5), ("Lamp", "Westlands", "Customers", 4), ("Vase", "Westlands", "Mombasa", 1),
    ]  # fmt: skip
