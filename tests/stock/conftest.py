"""A shop with goods, places and somebody who keeps them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from erp import create, edit, session
from erp.testing.pytest_plugin import Company, Person
from plugins.stock.api import Movement, Source, cost_of, home, levels, place, post
from plugins.stock.models import Location


@dataclass
class Shop:
    """What a test says in a word: `shop.receive(lamp, 10, 100)`."""

    company: Company
    boss: Person
    work: Callable[[], int]
    """Has the workers do what is due."""
    here: int = 0
    there: int = 0
    made: list[int] = field(default_factory=list)

    def product(self, name: str, **values: Any) -> int:
        """A product that is kept in stock."""
        return create("product", {"name": name, **values}).id

    def at(self, kind: str) -> int:
        """The company's place of a kind."""
        return place(kind).id

    def move(self, product: int, origin: int, target: int, count: Any, **values: Any) -> int:
        """One move, posted."""
        source = values.pop("source", Source())
        on = values.pop("on", None)
        return post([Movement(product, origin, target, Decimal(count), **values)], source=source, on=on)[0]

    def receive(self, product: int, count: Any, value: Any, *, to: int | None = None, **values: Any) -> int:
        """Goods from a supplier, for so much in all."""
        return self.move(product, self.at("supplier"), to or self.here, count, value=Decimal(value), **values)

    def issue(self, product: int, count: Any, *, of: int | None = None, **values: Any) -> int:
        """Goods to a customer."""
        return self.move(product, of or self.here, self.at("customer"), count, **values)

    def counts(self, product: int) -> dict[tuple[int, int | None], Decimal]:
        """{(place, lot): how many}"""
        return {(each.location_id, each.lot_id): each.quantity for each in levels([product])}

    def worth(self, product: int) -> tuple[Decimal, Decimal]:
        """(quantity, value) of all of a product."""
        found = cost_of(product)
        return found.quantity, found.value

    def allow_negative(self, location_id: int) -> None:
        """Let a place go below nothing."""
        row = session().get_one(Location, location_id)
        edit(location_id, "location", {"allows_negative": True}, version=row.version)


@pytest.fixture
def shop(make_company: Callable[..., Company], run_jobs: Callable[[], int]) -> Iterator[Shop]:
    """A shop with two branches, its boss acting."""
    company = make_company()
    boss = company.person("TENANT_MANAGER")
    with boss.acting():
        here, there = (home(company.place.branch_ids[name]).id for name in ("Westlands", "Mombasa"))
        yield Shop(company, boss, run_jobs, here, there)
