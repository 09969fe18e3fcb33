"""Leave work behind in this transaction, and wake a worker once it is committed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from erp import clock, context
from erp.data import bulk
from erp.data.base import after_commit, session
from erp.jobs.models import ATTEMPTS, CANCELLED, HELD, RUNNING, WAITING, Job

SHORT = "short"
"""The queue of what takes a moment."""
BEGINS = {"state": WAITING, "queue": SHORT, "attempts": 0, "progress": {}, "subject": "", "error": ""}
"""What a row begins with; the rest is its own."""
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


def leave(**values: Any) -> None:
    """Leave behind a job that is due now, in the acting name, without making an object of it; its key must be new."""
    now = clock.now()
    row = {
        **BEGINS, "due_at": now, "created_at": now, "priority": 0, "max_attempts": ATTEMPTS,
        "context": context.current().as_json(), **values,
    }  # fmt: skip
    (job_id,) = bulk.insert_rows(Job, tuple(row), [row])
    after_commit(lambda: wake(job_id, 0))


def row_beside(kept: sa.CTE, now: sa.ColumnElement[datetime], **values: Any) -> sa.Insert:
    """A statement that adds a job for each row `kept` inserts, due `now`, and says its id; `values` are SQL.

    It goes round the unit of work, for what comes by the hundred in a second: whoever runs it gives `tenant_id`.
    """
    columns = Job.__table__.c
    fixed = {name: sa.literal(value, columns[name].type) for name, value in BEGINS.items()}
    every = {**fixed, "due_at": now, "created_at": now, **values}
    rows = sa.select(*every.values()).select_from(kept)
    return sa.insert(Job).from_select(list(every), rows, include_defaults=False).returning(Job.id)


def wake(job_id: int, attempts: int, queue: str = SHORT, priority: int = 0) -> None:
    """Tell RQ now; a lost message is made good by the relay."""
    if _waker is not None:
        _waker(job_id, attempts + 1, queue, priority)


def cancel_like(prefixes: list[str]) -> None:
    """Take back jobs whose key begins so; one that runs already finds itself over when it would record its answer."""
    if prefixes:
        begins = sa.or_(*(Job.key.startswith(prefix, autoescape=True) for prefix in prefixes))
        session().execute(
            sa.update(Job)
            .where(begins, Job.state.in_((WAITING, RUNNING, HELD)))
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
