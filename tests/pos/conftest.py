"""A shop with a till: its manager, a cashier, goods on the shelf, books that are kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from erp import create, session, today
from erp.testing.pytest_plugin import Company, Person
from plugins.accounting.api import choose_chart
from plugins.pos import allowing, registering
from plugins.stock.api import Movement, home, place, post

HEADERS = {"Accept": "application/json"}


@dataclass
class Till:
    """A registered browser with its cashier."""

    client: FlaskClient
    token: str
    terminal_id: int = 0

    def get(self, path: str) -> Any:
        """What the till is answered."""
        return self.client.get(f"/till/{path}", headers=HEADERS)

    def post(self, path: str, sent: object = None) -> Any:
        """What the till is answered to what it sends."""
        headers = {**HEADERS, "X-CSRFToken": self.token}
        return self.client.post(f"/till/{path}", json=sent or {}, headers=headers)

    def open(self, count: dict[str, int] | None = None) -> Any:
        """A session with a float of 1,000."""
        answer = self.post("sessions", {"float": count or {"1000": 1}})
        assert answer.status_code == 200, answer.text
        return answer.json

    def sell(self, *lines: dict[str, Any], **more: Any) -> Any:
        """A sale for cash unless something else is said."""
        return self.post("checkout", sale(*lines, **more))


def sale(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What a till sends to sell."""
    return {"uuid": str(uuid4()), "lines": list(lines), "tenders": [{"kind": "cash"}], **more}


@pytest.fixture
def manager(company: Company) -> Person:
    return company.person("TENANT_MANAGER", name="Wanjiru Kamau")


@pytest.fixture
def cashier(company: Company) -> Person:
    return company.person("Cashier", name="Brian Otieno")


@pytest.fixture
def shelf(manager: Person) -> Callable[..., int]:
    """Makes a product of which some lie on the shelf: its id."""

    def make(name: str, price: str, count: int = 10, cost: str = "50", **more: Any) -> int:
        with manager.acting():
            made = create("product", {"name": name, "unit_price": Decimal(price), **more}).id
            if count:
                move = Movement(made, place("supplier").id, home().id, Decimal(count), value=Decimal(cost) * count)
                post([move], on=today())
            return made

    return make


@pytest.fixture
def kept(manager: Person, shelf: Callable[..., int]) -> Callable[..., dict[str, int]]:
    """Makes a product that is followed, with so many of each lot on the shelf: {code: id}, the product's under ""."""

    def make(name: str, tracking: str, **lots: tuple[int, int | None]) -> dict[str, int]:
        made = {"": shelf(name, "100", 0, **{"product_stock.tracking": tracking})}
        with manager.acting():
            for code, (count, days) in lots.items():
                until = None if days is None else today() + timedelta(days=days)
                made[code] = create(
                    "lot", {"product": made[""], "code": code, "kind": tracking, "expires_on": until}
                ).id
                if count:
                    move = Movement(made[""], place("supplier").id, home().id, Decimal(count), made[code],
                                    value=Decimal(50) * count)  # fmt: skip
                    post([move], on=today())
        return made

    return make


@pytest.fixture
def books(manager: Person) -> None:
    with manager.acting():
        choose_chart("general", today().replace(month=1, day=1))


@pytest.fixture
def till(manager: Person, cashier: Person, sign_in: Callable[[Person], FlaskClient]) -> Till:
    return make_till(manager, cashier, sign_in)


def make_till(manager: Person, cashier: Person, sign_in: Callable[[Person], FlaskClient], name: str = "Till 1") -> Till:
    """Another till of the same shop."""
    with manager.acting():
        made = create("terminal", {"name": name, "location": home().id, "max_discount": Decimal(10)}).id
        code = registering.make_code(made)
    till = unregistered(cashier, sign_in)
    answer = till.post("register", {"code": code})
    assert answer.status_code == 200, answer.text
    till.terminal_id = made
    return till


def unregistered(person: Person, sign_in: Callable[[Person], FlaskClient]) -> Till:
    """The browser of somebody who signed in."""
    client = sign_in(person)
    found = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/profile/").text)
    assert found is not None
    return Till(client, found[1])


def pin_of(person: Person) -> str:
    """A new PIN of somebody."""
    with person.acting():
        pin = allowing.give_pin()
        session.remove()
        return pin
