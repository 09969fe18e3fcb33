"""A repair shop with three people, and a short way to say who does what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from erp import clock, complete, create, session
from erp.data.base import transaction
from erp.jobs import claims, worker
from erp.jobs.models import Job
from erp.mailbox import MailMessage
from erp.run.demo import Stage
from erp.testing.pytest_plugin import Company, Person
from erp.workflow import steps
from erp.workflow.people import tasks
from plugins.repairs.models import RepairOrder

CAMERA = {
    "item": "Canon EOS R6 Mark II",
    "serial": "062021004418",
    "fault": "Dropped; error 20, lens wobbles",
    "condition": "Scratched base plate, sensor clean",
    "accessories": "Battery, strap, RF 24–105 lens",
    "storage": "Shelf B4, box 17",
}
LINES = [
    {"kind": "labour", "description": "Inspect and diagnose", "quantity": Decimal(1), "unit_price": Decimal(2500)},
    {"kind": "part", "description": "Lens mount ring CG2-4410", "quantity": Decimal(1), "unit_price": Decimal(6400)},
    {"kind": "labour", "description": "Replace mount, align", "quantity": Decimal("4.5"), "unit_price": Decimal(3200)},
]
"""23,300.00 and 16 % VAT: 27,028.00."""


@dataclass
class Shop:
    """Grace at the counter, Daniel in the workshop, and one order at a time."""

    grace: Person
    daniel: Person
    run_jobs: Callable[[], int]
    order_id: int = 0

    def receive(self, **changes: Any) -> None:
        """Grace takes in a camera of Amina Hassan; `email` None makes her a customer without an address."""
        email = changes.pop("email", "amina@example.com")
        with self.grace.acting():
            amina = create("party", {"name": "Amina Hassan", "phone": "+254 700 553 218", "email": email})
            self.order_id = create("repair_order", {**CAMERA, "customer": amina.id, **changes}).id

    def do(self, who: Person, element: str, **answers: Any) -> None:
        """Somebody completes an open task; afterwards the workers do what is due."""
        with who.acting():
            task = next(t for t in tasks.open_of("repair_order", [self.order_id]) if t.element == element)
            complete(task.id, answers)
        self.run_jobs()

    def decide(self, decision: str, **answers: Any) -> None:
        """The customer answers the quote; the signed link acts in the customer's name."""
        with self.grace.acting(source="system"):
            task = next(t for t in tasks.open_of("repair_order", [self.order_id]) if t.element == "decide_quote")
            complete(task.id, {"decision": decision, **answers})
        self.run_jobs()

    @property
    def open(self) -> list[str]:
        """The tasks that wait for somebody."""
        with self.grace.acting():
            return [task.element for task in tasks.open_of("repair_order", [self.order_id])]

    def look(self, *names: str) -> Any:
        """Fields of the order as they are now."""
        with self.grace.acting():
            order = session().get_one(RepairOrder, self.order_id)
            found = tuple(getattr(order, name) for name in names)
        return found[0] if len(found) == 1 else found

    def quote_earlier(self, days: int) -> None:
        """An order that was quoted some days ago; workers do its calls, nobody its timers."""
        self.run_jobs = self.call
        with clock.frozen(clock.now() - timedelta(days=days)):
            self.receive()
            self.inspect()
            self.quote()

    def call(self) -> int:
        """The workers carry out the order's outside calls."""
        with self.grace.acting(source="demo") as acting:
            return int(Stage("repair_order", {acting.name: acting}).work(self.order_id))

    def wait(self, days: int, element: str) -> None:
        """Days have passed since the order came in, and a timer fires."""
        with clock.frozen(self.look("created_at") + timedelta(days=days, minutes=1)):
            with self.grace.acting(source="demo") as acting:
                Stage("repair_order", {acting.name: acting}).fire(self.order_id, element)
            self.call()

    def mails(self) -> list[MailMessage]:
        """What the customer was sent, the oldest first."""
        with self.grace.acting():
            return list(session().scalars(sa.select(MailMessage).order_by(MailMessage.id)))

    # the usual way, one step after the other

    def inspect(self, verdict: str = "repairable", **changes: Any) -> None:
        """Daniel opens the camera."""
        self.do(self.daniel, "inspect", findings="Mount ring bent", verdict=verdict, **changes)

    def quote(self, lines: list[dict[str, Any]] = LINES, **more: Any) -> None:
        """Grace prepares the quote."""
        email = self.look("email")
        self.do(self.grace, "prepare_quote", lines=lines, promised_on=date(2026, 12, 24), email=email, **more)

    def rows(self) -> list[dict[str, Any]]:
        """The order's lines as a form sends them again."""
        names = ("kind", "description", "quantity", "unit_price", "discount")
        with self.grace.acting():
            order = session().get_one(RepairOrder, self.order_id)
            return [{"id": line.id} | {name: getattr(line, name) for name in names} for line in order.lines]

    def approved(self, lines: list[dict[str, Any]] = LINES, **quoted: Any) -> None:
        """Taken in, inspected, quoted and accepted."""
        self.receive()
        self.inspect()
        self.quote(lines, **quoted)
        self.decide("accept")

    def finished(self) -> None:
        """Repaired and checked: it can be collected."""
        self.repair()
        self.do(self.daniel, "check_quality", quality="pass")

    def repair(self) -> None:
        """Daniel repairs it."""
        self.do(self.daniel, "repair", work_done="Mount ring replaced, aligned")


@pytest.fixture
def shop(company: Company, run_jobs: Callable[[], int]) -> Shop:
    """A shop that opens this minute."""
    grace, daniel = company.person("Counter", name="Grace Njeri"), company.person("Technician", name="Daniel Otieno")
    return Shop(grace, daniel, run_jobs)


def unsent(shop: Shop, address: str) -> None:
    """An order whose quote the mail server did not take."""
    shop.run_jobs = lambda: 0
    shop.receive(email=address)
    shop.inspect()
    shop.quote()
    worker.run(_waiting(shop))  # the quote is rendered
    claim = claims.claim(_waiting(shop), timedelta(seconds=20))
    assert claim is not None
    with shop.grace.acting("system"):
        worker._failed(claim, RuntimeError(f"550 5.1.2 There is no host for {address}"))
        session.remove()


def _waiting(shop: Shop) -> int:
    """The call the order waits for, on its last attempt."""
    mine = sa.select(Job).where(Job.state == "waiting", Job.kind == steps.CALL, Job.subject_id == shop.order_id)
    with shop.grace.acting("system"), transaction():
        job = session().scalars(mine).one()
        job.max_attempts = 1
        return job.id
