"""An office with an accountant, a customer, and a short way to say who does what to which document."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from erp import clock, complete, create, session, transaction
from erp.mailbox import MailMessage
from erp.run.demo import Stage
from erp.testing.pytest_plugin import Company, Person
from erp.workflow.people import tasks
from plugins.invoices import api
from plugins.invoices.models import CreditNote, Invoice

LINES = [
    {"description": "Calibrate pulse monitor", "quantity": Decimal("4.5"), "uom": "hour", "unit_price": Decimal(3200)},
    {"description": "Sensor cable", "quantity": Decimal(3), "unit_price": Decimal("333.33")},
]
"""15,399.99 and 16 % VAT: 17,863.99."""


@dataclass
class Office:
    """Wanjiku keeps the books; one invoice at a time."""

    wanjiku: Person
    run_jobs: Callable[[], int]
    customer: int = 0
    invoice_id: int = 0
    credit_id: int = 0

    def draft(self, lines: Any = LINES, email: str | None = "office@lakeside.example", **values: Any) -> None:
        """Wanjiku drafts an invoice for the Lakeside Clinic."""
        with self.wanjiku.acting():
            if not self.customer:
                self.customer = create("party", {"name": "Lakeside Clinic", "kind": "company", "email": email}).id
            self.invoice_id = create("invoice", {"customer": self.customer, "lines": lines, **values}).id

    def do(self, kind: str, element: str, **answers: Any) -> None:
        """Wanjiku completes an open task; afterwards the workers do what is due."""
        document_id = self.invoice_id if kind == "invoice" else self.credit_id
        with self.wanjiku.acting():
            task = next(t for t in tasks.open_of(kind, [document_id]) if t.element == element)
            complete(task.id, answers)
        self.run_jobs()

    def issue(self, **answers: Any) -> None:
        """The draft is issued and sent."""
        self.do("invoice", "issue", decision="issue", **answers)

    def pay(self, amount: str) -> None:
        """The customer pays in cash."""
        self.do("invoice", "collect", tendered=Decimal(amount), outcome="cash")

    def credit(self, **quantities: str) -> None:
        """A credit note of all that is left, or of these quantities by description."""
        with self.wanjiku.acting():
            self.credit_id = api.credit(self.invoice_id).id
            lines = [
                {"id": line.id, "quantity": Decimal(quantities.get(line.description.split()[0].lower(), line.quantity))}
                for line in session().get_one(CreditNote, self.credit_id).lines
                if not quantities or line.description.split()[0].lower() in quantities
            ]
        self.do("credit_note", "issue", decision="issue", reason="returned", lines=lines)

    def look(self, *names: str) -> Any:
        """Fields of the invoice as they are now."""
        return self._look(Invoice, self.invoice_id, names)

    def look_at_credit(self, *names: str) -> Any:
        """Fields of the credit note as they are now."""
        return self._look(CreditNote, self.credit_id, names)

    def _look(self, cls: Any, row_id: int, names: Any) -> Any:
        with self.wanjiku.acting():
            row = session().get_one(cls, row_id)
            found = tuple(getattr(row, name) for name in names)
        return found[0] if len(found) == 1 else found

    @property
    def outstanding(self) -> Decimal:
        """What is still to be paid."""
        with self.wanjiku.acting():
            return api.outstanding(session().get_one(Invoice, self.invoice_id))

    @property
    def open(self) -> list[str]:
        """The tasks of the invoice that wait for somebody."""
        with self.wanjiku.acting():
            return [task.element for task in tasks.open_of("invoice", [self.invoice_id])]

    def mails(self) -> list[MailMessage]:
        """What customers were sent, the oldest first."""
        with self.wanjiku.acting():
            return list(session().scalars(sa.select(MailMessage).order_by(MailMessage.id)))

    def issue_earlier(self, days: int, **values: Any) -> None:
        """An invoice that was issued some days ago; workers do its calls, nobody its timers."""
        self.run_jobs = self.call
        with clock.frozen(clock.now() - timedelta(days=days)):
            self.draft(**values)
            self.issue()

    def call(self) -> int:
        """The workers carry out the invoice's outside calls."""
        with self.wanjiku.acting(source="demo") as acting:
            return int(Stage("invoice", {acting.name: acting}).work(self.invoice_id))

    def week_passes(self, days: int) -> None:
        """Days after it was made its weekly timer fires."""
        with clock.frozen(self.look("created_at") + timedelta(days=days, minutes=1)):
            with self.wanjiku.acting(source="demo") as acting:
                Stage("invoice", {acting.name: acting}).fire(self.invoice_id, "week_passed")
            self.call()

    @contextmanager
    def writing(self) -> Any:
        """Wanjiku inside a transaction, as an action is."""
        with self.wanjiku.acting(), transaction():
            yield


@pytest.fixture
def office(company: Company, run_jobs: Callable[[], int]) -> Office:
    """An office that opens this minute."""
    return Office(company.person("Accountant", name="Wanjiku Kamau"), run_jobs)
