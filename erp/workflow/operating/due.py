"""Calls and timers of processes as the worker runs them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from erp.data.base import repeated, session
from erp.documents.types import declared
from erp.errors import Invalid, PluginAway
from erp.jobs import worker
from erp.jobs.claims import Claim
from erp.jobs.models import Job
from erp.workflow import actions, steps
from erp.workflow.actions import ActionType, ProcessError
from erp.workflow.models import HELD_STATES, RUNNING, WorkflowInstance
from erp.workflow.operating import holding

Answer = Callable[[str, Any], bool]


def send(claim: Claim, answer: Answer) -> None:
    """Send a call outside every transaction, then record its answer; a ProcessError takes the boundary path."""
    entry = _action_of(claim)
    assert entry.call is not None
    if holding.laid_aside(claim):
        return
    session.remove()
    try:
        result = entry.call.__new__(entry.call).send(claim.request["request"], claim.key)
    except ProcessError as error:
        if _fail(claim, error.error_code, error.message):
            return
        raise
    answer(claim.key, result)


def _action_of(claim: Claim) -> ActionType:
    """Which call it is; raises PluginAway when its document's type takes no part, Invalid when the name is unknown."""
    try:
        return actions.find(claim.request["action"])
    except Invalid:
        instance = session().get(WorkflowInstance, claim.request["instance"])
        if instance is not None and instance.document_type not in declared():
            raise PluginAway from None
        raise


@repeated
def _fail(claim: Claim, code: str, message: str) -> bool:
    found = holding.taken_up(claim, claim.request["instance"], {"error": code, "message": message})
    return found is None or _failed(found[0], code, message)


def _failed(job: Job, code: str, message: str) -> bool:
    caught = steps.failed(job, code, message)
    if caught:
        worker.finish(job, {"error": code})
    return caught


def answered(job: Job, status: str, answer: Any) -> bool:
    """Record a locked call's first answer, or keep it until its instance, in this state, goes on; False for a later."""
    if job.is_over or job.result is not None:
        return False
    if status in HELD_STATES:
        worker.hold(job, {"answer": answer})
    else:
        steps.answered(job, answer)
        worker.finish(job, answer)
    return True


def _catch_up_on_call(job: Job) -> None:
    """A call that was answered while its instance was suspended is recorded; any other is sent now."""
    kept = job.result or {}
    job.result = None
    if "answer" in kept:
        steps.answered(job, kept["answer"])
        worker.finish(job, kept["answer"])
    elif "error" not in kept or not _failed(job, kept["error"], kept["message"]):
        worker.release(job)


@repeated
def run_timer(claim: Claim) -> None:
    """A timer is due: go on, unless the process has moved away from it."""
    found = holding.taken_up(claim, claim.request["instance"])
    if found is None:
        return
    job, status = found
    if status == RUNNING:
        steps.fire(claim.request["instance"], claim.request["token"])
    worker.finish(job)


def _catch_up_on_timer(job: Job) -> None:
    steps.fire(job.request["instance"], job.request["token"])
    worker.finish(job)


def init() -> None:
    """Say how calls and timers are caught up on."""
    holding.catches_up(steps.CALL, _catch_up_on_call)
    holding.catches_up(steps.TIMER, _catch_up_on_timer)
