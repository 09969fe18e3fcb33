"""The row alone decides: who runs it, when, how often; RQ and Redis only wake."""

from __future__ import annotations

from datetime import timedelta

import pytest

from erp import clock
from erp.data.base import session, transaction
from erp.jobs import claims, outbox, worker
from erp.jobs.models import CANCELLED, DONE, FAILED, WAITING, Job

pytestmark = pytest.mark.usefixtures("app")
LEASE = timedelta(seconds=20)


@pytest.fixture
def counter(company):
    return company.person("Counter", name="Grace Njeri")


@pytest.fixture
def ran(request):
    """A kind of this test alone, and the keys that ran under it."""
    kind, keys = f"test.{request.node.name}"[:60], []

    def note(job):
        keys.append((job.key, job.context["name"]))
        return {"seen": job.key}

    worker.registry.handle(kind, worker._in_transaction(note))
    yield kind, keys
    del worker.registry.handlers[kind]


def leave(counter, kind, key, **values):
    with counter.acting(), transaction():
        return outbox.put(Job(kind=kind, key=key, **values))


def state(counter, job_id):
    with counter.acting():
        return session().get(Job, job_id, populate_existing=True).state


def test_a_job_runs_once_in_the_name_of_who_left_it(counter, ran):
    kind, keys = ran
    job = leave(counter, kind, "a")
    assert worker.run(job.id) is True
    assert worker.run(job.id) is False
    assert keys == [("a", "Grace Njeri")]
    assert state(counter, job.id) == DONE


def test_a_job_of_a_transaction_that_failed_was_never_there(counter, ran):
    kind, keys = ran
    with counter.acting(), pytest.raises(LookupError), transaction():
        outbox.put(Job(kind=kind, key="a"))
        raise LookupError
    worker.drain()
    assert keys == []


def test_a_job_is_not_run_before_it_is_due(counter, ran):
    kind, keys = ran
    job = leave(counter, kind, "later", due_at=clock.now() + timedelta(hours=1))
    assert worker.run(job.id) is False
    assert job.id not in {told.id for told in claims.due(1000)}
    assert keys == []


def test_two_workers_never_hold_one_job(counter, ran):
    kind, _keys = ran
    job = leave(counter, kind, "a")
    assert claims.claim(job.id, LEASE) is not None
    assert claims.claim(job.id, LEASE) is None


def test_a_dead_workers_job_is_claimed_again_when_its_lease_ends(counter, ran):
    kind, _keys = ran
    job = leave(counter, kind, "a")
    first = claims.claim(job.id, timedelta(seconds=-1))
    again = claims.claim(job.id, LEASE)
    assert first is not None
    assert again is not None
    assert (first.attempts, again.attempts) == (1, 2)


def test_the_relay_finds_what_nobody_was_told_of(counter, ran):
    kind, _keys = ran
    lost = leave(counter, kind, "told nobody")
    expired = leave(counter, kind, "worker died")
    claims.claim(expired.id, timedelta(seconds=-1))
    found = {told.id for told in claims.due(1000, patience=timedelta(0))}
    assert {lost.id, expired.id} <= found


def test_jobs_of_one_lane_run_one_after_another(counter, ran):
    kind, keys = ran
    first = leave(counter, kind, "first", lane="fiscal device 1")
    second = leave(counter, kind, "second", lane="fiscal device 1")
    other = leave(counter, kind, "other", lane="fiscal device 2")
    assert worker.run(second.id) is False
    assert worker.run(other.id) is True
    assert worker.run(first.id) is True
    assert worker.run(second.id) is True
    assert [key for key, _name in keys] == ["other", "first", "second"]


def test_a_failing_job_backs_off_and_then_gives_up(counter):
    told = []

    def fail(_claim):
        raise OSError("the printer is on fire")

    worker.registry.handle("test.failing", fail, lambda _claim, reason: told.append(reason))
    job = leave(counter, "test.failing", "a", max_attempts=2)
    worker.run(job.id)
    with counter.acting():
        row = session().get(Job, job.id, populate_existing=True)
        assert (row.state, row.attempts) == (WAITING, 1)
        assert row.due_at > clock.now()
        assert "the printer is on fire" in row.error
        with transaction():
            row.due_at = clock.now() - timedelta(seconds=1)
    worker.run(job.id)
    assert state(counter, job.id) == FAILED
    assert told == ["OSError: the printer is on fire"]


def test_a_job_taken_back_is_never_run(counter, ran):
    kind, keys = ran
    job = leave(counter, kind, "timer:7:a")
    leave(counter, kind, "timer:70:b", due_at=clock.now() + timedelta(days=1))
    with counter.acting(), transaction():
        outbox.cancel_like(["timer:7:"])
    assert worker.run(job.id) is False
    assert state(counter, job.id) == CANCELLED
    assert keys == []


def test_a_key_is_used_once_in_a_tenant_and_freely_in_others(counter, ran, make_company):
    kind, _keys = ran
    leave(counter, kind, "same key")
    with pytest.raises(Exception, match="job_tenant_id_key"):
        leave(counter, kind, "same key")
    session.remove()
    leave(make_company("Other").person("Counter"), kind, "same key")


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 2), (2, 8), (3, 32), (4, 128), (9, 3600)])
def test_back_off_grows_to_an_hour(attempts, seconds):
    assert worker.delay(attempts) == timedelta(seconds=seconds)
