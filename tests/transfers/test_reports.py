"""What the reports say of three transfers, worked out by hand: one on the road, one that lost something, one whole."""

from __future__ import annotations

from tests.reported import table


def test_what_is_on_the_road_and_where_goods_are_lost(road):
    lamp = road.shop.product("Lamp", code="LAMP")
    road.shop.receive(lamp, 20, 2000)
    road.send([(lamp, 4)])
    road.receive()
    lossy = road.send([(lamp, 6)])
    road.scan(road.anne, "LAMP", 4)
    road.receive(came="scanned", rest="missing")
    road.answer(road.peter, "investigate", outcome="lost", decision="settle")
    road.send([(lamp, 3)])
    with road.shop.boss.acting():
        assert road.look(lossy).state == "closed"
        on_road = table("goods_in_transit", "route", "name", "days", "age", "in_transit", "rejected", "worth")
        assert on_road == [("Westlands → Mombasa", "Lamp", 0, "0–2", 3, 0, 300)]
        lost = table("transfer_shrinkage", "route", "sent_by", "received_by", "transfers", "sent", "lost", "lost_value")
        assert lost == [
            ("Westlands → Mombasa", "Ben", "Anne", 2, 10, 2, 200), ("Westlands → Mombasa", "Ben", None, 1, 3, 0, 0),
        ]  # fmt: skip
    with road.anne.acting():
        assert len(table("goods_in_transit", "number")) == 1
