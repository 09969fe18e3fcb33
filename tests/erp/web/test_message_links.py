"""A link in a mail that sends one message: looking changes nothing, the button sends it once, and it ends."""

from __future__ import annotations

from datetime import timedelta

import pytest

from erp import clock, message_link, session
from erp.data.base import transaction
from erp.errors import Invalid
from erp.testing.pytest_plugin import Company
from plugins.repairs.models import RepairOrder
from tests.erp.web.conftest import Browser
from tests.erp.workflow.outside import Place, drawn


@pytest.fixture
def place(company: Company) -> Place:
    place = Place(company, company.person("Counter", name="Grace Njeri"))
    place.publish(drawn("enquiry"))
    return place


def link_to(place: Place, order: int, number: str, price: object = 12) -> str:
    with place.person.acting("system"), transaction():
        row = session().get_one(RepairOrder, order)
        token = message_link(
            row,
            "price_named",
            number,
            {"price": price},
            holder="Omar Ali",
            sentence="Is 12.00 right?",
            button="Yes, 12.00",
        )
    return f"/link/{token}"


def test_looking_changes_nothing_and_the_button_sends_once(browser: Browser, place: Place):
    order, number = place.order()
    link = link_to(place, order, number)
    page = browser.get(link)
    assert "Is 12.00 right?" in page.text
    assert "Yes, 12.00" in page.text
    assert place.waits(order) == ["get_price"]
    for _twice in range(2):
        assert browser.post(link, {"answer": "1"}).status_code == 303
    assert place.waits(order) == ["agree"]
    assert "Thank you" in browser.get(link).text
    [(_element, told)] = place.events(order, "received")
    assert told["sender"] == "Omar Ali (link)"


def test_a_link_ends_and_a_newer_one_takes_its_place(browser: Browser, place: Place):
    order, number = place.order()
    old, new = link_to(place, order, number), link_to(place, order, number)
    assert browser.get(old).status_code == 404
    assert browser.post(old, {"answer": "1"}).status_code == 404
    with clock.frozen(clock.now() + timedelta(days=15)):
        assert browser.post(new, {"answer": "1"}).status_code == 404
    assert place.waits(order) == ["get_price"]


def test_a_link_is_checked_when_it_is_made(place: Place):
    order, _number = place.order()
    with pytest.raises(Invalid):
        link_to(place, order, "x" * 300)
