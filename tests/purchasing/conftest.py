"""A company that buys: its books, its suppliers, three managers, and a short way to say who does what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from erp import complete, create, document_type, session, tasks, today
from erp.testing.pytest_plugin import Company, Person
from plugins.accounting.api import balance, choose_chart
from plugins.stock.api import home, levels

MANAGERS = {"Mercy": "Purchasing manager", "Samuel": "Stock manager", "Ruth": "TENANT_MANAGER"}


@dataclass
class Firm:
    """What a test says in a word: `firm.do("submit", order)`."""

    company: Company
    people: dict[str, Person]
    work: Callable[[], int]
    supplier: int = 0
    lamp: int = 0
    chair: int = 0

    def make(self, who: str, type_name: str, **values: Any) -> int:
        """A document, made by somebody."""
        with self.people[who].acting():
            return create(type_name, values).id

    def look(self, type_name: str, row_id: int) -> Any:
        """A document as it is."""
        return session().get_one(document_type(type_name).cls, row_id, populate_existing=True)

    def state(self, type_name: str, row_id: int) -> str:
        """Its state."""
        with self.people["Ruth"].acting():
            return str(self.look(type_name, row_id).state)

    def do(self, who: str, type_name: str, row_id: int, element: str, **answers: Any) -> None:
        """Somebody does an open task."""
        with self.people[who].acting():
            task = tasks.open_task(self.look(type_name, row_id), element)
            assert task is not None, f"{element} is not open"
            complete(task.id, answers)

    def line(self, product: int, count: Any, price: Any, **values: Any) -> dict[str, Any]:
        """A line of an order."""
        row = {"product": product, "description": "Goods", "quantity": Decimal(count), "unit_price": Decimal(price)}
        return row | values

    def order(self, *lines: dict[str, Any], **values: Any) -> int:
        """An order that was drawn up and submitted by the buyer."""
        made = self.make("Brian", "purchase_order", supplier=self.supplier, lines=list(lines), **values)
        self.do("Brian", "purchase_order", made, "submit", decision="submit")
        return made

    def sent(self, *lines: dict[str, Any], **values: Any) -> int:
        """An order that the supplier has."""
        made = self.order(*lines, **values)
        if self.state("purchase_order", made) == "submitted":
            for who in ("Mercy", "Samuel"):
                self.do(who, "purchase_order", made, "decide", decision="approve")
        self.work()
        assert "sent" in self.passed("purchase_order", made)
        return made

    def passed(self, type_name: str, row_id: int) -> list[str]:
        """The milestones it passed."""
        with self.people["Ruth"].acting():
            return list(self.look(type_name, row_id).passed_states)

    def lines(self, type_name: str, row_id: int) -> list[Any]:
        """The lines of a document."""
        return list(self.look(type_name, row_id).lines)

    def receive(self, order: int, *counts: Any, rejected: Any = 0, who: str = "Anne", **answers: Any) -> int:
        """Receive so many of each line, all where nothing is said."""
        receipt = self.make(who, "goods_receipt", order=order)
        with self.people[who].acting():
            rows = [{"id": line.id, "accepted": line.accepted} for line in self.lines("goods_receipt", receipt)]
        for row, count in zip(rows, counts, strict=False):
            row["accepted"] = Decimal(count)
        if rejected:
            rows[0] |= {"rejected": Decimal(rejected), "reason": "damaged"}
        self.do(who, "goods_receipt", receipt, "receive", decision="receive", lines=rows, **answers)
        return receipt

    def bill(self, order: int, number: str, *changes: dict[str, Any], **answers: Any) -> int:
        """Enter a bill of all that may be billed, its lines changed as said."""
        with self.people["Wanjiku"].acting():
            values = {"order": order, "supplier": self.supplier, "bill_number": number, "billed_on": today()}
        made = self.make("Wanjiku", "supplier_bill", **values)
        with self.people["Wanjiku"].acting():
            rows: list[dict[str, Any]] = [{"id": line.id} for line in self.lines("supplier_bill", made)]
        for row, change in zip(rows, changes, strict=False):
            row.update(change)
        self.do("Wanjiku", "supplier_bill", made, "enter", decision="post", lines=rows, **answers)
        return made

    def send_back(self, receipt: int, *counts: Any) -> int:
        """Send so many of each accepted line back, all where nothing is said."""
        made = self.make("Anne", "supplier_return", receipt=receipt, reason="quality")
        with self.people["Anne"].acting():
            rows: list[dict[str, Any]] = [{"id": line.id} for line in self.lines("supplier_return", made)]
        for row, count in zip(rows, counts, strict=False):
            row["quantity"] = Decimal(count)
        self.do("Anne", "supplier_return", made, "send_back", decision="send", lines=rows)
        return made

    def credit(self, number: str, *changes: dict[str, Any], **about: Any) -> int:
        """Enter a credit note about a return or bill as it begins, its lines changed as said."""
        with self.people["Wanjiku"].acting():
            values = {"supplier": self.supplier, "credit_number": number, "credited_on": today(), **about}
        made = self.make("Wanjiku", "supplier_credit_note", **values)
        with self.people["Wanjiku"].acting():
            rows: list[dict[str, Any]] = [{"id": line.id} for line in self.lines("supplier_credit_note", made)]
        for row, change in zip(rows, changes, strict=False):
            row.update(change)
        self.do("Wanjiku", "supplier_credit_note", made, "enter", decision="post", lines=rows)
        return made

    def counts(self) -> dict[int, Decimal]:
        """{product: how many there are}"""
        with self.people["Ruth"].acting():
            return {each.product_id: each.quantity for each in levels([self.lamp, self.chair])}

    def here(self) -> int:
        """Where the branch keeps its goods."""
        return home(self.company.place.branch_ids["Westlands"]).id

    def today(self) -> str:
        """The firm's day, as forms write it."""
        with self.people["Ruth"].acting():
            return today().isoformat()

    def balances(self, *uses: str) -> list[Decimal]:
        """What the accounts of these uses hold, debits above zero."""
        with self.people["Ruth"].acting():
            return [balance(use) for use in uses]


@pytest.fixture
def firm(make_company: Callable[..., Company], run_jobs: Callable[[], int], request: pytest.FixtureRequest) -> Firm:
    """A firm whose boss has chosen a chart and knows one supplier and two products.

    Where a module says so by `ORDERS_GO_TO = None`, orders are handed over and no paper is made of each.
    """
    company = make_company()
    roles = {**MANAGERS, "Brian": "Buyer", "Anne": "Storekeeper", "Wanjiku": "Accountant"}
    made = Firm(company, {name: company.person(role, name=name) for name, role in roles.items()}, run_jobs)
    with made.people["Ruth"].acting():
        choose_chart("kenya", today().replace(month=1, day=1))
        goes_to = getattr(request.module, "ORDERS_GO_TO", "orders@uhuru.example")
        supplier = {"name": "Uhuru Parts", "kind": "company", "is_supplier": True, "email": goes_to}
        made.supplier = create("party", supplier).id
        made.lamp, made.chair = (create("product", {"name": name}).id for name in ("Lamp", "Chair"))
    return made
