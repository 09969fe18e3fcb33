"""What runs low is proposed to be ordered, and told once to who keeps the stock."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from erp import Invalid, archiving, create, session, transaction
from erp.notifications import Notification
from plugins.products.models import Product
from plugins.stock import shortages
from plugins.stock.api import Wish, expect, proposals, reserve
from plugins.stock.models import StockLevel
from plugins.stock.rules import ReorderRule, StockShortage
from tests.stock.conftest import Shop


def rule(shop: Shop, **values: Any) -> int:
    return create("reorder_rule", {"location": shop.here, "minimum": 5, "maximum": 20, **values}).id


def suggested(shop: Shop) -> dict[int, Decimal]:
    return {each.product_id: each.suggested for each in proposals(location_id=shop.here)}


def test_what_is_below_its_minimum_is_filled_up_in_whole_packs(shop: Shop):
    lamp, vase = shop.product("Lamp"), shop.product("Vase")
    shop.receive(lamp, 4, 40)
    shop.receive(vase, 5, 50)
    for product in (lamp, vase):
        rule(shop, product=product, multiple=6)
    assert suggested(shop) == {lamp: 18}
    reserve([Wish(vase, shop.here, Decimal(2))])
    assert suggested(shop) == {lamp: 18, vase: 18}


def test_what_is_on_its_way_is_not_ordered_again(shop: Shop):
    lamp = shop.product("Lamp")
    supplier = create("party", {"name": "Lights Ltd", "kind": "company"}).id
    rule(shop, product=lamp, safety_stock=2, lead_days=4, supplier=supplier)
    expect([Wish(lamp, shop.here, Decimal(6))])
    (found,) = proposals(supplier_id=supplier)
    assert (found.suggested, found.incoming, found.projected, found.lead_days) == (14, 6, 6, 4)
    expect([Wish(lamp, shop.here, Decimal(1))])
    assert suggested(shop) == {}


def test_a_categorys_rule_counts_for_all_below_it_until_a_nearer_one_does(shop: Shop):
    top = create("product_category", {"name": "Light"}).id
    below = create("product_category", {"name": "Lamps", "parent": top}).id
    lamp, torch, bulb = (shop.product(name, category=below) for name in ("Lamp", "Torch", "Bulb"))
    rule(shop, minimum=1, maximum=3)
    box = shop.product("Box")
    shop.receive(box, 1, 1)
    shop.issue(box, 1)
    labour = create("product", {"name": "Hour", "kind": "labour", "category": below}).id
    candle = shop.product("Candle", category=top)
    rule(shop, category=top, maximum=10)
    rule(shop, category=below, maximum=30)
    rule(shop, product=torch, maximum=50)
    assert suggested(shop) == {lamp: 30, torch: 50, bulb: 30, candle: 10, box: 3}
    assert labour not in suggested(shop)
    archiving.put_away("product", bulb)
    assert bulb not in suggested(shop)


@pytest.mark.parametrize(
    ("values", "field", "said"),
    [
        ({"product": "lamp", "category": "any"}, "category", "Name a product or a category, not both."),
        ({"product": "lamp", "maximum": 4}, "maximum", "This is less than should be there at least"),
        ({"product": "lamp", "multiple": 0}, "multiple", "This must be more than 0."),
        ({"product": "hour"}, "product", "Hour is not kept in stock."),
        ({"product": "lamp", "location": "customer"}, "location", "Choose a place in the house."),
        ({"product": "ruled"}, "location", "There is a rule for this place already."),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_at_its_field(shop: Shop, values, field, said):
    known = {"lamp": shop.product("Lamp"), "hour": shop.product("Hour", kind="labour"), "ruled": shop.product("Vase")}
    rule(shop, product=known["ruled"])
    given = {name: known.get(value, value) if name == "product" else value for name, value in values.items()}
    if "category" in given:
        given["category"] = create("product_category", {"name": "Light"}).id
    if "location" in given:
        given["location"] = shop.at("customer")
    with pytest.raises(Invalid) as refused:
        rule(shop, **given)
    assert said in refused.value.fields[field]


def told(person: Any) -> list[tuple[str, bool]]:
    with person.acting():
        rows = session().scalars(sa.select(Notification).where(Notification.member_id == person.member_id))
        return [(each.values.get("product") or each.values["count"], each.read_at is not None) for each in rows]


def test_who_keeps_the_stock_is_told_once_until_it_is_there_again(shop: Shop):
    anne = shop.company.person("Storekeeper", name="Anne", only_at="Westlands")
    far = shop.company.person("Storekeeper", name="Far", only_at="Mombasa")
    with shop.boss.acting():
        lamp = shop.product("Lamp")
        shop.receive(lamp, 4, 40)
        rule(shop, product=lamp)
        assert [shortages.look() for _again in range(2)] == [(1, 0), (0, 0)]
    assert (told(anne), told(far)) == ([("Lamp", False)], [])
    with shop.boss.acting():
        shop.receive(lamp, 10, 100)
        assert shortages.look() == (0, 1)
        shop.issue(lamp, 12)
        assert shortages.look() == (1, 0)
        assert len(list(session().scalars(sa.select(StockShortage)))) == 2
    assert told(anne) == [("Lamp", True), ("Lamp", False)]


@pytest.mark.parametrize("many", [1_000, pytest.param(10_000, marks=pytest.mark.soak)])
def test_many_products_are_told_in_one_sentence(shop: Shop, many: int):
    keeper = shop.company.person("Stock manager", name="Peter")
    unit = shop.product("Lamp")
    with shop.boss.acting():
        uom = session().get_one(Product, unit).uom.id
        category = create("product_category", {"name": "Many"}).id
        common = {"kind": "goods", "uom_id": uom, "unit_price": 1, "category_id": category, "extra": {}}
        with transaction():
            rows = [{"code": f"M{each:05}", "name": f"Many {each}", **common} for each in range(many)]
            made = list(session().scalars(sa.insert(Product).returning(Product.id), rows))
            held = [{"product_id": key, "location_id": shop.here, "quantity": key % 10} for key in made]
            session().execute(sa.insert(StockLevel), held)
        rule(shop, category=category)
        began = time.perf_counter()
        assert len(proposals()) == many // 2
        assert time.perf_counter() - began < 20, "slow for rows that were just written and are not analysed"
        assert shortages.look() == (many // 2, 0)
        assert session().scalar(sa.select(sa.func.count(ReorderRule.id))) == 1
    assert told(keeper) == [(f"{many // 2:,}", False)]
