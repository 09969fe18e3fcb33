"""What the tests of messages in the database share: a company whose repair orders run a tiny diagram."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from erp import operations
from erp.data.base import session, transaction
from erp.testing.pytest_plugin import Company, Person
from erp.workflow import definitions, history, steps
from erp.workflow.models import WorkflowMessage, WorkflowSubscription
from plugins.repairs.models import RepairOrder
from tests.erp.workflow.engine_tools import files

ORDER = "repair_order"
CAMERA = {"item": "Canon EOS R6 Mark II", "fault": "Dropped; error 20", "storage": "Shelf B4"}


def drawn(key: str, **changes: str) -> bytes:
    """A diagram of these tests as the process of repair orders, its keys taken from the document."""
    text = files()[key].decode()
    for quote in ("id", "processRef", "bpmnElement"):
        text = text.replace(f'{quote}="{key}"', f'{quote}="{ORDER}"')
    text = text.replace('name="key" value="number"', 'name="key" value="document.number"')
    text = text.replace('name="payload.quantity" value=""', 'name="payload.quantity" value="3"')
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text.encode()


@dataclass
class Place:
    """One company, one person who does everything."""

    company: Company
    person: Person
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def publish(self, bpmn: bytes) -> int:
        with self.person.acting("system"), transaction():
            return definitions.publish(ORDER, bpmn)

    def order(self) -> tuple[int, str]:
        """A new order: its id and number."""
        with self.person.acting("system"):
            party = operations.create("party", {"name": f"Amina {next(self.numbers)}", "phone": "+254 700 553 218"})
            made = operations.create(ORDER, {**CAMERA, "customer": party.id})
            return made.id, made.number

    def send(self, name: str, key: str, message_id: str = "", **payload: Any) -> str:
        """Send a message; what became of it at once."""
        with self.person.acting("system"):
            sent = operations.send_message(
                name, key, payload, message_id or f"m-{next(self.numbers)}", sender="the bank"
            )
            session().refresh(sent)
            return sent.status

    def state(self, order_id: int) -> str:
        with self.person.acting("system"):
            return session().get_one(RepairOrder, order_id).state

    def waits(self, order_id: int) -> list[str]:
        """The elements at which an order waits for a message or signal."""
        with self.person.acting("system"):
            instance = steps.instance_of(session().get_one(RepairOrder, order_id))
            found = sa.select(WorkflowSubscription.element).where(WorkflowSubscription.instance_id == instance.id)
            return sorted(session().scalars(found))

    def events(self, order_id: int, kind: str) -> list[Any]:
        with self.person.acting("system"):
            instance = steps.instance_of(session().get_one(RepairOrder, order_id))
            return [(each.element, each.data) for each in history.of(instance.id) if each.kind == kind]

    def messages(self) -> dict[str, str]:
        """{id: status} of every message."""
        with self.person.acting("system"):
            return {each.message_id: each.status for each in session().scalars(sa.select(WorkflowMessage))}
