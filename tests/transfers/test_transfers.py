"""Goods go from one branch to another: asked for, picked, on the road, received by somebody who did not ship them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from erp import Forbidden, Invalid, NotFound, create, session, tasks, today
from erp.operations import cancel
from plugins.accounting.api import choose_chart, entries_of, open_lines
from plugins.stock.api import available, expected, proposals
from plugins.stock.models import StockMove
from plugins.transfers.checks import (
    the_road_is_what_transfers_say,
    what_came_was_moved,
    what_is_on_the_way_is_expected,
)
from plugins.transfers.models import Transfer
from tests.transfers.conftest import buckets


@pytest.fixture
def lamp(road) -> int:
    """Ten lamps at Westlands, for a hundred each."""
    made = road.shop.product("Lamp", code="LAMP")
    road.shop.receive(made, 10, 1000)
    return made


def holds() -> None:
    """What transfers say agrees with the moves, and with what is expected."""
    checks = (the_road_is_what_transfers_say, what_came_was_moved, what_is_on_the_way_is_expected)
    assert [told for check in checks for told in check()] == []


def test_goods_go_to_the_other_branch(road, lamp):
    shop = road.shop
    vase = shop.product("Vase")
    shop.receive(vase, 4, 80)
    road.ask([(lamp, 3), (vase, 2)], reason="For the fair")
    road.answer(road.ben, "pick", picked="asked", decision="done")
    with shop.boss.acting():
        assert (road.look().state, available(lamp, location_id=shop.here)) == ("picked", 7)
    road.answer(road.ben, "ship", tracking="KBX 123", decision="done")
    with shop.boss.acting():
        row = road.look()
        assert (row.state, row.worth, row.sent_by, row.tracking) == ("in_transit", 340, "Ben", "KBX 123")
        assert shop.counts(lamp) == {(shop.here, None): 7, (shop.at("transit"), None): 3}
        holds()
    road.receive()
    with shop.boss.acting():
        row = road.look()
        assert (row.state, row.received_by, buckets(row)[0]) == ("closed", "Anne", {"sent": 3, "received": 3})
        assert shop.counts(lamp) == {(shop.here, None): 7, (shop.there, None): 3}
        assert shop.worth(lamp) == (10, 1000)
        holds()


def test_what_is_on_the_road_is_expected_where_it_goes_and_nobodys_to_sell(road, lamp, sign_in):
    shop = road.shop
    with shop.boss.acting():
        create("reorder_rule", {"product": lamp, "location": shop.there, "minimum": 4, "maximum": 4})
    road.send([(lamp, 4)], needed_on=today())
    with shop.boss.acting():
        assert expected([lamp], shop.there) == {lamp: (4, today())}
        assert (available(lamp), proposals()) == (6, [])
    page = sign_in(shop.boss).get(f"/product/{lamp}").get_data(as_text=True)
    assert "On the way" in page
    assert "Expected" in page
    road.scan(road.anne, "LAMP", 1)
    road.receive(came="scanned", rest="wait")
    with shop.boss.acting():
        assert expected([lamp], shop.there)[lamp][0] == 3
        cancel("transfer", road.id, "The road is flooded")
        assert (expected([lamp], shop.there), expected([lamp], shop.here)[lamp][0]) == ({}, 3)
        assert [each.suggested for each in proposals()] == [3]
        holds()


def test_whoever_ships_does_not_receive(road, lamp):
    road.ask([(lamp, 3)])
    road.answer(road.peter, "pick", picked="asked", decision="done")
    road.answer(road.peter, "ship", decision="done")
    with pytest.raises(Forbidden):
        road.receive(road.peter)
    road.receive()


def test_each_branch_does_its_own_part_and_both_see_it_all(road, lamp):
    road.ask([(lamp, 3)])
    for somebody, theirs in ((road.anne, []), (road.ben, ["pick"])):
        with somebody.acting():
            assert session().get_one(Transfer, road.id).summary == "Westlands to Mombasa"
            assert [each.element for each in tasks.inbox()] == theirs
    with pytest.raises(Forbidden):
        road.answer(road.anne, "pick", picked="asked", decision="done")
    road.answer(road.ben, "pick", picked="asked", decision="done")
    road.answer(road.ben, "ship", decision="done")
    with pytest.raises(Forbidden):
        road.receive(road.ben)
    zoe = road.shop.company.person("Storekeeper", name="Zoe", only_at="Mombasa")
    inner = {"from_location": road.shop.here, "to_location": road.shop.at("transit")}
    with zoe.acting(), pytest.raises(Invalid, match="Choose a place in the house"):
        create("transfer", {**inner, "lines": [{"product": lamp, "quantity": Decimal(1)}]})


def test_who_reaches_neither_branch_asks_for_nothing_and_sees_nothing(road, lamp):
    shop = road.shop
    road.ask([(lamp, 1)])
    with shop.boss.acting():
        window = create("location", {"code": "WINDOW", "name": "Window", "parent": shop.here}).id
    within = {"from_location": shop.here, "to_location": window, "lines": [{"product": lamp, "quantity": Decimal(1)}]}
    with road.anne.acting(), pytest.raises(Forbidden, match="Neither of these branches is yours"):
        create("transfer", within)
    with road.ben.acting():
        made = create("transfer", within).id
        task = tasks.open_of("transfer", [made])[0].id
    with road.anne.acting():
        assert session().get(Transfer, made) is None
        with pytest.raises(NotFound):
            tasks.get(task)


def test_what_is_worth_much_is_approved_by_somebody_else(road):
    gem = road.shop.product("Gem")
    road.shop.receive(gem, 10, 3_000_000)
    road.ask([(gem, 1)])
    with pytest.raises(Forbidden):
        road.answer(road.anne, "decide", decision="approve")
    road.answer(road.peter, "decide", decision="return", comment="One of the small ones")
    road.answer(road.anne, "change_request", decision="ask")
    road.answer(road.peter, "decide", decision="reject", comment="Not before Christmas")
    with road.shop.boss.acting():
        assert (road.look().state, road.look().decision_note) == ("declined", "Not before Christmas")


def test_more_is_on_its_way_and_comes_with_the_next_delivery(road, lamp):
    road.send([(lamp, 5)])
    with pytest.raises(Invalid) as refused:
        road.receive(came="scanned", rest="wait")
    assert refused.value.fields == {"came": "Nothing was counted yet: scan what came."}
    road.scan(road.anne, "LAMP", 2)
    road.receive(came="scanned", rest="wait")
    with road.shop.boss.acting():
        assert (road.look().state, buckets(road.look())) == (
            "in_transit", [{"sent": 5, "received": 2, "in_transit": 3}],
        )  # fmt: skip
    road.receive()
    with road.shop.boss.acting():
        assert (road.look().state, road.look().deliveries, buckets(road.look())) == (
            "closed", 2, [{"sent": 5, "received": 5}],
        )  # fmt: skip
        holds()


def test_what_is_missing_is_found_written_off_or_charged_to_the_carrier(road, lamp):
    shop = road.shop
    with shop.boss.acting():
        choose_chart("general", today().replace(month=1, day=1))
        carrier = create("party", {"name": "Swift Couriers", "kind": "company"}).id
    road.ask([(lamp, 6)])
    road.answer(road.ben, "pick", picked="asked", decision="done")
    road.answer(road.ben, "ship", carrier=carrier, decision="done")
    road.scan(road.anne, "LAMP", 2)
    road.scan(road.anne, "LAMP", 1, "damaged")
    road.receive(came="scanned", rest="missing")
    with shop.boss.acting():
        assert (road.look().state, buckets(road.look())) == (
            "received", [{"sent": 6, "received": 2, "rejected": 1, "in_transit": 3}],
        )  # fmt: skip
        holds()
    road.answer(road.peter, "investigate", outcome="lost", decision="recount")
    road.scan(road.anne, "LAMP", 1)
    road.answer(road.anne, "recount", decision="done")
    road.answer(road.peter, "investigate", outcome="charged", note="The driver signed for six", decision="settle")
    with shop.boss.acting():
        row = road.look()
        assert (row.state, row.charged, buckets(row)) == ("closed", 300, [{"sent": 6, "received": 3, "lost": 3}])
        assert [(each.amount, each.party_id) for each in open_lines(carrier)] == [(300, carrier)]
        assert len(entries_of("transfer", row.id)) == 1
        assert shop.worth(lamp) == (7, 700)
        holds()


def test_more_than_was_sent_needs_the_right_and_a_reason(road, lamp):
    road.send([(lamp, 3)])
    road.scan(road.anne, "LAMP", 5)
    with pytest.raises(Invalid) as refused:
        road.receive(came="scanned", rest="missing", over_reason="They are here")
    assert "2 of Lamp are more than was sent: a stock manager receives them" in refused.value.fields["over_reason"]
    with pytest.raises(Invalid) as refused:
        road.receive(road.peter, came="scanned", rest="missing")
    assert "say why you take them" in refused.value.fields["over_reason"]
    road.receive(road.peter, came="scanned", rest="missing", over_reason="Five were in the box")
    shop = road.shop
    with shop.boss.acting():
        assert (road.look().state, buckets(road.look())) == ("closed", [{"sent": 5, "received": 5}])
        assert shop.counts(lamp) == {(shop.here, None): 5, (shop.there, None): 5}
        holds()


def test_a_wrong_item_is_kept_apart_until_somebody_decides(road, lamp):
    shop = road.shop
    vase = shop.product("Vase", code="VASE")
    shop.receive(vase, 1, 20)
    road.send([(lamp, 2)])
    road.scan(road.anne, "LAMP", 1)
    road.scan(road.anne, "VASE", 2)
    road.receive(came="scanned", rest="missing")
    with shop.boss.acting():
        assert buckets(road.look()) == [{"sent": 2, "received": 1, "in_transit": 1}, {"sent": 2, "rejected": 2}]
        # one vase was there to be sent by mistake; the other nobody knew of
        assert shop.counts(vase) == {(shop.at("transit"), None): 2}
        assert available(vase, location_id=shop.there) == 0
        holds()
    road.answer(road.peter, "investigate", outcome="returned", decision="settle")
    with shop.boss.acting():
        assert (road.look().state, shop.counts(vase)) == ("closed", {(shop.here, None): 2})
        assert shop.counts(lamp) == {(shop.here, None): 9, (shop.there, None): 1}
        holds()


def test_stopped_on_the_road_it_turns_back_as_a_transfer_of_its_own(road, lamp):
    shop = road.shop
    road.send([(lamp, 4)])
    road.scan(road.anne, "LAMP", 1)
    road.receive(came="scanned", rest="wait")
    with road.anne.acting():
        cancel("transfer", road.id, "The road is flooded")
    with shop.boss.acting():
        row = road.look()
        assert buckets(row) == [{"sent": 4, "received": 1, "returned": 3}]
        back = session().query(Transfer).filter_by(origin_id=road.id).one()
        assert (back.state, back.summary, buckets(back)) == (
            "in_transit", "On the way to Westlands", [{"sent": 3, "in_transit": 3}],
        )  # fmt: skip
        holds()
    road.answer(road.ben, "receive", back.id, came="all", decision="done")
    with shop.boss.acting():
        assert road.look(back.id).state == "closed"
        assert shop.counts(lamp) == {(shop.here, None): 9, (shop.there, None): 1}
        holds()


def test_stopped_before_it_leaves_what_was_picked_is_free_again(road, lamp):
    road.ask([(lamp, 4)])
    road.answer(road.ben, "pick", picked="asked", decision="done")
    with road.ben.acting():
        cancel("transfer", road.id, "Sold meanwhile")
    with road.shop.boss.acting():
        assert available(lamp, location_id=road.shop.here) == 10
        assert session().query(StockMove).filter_by(source_type="transfer").count() == 0


def test_lots_keep_their_identity(road):
    shop = road.shop
    film = shop.product("Film", code="FILM", **{"product_stock.tracking": "lot"})
    with shop.boss.acting():
        soon, late = (
            create("lot", {"product": film, "code": code, "kind": "lot", "expires_on": day}).id
            for code, day in (("A", "2027-01-31"), ("B", "2027-06-30"))
        )
    shop.receive(film, 2, 20, lot_id=soon)
    shop.receive(film, 5, 50, lot_id=late)
    road.send([(film, 3)])
    with shop.boss.acting():
        assert [(line.lot.code, line.sent) for line in road.look().lines] == [("A", 2), ("B", 1)]
    assert [lot.code for lot in road.scan(road.anne, "FILM").lots] == ["A", "B"]
    road.scan(road.anne, "A", 2)
    road.scan(road.anne, "FILM", 1, lot_id=late)
    road.receive(came="scanned", rest="missing")
    with shop.boss.acting():
        assert road.look().state == "closed"
        assert shop.counts(film) == {(shop.here, late): 4, (shop.there, soon): 2, (shop.there, late): 1}
        holds()


def test_bad_input_is_said_beside_its_field(road, lamp):
    shop = road.shop
    ends = {"from_location": shop.here, "to_location": shop.there}
    with road.anne.acting():
        for values, field, said in (
            ({"lines": []}, "lines", "Add at least one line."),
            ({"lines": [{"product": lamp, "quantity": Decimal(0)}]}, "lines-0-quantity", "More than nothing"),
            ({"to_location": shop.here}, "to_location", "Choose another place"),
            ({"from_location": shop.at("customer")}, "from_location", "Choose a place in the house."),
        ):
            given = {**ends, "lines": [{"product": lamp, "quantity": Decimal(1)}], **values}
            with pytest.raises(Invalid) as refused:
                create("transfer", given)
            assert said in refused.value.fields[field]
    road.ask([(lamp, 11)])
    with pytest.raises(Invalid) as refused:
        road.answer(road.ben, "pick", picked="asked", decision="done")
    assert refused.value.fields == {"lines-0-quantity": "11 of Lamp are wanted; only 10 are at Westlands."}
    with pytest.raises(Invalid, match="11 of Lamp are asked for, not more"):
        road.scan(road.ben, "LAMP", 12)
    road.scan(road.ben, "LAMP", 9)
    road.answer(road.ben, "pick", picked="scanned", decision="done")
    road.answer(road.ben, "ship", decision="done")
    with road.shop.boss.acting():
        assert buckets(road.look()) == [{"sent": 9, "in_transit": 9}]
