"""Leave work behind in this transaction, and wake a worker once it is committed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from erp import clock, context
from erp.data.base import after_commit, session
from erp.jobs.models import CANCELLED, RUNNING, WAITING, Job

Waker = Callable[[int, int, str, int], None]
_waker: Waker | None = None


def set_waker(waker: Waker | None) -> None:
    """Who is told of (row, attempt, queue, priority) after a commit; without one the relay finds the row by itself."""
    global _waker
    _waker = waker


def put(job: Job) -> Job:
    """Add a job to this transaction in the acting name; its key must be new in the tenant."""
    job.context = job.context or context.current().as_json()
    session().add(job)
    session().flush()
    if job.due_at <= clock.now():
        after_commit(lambda: wake(job.id, job.attempts, job.queue, job.priority))
    return job


def put_row(*, kind: str, key: str, request: Any, max_attempts: int) -> None:
    """Add a job by one statement, without the unit of work: for what comes by the hundred in a second."""
    values = {
        "kind": kind, "key": key, "request": request, "max_attempts": max_attempts,
        "context": context.current().as_json(),
    }  # fmt: skip
    job_id = session().scalar(sa.insert(Job).returning(Job.id), values)
    assert job_id is not None
    after_commit(lambda: wake(job_id, 0, "short"))


def wake(job_id: int, attempts: int, queue: str, priority: int = 0) -> None:
    """Tell RQ now; a lost message is made good by the relay."""
    if _waker is not None:
        _waker(job_id, attempts + 1, queue, priority)


def cancel_like(prefixes: list[str]) -> None:
    """Take back jobs whose key begins so; one that runs already finds itself over when it would record its answer."""
    if prefixes:
        begins = sa.or_(*(Job.key.startswith(prefix, autoescape=True) for prefix in prefixes))
        session().execute(
            sa.update(Job)
            .where(begins, Job.state.in_((WAITING, RUNNING)))
            .values(state=CANCELLED, finished_at=clock.now(), locked_until=None)
        )


def by_key(key: str, *, lock: bool = False) -> Job | None:
    """The tenant's job with this key; locked, as it is now, whatever this session has read of it before."""
    statement = sa.select(Job).where(Job.key == key)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session().scalar(statement)


def of(subject: str, subject_id: int) -> list[Job]:
    """The jobs of a document, the newest first."""
    statement = sa.select(Job).where(Job.subject == subject, Job.subject_id == subject_id).order_by(Job.id.desc())
    return list(session().scalars(statement.limit(50)))


def report_progress(job: Job, done: int, total: int, note: Any = "") -> None:
    """Show how far a long job is; committed with the running transaction."""
    job.progress = {"done": done, "total": total, "note": str(note)}
