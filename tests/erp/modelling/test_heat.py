"""A process as a whole: how often each element was passed and how long that took, waiting and being worked on."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from erp import clock, complete, context, operations
from erp.data.base import transaction
from erp.errors import Forbidden, Invalid
from erp.modelling import drafts, heat
from erp.testing.pytest_plugin import Company, Person
from erp.workflow import definitions
from erp.workflow.diagrams.diagram import parse
from erp.workflow.people import tasks
from tests.erp.workflow.drawn import publish
from tests.repairs.conftest import Shop

BEGAN = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
MILLION = """
insert into workflow_instance (tenant_id, definition_id, document_type, document_id, business_key, status, lock_version,
  snapshot, events, started_at)
select %(tenant)s, %(version)s, 'repair_order', n, '', 'ended', 0, '', 20, now() - (n %% 365) * interval '1 day'
from generate_series(1, 50000) n;
insert into workflow_event (tenant_id, instance_id, seq, kind, element, name, scope, token, actor, at, data)
select i.tenant_id, i.id, s, case when s %% 2 = 0 then 'entered' else 'completed' end, 'step_' || s / 2, 'Step', '',
  md5(i.id::text || s / 2), '', i.started_at + s * interval '3 hours', '{}'
from workflow_instance i, generate_series(0, 19) s where i.definition_id = %(version)s
"""


@pytest.fixture
def mary(company: Company) -> Person:
    return company.person("TENANT_ANALYST", name="Mary Wanjiru")


@pytest.fixture
def shop(company: Company, run_jobs: Callable[[], int]) -> Shop:
    grace, daniel = company.person("Counter", name="Grace Njeri"), company.person("Technician", name="Daniel Otieno")
    publish(grace, {"id": "ask"}, key="asking_on")
    publish(grace, {"id": "look"}, {"id": "call", "calls": "asking_on"})
    return Shop(grace, daniel, run_jobs)


def worked(shop: Shop, element: str, *, waits: int, works: int) -> None:
    """Somebody takes the step after so many hours and needs so many for it."""
    opened = clock.now()
    with shop.grace.acting():
        task = next(each for each in tasks.open_of("repair_order", [shop.order_id]) if each.element == element)
        with clock.frozen(opened + waits * HOUR):
            operations.claim(task.id)
        with clock.frozen(opened + (waits + works) * HOUR):
            complete(task.id, {})


def test_counts_and_times_of_every_element(shop: Shop, mary: Person):
    for days, (waits, works) in enumerate([(1, 1), (2, 2), (6, 3)]):
        with clock.frozen(BEGAN + timedelta(days=days)):
            shop.receive()
            worked(shop, "look", waits=waits, works=works)
        if days < 2:
            with clock.frozen(BEGAN + timedelta(days=days) + (waits + works) * HOUR):
                worked(shop, "ask", waits=0, works=5)
    with mary.acting():
        found = heat.heat("repair_order", BEGAN, BEGAN + timedelta(days=9))
        called = heat.heat("asking_on", BEGAN, BEGAN + timedelta(days=9), 1)
        earlier = heat.heat("repair_order", BEGAN, BEGAN + timedelta(hours=1))
        other = heat.heat("repair_order", BEGAN, BEGAN + timedelta(days=9), 1)
    look = found.passages["look"]
    assert (found.documents, look.times, look.here) == (3, 3, 0)
    assert (look.median, look.p90) == (4 * HOUR, 4 * HOUR + timedelta(hours=4))
    assert (look.waited, look.worked, look.waiting) == (2 * HOUR, 2 * HOUR, pytest.approx(9 / 15))
    assert (found.passages["call"].times, found.passages["call"].here) == (3, 1)
    assert "ask" not in found.passages
    assert (called.passages["ask"].times, called.passages["ask"].here, called.passages["ask"].median) == (
        3,
        1,
        5 * HOUR,
    )
    assert earlier.passages["look"].times == 1
    assert (other.documents, other.passages) == (0, {})


def test_ways_are_counted_by_what_gateways_decided_and_by_what_left_other_elements(
    company: Company, mary: Person, run_jobs: Callable[[], int]
):
    shop = Shop(company.person("Counter"), company.person("Technician"), run_jobs)
    began = clock.now() - timedelta(minutes=1)
    for verdict in ("repairable", "repairable", "unrepairable"):
        shop.receive()
        shop.inspect(verdict=verdict)
    with mary.acting():
        diagram = parse(drafts.live("repair_order").bpmn)
        taken = heat.heat("repair_order", began, clock.now() + HOUR).taken(diagram)
    wanted = ("f_received", "f_inspect", "repairable_yes", "repairable_no", "covered_no", "covered_yes")
    assert [taken.get(flow, 0) for flow in wanted] == [3, 3, 2, 1, 2, 0]


def test_who_may_not_look_and_what_takes_too_long(shop: Shop, mary: Person, monkeypatch: pytest.MonkeyPatch):
    shop.receive()
    period = (clock.now() - timedelta(days=1), clock.now() + timedelta(days=1))
    with shop.grace.acting(), pytest.raises(Forbidden):
        heat.heat("repair_order", *period)
    with mary.acting():
        monkeypatch.setattr(heat, "PATIENCE", timedelta(milliseconds=1))
        monkeypatch.setattr(heat, "_visits", lambda *_: heat.sa.select(heat.sa.func.pg_sleep(1)))
        with pytest.raises(Invalid, match="too much to count"):
            heat.heat("repair_order", *period)
        monkeypatch.undo()
        assert heat.heat("repair_order", *period).passages["look"].here == 1


def test_the_newest_documents_are_counted(shop: Shop, mary: Person, monkeypatch: pytest.MonkeyPatch):
    for _ in range(3):
        shop.receive()
    monkeypatch.setattr(heat, "MOST", 2)
    with mary.acting():
        found = heat.heat("repair_order", clock.now() - timedelta(days=1), clock.now() + timedelta(days=1))
    assert (found.documents, found.is_cut, found.passages["look"].times) == (2, True, 2)


@pytest.mark.soak
def test_a_million_events_are_counted_in_time(mary: Person, database: str):
    with mary.acting(), transaction():
        version = definitions.publish("repair_order", definitions.shipped("repair_order") or b"")
        tenant = context.current().tenant_id
    with psycopg.connect(database.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        for statement in MILLION.split(";"):
            connection.execute(statement, {"tenant": tenant, "version": version})
        connection.execute("analyze")
    with mary.acting():
        began = time.monotonic()
        found = heat.heat("repair_order", clock.now() - timedelta(days=366), clock.now())
        assert time.monotonic() - began < heat.PATIENCE.total_seconds()
    assert (found.documents, found.is_cut, found.passages["step_3"].times) == (heat.MOST, True, heat.MOST)
