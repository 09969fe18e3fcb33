"""Who may run a row: claims with a lease, by the platform role and without waiting for anybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from erp import clock
from erp.data.base import platform

CLAIM = sa.text(
    """
    update job set state = 'running', attempts = attempts + 1, told_at = now(), started_at = :at,
        locked_until = now() + :lease
    where id = :id
      and (state = 'waiting' and due_at <= now() + interval '50 milliseconds'
           or state = 'running' and locked_until < now())
      and (lane is null or not exists (
           select 1 from job earlier where earlier.tenant_id = job.tenant_id and earlier.lane = job.lane
           and earlier.id < job.id and earlier.state in ('waiting', 'running')))
    returning id, tenant_id, kind, key, request, context, attempts, max_attempts, queue
    """
)
DUE = sa.text(
    """
    update job set told_at = now() where id in (
        select id from job where state = 'waiting' and due_at <= now()
        and (told_at is null or told_at < now() - :patience) order by priority desc, due_at limit :limit
        for update skip locked)
    returning id, attempts, queue, priority
    """
)
EXPIRED = sa.text(
    """
    update job set state = 'waiting', due_at = now(), locked_until = null, told_at = now() where id in (
        select id from job where state = 'running' and locked_until < now() order by locked_until limit :limit
        for update skip locked)
    returning id, attempts, queue, priority
    """
)
PROGRESS = sa.text(
    "update job set progress = progress || :progress where id = :id and state = 'running' and attempts = :attempts"
).bindparams(sa.bindparam("progress", type_=JSONB))
NEXT = sa.text("select min(due_at) from job where state = 'waiting' and due_at > now()")


@dataclass(frozen=True)
class Claim:
    """A row this process may run until its lease ends."""

    id: int
    tenant_id: int
    kind: str
    key: str
    request: Any
    context: dict[str, Any]
    attempts: int
    max_attempts: int
    queue: str


class Told(NamedTuple):
    """A row a worker is to be told of."""

    id: int
    attempts: int
    queue: str
    priority: int


def claim(job_id: int, lease: timedelta) -> Claim | None:
    """Take the row if it is due and free; None when somebody else has it or it is over."""
    with platform() as current:
        row = current.execute(CLAIM, {"id": job_id, "lease": lease, "at": clock.now()}).first()
        return Claim(*row) if row else None


def due(limit: int = 100, patience: timedelta = timedelta(seconds=10)) -> list[Told]:
    """Due rows nobody was told of lately and rows past their lease, the most urgent first."""
    with platform() as current:
        due = current.execute(DUE, {"limit": limit, "patience": patience}).all()
        expired = current.execute(EXPIRED, {"limit": limit}).all()
        return sorted((Told(*row) for row in (*due, *expired)), key=lambda told: -told.priority)


def seconds_to_next(longest: float) -> float:
    """How long the relay may sleep."""
    with platform() as current:
        moment: datetime | None = current.scalar(NEXT)
    return longest if moment is None else min(longest, max(0.05, (moment - clock.now()).total_seconds()))


def extend(job_id: int, lease: timedelta) -> None:
    """Keep a running row for another lease."""
    with platform() as current:
        current.execute(
            sa.text("update job set locked_until = now() + :lease where id = :id and state = 'running'"),
            {"id": job_id, "lease": lease},
        )


def is_running(job_id: int, attempts: int, done: int, total: int) -> bool:
    """Show how far a long row is, at once; False when it was cancelled or another worker has it."""
    with platform() as current:
        kept = {"done": done, "total": total}
        return current.execute(PROGRESS, {"id": job_id, "attempts": attempts, "progress": kept}).rowcount == 1
