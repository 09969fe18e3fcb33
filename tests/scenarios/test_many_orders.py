"""Four people and real workers take many repair orders to their ends at the same time."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from erp import clock, complete, create
from erp.errors import Conflict
from erp.testing.pytest_plugin import Company, Person
from tests.repairs.conftest import CAMERA, LINES
from tests.scenarios.processes import Crew

Truth = Callable[..., list[Any]]
ENDS = {"delivered", "returned_unrepaired"}
PEOPLE = 4


def answers(element: str, order: Any) -> dict[str, Any]:
    """What is said at a step; the order's id decides its way."""
    way = order.id % 8
    return {
        "inspect": {
            "findings": "Mount ring bent",
            "verdict": "unrepairable" if way == 1 else "repairable",
            "warranty_override": "all" if way == 2 else None,
            "warranty_reason": "Goodwill" if way == 2 else None,
        },
        "prepare_quote": {
            "lines": LINES,
            "promised_on": clock.now().date() + timedelta(days=9),
            "email": order.email,
        },
        "decide_quote": {"decision": "decline" if way == 3 else "accept"},
        "record_decision": {"decision": "accept"},
        "settle_unrepairable": {"outcome": "returned"},
        "repair": {"work_done": "Mount ring replaced"},
        "check_quality": {"quality": "rework" if way == 4 and not order.rework_count else "pass"},
        "phone_customer": {},
        "take_payment": {"tendered": Decimal(28000), "handed_over": True},
        "hand_over": {"handed_over": True},
        "return_item": {"handed_over": True},
    }[element]


class Rush:
    """Everybody does whatever is open, so that two often reach for the same step."""

    def __init__(self, company: Company, truth: Truth, orders: int, seconds: float) -> None:
        self.truth, self.orders, self.deadline = truth, orders, time.monotonic() + seconds
        self.tenant = company.place.tenant_id
        self.people = [company.person("Counter", "Technician") for _place in range(PEOPLE)]
        self.errors: list[BaseException] = []

    def run(self) -> None:
        """Return when every order has ended."""
        threads = [threading.Thread(target=self._work, args=(each,), daemon=True) for each in self.people]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self.errors:
            raise self.errors[0]

    def _work(self, person: Person) -> None:
        try:
            self._receive(person)
            while not self._is_over():
                self._do_one(person)
        except BaseException as error:
            self.errors.append(error)

    def _receive(self, person: Person) -> None:
        for place in range(self.orders // PEOPLE):
            with person.acting():
                email = None if place % 3 == 0 else f"c{place}@example.com"
                customer = create("party", {"name": f"Customer {place}", "phone": "+254 700", "email": email})
                create("repair_order", {**CAMERA, "customer": customer.id})

    def _is_over(self) -> bool:
        assert time.monotonic() < self.deadline, "not all orders came to their ends"
        if self.errors:
            return True
        rows = self.truth("select state from repair_order where tenant_id = :tenant", tenant=self.tenant)
        return len(rows) == self.orders and {row.state for row in rows} <= ENDS

    def _do_one(self, person: Person) -> None:
        rows = self.truth(
            "select task.id task_id, element, document.id, email, rework_count from workflow_task task"
            " join repair_order document on document.id = task.document_id"
            " where task.tenant_id = :tenant and status = 'open' order by task.id limit 6",
            tenant=self.tenant,
        )
        if not rows or self.errors:
            time.sleep(0.05)
            return
        chosen = random.choice(rows)
        source = "system" if chosen.element == "decide_quote" else "web"
        with person.acting(source=source):
            try:
                complete(chosen.task_id, answers(chosen.element, chosen))
            except Conflict:
                return  # somebody else was quicker


@pytest.mark.parametrize(
    ("orders", "seconds"),
    [pytest.param(24, 60, id="sample"), pytest.param(200, 900, id="all", marks=pytest.mark.soak)],
)
def test_repair_orders_of_four_people_come_to_their_ends(
    crew: Crew, company: Company, truth: Truth, orders: int, seconds: int
) -> None:
    rush = Rush(company, truth, orders, seconds)
    rush.run()
    found = {
        table: truth(f"select * from {table} where tenant_id = :tenant order by id", tenant=rush.tenant)
        for table in ("repair_order", "payment", "receipt", "workflow_incident", "job")
    }
    assert found["workflow_incident"] == []
    assert {row.state for row in found["job"]} <= {"done", "cancelled"}
    paid = [row for row in found["repair_order"] if "delivered" in row.passed_states and row.total]
    assert len(found["payment"]) == len(found["receipt"]) == len(paid)
    for table in ("payment", "receipt"):
        given = sorted(int(row.number.rpartition("-")[2]) for row in found[table])
        assert given == list(range(1, len(paid) + 1))
    assert {(row.subject_number, row.paid_amount) for row in found["payment"]} == {
        (row.subject_number, row.total) for row in found["receipt"]
    }
    assert {row.subject_number: row.paid_amount for row in found["payment"]} == {row.number: row.total for row in paid}
    assert Counter(row.payment_id for row in found["receipt"]) == Counter(row.id for row in found["payment"])
