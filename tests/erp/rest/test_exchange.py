"""Messages to processes by REST: sent once, led to who waits, looked through, and only by whom it was given."""

from __future__ import annotations

import html
import json
import re

import pytest

from erp.rest.once import HEADER
from tests.erp.workflow.outside import Place, drawn

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def place(company):
    return Place(company, company.person("Counter", "TENANT_MANAGER", name="Grace Njeri"))


@pytest.fixture
def client(place, program):
    return program(place.person)


def test_a_program_tells_a_process_that_waits(place, client):
    place.publish(drawn("enquiry"))
    order, number = place.order()
    sent = {"name": "price_named", "key": number, "payload": {"price": "12.50"}}
    for _again in range(2):
        answer = client.post("message/", json=sent, headers={HEADER: "bank-77"})
        assert answer.status_code == 202
        assert (answer.json["status"], answer.json["message_id"]) == ("taken", "bank-77")
    assert place.waits(order) == ["agree"]
    [(_element, told)] = place.events(order, "received")
    assert told["sender"] == "Grace Njeri"
    other = client.post("message/", json={**sent, "key": "other"}, headers={HEADER: "bank-77"})
    assert other.status_code == 409
    early = client.post("message/", json={"name": "price_agreed", "key": "R-99", "message_id": "m", "ttl": "PT1H"})
    assert early.json["status"] == "waiting"
    listed = client.get("message/?status=waiting").json
    assert [row["message_id"] for row in listed["rows"]] == ["m"]
    assert listed["next"] is None


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"name": "", "message_id": "a"}, "name"),
        ({"name": "n"}, "message_id"),
        ({"name": "n", "message_id": "a", "key": [1]}, "key"),
        ({"name": "n", "message_id": "a", "key": True}, "key"),
        ({"name": "n", "message_id": "a", "payload": "x"}, "payload"),
        ({"name": "n", "message_id": "a", "ttl": "soon"}, "ttl"),
        ({"name": "n", "message_id": 7}, "message_id"),
        ({"name": "n", "message_id": "a", "colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_is_said_at_its_part(client, sent, field):
    answer = client.post("message/", json=sent)
    assert answer.status_code == 422
    assert list(answer.json["error"]["detail"]["fields"]) == [field]


def test_a_header_and_a_body_that_differ_are_refused(client):
    answer = client.post("message/", json={"name": "n", "message_id": "a"}, headers={HEADER: "b"})
    assert answer.status_code == 422
    assert client.post("message/", json=[]).status_code == 422
    assert client.get("message/?status=lost").status_code == 422
    assert client.get("message/?before=x").status_code == 422


def test_only_whom_it_was_given_may_send_and_look(company, program):
    client = program(company.person("Counter"))
    assert client.post("message/", json={"name": "n", "key": "k", "message_id": "a"}).status_code == 403
    assert client.get("message/").status_code == 403


def test_people_read_which_message_came_from_whom(place, client, sign_in):
    place.publish(drawn("enquiry"))
    order, number = place.order()
    browser = sign_in(place.person)
    waiting = browser.get(f"/repair_order/{order}/process?element=get_price").text
    assert "It waits for the message “price_named”." in waiting
    client.post("message/", json={"name": "price_named", "key": number, "payload": {"price": 3}, "message_id": "m-1"})
    told = browser.get(f"/repair_order/{order}/history").text
    assert f"Wait for the price: “price_named” with the key {number} came from Grace Njeri" in told
    assert f"Ask for a price: sent “price_wanted” with the key {number}" in told
    panel = browser.get(f"/repair_order/{order}/process?element=get_price").text
    assert "price_named" in panel
    assert "Grace Njeri" in panel


def test_people_read_what_came_first(place, sign_in, client):
    place.publish(drawn("first_come"))
    order, number = place.order()
    browser = sign_in(place.person)
    assert "whatever comes first" in browser.get(f"/repair_order/{order}/process?element=what_comes").text
    place.send("money", number, amount=5)
    assert "Passed, today" in browser.get(f"/repair_order/{order}/process?element=what_comes").text


def test_the_diagram_shows_where_it_waits_and_which_event_came(place, client, sign_in):
    place.publish(drawn("first_come"))
    order, number = place.order()
    browser = sign_in(place.person)
    waiting = marks(browser, order)
    assert set(waiting["here"]) == {"what_comes", "money_came", "called_off", "too_late", "hear"}
    client.post("message/", json={"name": "money", "key": number, "message_id": "m-1"})
    over = marks(browser, order)
    assert over["here"] == []
    assert {flow for flow in over["past"] if flow.startswith("f")} == {"f1", "f2", "f6"}


def marks(browser, order):
    page = browser.get(f"/repair_order/{order}/process").text
    found = re.search(r"data-marks=(?:'([^']*)'|\"([^\"]*)\")", page)
    assert found, page[:20_000]
    return json.loads(html.unescape(found[1] or found[2]))


def test_a_program_tells_everybody_who_waits_for_a_signal_once(place, client, run_jobs):
    place.publish(drawn("watched", **{"notes = notes + 1": "pass"}))
    (one, _), (other, _) = place.order(), place.order()
    run_jobs()
    for _again in range(2):
        answer = client.post("signal/", json={"name": "shop_closed", "payload": {}}, headers={HEADER: "closing-1"})
        assert answer.status_code == 202, answer.text
        assert (answer.json["kind"], answer.json["status"], answer.json["message_id"]) == (
            "signal",
            "told",
            "closing-1",
        )
    run_jobs()
    assert place.waits(one) == place.waits(other) == []
    assert client.post("signal/", json={"name": "other", "message_id": "closing-1"}).status_code == 409
    refused = client.post("signal/", json={"name": "shop_closed", "key": "R-1", "message_id": "x"})
    assert refused.status_code == 422
    assert set(refused.json["error"]["detail"]["fields"]) == {"key"}
    assert client.post("signal/", json={"name": "shop_closed"}).status_code == 422


def test_a_signal_needs_the_right_to_send(company, program):
    client = program(company.person("Counter"))
    assert client.post("signal/", json={"name": "shop_closed", "message_id": "a"}).status_code == 403
