"""What a cashier may do and what only with somebody else; tills that are none any more; what a till never lets through."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest

from erp import Invalid, create, edit, session, today
from erp.operations import attach
from plugins.pos import registering
from plugins.pos.models import CashSession, Terminal, ZReport
from plugins.products.models import Product
from plugins.stock.api import Movement, home, on_hand, place, post
from plugins.stock.models import Location, StockMove
from tests.painted import png
from tests.pos.conftest import pin_of, sale, unregistered

pytestmark = pytest.mark.usefixtures("books")


def told(answer):
    """(status, code) of a refusal."""
    return answer.status_code, answer.json["error"]["code"]


def test_below_cost_and_over_the_limit_needs_somebody_elses_pin(till, shelf, manager, cashier, truth):
    lamp = shelf("Lamp", "100", cost="80")
    till.open()
    line = {"product_id": lamp, "discount": "30"}
    refused = till.sell(line)
    assert told(refused) == (422, "override_needed")
    assert refused.json["error"]["detail"]["kinds"] == ["below_cost", "discount"]
    own = till.post("override", {"pin": pin_of(cashier), "kind": "discount", "reason": "Friend"})
    assert told(own) == (403, "forbidden"), "nobody allows themselves"
    pin = pin_of(manager)
    tokens = {
        kind: till.post("override", {"pin": pin, "kind": kind, "reason": "Scratched", "about": "Lamp"}).json["token"]
        for kind in ("discount", "below_cost")
    }
    assert told(till.sell({**line, "override": tokens["discount"]})) == (422, "override_needed"), "both are needed"
    sent = sale({**line, "override": tokens["discount"]}, override=tokens["below_cost"])
    assert till.post("checkout", sent).json["total"] == "81.20"
    again = {**sent, "uuid": sale()["uuid"]}
    assert told(till.post("checkout", again)) == (422, "override_needed"), "a token is good for once"
    rows = truth("select kind, reason, asked_by, allowed_by from till_override order by id desc limit 2")
    assert {tuple(row) for row in rows} == {
        (kind, "Scratched", "Brian Otieno", "Wanjiru Kamau") for kind in ("discount", "below_cost")
    }


def test_a_price_of_ones_own_needs_somebody_else(till, shelf):
    lamp = shelf("Lamp", "100")
    till.open()
    answer = till.sell({"product_id": lamp, "unit_price": "90"})
    assert answer.json["error"]["detail"]["kinds"] == ["price"]
    assert till.sell({"product_id": lamp, "unit_price": "100"}).status_code == 200, "it is the price"


def test_wrong_pins_are_counted(till):
    for _attempt in range(5):
        assert told(till.post("override", {"pin": "000000", "kind": "discount", "reason": "x"})) == (422, "invalid")
    assert told(till.post("override", {"pin": "000000", "kind": "discount", "reason": "x"})) == (409, "too_many_pins")


def test_a_revoked_till_is_told_at_once(till, shelf, manager):
    lamp = shelf("Lamp", "100")
    till.open()
    with manager.acting():
        registering.revoke(till.terminal_id)
    answer = till.sell({"product_id": lamp})
    assert told(answer) == (403, "terminal_revoked")
    assert "revoked" in answer.json["error"]["message"]
    with manager.acting():
        code = registering.make_code(till.terminal_id)
    assert till.post("register", {"code": code}).status_code == 200
    assert till.sell({"product_id": lamp}).status_code == 200
    assert told(till.post("register", {"code": code})) == (422, "invalid"), "a code is good for once"


def test_a_browser_that_is_no_till_sells_nothing(cashier, sign_in, shelf):
    browser = unregistered(cashier, sign_in)
    assert told(browser.sell({"product_id": 1})) == (409, "terminal_unknown")
    assert told(browser.get("state")) == (409, "terminal_unknown")


def test_a_cashier_reaches_nothing_but_the_till(till, shelf):
    shelf("Lamp", "100")
    refused = ("sale", "product", "party", "terminal", "cash_session", "z_report", "stock_move", "account", "location")
    for name in refused:
        assert till.client.get(f"/{name}/").status_code == 403, name
    for path in ("/people/", "/company/", "/audit/", "/mailbox/", "/studio/", "/jobs/"):
        assert till.client.get(path).status_code == 403, path
    assert till.get("catalogue").status_code == 200


def test_who_is_no_cashier_has_no_till(company, sign_in):
    keeper = unregistered(company.person("Storekeeper"), sign_in)
    for path in ("", "state", "catalogue", "holds", "search?q=lamp"):
        assert keeper.get(path).status_code == 403, path


def test_cash_goes_out_with_somebody_else_only_and_is_in_the_z(till, manager):
    till.open()
    out = {"uuid": str(uuid4()), "direction": "out", "amount": "300", "reason": "To the safe"}
    assert told(till.post("sessions/current/cash", out)) == (422, "override_needed")
    allowed = {"pin": pin_of(manager), "kind": "cash_out", "reason": "Too much in the drawer"}
    token = till.post("override", allowed).json["token"]
    assert till.post("sessions/current/cash", {**out, "override": token}).json["cash_out"] == "300.00"
    coins = {"uuid": str(uuid4()), "direction": "in", "amount": "50", "reason": "Coins"}
    assert told(till.post("sessions/current/cash", {**coins, "uuid": "17"})) == (422, "invalid")
    till.post("sessions/current/cash", coins)
    x = till.post("sessions/current/cash", coins).json
    assert (x["cash_in"], x["cash_out"]) == ("50.00", "300.00"), "what is sent again is booked once"
    again = till.post("sessions/current/cash", {**out, "override": token})
    assert again.json["cash_out"] == "300.00", "and asks for nobody's PIN"
    assert "expected" not in x, "it is counted blind"
    z = till.post("sessions/current/close", {"counted": {"500": 1, "200": 1, "50": 1}}).json
    assert (z["expected"], z["difference"]) == ("750.00", "0.00")


def test_a_z_is_never_changed(till, manager):
    till.open()
    first = till.post("sessions/current/close", {"counted": {"1000": 1}}).json["number"]
    assert told(till.post("sessions/current/close", {"counted": {"1000": 1}})) == (409, "no_session")
    till.open()
    second = till.post("sessions/current/close", {"counted": {"1000": 1}}).json["number"]
    assert (first, second) == ("Z-00001", "Z-00002")
    with manager.acting() as acting:
        assert ("edit", "z_report") not in acting.permissions
        report = session().query(ZReport).filter(ZReport.number == first).one()
        assert report.figures["expected"] == "1000.00"
        assert session().get_one(CashSession, report.session_id).closed_at is not None


def test_goods_come_back_by_their_receipt_and_never_twice(till, shelf, manager):
    lamp = shelf("Lamp", "100")
    till.open()
    number = till.sell({"product_id": lamp, "quantity": 3}).json["number"]
    receipt = till.get(f"receipts/{number.lower()}").json
    assert [(line["quantity"], line["left"]) for line in receipt["lines"]] == [("3", "3")]
    back = {
        "uuid": sale()["uuid"], "sale_id": receipt["sale"], "tenders": [{"kind": "cash"}],
        "lines": [{"sale_line_id": receipt["lines"][0]["sale_line_id"], "quantity": 2, "condition": "damaged"}],
    }  # fmt: skip
    answers = {till.post("returns", back).text for _twice in range(2)}
    assert len(answers) == 1
    assert '"232.00"' in answers.pop()
    assert told(till.post("returns", {**back, "uuid": sale()["uuid"]})) == (422, "invalid")
    assert till.get("receipts/S-9999-1").status_code == 404
    with manager.acting():
        assert on_hand(lamp) == 7, "what is damaged does not lie on the shelf"
    z = till.post("sessions/current/close", {"counted": {"1000": 1}}).json
    assert (z["sold"], z["refunded"], z["expected"]) == ("348.00", "232.00", "1116.00")


def test_a_cart_waits_and_is_taken_once(till):
    cart = {"lines": [{"product_id": 1}], "note": "blue bag"}
    held = till.post("holds", {"name": "Amina", "cart": cart, "total": "116"}).json
    assert [each["name"] for each in till.get("holds").json["holds"]] == ["Amina"]
    assert till.post(f"holds/{held['id']}/take").json == {"cart": cart}
    assert told(till.post(f"holds/{held['id']}/take")) == (409, "conflict")


def test_a_colleague_takes_over_by_pin(till, shelf, company, truth):
    other = company.person("Cashier", name="Faith Achieng")
    lamp = shelf("Lamp", "100")
    till.open()
    till.post("lock")
    assert told(till.sell({"product_id": lamp})) == (403, "till_locked")
    assert till.get("state").json["is_locked"] is True
    assert till.post("unlock", {"pin": pin_of(other)}).json["cashier"]["name"] == "Faith Achieng"
    sold = till.sell({"product_id": lamp}).json["sale"]
    assert truth("select employee from sale where id = :id", id=sold)[0][0] == "Faith Achieng"


@pytest.mark.parametrize(("sent", "field"), [
    ({"lines": []}, "lines"),
    ({"lines": [{"product_id": 999999999}]}, "lines-0-product_id"),
    ({"lines": [{"product_id": "x"}]}, "lines-0-product_id"),
    ({"quantity": "-1"}, "lines-0-quantity"),
    ({"quantity": "many"}, "lines-0-quantity"),
    ({"discount": "120"}, "lines-0-discount"),
    ({"tenders": []}, "tenders"),
    ({"tenders": [{"kind": "gold"}]}, "tenders-0-kind"),
    ({"tenders": [{"kind": "cash", "amount": "1"}]}, "tenders"),
    ({"tenders": [{"kind": "account"}]}, "customer"),
    ({"receipt": "mail"}, "email"),
    ({"uuid": "7"}, "uuid"),
])  # fmt: skip
def test_what_is_wrong_is_said_at_its_field(till, shelf, sent, field):
    lamp = shelf("Lamp", "100")
    till.open()
    line = {"product_id": lamp, **{name: sent[name] for name in ("quantity", "discount") if name in sent}}
    answer = till.post("checkout", {**sale(line), **{k: v for k, v in sent.items() if k not in line}})
    assert told(answer) == (422, "invalid"), answer.text
    assert field in answer.json["error"]["detail"]["fields"]
    assert till.get("sessions/current/x").json["sales"] == 0


def test_a_customer_is_made_in_a_moment_and_found_again(till):
    made = till.post("customers", {"name": "Amina Hassan", "phone": "0712 345678"}).json
    assert [each["id"] for each in till.get("search?q=amina").json["customers"]] == [made["id"]]
    assert told(till.post("customers", {"name": ""})) == (422, "invalid")


def test_goods_without_a_receipt_come_back_at_todays_price_or_less_if_somebody_allows_it(till, shelf, manager, truth):
    lamp = shelf("Lamp", "100")
    till.open()
    line = {"product_id": lamp, "quantity": "2", "condition": "damaged"}
    back = {"uuid": sale()["uuid"], "lines": [line], "tenders": [{"kind": "cash"}]}
    dear = till.post("returns", {**back, "lines": [{**line, "unit_price": "101"}]})
    assert "This is more than it costs today." in dear.text
    assert told(till.post("returns", back)) == (422, "override_needed")
    asked = {"pin": pin_of(manager), "kind": "return", "reason": "Knows the customer", "about": "Lamp"}
    allowed = {**back, "override": till.post("override", asked).json["token"]}
    answers = {till.post("returns", allowed).text for _twice in range(2)}
    assert len(answers) == 1
    assert '"232.00"' in answers.pop()
    assert told(till.post("returns", {**allowed, "uuid": sale()["uuid"]})) == (422, "override_needed"), "good for once"
    ((did, amount),) = truth(
        "select did, amount from till_override_use where refund_id is not null order by id desc limit 1"
    )
    assert (did, amount) == ("Lamp without a receipt", 232)
    with manager.acting():
        assert on_hand(lamp) == 10


def test_what_comes_back_damaged_leaves_from_the_tills_own_place(till, shelf, manager):
    lamp = shelf("Lamp", "100", 0)
    with manager.acting():
        counter = create(Location.__tablename__, {"code": "COUNTER", "name": "Counter", "kind": "internal"}).id
        known = session().get_one(Terminal, till.terminal_id).version
        edit(till.terminal_id, "terminal", {"location": counter}, version=known)
        post([Movement(lamp, place("supplier").id, counter, Decimal(3), value=Decimal(150))], on=today())
    till.open()
    receipt = till.get(f"receipts/{till.sell({'product_id': lamp, 'quantity': 3}).json['number']}").json
    line = {"sale_line_id": receipt["lines"][0]["sale_line_id"], "quantity": 2}
    for count, condition, left in ((1, "good", 1), (2, "damaged", 1)):
        back = {"uuid": sale()["uuid"], "sale_id": receipt["sale"], "tenders": [{"kind": "cash"}],
                "lines": [{**line, "quantity": count, "condition": condition}]}  # fmt: skip
        assert till.post("returns", back).status_code == 200
        with manager.acting():
            assert on_hand(lamp, location_id=counter) == left


def test_a_bundle_that_comes_back_damaged_is_lost_part_by_part(till, shelf, manager):
    cup, tea = shelf("Cup", "40"), shelf("Tea", "60")
    with manager.acting():
        parts = [{"component": part, "quantity": Decimal(count)} for part, count in ((cup, 2), (tea, 1))]
        values = {"name": "Hamper", "unit_price": Decimal(100), "kind": "bundle", "components": parts}
        hamper = create("product", values).id
    till.open()
    receipt = till.get(f"receipts/{till.sell({'product_id': hamper, 'quantity': 3}).json['number']}").json
    back = {
        "uuid": sale()["uuid"], "sale_id": receipt["sale"], "tenders": [{"kind": "cash"}],
        "lines": [{"sale_line_id": receipt["lines"][0]["sale_line_id"], "quantity": 1, "condition": "damaged"}],
    }  # fmt: skip
    assert till.post("returns", back).status_code == 200
    with manager.acting():
        assert (on_hand(cup), on_hand(tea)) == (4, 7)
        lost = session().query(StockMove).filter(StockMove.event == "stock_lost").all()
        assert {each.product_id: each.quantity for each in lost} == {cup: 2, tea: 1}


def test_the_shelf_shows_pictures_and_begins_with_favourites(till, shelf, manager, truth):
    lamp, bulb, watch = shelf("Lamp", "100"), shelf("Bulb", "20"), shelf("Watch", "900", 0)
    with manager.acting():
        version = session().get_one(Product, watch).version
        edit(watch, "product", {"product_stock.tracking": "serial"}, version=version)
        attach("product", lamp, [("lamp.png", png()), ("back.png", png(colour="red"))])
    found = till.get("catalogue").json
    rows = {row[0]: dict(zip(found["columns"], row, strict=True)) for row in found["products"]}
    assert [(rows[key]["tracking"], bool(rows[key]["image"])) for key in (lamp, bulb, watch)] == [
        (None, True), (None, False), ("serial", False),
    ]  # fmt: skip
    address = f"pictures/{rows[lamp]['image']}"
    picture = till.get(address)
    assert (picture.mimetype, picture.data[8:12]) == ("image/webp", b"WEBP")
    assert "immutable" in picture.headers["Cache-Control"]
    assert till.get(address[:-1] + "x").status_code == 404
    assert till.get("state").json["favourites"] == []
    with manager.acting():
        known = session().get_one(Terminal, till.terminal_id)
        edit(known.id, "terminal", {"favourites": [{"product": watch}, {"product": lamp}]}, version=known.version)
        other = create("terminal", {"name": "Till 2", "location": home().id}).id
        twice = {"favourites": [{"product": lamp}, {"product": lamp}]}
        with pytest.raises(Invalid) as refused:
            edit(other, "terminal", twice, version=session().get_one(Terminal, other).version)
    assert list(refused.value.fields) == ["favourites-1-product"]
    assert till.get("state").json["favourites"] == [watch, lamp]
    with manager.acting():
        code = registering.make_code(other)
    till.post("register", {"code": code})
    assert till.get("state").json["favourites"] == [watch, lamp], "a till without any shows those of its branch"
