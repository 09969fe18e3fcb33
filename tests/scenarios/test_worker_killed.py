"""A worker is killed with SIGKILL while it sends a quotation: the order goes on by itself, the customer gets one mail."""

from __future__ import annotations

import signal
import time

import pytest
import redis

from erp.config import Settings
from erp.jobs import claims, outbox, redis_queue, worker
from erp.testing.smtp import Fault
from tests.scenarios.processes import LEASE, PROMISE, Crew, Gate, obstacle, until
from tests.scenarios.watched import Watched

BLOCKED = ("workflow_task", "workflow_event")
"""Tables written early and late in the step that records the answer."""


@pytest.mark.parametrize("moment", [pytest.param("asked", marks=pytest.mark.soak), "before", "after"])
def test_killed_before_and_after_the_mail_server_has_it(crew: Crew, post: Gate, watched: Watched, moment: str) -> None:
    watched.inspected()
    post.stop_once(moment, watched.address)
    watched.shop.quote()
    assert post.reached.wait(PROMISE)
    crew.kill(crew.holder(watched.row("send_quotation").id))
    accepted = len(post.held_for(watched.address))
    assert accepted == (1 if moment == "after" else 0)
    watched.is_quoted_once()
    assert list(post.held_for(watched.address).values()) == [accepted + 1]


def test_the_answer_of_the_mail_server_is_lost(crew: Crew, post: Gate, watched: Watched) -> None:
    watched.inspected()
    post.store.faults.append(Fault("lose_answer", to=watched.address))
    watched.shop.quote()
    watched.is_quoted_once()
    assert list(post.held_for(watched.address).values()) == [2]


@pytest.mark.parametrize("table", ["", *(pytest.param(each, marks=pytest.mark.soak) for each in BLOCKED)])
def test_killed_before_the_answer_is_committed(
    crew: Crew, post: Gate, watched: Watched, database: str, table: str
) -> None:
    watched.inspected()
    post.stop_once("after", watched.address)
    watched.shop.quote()
    assert post.reached.wait(PROMISE)
    row = watched.row("send_quotation")
    lock = f"select from workflow_instance where id = {watched.instance} for update"
    with obstacle(database, f"lock table {table} in share mode" if table else lock) as answer:
        post.open()
        victims = answer.victims()
        crew.kill(crew.holder(row.id))
        answer.abandon(victims)
    assert watched.open == []
    watched.is_quoted_once()
    assert list(post.held_for(watched.address).values()) == [2]


def test_killed_after_the_commit_before_rq_knows(crew: Crew, post: Gate, watched: Watched, redis_url: str) -> None:
    watched.inspected()
    post.stop_once("after", watched.address)
    watched.shop.quote()
    assert post.reached.wait(PROMISE)
    row = watched.row("send_quotation")
    holder = crew.holder(row.id)
    with redis.Redis.from_url(redis_url) as connection:
        connection.execute_command("CLIENT PAUSE 20000 WRITE")
        post.open()
        until(lambda: watched.row("send_quotation").state == "done")
        crew.kill(holder)
        connection.execute_command("CLIENT UNPAUSE")
    watched.is_quoted_once()
    assert list(post.held_for(watched.address).values()) == [1]
    assert not worker.run(row.id)


def test_killed_when_rq_has_handed_a_row_over_that_is_not_claimed_yet(
    crew: Crew, watched: Watched, database: str, redis_url: str
) -> None:
    """RQ still holds the id of the row's first telling, and would refuse it for a year."""
    watched.inspected()
    (scheduler,) = crew.schedulers
    scheduler.send_signal(signal.SIGSTOP)
    outbox.set_waker(None)
    watched.shop.quote()
    redis_queue.wake_with(redis_queue.connect(redis_url))
    row = watched.row("render_quotation")
    with obstacle(database, f"select from job where id = {row.id} for update") as claim:
        outbox.wake(row.id, row.attempts, row.queue)
        victims = claim.victims()
        crew.kill(crew.holder(row.id))
        claim.abandon(victims)
    assert watched.row("render_quotation").state == "waiting"
    scheduler.send_signal(signal.SIGCONT)
    watched.is_quoted_once()


def test_killed_while_it_renders_the_quotation(crew: Crew, watched: Watched) -> None:
    watched.inspected()
    watched.shop.quote()
    row = until(lambda: (found := watched.row("render_quotation")).state == "running" and found)
    holder = crew.holder(row.id)
    holder.send_signal(signal.SIGSTOP)
    assert watched.row("render_quotation").state == "running"
    crew.kill(holder)
    watched.is_quoted_once()


@pytest.mark.parametrize(
    "hang_up",
    [pytest.param(False, id="with an answer", marks=pytest.mark.soak), pytest.param(True, id="with a failure")],
)
def test_a_worker_thought_dead_comes_back_when_another_has_done_its_work(
    crew: Crew, post: Gate, watched: Watched, *, hang_up: bool
) -> None:
    watched.inspected()
    post.stop_once("after", watched.address)
    watched.shop.quote()
    assert post.reached.wait(PROMISE)
    row = watched.row("send_quotation")
    sleeper = crew.holder(row.id)
    sleeper.send_signal(signal.SIGSTOP)
    watched.reaches("quoted", "decide_quote")
    post.open(hang_up=hang_up)
    sleeper.send_signal(signal.SIGCONT)
    until(lambda: not crew.is_busy(sleeper))
    watched.is_quoted_once()
    assert watched.row("send_quotation").attempts == 2


def test_two_workers_answer_one_call_at_the_same_moment(
    crew: Crew, post: Gate, watched: Watched, database: str
) -> None:
    """Both have sent the mail and wait for the same order; who comes second finds it done."""
    watched.inspected()
    post.stop_once("after", watched.address)
    watched.shop.quote()
    assert post.reached.wait(PROMISE)
    row = watched.row("send_quotation")
    first = crew.holder(row.id)
    with obstacle(database, f"select from workflow_instance where id = {watched.instance} for update") as both:
        post.open()
        both.victims()
        first.send_signal(signal.SIGSTOP)
        until(lambda: list(post.held_for(watched.address).values()) == [2])
        until(lambda: len(both.waiting()) == 2)
        first.send_signal(signal.SIGCONT)
    watched.is_quoted_once()
    time.sleep(1)
    watched.is_quoted_once()


def test_the_scheduler_is_killed(crew: Crew, post: Gate, watched: Watched) -> None:
    """Told rows go on without it; what needs it waits for the next one."""
    crew.kill(crew.schedulers[0])
    watched.inspected()
    post.store.faults.append(Fault("busy", to=watched.address))
    watched.shop.quote()
    until(lambda: watched.row("send_quotation").error)
    assert watched.state == "quoted"
    crew.hire()
    watched.is_quoted_once()


def test_everybody_is_killed(crew: Crew, post: Gate, watched: Watched) -> None:
    watched.inspected()
    post.stop_once("before", watched.address)
    watched.shop.quote()
    assert post.reached.wait(PROMISE)
    for process in (*crew.workers, *crew.schedulers):
        crew.kill(process)
    crew.hire()
    watched.is_quoted_once()


def test_a_row_is_another_s_within_the_promise_with_the_shipped_lease() -> None:
    lease, nap, start = Settings().lease_seconds, redis_queue.LONGEST_NAP, 5
    patience = claims.due.__defaults__[1].total_seconds()  # type: ignore[index]
    assert lease > LEASE
    assert lease + nap + start < PROMISE
    assert patience + nap + start < PROMISE
