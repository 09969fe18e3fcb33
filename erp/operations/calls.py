"""Outside calls: asked for, answered once, and decided about when they are stuck."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from erp.data.base import repeated
from erp.documents.base import Document
from erp.errors import NotFound
from erp.jobs import outbox, worker
from erp.jobs.models import Job
from erp.workflow import calls, steps
from erp.workflow.actions import Call
from erp.workflow.operating import due, holding, incidents


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
    status = steps.lock(known.request["instance"])
    job = outbox.by_key(key, lock=True)
    assert job is not None
    return due.answered(job, status, result)


@repeated
def retry_incident(incident_id: int) -> None:
    """Try what failed again."""
    incidents.retry(incident_id)


@repeated
def correct_incident(incident_id: int, values: Mapping[str, Any]) -> None:
    """Send a failed call again with some of its input put right; needs the right to correct calls."""
    incidents.correct(incident_id, values)


@repeated
def send_down_incident(incident_id: int, code: str, reason: str) -> None:
    """Go the way the diagram draws for an error; needs a reason and the right to skip."""
    incidents.send_down(incident_id, code, reason)


@repeated
def skip_incident(incident_id: int, reason: str) -> None:
    """Go on without a failed call; needs a reason and the right to skip."""
    incidents.skip(incident_id, reason)


def _run_call(claim: Any) -> None:
    """Handler of outside calls: send without a session, then answer in a step."""
    due.send(claim, answer)


def _run_call_alone(claim: Any) -> None:
    """The same for a call no process waits for."""
    calls.send(claim, answer)


def init() -> None:
    """Tell the worker who runs the engine's rows."""
    worker.registry.handle(calls.KIND, _run_call_alone, calls.give_up)
    worker.registry.handle(steps.CALL, _run_call, incidents.give_up)
    worker.registry.handle(steps.TIMER, due.run_timer, incidents.give_up)
    worker.registry.handle(holding.RESUME, holding.catch_up, incidents.give_up)
    incidents.init()
    due.init()
