"""What is on the shelf and what the books say: losses and finds are written down, approved and posted once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from erp import Forbidden, Invalid, complete, create, session, tasks
from erp.testing.pytest_plugin import Person
from plugins.stock.adjustments import StockAdjustment


@pytest.fixture
def anne(shop) -> Person:
    """Keeps the store."""
    return shop.company.person("Storekeeper", name="Anne")


@pytest.fixture
def peter(shop) -> Person:
    """Answers for the store."""
    return shop.company.person("Stock manager", name="Peter")


def line(shop, product: int, count: Any, **values: Any) -> dict[str, Any]:
    return {"product": product, "location": shop.here, "quantity": Decimal(count), **values}


def drawn_up(by: Person, lines: list[dict[str, Any]], **values: Any) -> int:
    with by.acting():
        return create("stock_adjustment", {"reason": "correction", "lines": lines, **values}).id


def answer(by: Person, adjustment: int, element: str, **answers: Any) -> None:
    with by.acting():
        row = session().get_one(StockAdjustment, adjustment)
        task = tasks.open_task(row, element)
        assert task is not None
        complete(task.id, answers)


def state(shop, adjustment: int) -> str:
    with shop.boss.acting():
        return session().get_one(StockAdjustment, adjustment).state


def test_a_small_loss_is_posted_at_once(shop, anne):
    lamp = shop.product("Lamp")
    shop.receive(lamp, 10, 1000)
    made = drawn_up(anne, [line(shop, lamp, -2)], reason="damage")
    with shop.boss.acting():
        row = session().get_one(StockAdjustment, made)
        assert (row.net_amount, row.gross_amount, row.lines[0].value) == (-200, 200, -200)
    answer(anne, made, "submit", decision="submit")
    assert state(shop, made) == "posted"
    with shop.boss.acting():
        assert shop.worth(lamp) == (8, 800)


def test_a_large_one_is_approved_by_somebody_else_and_posted_once(shop, peter):
    lamp = shop.product("Lamp")
    shop.receive(lamp, 10, 600_000)
    made = drawn_up(peter, [line(shop, lamp, -2)], reason="damage")
    answer(peter, made, "submit", decision="submit")
    assert state(shop, made) == "submitted"
    with pytest.raises(Forbidden):
        answer(peter, made, "decide", decision="approve")
    answer(shop.boss, made, "decide", decision="approve")
    shop.work()
    assert state(shop, made) == "posted"
    with shop.boss.acting():
        assert shop.worth(lamp) == (8, 480_000)


def test_a_rejected_one_moves_nothing_and_says_why(shop, anne, peter):
    lamp = shop.product("Lamp")
    shop.receive(lamp, 3, 30)
    made = drawn_up(anne, [line(shop, lamp, -1)], reason="theft")
    answer(anne, made, "submit", decision="submit")
    answer(peter, made, "decide", decision="reject", comment="It is at the workshop")
    shop.work()
    with shop.boss.acting():
        row = session().get_one(StockAdjustment, made)
        assert (row.state, row.decision_note) == ("rejected", "It is at the workshop")
        assert shop.worth(lamp) == (3, 30)


def test_found_goods_cost_what_is_said_or_what_others_cost(shop, anne):
    lamp, vase = shop.product("Lamp"), shop.product("Vase", cost=Decimal(7))
    made = drawn_up(anne, [line(shop, lamp, 3, unit_cost=Decimal("12.5")), line(shop, vase, 2)], reason="found")
    answer(anne, made, "submit", decision="submit")
    with shop.boss.acting():
        assert (shop.worth(lamp), shop.worth(vase)) == ((3, Decimal("37.5")), (2, 14))


def test_what_is_gone_meanwhile_is_refused_and_nothing_is_posted(shop, anne):
    lamp = shop.product("Lamp")
    shop.receive(lamp, 2, 20)
    made = drawn_up(anne, [line(shop, lamp, -2)], reason="damage")
    shop.issue(lamp, 1)
    with pytest.raises(Invalid) as refused:
        answer(anne, made, "submit", decision="submit")
    assert refused.value.fields == {"lines-0-quantity": "2 of Lamp are wanted; only 1 are at Westlands."}
    assert state(shop, made) == "draft"


@pytest.mark.parametrize(
    ("reason", "values", "field", "said"),
    [
        ("correction", {"quantity": Decimal(0)}, "quantity", "Say how many more or, with a minus, how many fewer"),
        ("damage", {"quantity": Decimal(1)}, "quantity", "For this reason goods only go"),
        ("opening", {"quantity": Decimal(-1)}, "quantity", "For this reason goods only come"),
        ("damage", {"unit_cost": Decimal(3)}, "unit_cost", "What goes is valued by what it cost"),
        ("damage", {"location": "customer"}, "location", "Choose a place in the house."),
        ("damage", {"lot": "lot"}, "lot", "Lamp is not kept by lots."),
    ],
)
def test_bad_input_is_said_beside_its_field(shop, anne, reason, values, field, said):
    lamp = shop.product("Lamp")
    if "location" in values:
        values = {"location": shop.at("customer")}
    if "lot" in values:
        grain = shop.product("Grain", **{"product_stock.tracking": "lot"})
        values = {"lot": create("lot", {"product": grain, "code": "A", "kind": "lot"}).id}
    with pytest.raises(Invalid) as refused:
        drawn_up(anne, [{**line(shop, lamp, -1), **values}], reason=reason)
    assert said in refused.value.fields[f"lines-0-{field}"]
