"""Two branches: Anne asks for goods and receives them at Mombasa, Ben picks and ships them at Westlands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from erp import complete, create, session, tasks
from erp.testing.pytest_plugin import Person
from plugins.transfers.models import BUCKETS, Transfer
from plugins.transfers.scanning import Outcome, Scan, scan
from tests.stock.conftest import Shop, shop

__all__ = ["Road", "road", "shop"]


@dataclass
class Road:
    """What a test says in a word: `road.sent([(lamp, 3)])`."""

    shop: Shop
    anne: Person
    ben: Person
    peter: Person
    """Answers for the stock of both."""
    id: int = 0

    def ask(self, lines: Sequence[tuple[int, Any]], **values: Any) -> int:
        """Anne asks Westlands for goods."""
        asked = [{"product": product, "quantity": Decimal(count)} for product, count in lines]
        with self.anne.acting():
            ends = {"from_location": self.shop.here, "to_location": self.shop.there}
            self.id = create("transfer", {**ends, "lines": asked, **values}).id
        return self.id

    def answer(self, by: Person, element: str, transfer: int = 0, **answers: Any) -> None:
        """Somebody does a step."""
        with by.acting():
            row = session().get_one(Transfer, transfer or self.id)
            task = tasks.open_task(row, element)
            assert task is not None, f"{element} is not open"
            complete(task.id, answers)

    def send(self, lines: Sequence[tuple[int, Any]], **values: Any) -> int:
        """Asked for, picked and shipped."""
        self.ask(lines, **values)
        self.answer(self.ben, "pick", picked="asked", decision="done")
        self.answer(self.ben, "ship", decision="done")
        return self.id

    def receive(self, by: Person | None = None, **answers: Any) -> None:
        """Anne receives."""
        self.answer(by or self.anne, "receive", **{"came": "all", "decision": "done", **answers})

    def scan(self, by: Person, code: str, count: Any = 1, condition: str = "good", **more: Any) -> Outcome:
        """Somebody scans."""
        with by.acting():
            return scan(self.id, Scan(code, uuid4().hex, Decimal(count), condition, **more))

    def look(self, transfer: int = 0) -> Transfer:
        """The transfer as it is, seen by whoever acts."""
        session.remove()
        return session().get_one(Transfer, transfer or self.id)


def buckets(row: Transfer) -> list[dict[str, Decimal]]:
    """What became of each line, without what is nothing."""
    names = ("sent", *BUCKETS)
    return [{name: getattr(line, name) for name in names if getattr(line, name)} for line in row.lines]


@pytest.fixture
def road(shop: Shop) -> Road:
    """Two branches with their people."""
    company = shop.company
    return Road(
        shop,
        company.person("Storekeeper", name="Anne", only_at="Mombasa"),
        company.person("Storekeeper", name="Ben", only_at="Westlands"),
        company.person("Stock manager", name="Peter"),
    )
