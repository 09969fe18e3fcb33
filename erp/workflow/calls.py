"""Outside calls no process waits for: asked for a document in any transaction, sent and answered as those of a step."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from erp import clock
from erp.data.base import repeated, session
from erp.documents.base import Document
from erp.documents.types import declared
from erp.errors import NotFound, PluginAway
from erp.jobs import outbox, worker
from erp.jobs.claims import Claim
from erp.jobs.models import Job
from erp.workflow import actions, history
from erp.workflow.actions import Call, ProcessError, document_name

KIND = "call"
Answer = Callable[[str, Any], bool]


def ask(document: Document, cls: type[Call], key: str, *, due_at: datetime | None = None, **parameters: Any) -> Job:
    """Leave a call behind in this transaction, frozen with its key; asked again with this key it is the same call."""
    if (known := outbox.by_key(key)) is not None:
        return known
    entry = actions.find_call(cls)
    call = cls(document, actions.typed(entry, parameters))
    request = {
        "action": entry.name,
        "parameters": history.plain(parameters),
        "asked_at": clock.now().isoformat(),
        "request": call.request(),
    }
    job = Job(
        kind=KIND, key=key, request=request, due_at=due_at or clock.now(), queue=cls.queue, max_attempts=cls.attempts,
        subject=document.__tablename__, subject_id=document.id,
    )  # fmt: skip
    return outbox.put(job)


def send(claim: Claim, answer: Answer) -> None:
    """Send a call outside every transaction, then record its answer; a ProcessError is a definite no."""
    cls = _class_of(claim.request["action"])
    session.remove()
    try:
        result = cls.__new__(cls).send(claim.request["request"], claim.key)
    except ProcessError as error:
        _refused(claim, error.error_code, error.message)
    else:
        answer(claim.key, result)


def _class_of(name: str) -> type[Call]:
    entry = actions.catalogue().get(name)
    if entry is None or entry.call is None:
        raise PluginAway
    return entry.call


def answered(key: str, answer: Any) -> bool:
    """Record the first answer to a call; False for a later one."""
    job = outbox.by_key(key, lock=True)
    if job is None:
        raise NotFound
    if job.is_over:
        return False
    _call_of(job).record(answer)
    worker.finish(job, answer)
    return True


@repeated
def _refused(claim: Claim, code: str, message: str) -> None:
    job = session().get_one(Job, claim.id, with_for_update=True)
    if not job.is_over:
        _call_of(job).failed(code, message)
        worker.finish(job, {"error": code})


def give_up(claim: Claim, reason: str) -> None:
    """Tell a call that its last attempt failed, in the transaction that marks its row so."""
    _call_of(session().get_one(Job, claim.id)).failed("", reason)


def _call_of(job: Job) -> Call:
    """The call again with its document locked."""
    entry = actions.find(job.request["action"])
    kind = declared().get(job.subject)
    if entry.call is None or kind is None:
        raise PluginAway
    statement = sa.select(kind.cls).where(kind.cls.id == job.subject_id).with_for_update()
    document = session().scalar(statement.execution_options(populate_existing=True))
    if document is None:
        raise NotFound
    call: Call = entry.call.__new__(entry.call)
    setattr(call, document_name(entry.call), document)
    for name, value in actions.typed(entry, job.request["parameters"]).items():
        setattr(call, name, value)
    return call
