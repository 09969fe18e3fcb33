"""How often the database is asked. These figures may fall; whoever lets one rise says why in the same commit."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from erp import complete, create, session
from erp.data.base import tally
from erp.testing.pytest_plugin import PASSWORD, Person
from erp.workflow.people import tasks
from tests.repairs.conftest import CAMERA, Shop


def asked(what: Callable[[], object]) -> int:
    """Statements, once everything is known; what is looked at again now and then is left out: the fewest of three."""
    what()
    return min(_once(what) for _time in range(3))


def _once(what: Callable[[], object]) -> int:
    session.remove()
    tally.statements = 0
    what()
    return tally.statements


@pytest.fixture
def orders(shop: Shop) -> list[int]:
    """Orders that wait for their inspection."""
    with shop.grace.acting():
        amina = create("party", {"name": "Amina Hassan", "phone": "+254 700 553 218"}).id
        return [create("repair_order", {**CAMERA, "customer": amina}).id for _order in range(4)]


def test_a_step(shop: Shop, orders: list[int]):
    with shop.daniel.acting():
        waiting = iter([task.id for task in tasks.open_of("repair_order", orders)])
        answers = {"findings": "Mount ring bent", "verdict": "repairable"}
        # who acts; task; document; company; lines; task closed; customer; events; instance, task, document, audit
        assert asked(lambda: complete(next(waiting), answers)) <= 12


def test_a_new_document(shop: Shop, orders: list[int]):
    with shop.grace.acting():
        customer = create("party", {"name": "Brian Otieno"}).id
        assert asked(lambda: create("repair_order", {**CAMERA, "customer": customer})) <= 15


def test_pages(shop: Shop, orders: list[int], sign_in: Callable[[Person], FlaskClient]):
    """Who acts in two, what stands around the page in one; a list of more than one page in five."""
    browser = sign_in(shop.grace)
    assert asked(lambda: browser.get("/search")) <= 3
    assert asked(lambda: browser.get("/repair_order/")) <= 7, "one page is not counted beside"
    assert asked(lambda: browser.get("/repair_order/?size=2")) <= 8
    assert asked(lambda: browser.get(f"/repair_order/{orders[0]}")) <= 23


def test_a_page_of_rows_for_a_program(shop: Shop, orders: list[int], app: Flask):
    program = app.test_client()
    sent = {"username": shop.grace.username, "password": PASSWORD}
    token = program.post("/api/v1/security/login", json=sent).json["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    page = {"size": "2"}
    assert asked(lambda: program.get("/api/v1/repair_order/", query_string=page, headers=headers)) <= 4
    assert asked(lambda: program.get("/api/v1/repair_order/", headers=headers)) <= 3
