"""Goods go from one place to another: nothing appears and nothing is lost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from erp import Conflict, Invalid, NotFound, create, session, transaction
from erp.organising import add_branch
from plugins.stock.api import (
    Movement,
    Source,
    Step,
    Wish,
    as_of,
    available,
    consume,
    expect,
    home,
    incoming,
    on_hand,
    post,
    post_many,
    release,
    reserve,
    reverse,
)
from plugins.stock.models import Location, StockMove


def test_a_company_begins_with_a_place_for_each_branch_and_those_outside(shop):
    found = {row.code: (row.name, row.kind) for row in session().scalars(sa.select(Location))}
    assert sorted(kind for _name, kind in found.values()) == [
        "customer", "internal", "internal", "loss", "production", "supplier", "transit",
    ]  # fmt: skip
    assert {name for name, kind in found.values() if kind == "internal"} == {"Westlands", "Mombasa"}


def test_a_branch_that_is_opened_later_has_a_place_too(shop):
    with shop.company.person("TENANT_OWNER").acting():
        branch = add_branch({"name": "Kisumu", "timezone": "Africa/Nairobi"})
        assert home(branch.id).name == "Kisumu"


def test_goods_are_received_moved_and_sold(shop):
    lamp = shop.product("Lamp")
    shop.receive(lamp, 10, 1000)
    shop.move(lamp, shop.here, shop.there, 4)
    shop.issue(lamp, 1, of=shop.there)
    assert shop.counts(lamp) == {(shop.here, None): 6, (shop.there, None): 3}
    assert shop.worth(lamp) == (9, 900)
    assert on_hand(lamp) == 9
    assert on_hand(lamp, location_id=shop.there) == 3


def test_more_than_there_is_is_refused_and_said_so(shop):
    lamp = shop.product("Lamp")
    shop.receive(lamp, 2, 20)
    with pytest.raises(Invalid) as refused:
        shop.issue(lamp, 3, at="lines-0-")
    assert refused.value.fields == {"lines-0-quantity": "3 of Lamp are wanted; only 2 are at Westlands."}
    assert shop.counts(lamp) == {(shop.here, None): 2}


def test_a_posting_is_whole_or_nothing(shop):
    lamp, vase = shop.product("Lamp"), shop.product("Vase")
    shop.receive(lamp, 2, 20)
    out = shop.at("customer")
    with pytest.raises(Invalid):
        post([Movement(lamp, shop.here, out, Decimal(1)), Movement(vase, shop.here, out, Decimal(1))])
    assert shop.counts(lamp) == {(shop.here, None): 2}


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"quantity": Decimal(0)}, "quantity", "More than nothing must be moved."),
        ({"value": Decimal(-1)}, "value", "A cost is not below nothing."),
        ({"value": Decimal("0.00001")}, "value", "At most 4 decimal places."),
        ({"quantity": Decimal(10) ** 12}, "quantity", "This number is too large."),
        ({"lot_id": "lot"}, "lot", "Lamp is not kept by lots."),
        ({"to_id": "same"}, "to_location", "Goods are moved from one place to another, and one of the two is ours."),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(shop, change, field, said):
    lamp = shop.product("Lamp")
    if change.get("lot_id"):
        grain = shop.product("Grain", **{"product_stock.tracking": "lot"})
        change = {"lot_id": create("lot", {"product": grain, "code": "A", "kind": "lot"}).id}
    if "to_id" in change:
        change = {"to_id": shop.at("supplier")}
    values = {"product_id": lamp, "from_id": shop.at("supplier"), "to_id": shop.here, "quantity": Decimal(1)}
    with pytest.raises(Invalid) as refused:
        post([Movement(**{**values, **change})])
    assert refused.value.fields == {field: said}


def test_labour_is_no_goods(shop):
    hour = shop.product("Hour of work", kind="labour")
    with pytest.raises(Invalid) as refused:
        shop.receive(hour, 1, 1)
    assert refused.value.fields == {"product": "Hour of work is not kept in stock."}


def test_a_move_is_taken_back_once(shop):
    lamp = shop.product("Lamp")
    shop.receive(lamp, 3, 100)
    sold = shop.issue(lamp, 1)
    (back,) = reverse([sold])
    assert shop.worth(lamp) == (3, 100)
    row = session().get_one(StockMove, back)
    assert (row.reverses_id, row.from_location_id, row.to_location_id, row.value) == (
        sold, shop.at("customer"), shop.here, Decimal("33.33"),
    )  # fmt: skip
    with pytest.raises(Conflict):
        reverse([sold])


def test_the_same_step_of_a_document_moves_goods_once(shop):
    lamp = shop.product("Lamp")
    source = Source("invoice", 7, "issued", "INV-7")
    first = shop.receive(lamp, 3, 30, source=source)
    assert shop.receive(lamp, 3, 30, source=source) == first
    assert shop.worth(lamp) == (3, 30)


def test_below_nothing_only_where_a_place_allows_it(shop):
    lamp = shop.product("Lamp", cost=Decimal(7))
    shop.allow_negative(shop.here)
    shop.issue(lamp, 2)
    assert shop.worth(lamp) == (-2, -14)
    shop.receive(lamp, 5, 50)
    assert shop.worth(lamp) == (3, 30)
    settled = session().scalars(sa.select(StockMove).where(StockMove.event == "stock_revalued")).one()
    assert (settled.quantity, settled.value, settled.from_location_id) == (0, 6, shop.here)


def test_what_is_promised_is_not_sold_to_others(shop):
    lamp = shop.product("Lamp")
    shop.receive(lamp, 3, 30)
    (promise,) = reserve([Wish(lamp, shop.here, Decimal(2))], source=Source("repair_order", 1))
    assert (on_hand(lamp), available(lamp)) == (3, 1)
    with pytest.raises(Invalid) as refused:
        shop.issue(lamp, 2)
    assert refused.value.fields == {
        "quantity": "2 of Lamp are wanted; only 3 are at Westlands, 2 of them reserved.",
    }
    consume([promise], shop.at("production"))
    assert (on_hand(lamp), available(lamp)) == (1, 1)
    with pytest.raises(NotFound):
        consume([promise], shop.at("production"))


def test_a_promise_is_kept_in_parts_or_released(shop):
    lamp = shop.product("Lamp")
    shop.receive(lamp, 3, 30)
    (promise,) = reserve([Wish(lamp, shop.here, Decimal(3))])
    with pytest.raises(Invalid):
        reserve([Wish(lamp, shop.here, Decimal(1))])
    shop.issue(lamp, 1, reservation_id=promise)
    assert available(lamp) == 0
    release([promise])
    assert available(lamp) == 2
    release([promise])


def test_what_is_expected_is_told_apart(shop):
    lamp = shop.product("Lamp")
    (note,) = expect([Wish(lamp, shop.here, Decimal(5))])
    assert (incoming(lamp), available(lamp)) == (5, 0)
    release([note])
    assert incoming(lamp) == 0


def test_how_many_there_were_on_a_day(shop):
    lamp = shop.product("Lamp")
    today = session().get_one(StockMove, shop.receive(lamp, 5, 50)).moved_on
    before, long_before = today.fromordinal(today.toordinal() - 3), today.fromordinal(today.toordinal() - 30)
    shop.receive(lamp, 4, 40, on=before)
    shop.move(lamp, shop.here, shop.there, 2)
    assert [on_hand(lamp, on=day) for day in (long_before, before, today)] == [0, 4, 7 + 2]
    assert as_of(before) == {(lamp, shop.here): 4}
    assert as_of(today, [lamp]) == {(lamp, shop.here): 7, (lamp, shop.there): 2}


def test_a_move_cannot_be_changed_by_the_application(shop):
    lamp = shop.product("Lamp")
    row = session().get_one(StockMove, shop.receive(lamp, 5, 50))
    with pytest.raises(DBAPIError, match="permission denied"), transaction():
        row.quantity = Decimal(50)
    session().rollback()
    with pytest.raises(DBAPIError, match="permission denied"), transaction():
        session().execute(sa.delete(StockMove).where(StockMove.id == row.id))


def test_many_documents_move_as_if_one_after_another_each_once(shop):
    lamp, first, second = shop.product("Lamp"), date(2026, 3, 1), date(2026, 3, 2)
    received = [Movement(lamp, shop.at("supplier"), shop.here, Decimal(5), value=Decimal(50))]
    sold = [Movement(lamp, shop.here, shop.at("customer"), Decimal(2))]
    steps = [
        Step(received, first, Source("bill", 1, "in")), Step(sold, second, Source("sale", 1, "out")), Step([], second),
    ]  # fmt: skip
    made = post_many(steps)
    assert [[each.value for each in step] for step in made] == [[50], [20], []]
    assert post_many(steps) == made
    assert shop.worth(lamp) == (3, 30)
    moves = session().execute(sa.select(StockMove.moved_on, StockMove.source_type).order_by(StockMove.id))
    assert [tuple(each) for each in moves] == [(first, "bill"), (second, "sale")]
