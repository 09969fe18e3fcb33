"""Whoever looks after background work sees it, tries it again, stops it, and puts it in another order."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from erp import clock
from erp.data.audit import AuditEntry
from erp.data.base import session, transaction
from erp.errors import Conflict, Forbidden
from erp.jobs import claims, console, outbox, worker
from erp.jobs.models import CANCELLED, DONE, FAILED, WAITING, Job

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def manager(company):
    return company.person("TENANT_MANAGER", name="Peter Kariuki")


@pytest.fixture
def kind(request):
    """A kind whose work fails while `broken` is in it."""
    name, broken = f"console.{request.node.name}"[:60], []

    def work(_claim):
        if broken:
            raise ValueError(broken[0])

    worker.registry.handle(name, worker._in_transaction(work))
    yield name, broken
    del worker.registry.handlers[name]


def leave(kind, key="a", **values):
    with transaction():
        return outbox.put(Job(kind=kind, key=key, **values)).id


def job(job_id):
    return session().get(Job, job_id, populate_existing=True)


def test_what_failed_is_found_and_tried_again(manager, kind, run_jobs):
    name, broken = kind
    broken.append("The printer is out of paper")
    with manager.acting():
        job_id = leave(name, max_attempts=1)
    run_jobs()
    with manager.acting():
        (failed,) = console.page((FAILED,))
        assert (failed.id, "out of paper" in failed.error) == (job_id, True)
        assert console.counts() == {FAILED: 1}
        broken.clear()
        console.retry(job_id)
    run_jobs()
    with manager.acting():
        assert job(job_id).state == DONE
        assert [
            entry.kind for entry in session().scalars(sa.select(AuditEntry).where(AuditEntry.subject == "job"))
        ] == ["retried"]


def test_what_waits_can_be_stopped_and_never_runs(manager, kind, run_jobs):
    with manager.acting():
        job_id = leave(kind[0])
        console.cancel(job_id)
        with pytest.raises(Conflict, match="over already"):
            console.cancel(job_id)
    run_jobs()
    with manager.acting():
        assert (job(job_id).state, job(job_id).attempts) == (CANCELLED, 0)


def test_what_runs_finds_out_that_it_was_stopped(manager, kind):
    with manager.acting():
        job_id = leave(kind[0])
        claim = claims.claim(job_id, timedelta(seconds=20))
        assert claims.is_running(job_id, claim.attempts, 3, 10)
        assert job(job_id).progress == {"done": 3, "total": 10}
        session().rollback()
        console.cancel(job_id)
        assert not claims.is_running(job_id, claim.attempts, 4, 10)
        with pytest.raises(Conflict, match="taken this job over"), transaction():
            worker.complete(claim)


def test_the_urgent_goes_before_the_rest(manager, kind):
    with manager.acting():
        ids = [leave(kind[0], key) for key in "abc"]
        console.prioritise(ids[0], "last")
        console.prioritise(ids[2], "first")
        told = [each.id for each in claims.due(1000, timedelta(0)) if each.id in ids]
        assert told == [ids[2], ids[1], ids[0]]


def test_what_sleeps_can_be_woken(manager, kind, run_jobs):
    with manager.acting():
        job_id = leave(kind[0], due_at=clock.now() + timedelta(days=3))
    run_jobs()
    with manager.acting():
        assert job(job_id).state == WAITING
        console.hurry(job_id)
    run_jobs()
    with manager.acting():
        assert job(job_id).state == DONE


def test_work_of_a_process_is_left_to_the_process(manager):
    with manager.acting():
        waiting = leave("workflow.timer", due_at=clock.now() + timedelta(days=1))
        failed = leave("workflow.call", "b", state=FAILED)
        for act, job_id in ((console.cancel, waiting), (console.hurry, waiting), (console.retry, failed)):
            with pytest.raises(Conflict, match="belongs to a process"):
                act(job_id)


def test_who_may_not_look_after_it_neither_sees_nor_moves_it(company, manager, kind):
    with manager.acting():
        job_id = leave(kind[0])
    with company.person("Counter").acting():
        for act in (lambda: console.page((WAITING,)), console.counts, console.kinds, lambda: console.cancel(job_id)):
            with pytest.raises(Forbidden):
                act()


def test_each_kind_says_what_it_costs(manager, kind, run_jobs):
    with manager.acting():
        for key in "abcd":
            leave(kind[0], key)
    run_jobs()
    with manager.acting():
        (figures,) = console.kinds()
        assert (figures.kind, figures.ended, figures.failed) == (kind[0], 4, 0)
        assert timedelta(0) <= figures.median <= figures.p95 <= figures.slowest
        assert figures.memory_mb > 10
        assert len(console.slowest()) == 4


def test_what_is_done_is_forgotten_in_time_and_what_failed_is_not(manager, kind):
    long_ago = clock.now() - console.KEPT - timedelta(days=1)
    with manager.acting():
        for state in (DONE, CANCELLED, FAILED):
            leave(kind[0], state, state=state, finished_at=long_ago)
        leave(kind[0], "new", state=DONE, finished_at=clock.now())
    console.forget_the_done()
    with manager.acting():
        assert {row.key for row in session().scalars(sa.select(Job))} == {FAILED, "new"}


def test_the_page_shows_every_state_and_the_buttons_work(manager, kind, sign_in, run_jobs):
    name, broken = kind
    broken.append("It broke")
    with manager.acting():
        failed = leave(name, "a", max_attempts=1)
    run_jobs()
    with manager.acting():
        waiting = leave(name, "b", due_at=clock.now() + timedelta(days=1))
    browser = sign_in(manager)
    page = browser.get("/jobs/?state=failed").text
    assert "It broke" in page
    token = page.split('name="csrf-token" content="')[1].split('"')[0]
    for url, state in ((f"/jobs/{failed}/retry", "It is being tried again."), (f"/jobs/{waiting}/cancel", "cancelled")):
        page = browser.post(url, data={"csrf_token": token}, follow_redirects=True).text
        assert state in page
    assert "already" in browser.post(f"/jobs/{waiting}/cancel", data={"csrf_token": token}, follow_redirects=True).text
    assert browser.get("/jobs/kinds").status_code == 200
    assert browser.get("/jobs/schedules").status_code == 403
