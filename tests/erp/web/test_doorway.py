"""A service that can sign tells a process something at an address of its own."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
from flask.testing import FlaskClient

from erp import webhooks
from erp.operations.doorway import SIGNATURE
from erp.screens import services
from erp.testing.pytest_plugin import Company
from tests.erp.workflow.outside import Place, drawn

SECRET = "not for everybody"


@pytest.fixture
def place(company: Company) -> Place:
    place = Place(company, company.person("Counter", "TENANT_OWNER", name="Grace Njeri"))
    place.publish(drawn("enquiry"))
    return place


@pytest.fixture
def address(place: Place) -> str:
    with place.person.acting():
        services.keep("message", {"webhook_secret": SECRET})
        return webhooks.address("message", "")


def tell(client: FlaskClient, address: str, content: object, secret: str = SECRET, header: str = SIGNATURE):
    body = json.dumps(content).encode()
    signed = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return client.post(address, data=body, headers={header: f"sha256={signed}"})


def test_a_signed_notice_becomes_a_message_once(app, place: Place, address: str, run_jobs):
    order, number = place.order()
    content = {"id": "n-1", "name": "price_named", "key": number, "payload": {"price": "12.5"}}
    answers = [tell(app.test_client(), address, content) for _twice in range(2)]
    assert [(each.status_code, each.json["new"]) for each in answers] == [(200, True), (200, False)]
    run_jobs()
    assert place.waits(order) == ["agree"]
    assert place.messages()["n-1"] == "taken"
    [(_element, told)] = place.events(order, "received")
    assert told["sender"] == "Webhook"


def test_what_is_not_signed_or_no_message_is_refused(app, place: Place, address: str):
    client = app.test_client()
    content = {"id": "n", "name": "price_named", "key": "x"}
    assert tell(client, address, content, secret="guessed").status_code == 400
    assert tell(client, address, content, header="X-Other").status_code == 400
    assert tell(client, f"{address}x", content).status_code == 404
    for wrong in ([], {"id": 7, "name": "n"}, {"id": "a" * 121, "name": "n"}, {"id": "a", "name": ""},
                  {"id": "a", "name": "n", "payload": [1]}):  # fmt: skip
        assert tell(client, address, wrong).status_code == 422
    assert place.messages() == {}


def test_the_owner_finds_the_address_under_outside_services(place: Place, address: str, sign_in):
    page = sign_in(place.person).get("/services/").text
    assert "Messages to processes" in page
    assert address in page
    assert SECRET not in page
