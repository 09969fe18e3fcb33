"""Periodic functions: the code says which and how often, a table whose turn it is, on however many hosts."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from erp import clock, logs
from erp.data.base import session, system
from erp.jobs.models import Schedule

log = logging.getLogger(__name__)
Periodic = Mapping[str, tuple[Callable[[], None], timedelta]]
"""{name: (function, period)}"""


def reconcile(periodic: Periodic) -> None:
    """Bring the table to what the code declares: new ones wait one period, what is gone from the code is taken out."""
    now = clock.now()
    with system() as current:
        current.execute(sa.delete(Schedule).where(Schedule.name.not_in(periodic)))
        for name, (_function, period) in periodic.items():
            found = insert(Schedule).values(name=name, period=period, due_at=now + period, error="")
            sooner = sa.func.least(Schedule.due_at, now + period)
            kept = found.on_conflict_do_update(index_elements=["name"], set_={"period": period, "due_at": sooner})
            current.execute(kept)


def take(names: Iterable[str]) -> list[str]:
    """Those of the functions whose turn it is now, each given to one host; their next turn is a period away."""
    now = clock.now()
    wanted = sorted(names)
    with system() as current:
        turn = (
            sa.update(Schedule)
            .where(Schedule.name.in_(wanted), Schedule.due_at <= now)
            .values(due_at=now + Schedule.period, started_at=now)
            .returning(Schedule.name)
            .execution_options(synchronize_session=False)
        )
        return sorted(current.scalars(turn))


def run(name: str, function: Callable[[], None]) -> None:
    """Run one of them and note how it went; its failure is told and never stops the scheduler."""
    error = ""
    logs.begin(schedule=name)
    try:
        function()
        log.info("done")
    except Exception as failed:
        log.exception("%s failed; its next turn comes in time", name)
        error = f"{type(failed).__name__}: {failed}"[:2000]
    finally:
        session.remove()
    with system() as current:
        done = sa.update(Schedule).where(Schedule.name == name).values(finished_at=clock.now(), error=error)
        current.execute(done.execution_options(synchronize_session=False))


def listed() -> list[Schedule]:
    """Every periodic function with how its last turn went, by name."""
    with system() as current:
        return list(current.scalars(sa.select(Schedule).order_by(Schedule.name)))
