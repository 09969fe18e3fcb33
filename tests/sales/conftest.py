"""A shop that sells: its manager, a walk-in's lamp and a customer who is known."""

from __future__ import annotations

from decimal import Decimal

import pytest

from erp import create, session
from erp.testing.pytest_plugin import Company, Person
from plugins.parties.models import Party
from plugins.products.models import Product


@pytest.fixture
def manager(company: Company) -> Person:
    return company.person("TENANT_MANAGER", name="Wanjiru Kamau")


def product(name: str, price: str, **more: object) -> Product:
    """A product of the acting tenant, at a price without tax."""
    made = create("product", {"name": name, "unit_price": Decimal(price), **more})
    return session().get_one(Product, made.id)


def party(name: str, **more: object) -> Party:
    """A customer of the acting tenant."""
    return session().get_one(Party, create("party", {"name": name, **more}).id)
