"""Run claimed rows: restore who acted, call the kind's handler, back off on failure."""

from __future__ import annotations

import logging
import resource
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from erp import clock, context, logs, metrics
from erp.config import Settings
from erp.data import tenancy
from erp.data.base import after_commit, repeated, session, tally, transaction
from erp.data.vault import masked
from erp.errors import Conflict, ErpError, PluginAway
from erp.hooks import marked
from erp.jobs import claims, outbox
from erp.jobs.claims import Claim
from erp.jobs.marks import JOB, JOB_IN_PARTS
from erp.jobs.models import DONE, FAILED, HELD, RUNNING, WAITING, Job

log = logging.getLogger(__name__)
Handler = Callable[[Claim], None]
GiveUp = Callable[[Claim, str], None]


AWAY = timedelta(minutes=10)
"""How long a row waits before it asks again whether its plugin is back."""


class WorkerDied(ErpError):
    """The worker died each time while it did this."""


class Stopped(Exception):
    """The row is no longer this worker's: somebody stopped the work, or another worker has it."""


class Registry:
    """Handlers by kind; a handler marks its row done in the transaction of its own effect."""

    def __init__(self) -> None:
        self.handlers: dict[str, Handler] = {}
        self.give_ups: dict[str, GiveUp] = {}
        self.lease = timedelta(seconds=20)

    def handle(self, kind: str, handler: Handler, give_up: GiveUp | None = None) -> None:
        """Register who runs a kind, and who is told when its last attempt failed."""
        self.handlers[kind] = handler
        if give_up is not None:
            self.give_ups[kind] = give_up

    def collect(self, module: object) -> None:
        """Register every `@job` and `@job_in_parts` of a module."""
        for _name, function, kind in marked(module, JOB):
            self.handle(str(kind), _in_transaction(function))  # type: ignore[arg-type]
        for _name, function, kind in marked(module, JOB_IN_PARTS):
            self.handle(str(kind), _until_stopped(function))  # type: ignore[arg-type]


registry = Registry()


def init(settings: Settings) -> None:
    """Set the lease."""
    registry.lease = timedelta(seconds=settings.lease_seconds)


def _in_transaction(function: Callable[[Claim], Any]) -> Handler:
    def run(claim: Claim) -> None:
        with transaction():
            complete(claim, function(claim))

    return run


def _until_stopped(function: Callable[[Claim], Any]) -> Handler:
    def run(claim: Claim) -> None:
        try:
            function(claim)
        except Stopped:
            session.remove()

    return run


def complete(claim: Claim, result: Any = None) -> None:
    """Mark a claimed row done in the transaction of its effect; raises Conflict when the claim was lost meanwhile."""
    statement = (
        sa.update(Job)
        .where(Job.id == claim.id, Job.state == RUNNING, Job.attempts == claim.attempts)
        .values(state=DONE, result=result, finished_at=clock.now(), locked_until=None, error="", memory_mb=memory_mb())
        .execution_options(synchronize_session=False)
    )
    if session().execute(statement).rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict("Another worker has taken this job over.")


def finish(row: Job, result: Any = None) -> None:
    """Mark the row done in the transaction of its effect."""
    row.state, row.result, row.finished_at, row.locked_until, row.error = DONE, result, clock.now(), None, ""
    row.memory_mb = memory_mb()


def hold(row: Job, outcome: Any = None) -> None:
    """Lay the row aside until `release`, with what had come of it already; its time stays what it was."""
    row.state, row.result, row.locked_until, row.told_at, row.error = HELD, outcome, None, None, ""


def release(row: Job) -> None:
    """Let a row that was laid aside run when it is due."""
    row.state, row.attempts = WAITING, 0
    if row.due_at <= clock.now():
        after_commit(lambda: outbox.wake(row.id, 0, row.queue, row.priority))


def memory_mb() -> int:
    """The largest memory this process has held so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def run(job_id: int) -> bool:
    """Claim and run one row; False when it was not this process's to run. Never raises for the row's own failure."""
    claim = claims.claim(job_id, registry.lease)
    if claim is None:
        return False
    began, tally.statements = time.perf_counter(), 0
    about = logs.about(job=claim.id, kind=claim.kind, attempt=claim.attempts)
    with about, _acting(claim), pulse.of(claim.id):
        outcome = _outcome(claim)
        seconds = time.perf_counter() - began
        metrics.JOBS.labels(claim.kind, outcome).observe(seconds)
        took = {"ms": round(seconds * 1000, 1), "queries": tally.statements}
        log.info("job %s", outcome, extra={"facts": took})
    return True


def _outcome(claim: Claim) -> str:
    """Run a claimed row: what became of it, in a word."""
    try:
        _handle(claim)
    except PluginAway as away:
        session.remove()
        return _failed(claim, away)
    except Exception as error:
        session.remove()
        outcome = _failed(claim, error)
        # what is tried again is no fault yet
        level = logging.ERROR if outcome == FAILED else logging.WARNING
        log.log(level, "job %s (%s) attempt %s failed", claim.id, claim.kind, claim.attempts, exc_info=error)
        return outcome
    return DONE


def _handle(claim: Claim) -> None:
    # failures end a row at its last attempt; one attempt more means that the last one never came back
    if claim.attempts > claim.max_attempts:
        raise WorkerDied
    handler = registry.handlers.get(claim.kind)
    if handler is None:
        raise PluginAway
    handler(claim)


@contextmanager
def _acting(claim: Claim) -> Iterator[None]:
    known = {name: claim.context[name] for name in context.KEPT if name in claim.context}
    tenancy.enter(replace(context.NOBODY, tenant_id=claim.tenant_id, source="job", **known))
    try:
        yield
    finally:
        session.remove()
        context.reset()


class Pulse:
    """One thread for the process: extends the lease of a row that takes long, so that only a dead worker loses it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[int, float] = {}
        self._thread: threading.Thread | None = None

    @contextmanager
    def of(self, job_id: int) -> Iterator[None]:
        """Keep the row while the block runs."""
        with self._lock:
            self._running[job_id] = time.monotonic()
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._beat, daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._running.pop(job_id, None)

    def _beat(self) -> None:
        third = registry.lease.total_seconds() / 3
        while True:
            time.sleep(third / 2)
            with self._lock:
                old = [job_id for job_id, since in self._running.items() if time.monotonic() - since >= third / 2]
            for job_id in old:
                try:
                    claims.extend(job_id, registry.lease)
                except SQLAlchemyError:
                    log.warning("the lease of row %s could not be extended; trying again", job_id, exc_info=True)


pulse = Pulse()


def delay(attempts: int) -> timedelta:
    """Back-off before the next attempt: 2, 8, 32 … seconds, an hour at most."""
    return timedelta(seconds=min(2 * 4 ** (attempts - 1), 3600))


@repeated
def _failed(claim: Claim, error: Exception) -> str:
    """Note a failure; the state the row is in now."""
    row = session().get_one(Job, claim.id, with_for_update=True)
    if row.state != RUNNING or row.attempts != claim.attempts:
        log.warning("job %s went on without this worker", claim.id)
        return row.state
    text = masked(_sentence(error))
    row.error, row.locked_until, row.told_at = text[:2000], None, None
    if isinstance(error, PluginAway):
        row.state, row.due_at, row.max_attempts = WAITING, clock.now() + AWAY, row.max_attempts + 1
    elif getattr(error, "is_final", False) or claim.attempts >= claim.max_attempts:
        row.state, row.finished_at, row.memory_mb = FAILED, clock.now(), memory_mb()
        if claim.kind in registry.give_ups:
            registry.give_ups[claim.kind](claim, text)
    else:
        row.state, row.due_at = WAITING, clock.now() + delay(claim.attempts)
    return row.state


def _sentence(error: Exception) -> str:
    """What went wrong, with what the other side said."""
    if not isinstance(error, ErpError):
        return f"{type(error).__name__}: {error}"
    reason = error.detail.get("reason")
    return f"{error.message} ({reason})" if reason else error.message


def drain(limit: int = 1000) -> int:
    """Run everything that is due in this process; returns how many ran. For tests, demo and imports.

    Each row is run as whoever it names; who acted before acts on afterwards.
    """
    before, ran = context.current(), 0
    try:
        while ran < limit:
            told = claims.due(limit=50, patience=timedelta(0))
            if not told:
                break
            ran += sum(run(each.id) for each in told)
    finally:
        tenancy.enter(before)
    return ran


def retry(row: Job, *, request: Any = None) -> None:
    """Give a failed row its attempts back and make it due now."""
    row.state, row.attempts, row.due_at, row.finished_at, row.told_at = WAITING, 0, clock.now(), None, None
    if request is not None:
        row.request = request
    after_commit(lambda: outbox.wake(row.id, 0, row.queue, row.priority))
