"""Lots and serial numbers at the till: which piece is sold, where it is otherwise, and which one comes back."""

from __future__ import annotations

from decimal import Decimal

import pytest

from erp import create, today
from plugins.pos import lots
from plugins.stock.api import Movement, home, on_hand, post
from plugins.stock.models import Location
from tests.pos.conftest import pin_of, sale

pytestmark = pytest.mark.usefixtures("books")


def wrong(answer):
    """{field: what is said} of a refusal."""
    assert answer.status_code == 422, answer.text
    return answer.json["error"]["detail"]["fields"]


def line(made, code, **more):
    return {"product_id": made[""], "lot_id": made[code], **more}


def back(receipt, **more):
    """What a till sends to take everything of a receipt back."""
    lines = [{"sale_line_id": each["sale_line_id"], "quantity": each["left"], **more} for each in receipt["lines"]]
    return {"uuid": sale()["uuid"], "sale_id": receipt["sale"], "lines": lines, "tenders": [{"kind": "cash"}]}


def test_the_piece_that_was_scanned_is_sold_once_and_is_the_one_that_comes_back(till, kept, manager, sign_in, truth):
    watch = kept("Watch", "serial", W1=(1, None), W2=(1, None))
    till.open()
    (found,) = till.get("lots?code=w1").json["lots"]
    assert (found["id"], found["product_id"], found["left"], found["wrong"]) == (watch["W1"], watch[""], "1", "")
    assert wrong(till.sell({"product_id": watch[""]})) == {"lines-0-lot": "Which serial number?"}
    assert wrong(till.sell(line(watch, "W1", quantity=2)))["lines-0-lot"].startswith("A serial number is one piece")
    twice = wrong(till.sell(line(watch, "W1"), line(watch, "W1")))
    assert twice == {"lines-1-lot": "W1 stands here twice."}
    sent = sale(line(watch, "W1"), line(watch, "W2"))
    sold = till.post("checkout", sent).json
    assert till.post("checkout", sent).json == sold
    number = sold["number"]
    assert wrong(till.sell(line(watch, "W1"))) == {"lines-0-lot": f"W1 was sold already, with {number}."}
    assert till.get("lots?code=W1").json["lots"][0]["wrong"] == f"W1 was sold already, with {number}."
    assert "Serial number W2" in till.client.get(sold["receipt_url"]).text
    receipt = till.get("receipts/W2").json
    assert (receipt["number"], [each["lot"] for each in receipt["lines"]]) == (number, ["W1", "W2"])
    one = {**back(receipt), "lines": back(receipt)["lines"][:1]}
    assert till.post("returns", one).status_code == 200
    with manager.acting():
        assert [on_hand(watch[""], lot_id=watch[code]) for code in ("W1", "W2")] == [1, 0]
    page = sign_in(manager).get(f"/sale/{sold['sale']}").text
    assert "Lots and serial numbers" in page
    assert f"/lot/{watch['W1']}" in page
    assert till.sell(line(watch, "W1")).status_code == 200, "what came back is sold again"
    assert truth("select count(*) from stock_move where lot_id = :id", id=watch["W1"])[0][0] == 4


def test_a_lot_is_taken_in_the_order_of_its_days_and_no_more_than_there_is(till, kept):
    milk = kept("Milk", "lot", LATE=(5, 30), SOON=(3, 2), OVER=(2, -1), NONE=(0, 9))
    till.open()
    offered = till.get(f"lots?product_id={milk['']}").json["lots"]
    assert [(each["code"], each["left"], each["is_expired"]) for each in offered] == [
        ("SOON", "3", False), ("LATE", "5", False), ("OVER", "2", True),
    ]  # fmt: skip
    assert wrong(till.sell({"product_id": milk[""]})) == {"lines-0-lot": "Which lot of Milk?"}
    assert "only 3 are at" in wrong(till.sell(line(milk, "SOON", quantity=4)))["lines-0-quantity"]
    assert till.get("lots?code=NONE").json["lots"][0]["wrong"] == "Nothing is left of NONE here."
    sold = till.sell(line(milk, "SOON", quantity=2), line(milk, "LATE", quantity=5)).json
    assert "Lot SOON" in till.client.get(sold["receipt_url"]).text
    assert [each["left"] for each in till.get(f"lots?product_id={milk['']}").json["lots"]] == ["1", "2"]


def test_what_is_past_its_day_is_sold_only_where_somebody_allows_it(till, kept, manager, truth):
    milk = kept("Milk", "lot", OVER=(2, -1))
    till.open()
    refused = till.sell(line(milk, "OVER"))
    assert refused.json["error"]["detail"]["kinds"] == ["expired"]
    assert "Milk, best before" in wrong(refused)["lines-0-lot"]
    asked = {"pin": pin_of(manager), "kind": "expired", "reason": "For the dog", "about": "Milk"}
    token = till.post("override", asked).json["token"]
    assert till.sell(line(milk, "OVER", override=token)).status_code == 200
    assert truth("select kind from till_override order by id desc limit 1")[0][0] == "expired"


def test_a_piece_that_is_elsewhere_or_nowhere_is_said_to_be_there(till, kept, manager):
    watch, other = kept("Watch", "serial", W1=(1, None), W9=(0, None)), kept("Clock", "serial", C1=(1, None))
    with manager.acting():
        window = create(Location.__tablename__, {"code": "WIN", "name": "Window", "kind": "internal"}).id
        post([Movement(watch[""], home().id, window, Decimal(1), watch["W1"])], on=today())
    till.open()
    assert wrong(till.sell(line(watch, "W1"))) == {"lines-0-lot": "W1 is at Window, not here."}
    assert wrong(till.sell(line(watch, "W9"))) == {"lines-0-lot": "W9 never came in."}
    alien = {"product_id": watch[""], "lot_id": other["C1"]}
    assert wrong(till.sell(alien)) == {"lines-0-lot": "C1 is no lot of Watch."}
    assert wrong(till.sell({**alien, "lot_id": 999999999})) == {"lines-0-lot": "This number is not known any more."}
    assert till.get("lots?code=NOBODY").json["lots"] == []
    assert till.get("receipts/C1").status_code == 404, "it was not sold"


def test_a_number_beyond_those_that_are_offered_is_found_by_itself(till, kept, monkeypatch):
    kept("Watch", "serial", **{f"W{at}": (1, None) for at in range(3)})
    monkeypatch.setattr(lots, "MOST", 2)
    till.open()
    product_id = till.get("lots?code=W0").json["lots"][0]["product_id"]
    offered = till.get(f"lots?product_id={product_id}").json["lots"]
    assert [each["code"] for each in offered] == ["W0", "W1"]
    (beyond,) = till.get("lots?code=W2").json["lots"]
    assert (beyond["product_id"], beyond["wrong"]) == (product_id, "")
    assert till.sell({"product_id": product_id, "lot_id": beyond["id"]}).status_code == 200


def test_a_damaged_piece_leaves_the_shelf_as_itself(till, kept, manager):
    watch = kept("Watch", "serial", W1=(1, None), W2=(1, None))
    till.open()
    till.sell(line(watch, "W1"))
    assert till.post("returns", back(till.get("receipts/W1").json, condition="damaged")).status_code == 200
    with manager.acting():
        assert [on_hand(watch[""], lot_id=watch[code]) for code in ("W1", "W2")] == [0, 1]


def test_without_a_receipt_a_lot_comes_back_and_a_piece_that_is_here_does_not(till, kept, manager):
    milk, watch = kept("Milk", "lot", L1=(3, 5)), kept("Watch", "serial", W1=(1, None), W2=(1, None))
    till.open()

    def bring(sent):
        asked = {"pin": pin_of(manager), "kind": "return", "reason": "Known customer", "about": "Milk"}
        token = till.post("override", asked).json["token"]
        body = {"uuid": sale()["uuid"], "lines": [sent], "tenders": [{"kind": "cash"}], "override": token}
        return till.post("returns", body)

    till.sell(line(milk, "L1", quantity=3), line(watch, "W2"))
    assert till.get("lots?code=L1").json["lots"][0]["wrong"] == "Nothing is left of L1 here."
    assert [till.get(f"lots?code={code}&back=1").json["lots"][0]["wrong"] for code in ("L1", "W2")] == ["", ""]
    asked = [till.get(f"lots?product_id={each['']}&back=1").json["lots"] for each in (milk, watch)]
    assert [[(each["code"], each["left"]) for each in found] for found in asked] == [[("L1", "0")], [("W2", "0")]]
    assert bring(line(milk, "L1")).status_code == 200
    assert bring(line(watch, "W2")).status_code == 200
    assert wrong(bring(line(watch, "W1")))["lines-0-lot"].startswith("W1 is at")
    with manager.acting():
        assert on_hand(milk[""], lot_id=milk["L1"]) == 1
