"""Lots, serial numbers, days they are best before, and units."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from erp import Invalid, create, session, today
from plugins.products.models import Unit
from plugins.stock.api import Movement, Wish, available, on_hand, pick, post, reserve
from plugins.stock.checks import levels_are_moves, reserved_is_promised


def lot(product, code, kind="lot", **values):
    return create("lot", {"product": product, "code": code, "kind": kind, **values}).id


def unit(code):
    return session().scalars(sa.select(Unit.id).where(Unit.code == code)).one()


@pytest.fixture
def grain(shop):
    return shop.product("Grain", **{"product_stock.tracking": "lot"})


@pytest.fixture
def watch(shop):
    return shop.product("Watch", **{"product_stock.tracking": "serial"})


def test_a_product_kept_by_lots_is_told_apart_by_them(shop, grain):
    a, b = lot(grain, "A"), lot(grain, "B")
    shop.receive(grain, 5, 50, lot_id=a)
    shop.receive(grain, 5, 60, lot_id=b)
    shop.move(grain, shop.here, shop.there, 2, lot_id=b)
    assert shop.counts(grain) == {(shop.here, a): 5, (shop.here, b): 3, (shop.there, b): 2}
    assert on_hand(grain, lot_id=b) == 5
    with pytest.raises(Invalid) as refused:
        shop.issue(grain, 4, lot_id=b)
    assert refused.value.fields == {"quantity": "4 of Grain are wanted; only 3 are at Westlands."}
    with pytest.raises(Invalid) as refused:
        shop.issue(grain, 4)
    assert refused.value.fields == {"lot": "Which lot of Grain?"}


def test_a_lot_number_is_given_once(shop, grain, watch):
    lot(grain, "A")
    with pytest.raises(Invalid) as refused:
        lot(grain, "A")
    assert refused.value.fields == {"code": "Grain has the number A already."}
    with pytest.raises(Invalid) as refused:
        lot(watch, "A")
    assert refused.value.fields == {"kind": "Watch is followed otherwise: By serial number."}
    other = lot(watch, "A", "serial")
    with pytest.raises(Invalid) as refused:
        shop.receive(grain, 1, 1, lot_id=other)
    assert refused.value.fields == {"lot": "A is no lot of Grain."}


def test_a_serial_number_is_one_piece_in_one_place(shop, watch):
    serial = lot(watch, "SN-1", "serial")
    with pytest.raises(Invalid) as refused:
        shop.receive(watch, 2, 100, lot_id=serial)
    assert refused.value.fields == {"lot": "A serial number is one piece; name one for each."}
    shop.receive(watch, 1, 100, lot_id=serial)
    for target in (shop.here, shop.there):
        with pytest.raises(Invalid) as refused:
            shop.receive(watch, 1, 100, to=target, lot_id=serial)
        assert refused.value.fields == {"lot": "SN-1 is at Westlands already; one piece is in one place."}
    shop.move(watch, shop.here, shop.there, 1, lot_id=serial)
    shop.issue(watch, 1, of=shop.there, lot_id=serial)
    shop.receive(watch, 1, 80, lot_id=serial)


def test_the_same_serial_number_twice_in_one_delivery_is_refused(shop, watch):
    serial = lot(watch, "SN-1", "serial")
    come = [
        Movement(watch, shop.at("supplier"), shop.here, Decimal(1), lot_id=serial, at=f"lines-{place}-")
        for place in (0, 1)
    ]
    with pytest.raises(Invalid) as refused:
        post(come)
    assert list(refused.value.fields) == ["lines-1-lot"]
    assert on_hand(watch) == 0


def test_what_is_best_before_the_earliest_day_is_picked_first_and_what_is_over_never(shop, grain):
    over = lot(grain, "OVER", expires_on=today() - timedelta(days=1))
    late = lot(grain, "LATE", expires_on=today() + timedelta(days=90))
    soon = lot(grain, "SOON", expires_on=today())
    keeps = lot(grain, "KEEPS")
    for each in (over, keeps, late, soon):
        shop.receive(grain, 2, 10, lot_id=each)
    assert [(each.lot_id, each.quantity) for each in pick(grain, shop.here, Decimal(5))] == [
        (soon, 2), (late, 2), (keeps, 1),
    ]  # fmt: skip
    with pytest.raises(Invalid) as refused:
        pick(grain, shop.here, Decimal(7))
    assert refused.value.fields == {"quantity": "7 of Grain are wanted; only 6 are at Westlands."}
    reserve([Wish(grain, shop.here, Decimal(3))])
    with pytest.raises(Invalid):
        pick(grain, shop.here, Decimal(4))


def test_lots_are_promised_by_name_or_all_together(shop, grain):
    a, b = lot(grain, "A"), lot(grain, "B")
    shop.receive(grain, 2, 20, lot_id=a)
    shop.receive(grain, 2, 20, lot_id=b)
    own, _any = reserve([Wish(grain, shop.here, Decimal(1), lot_id=a), Wish(grain, shop.here, Decimal(2))])
    assert available(grain) == 1
    with pytest.raises(Invalid) as refused:
        shop.issue(grain, 1, lot_id=b, reservation_id=own)
    assert refused.value.fields == {"lot": "Another lot is reserved for it."}
    with pytest.raises(Invalid):
        shop.issue(grain, 2, lot_id=b)
    shop.issue(grain, 1, lot_id=b)
    assert [*levels_are_moves(), *reserved_is_promised()] == []


@pytest.mark.parametrize(
    ("count", "code", "there"), [("2", "dozen", "24"), ("0.5", "dozen", "6"), ("3", "pair", "6"), ("1", "piece", "1")]
)
def test_a_quantity_in_another_unit_is_converted_exactly(shop, count, code, there):
    lamp = shop.product("Lamp")
    shop.receive(lamp, count, 120, uom_id=unit(code))
    assert shop.worth(lamp) == (Decimal(there), 120)


def test_what_does_not_come_out_even_is_refused_at_its_field(shop):
    lamp = shop.product("Lamp")
    with pytest.raises(Invalid) as refused:
        shop.receive(lamp, "0.3", 1, uom_id=unit("dozen"), at="lines-0-")
    assert refused.value.fields == {
        "lines-0-quantity": "0.3 dozen would be 3.6000 piece, which does not come out even."
    }
    with pytest.raises(Invalid) as refused:
        shop.receive(lamp, "1.5", 1)
    assert list(refused.value.fields) == ["quantity"]
    with pytest.raises(Invalid) as refused:
        shop.receive(lamp, 1, 1, uom_id=unit("kilogram"))
    assert refused.value.fields == {"quantity": "kilogram cannot be turned into piece."}


def test_weights_come_out_to_what_the_unit_shows(shop):
    gold = shop.product("Gold, 18 karat", uom=unit("gram"), **{"product_stock.purity": Decimal(750)})
    shop.receive(gold, "1", 200000, uom_id=unit("ounce"))
    count, value = shop.worth(gold)
    assert (count, value) == (Decimal("28.35"), 200000)
    shop.issue(gold, "28.34")
    shop.issue(gold, "0.01")
    assert shop.worth(gold) == (0, 0)
