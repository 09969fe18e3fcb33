"""A shop that sells: its manager, a walk-in's lamp and a customer who is known."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from erp import create, session
from erp.testing.pytest_plugin import Company, Person
from plugins.parties.models import Party
from plugins.products.models import Product
from plugins.stock.api import Movement, home, place, post


@pytest.fixture
def manager(company: Company) -> Person:
    return company.person("TENANT_MANAGER", name="Wanjiru Kamau")


@pytest.fixture
def no_way_out(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Every connection but to our own database and Redis fails, whatever it is for."""
    tried: list[Any] = []
    connect = socket.socket.connect

    def refused(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX:
            tried.append(address)
            raise ConnectionRefusedError(address)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", refused)
    yield tried
    monkeypatch.undo()


def product(name: str, price: str, **more: object) -> Product:
    """A product of the acting tenant, at a price without tax."""
    made = create("product", {"name": name, "unit_price": Decimal(price), **more})
    return session().get_one(Product, made.id)


def stocked(name: str, price: str, count: int = 10, value: int = 1000) -> Product:
    """A product of which so many lie on the shelf, for so much in all."""
    made = product(name, price)
    post([Movement(made.id, place("supplier").id, home().id, Decimal(count), value=Decimal(value))])
    return made


def party(name: str, **more: object) -> Party:
    """A customer of the acting tenant."""
    return session().get_one(Party, create("party", {"name": name, **more}).id)
