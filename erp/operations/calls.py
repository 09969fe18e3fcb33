"""Outside calls: asked for, answered once, and decided about when they are stuck."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from erp.data.base import repeated
from erp.documents.base import Document
from erp.errors import NotFound
from erp.jobs import outbox, worker
from erp.jobs.models import Job
from erp.workflow import calls, incidents, steps
from erp.workflow.actions import Call


def ask(document: Document, call: type[Call], key: str, *, due_at: datetime | None = None, **parameters: Any) -> Job:
    """Go outside for a document no process waits with, after this transaction; rights are the caller's.

    Sent with `key`, once however often it is tried; its `record` or `failed` runs exactly once.
    """
    return calls.ask(document, call, key, due_at=due_at, **parameters)


@repeated
def answer(key: str, result: Any) -> bool:
    """Record the answer to an outside call; the first counts, False says this one came later and was dropped."""
    known = outbox.by_key(key)
    if known is None:
        raise NotFound
    if known.kind == calls.KIND:
        return calls.answered(key, result)
    steps.lock(known.request["instance"])
    job = outbox.by_key(key, lock=True)
    assert job is not None
    if job.is_over:
        return False
    steps.answered(job, result)
    worker.finish(job, result)
    return True


@repeated
def retry_incident(incident_id: int) -> None:
    """Try a failed call again."""
    incidents.retry(incident_id)


@repeated
def skip_incident(incident_id: int, reason: str) -> None:
    """Go on without a failed call; needs a reason and the right to skip."""
    incidents.skip(incident_id, reason)


def _run_call(claim: Any) -> None:
    """Handler of outside calls: send without a session, then answer in a step."""
    incidents.send(claim, answer)


def _run_call_alone(claim: Any) -> None:
    """The same for a call no process waits for."""
    calls.send(claim, answer)


def init() -> None:
    """Tell the worker who runs the engine's rows."""
    worker.registry.handle(calls.KIND, _run_call_alone, calls.give_up)
    worker.registry.handle(steps.CALL, _run_call, incidents.give_up)
    worker.registry.handle(steps.TIMER, incidents.run_timer)
