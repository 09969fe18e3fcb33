"""The mail server refuses or stays away: the diagram's error path, or an incident somebody decides on."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from erp.errors import Conflict, Forbidden, Invalid
from erp.operations import cancel, retry_incident, skip_incident
from erp.testing.pytest_plugin import Company
from erp.testing.smtp import Fault
from tests.scenarios.processes import PROMISE, Crew, Gate, until
from tests.scenarios.watched import Watched


@pytest.fixture(autouse=True)
def behaving(post: Gate) -> None:
    """Nothing a test before ordered goes wrong in this one."""
    post.store.forget()


def allow(database: str, row: int, attempts: int) -> None:
    """Let a row be tried so often."""
    with psycopg.connect(database.replace("+psycopg", "")) as connection:
        connection.execute("update job set max_attempts = %s where id = %s", [attempts, row])


def away(watched: Watched, post: Gate, database: str) -> Any:
    """The server is busy until the attempts are used up; returns the incident."""
    watched.inspected()
    post.store.faults.append(Fault("busy", times=99, to=watched.address))
    watched.shop.quote()
    allow(database, watched.row("send_quotation").id, 2)
    (incident,) = until(watched.incidents)
    return incident


def test_an_address_refused_for_good_is_phoned(crew: Crew, post: Gate, watched: Watched) -> None:
    watched.inspected()
    post.store.faults.append(Fault("refuse", to=watched.address))
    watched.shop.quote()
    watched.reaches("quoted", "record_decision")
    assert watched.incidents() == []
    assert post.held_for(watched.address) == {}
    assert watched.told("quotation_refused") == ["error_caught"]
    watched.is_consistent()


def test_attempts_used_up_are_an_incident_and_a_retry_completes_it(
    crew: Crew, post: Gate, company: Company, watched: Watched, database: str
) -> None:
    incident = away(watched, post, database)
    assert (incident.element, incident.name, incident.status) == ("send_quotation", "Send quotation", "open")
    assert incident.document_type == "repair_order"
    assert "451 4.3.2 Try again later" in incident.reason
    assert (watched.state, watched.open) == ("quoted", [])
    post.store.forget()
    with watched.shop.grace.acting():
        retry_incident(incident.id)
    watched.reaches("quoted", "decide_quote")
    assert list(post.held_for(watched.address).values()) == [1]
    assert [each.resolution for each in watched.incidents()] == ["retry"]
    with company.person("Counter", name="Salim Bakari").acting(), pytest.raises(Conflict) as second:
        retry_incident(incident.id)
    assert second.value.message == "Grace Njeri has already dealt with this."
    watched.is_consistent()


def test_a_call_may_be_skipped_with_the_right_and_a_reason(
    crew: Crew, post: Gate, company: Company, watched: Watched, database: str
) -> None:
    incident = away(watched, post, database)
    with watched.shop.grace.acting(), pytest.raises(Forbidden):
        skip_incident(incident.id, "I read it out")
    with company.person("TENANT_MANAGER", name="Peter Kariuki").acting():
        with pytest.raises(Invalid) as unsaid:
            skip_incident(incident.id, " ")
        assert list(unsaid.value.fields) == ["reason"]
        skip_incident(incident.id, "Read out by phone")
        with pytest.raises(Conflict):
            skip_incident(incident.id, "Read out by phone")
    watched.reaches("quoted", "decide_quote")
    (closed,) = watched.incidents()
    assert (closed.resolution, closed.note, closed.closed_by) == ("skip", "Read out by phone", "Peter Kariuki")
    assert watched.told("send_quotation") == ["entered", "skipped", "completed"]
    assert post.held_for(watched.address) == {}
    watched.is_consistent()


def test_a_stopped_order_needs_no_decision(crew: Crew, post: Gate, watched: Watched, database: str) -> None:
    away(watched, post, database)
    with watched.shop.grace.acting():
        cancel("repair_order", watched.order, "The customer has taken it back")
    (incident,) = watched.incidents()
    assert (incident.status, incident.resolution, incident.closed_by) == ("done", "dropped", "Grace Njeri")


def test_an_order_stopped_while_its_mail_is_sent_drops_the_answer(crew: Crew, post: Gate, watched: Watched) -> None:
    watched.inspected()
    post.stop_once("after", watched.address)
    watched.shop.quote()
    assert post.reached.wait(PROMISE)
    row = watched.row("send_quotation")
    holder = crew.holder(row.id)
    with watched.shop.grace.acting():
        cancel("repair_order", watched.order, "The customer has taken it back")
    post.open()
    until(lambda: not crew.is_busy(holder))
    row = watched.row("send_quotation")
    assert (row.state, row.attempts, row.error) == ("cancelled", 1, "")
    assert watched.incidents() == []
    assert watched.open == []


def test_a_row_that_kills_each_worker_is_an_incident(crew: Crew, post: Gate, watched: Watched, database: str) -> None:
    watched.inspected()
    post.stop_once("before", watched.address)
    watched.shop.quote()
    assert post.reached.wait(PROMISE)
    row = watched.row("send_quotation")
    allow(database, row.id, 1)
    crew.kill(crew.holder(row.id))
    (incident,) = until(watched.incidents)
    assert incident.reason == "The worker died each time while it did this."
    assert watched.row("send_quotation").state == "failed"
