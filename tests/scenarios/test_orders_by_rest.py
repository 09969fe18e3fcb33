"""Four programs take repair orders to their ends through REST, over real sockets and with real workers.

With REAL_SHOP set the customers are those of the real shop, imported before.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask
from werkzeug.serving import make_server

from erp import create
from erp.testing.pytest_plugin import PASSWORD, Company, Person
from tests.repairs.conftest import CAMERA
from tests.scenarios.processes import Crew
from tests.scenarios.test_real_shop_import import CUSTOMERS, bring

Truth = Callable[..., list[Any]]
PEOPLE = 4
QUOTE = [
    {"kind": "labour", "description": "Inspect and diagnose", "quantity": "1", "unit_price": "2500"},
    {"kind": "part", "description": "Lens mount ring", "quantity": "1", "unit_price": "6400", "discount": "5"},
]
ANSWERS = {
    "inspect": {"findings": "Mount ring bent", "verdict": "repairable"},
    "prepare_quote": {"lines": QUOTE, "promised_on": "2027-01-15"},
    "record_decision": {"decision": "accept"},
    "repair": {"work_done": "Mount ring replaced"},
    "check_quality": {"quality": "pass"},
    "phone_customer": {},
    "take_payment": {"tendered": "10000", "handed_over": True},
    "hand_over": {"handed_over": True},
}


@pytest.fixture(scope="module")
def address(app: Flask) -> Iterator[str]:
    """Where the application listens."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/api/v1"
    server.shutdown()
    thread.join()


def customers(company: Company, run_jobs: Callable[[], int], truth: Truth, count: int) -> list[int]:
    """Ids of customers: the real shop's where its file is at hand, else made through the same import's rules."""
    manager = company.person("TENANT_MANAGER")
    with manager.acting():
        if Path(os.environ.get("REAL_SHOP") or "/nowhere").is_file():
            bring(CUSTOMERS, manager, run_jobs)
        else:
            for number in range(17850, 17850 + count):
                create("party", {"number": str(number), "name": f"Customer {number}", "country": "United Kingdom"})
    rows = truth("select id from party where tenant_id = :tenant order by id", tenant=company.place.tenant_id)
    return [row.id for row in rows][:count]


class Program:
    """One user's program: takes orders in, then does whatever is open until all have ended."""

    def __init__(self, address: str, person: Person, deadline: float) -> None:
        self.http = httpx.Client(base_url=address, timeout=60)
        token = self.http.post("/security/login", json={"username": person.username, "password": PASSWORD})
        self.http.headers["Authorization"] = f"Bearer {token.json()['access_token']}"
        self.deadline = deadline
        self.unexpected: list[str] = []

    def receive(self, customer: int) -> None:
        """Take in a repair."""
        made = self.http.post("/repair_order/", json={**CAMERA, "customer": customer})
        if made.status_code != 201:
            self.unexpected.append(made.text)

    def work(self, is_over: Callable[[], bool]) -> None:
        """Do open tasks; somebody else may be quicker, nothing else may go wrong."""
        while not is_over():
            assert time.monotonic() < self.deadline, "not all orders came to their ends"
            rows = self.http.get("/task/").json()["rows"][:8]
            if not rows:
                time.sleep(0.1)
                continue
            task = random.choice(rows)
            done = self.http.post(f"/task/{task['id']}/complete", json={"answers": ANSWERS[task["element"]]})
            if done.status_code not in {200, 409}:
                self.unexpected.append(f"{task['element']}: {done.status_code} {done.text}")
                return


@pytest.mark.parametrize(
    ("orders", "seconds"),
    [pytest.param(12, 60, id="sample"), pytest.param(200, 900, id="all", marks=pytest.mark.soak)],
)
def test_orders_of_the_shops_customers_come_to_their_ends(
    crew: Crew,
    address: str,
    company: Company,
    run_jobs: Callable[[], int],
    truth: Truth,
    orders: int,
    seconds: int,
) -> None:
    tenant = company.place.tenant_id
    chosen = customers(company, run_jobs, truth, orders)
    programs = [
        Program(address, company.person("Counter", "Technician"), time.monotonic() + seconds)
        for _place in range(PEOPLE)
    ]
    for place, customer in enumerate(chosen):
        programs[place % PEOPLE].receive(customer)

    def is_over() -> bool:
        states = truth("select state from repair_order where tenant_id = :tenant", tenant=tenant)
        return any(each.unexpected for each in programs) or {row.state for row in states} == {"delivered"}

    threads = [threading.Thread(target=each.work, args=(is_over,), daemon=True) for each in programs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.unexpected for each in programs] == [[]] * PEOPLE
    _all_is_right(truth, tenant, len(chosen))


def _all_is_right(truth: Truth, tenant: int, orders: int) -> None:
    """No incident, no gap in gapless numbers, payments equal receipts equal totals."""
    (sums,) = truth(
        "select (select count(*) from workflow_incident where tenant_id = :t) incidents,"
        " (select count(*) from workflow_instance where tenant_id = :t and status = 'ended') ended,"
        " (select sum(total) from repair_order where tenant_id = :t) totals,"
        " (select sum(paid_amount) from payment where tenant_id = :t) paid,"
        " (select sum(total) from receipt where tenant_id = :t) receipts",
        t=tenant,
    )
    assert (sums.incidents, sums.ended) == (0, orders)
    assert sums.totals == sums.paid == sums.receipts
    for table in ("payment", "receipt"):
        numbers = truth(f"select number from {table} where tenant_id = :t", t=tenant)
        assert sorted(int(row.number[-5:]) for row in numbers) == list(range(1, orders + 1))
