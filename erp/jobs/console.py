"""Background work as those see it who look after it: find, retry, cancel, hurry; and how long each kind takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from erp import clock
from erp.access import require
from erp.data import audit
from erp.data.base import after_commit, repeated, session, system
from erp.errors import Conflict, NotFound
from erp.i18n import _
from erp.jobs import outbox, worker
from erp.jobs.marks import every
from erp.jobs.models import CANCELLED, DONE, FAILED, HELD, RUNNING, WAITING, Job

SUBJECT = "job"
PAGE = 50
LATELY = timedelta(days=7)
"""What the figures of the kinds are about."""
KEPT = timedelta(days=90)
"""How long a row stays that ended well."""
OF_A_PROCESS = ("workflow.", "message.")
"""Beginnings of the kinds of work that belongs to a process, and is decided about there."""
LEVELS: Mapping[str, int] = {"first": 10, "normal": 0, "last": -10}


@dataclass(frozen=True)
class KindFigures:
    """How one kind of work has fared lately."""

    kind: str
    ended: int
    failed: int
    median: timedelta
    slowest: timedelta
    p95: timedelta
    memory_mb: int | None


def page(states: tuple[str, ...], kind: str = "", before: int | None = None) -> list[Job]:
    """Rows in these states, the newest first, one more than a page holds when there are more."""
    require("list", SUBJECT)
    statement = sa.select(Job).where(Job.state.in_(states)).order_by(Job.id.desc()).limit(PAGE + 1)
    if kind:
        statement = statement.where(Job.kind == kind)
    if before is not None:
        statement = statement.where(Job.id < before)
    return list(session().scalars(statement))


def counts() -> Mapping[str, int]:
    """{state: rows} of what waits, runs or failed, and of what ended well lately."""
    require("list", SUBJECT)
    lately = sa.or_(Job.state.in_((WAITING, HELD, RUNNING, FAILED)), Job.finished_at > clock.now() - LATELY)
    statement = sa.select(Job.state, sa.func.count()).where(lately).group_by(Job.state)
    return {state: count for state, count in session().execute(statement)}  # noqa: C416 - rows are no pairs to mypy


def kinds() -> list[KindFigures]:
    """Figures of every kind that ended lately, the slowest first."""
    require("list", SUBJECT)
    took = Job.finished_at - Job.started_at
    statement = (
        sa.select(
            Job.kind,
            sa.func.count(),
            sa.func.count().filter(Job.state == FAILED),
            sa.func.percentile_cont(0.5).within_group(took),
            sa.func.max(took),
            sa.func.percentile_cont(0.95).within_group(took),
            sa.func.max(Job.memory_mb),
        )
        .where(Job.finished_at > clock.now() - LATELY, Job.started_at.is_not(None), Job.state.in_((DONE, FAILED)))
        .group_by(Job.kind)
        .order_by(sa.func.percentile_cont(0.95).within_group(took).desc())
    )
    return [KindFigures(*row) for row in session().execute(statement)]


def slowest(limit: int = 10) -> list[Job]:
    """The rows that took longest lately."""
    require("list", SUBJECT)
    took = Job.finished_at - Job.started_at
    lately = sa.and_(Job.finished_at > clock.now() - LATELY, Job.started_at.is_not(None))
    return list(session().scalars(sa.select(Job).where(lately).order_by(took.desc()).limit(limit)))


@repeated
def retry(job_id: int) -> Job:
    """Give a failed row new attempts; raises Conflict for one that has not failed or belongs to a process."""
    job = _locked(job_id)
    if job.state != FAILED:
        raise Conflict(_("Only what has failed can be tried again."))
    if job.kind.startswith(OF_A_PROCESS):
        raise Conflict(_("This belongs to a process: try it again on its document, where the process is stuck."))
    worker.retry(job)
    _told(job, "retried")
    return job


@repeated
def cancel(job_id: int) -> Job:
    """Take a row back that waits or runs; what runs finds out at its next step. Raises Conflict for a process's own."""
    job = _locked(job_id)
    if job.is_over:
        raise Conflict(_("This is over already."))
    if job.kind.startswith(OF_A_PROCESS):
        raise Conflict(_("This belongs to a process: cancel the document instead."))
    job.state, job.finished_at, job.locked_until = CANCELLED, clock.now(), None
    _told(job, "cancelled")
    return job


@repeated
def hurry(job_id: int) -> Job:
    """Make a waiting row due now and put it before all others."""
    job = _waiting(job_id)
    if job.kind.startswith(OF_A_PROCESS):
        raise Conflict(_("This belongs to a process, which says when it is due."))
    job.due_at, job.told_at, job.priority = clock.now(), None, LEVELS["first"]
    after_commit(lambda: outbox.wake(job.id, job.attempts, job.queue, job.priority))
    _told(job, "hurried")
    return job


@repeated
def prioritise(job_id: int, level: str) -> Job:
    """Say how urgent a waiting row is, as one of LEVELS; raises Conflict when it does not wait any more."""
    job = _waiting(job_id)
    job.priority = LEVELS[level]
    _told(job, "prioritised")
    return job


def _waiting(job_id: int) -> Job:
    job = _locked(job_id)
    if job.state != WAITING:
        raise Conflict(_("Only what still waits can be moved."))
    return job


def _locked(job_id: int) -> Job:
    require("edit", SUBJECT)
    statement = sa.select(Job).where(Job.id == job_id).with_for_update().execution_options(populate_existing=True)
    found = session().scalar(statement)
    if found is None:
        raise NotFound
    return found


def _told(job: Job, what: str) -> None:
    audit.note(what, SUBJECT, job.id, item=job.kind)


@every(timedelta(hours=24))
def forget_the_done() -> None:
    """Take out rows that ended well long ago, a few at a time; what failed stays until somebody decides."""
    while True:
        with system() as current:
            old = sa.select(Job.id).where(Job.state.in_((DONE, CANCELLED)), Job.finished_at < clock.now() - KEPT)
            gone = sa.delete(Job).where(Job.id.in_(old.limit(1000))).execution_options(synchronize_session=False)
            if not current.execute(gone).rowcount:  # type: ignore[attr-defined]
                return
