"""A web process is killed in the middle of a person's step: nothing is half done, and the step can be done again."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import redis
from flask import Flask

from erp.config import Settings
from erp.testing.pytest_plugin import Person
from erp.workflow.people import tasks
from tests.scenarios.processes import Web, environment, is_alive, obstacle, until
from tests.scenarios.watched import Watched

PAYING = {"tendered": Decimal(28000), "handed_over": True}
TABLES = (
    "repair_order", "workflow_instance", "workflow_task", "workflow_event", "job", "payment", "receipt", "file",
    "number_sequence", "workflow_incident",
)  # fmt: skip
EARLY_AND_LATE = {"the order", "the number without gaps"}
"""Tried in each run; all of them in the long one."""
STOPS = {
    "the process": "select from workflow_instance where id = {instance} for update",
    "the order": "select from repair_order where id = {order} for update",
    "the inbox": "lock table workflow_task in share mode",
    "the payment": "lock table payment in share mode",
    "the history": "lock table workflow_event in share mode",
    "the receipt's call": "lock table job in share mode",
    "the number without gaps": "lock table number_sequence in share mode",
}


@pytest.fixture(scope="module")
def web(app: Flask, settings: Settings, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """Web processes of this module."""
    found = Web(environment(settings, REDIS_URL=redis_url), tmp_path_factory.mktemp("web") / "web.log")
    yield found
    found.stop()


@pytest.fixture
def to_pay(watched: Watched) -> Watched:
    """An order whose item is repaired; its customer has come with cash."""
    shop = watched.shop
    shop.run_jobs = shop.call
    watched.inspected()
    shop.quote()
    shop.decide("accept")
    shop.repair()
    shop.do(shop.daniel, "check_quality", quality="pass")
    assert watched.open == ["take_payment"]
    shop.run_jobs = lambda: 0
    return watched


def task_of(watched: Watched, who: Person) -> int:
    with who.acting():
        (task,) = tasks.open_of("repair_order", [watched.order])
        return task.id


def begin(web: Web, watched: Watched) -> int:
    """Grace takes the payment in a web process; returns its id."""
    grace = watched.shop.grace
    return web.complete(grace.user_id, grace.place.tenant_id, task_of(watched, grace), PAYING)


def everything(watched: Watched) -> dict[str, list[Any]]:
    """Every row of the tenant that a step may write."""
    tenant = watched.shop.grace.place.tenant_id
    return {
        table: watched.truth(f"select * from {table} where tenant_id = :tenant order by id", tenant=tenant)
        for table in TABLES
    }


@pytest.mark.parametrize(
    "stop", [pytest.param(each, marks=[] if each in EARLY_AND_LATE else pytest.mark.soak) for each in STOPS]
)
def test_killed_in_the_middle_of_a_step(web: Web, to_pay: Watched, database: str, stop: str) -> None:
    before = everything(to_pay)
    statement = STOPS[stop].format(instance=to_pay.instance, order=to_pay.order)
    with obstacle(database, statement) as found:
        pid = begin(web, to_pay)
        victims = found.victims()
        os.kill(pid, signal.SIGKILL)
        until(lambda: not is_alive(pid))
        found.abandon(victims)
    assert everything(to_pay) == before
    to_pay.shop.do(to_pay.shop.grace, "take_payment", **PAYING)
    is_paid_once(to_pay)


def test_killed_after_the_commit_before_anybody_is_told(
    web: Web, to_pay: Watched, redis_url: str, request: pytest.FixtureRequest
) -> None:
    """The relay finds the call that was left behind."""
    with redis.Redis.from_url(redis_url) as connection:
        connection.execute_command("CLIENT PAUSE 20000 WRITE")
        pid = begin(web, to_pay)
        until(lambda: to_pay.open == [])
        os.kill(pid, signal.SIGKILL)
        until(lambda: not is_alive(pid))
        connection.execute_command("CLIENT UNPAUSE")
    assert to_pay.row("render_receipt").state == "waiting"
    request.getfixturevalue("crew")
    to_pay.reaches("delivered")
    is_paid_once(to_pay)


def is_paid_once(watched: Watched) -> None:
    """One payment, one receipt, the first of their numbers."""
    rows = everything(watched)
    assert [row.number.rpartition("-")[2] for row in rows["payment"]] == ["00001"]
    assert [row.number.rpartition("-")[2] for row in rows["receipt"]] == ["00001"]
    assert watched.told("take_payment") == ["entered", "completed"]
    assert watched.told("post_payment") == ["action"]
