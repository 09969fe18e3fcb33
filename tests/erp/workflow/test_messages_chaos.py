"""Messages before, after and at the moment of their receiver, sent twice, by hands that are killed: each is taken once."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from erp import operations
from erp.data.base import transaction
from erp.jobs import worker
from erp.workflow.messaging import messages
from tests.erp.workflow.outside import ORDER, Place, drawn

pytestmark = pytest.mark.usefixtures("app")
ORDERS, HANDS = 12, 4
NAMES = ("price_named", "price_agreed")


@dataclass
class Chaos:
    """Orders that wait for two messages each, and everything that may happen around them."""

    place: Place
    truth: object
    party: int = 0

    def open(self, turn):
        values = {"item": "Leica", "fault": "dropped", "storage": f"key-{turn}", "customer": self.party}
        with self.place.person.acting("system"):
            operations.create(ORDER, values)

    def tell(self, name, turn):
        with self.place.person.acting("system"):
            operations.send_message(name, f"key-{turn}", {"price": turn}, f"{name}-{turn}")

    def die(self, name, turn):
        """Its connection is killed after everything was done and before it was committed."""
        with self.place.person.acting("system"), pytest.raises(OperationalError), transaction() as current:
            messages.send(messages.checked("message", name, f"key-{turn}", {"price": turn}, f"{name}-{turn}"))
            current.flush()
            backend = current.scalar(sa.select(sa.func.pg_backend_pid()))
            self.truth("select pg_terminate_backend(:pid, 5000)", pid=backend)
            current.scalar(sa.select(sa.func.now()))

    def work(self):
        with self.place.person.acting("system"):
            worker.drain(5)

    def deeds(self, turn):
        told = [(deed, name, turn) for name in NAMES for deed in (self.tell, self.tell, self.die)]
        return [(self.open, turn), *told, (self.work,)]


@pytest.fixture
def chaos(company, truth):
    place = Place(company, company.person("Counter", name="Grace Njeri"))
    place.publish(drawn("enquiry", **{'value="document.number"': 'value="document.storage"'}))
    with place.person.acting("system"):
        party = operations.create("party", {"name": "Amina", "phone": "+254 700 553 218"}).id
    return Chaos(place, truth, party)


@pytest.mark.parametrize("seed", range(3))
def test_every_message_is_taken_exactly_once(chaos, truth, seed):
    deeds = [deed for turn in range(ORDERS) for deed in chaos.deeds(turn)]
    random.Random(seed).shuffle(deeds)
    with ThreadPoolExecutor(HANDS) as hands:
        for done in [hands.submit(act, *told) for act, *told in deeds]:
            done.result()
    worker.drain()
    tenant = chaos.place.person.place.tenant_id
    sent = truth("select message_id, status from workflow_message where tenant_id = :t and name = any(:names)",
                 t=tenant, names=list(NAMES))  # fmt: skip
    assert Counter(row.status for row in sent) == {"taken": 2 * ORDERS}
    received = truth(
        "select data->>'message' as id, count(*) as times from workflow_event where kind = 'received' and tenant_id = :t"
        " group by 1", t=tenant,
    )  # fmt: skip
    assert {row.id: row.times for row in received} == dict.fromkeys((row.message_id for row in sent), 1)
    ended = truth("select status, count(*) as times from workflow_instance where tenant_id = :t group by 1", t=tenant)
    assert [(row.status, row.times) for row in ended] == [("ended", ORDERS)]
    assert truth("select 1 from workflow_subscription where tenant_id = :t", t=tenant) == []
