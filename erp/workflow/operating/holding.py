"""Instances that stand still: suspended with a reason, then resumed once what came meanwhile is done in order.

A job whose time comes while its instance is suspended lays itself aside, with what had come of it outside.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from erp import clock, context
from erp.data import audit
from erp.data.base import repeated, savepoint, session
from erp.errors import Conflict, NotFound
from erp.i18n import _
from erp.jobs import outbox, worker
from erp.jobs.claims import Claim
from erp.jobs.models import HELD, WAITING, Job
from erp.workflow import history, steps
from erp.workflow.models import HELD_STATES, RESUMING, RUNNING, SUSPENDED, WorkflowInstance

RESUME = "workflow.resume"
log = logging.getLogger(__name__)
CatchUp = Callable[[Job], None]
_catch_up: dict[str, CatchUp] = {}


def catches_up(kind: str, act: CatchUp) -> None:
    """Say how a job of this kind is done in the open transaction, in its turn; others are run by a worker again."""
    _catch_up[kind] = act


def taken_up(claim: Claim, instance_id: int | None, outcome: Any = None) -> tuple[Job, str] | None:
    """A claimed job and the state of the instance it is for, both locked in this order.

    None when the job is over, or was laid aside with its outcome, because the instance is suspended. Raises NotFound
    when there is no such instance; `instance_id` is None where a message has no receiver now.
    """
    status = steps.lock(instance_id) if instance_id is not None else ""
    job = session().get_one(Job, claim.id, with_for_update=True)
    if job.is_over:
        return None
    if status in HELD_STATES:
        job.request = {**job.request, "instance": instance_id}
        worker.hold(job, outcome)
        return None
    if instance_id is not None and not status:
        raise NotFound
    return job, status


def laid_aside(claim: Claim) -> bool:
    """Whether a claimed job's instance is suspended: then the job was laid aside before it did anything."""
    instance_id = claim.request["instance"]
    # asked without a lock first: hardly ever is one suspended
    status = session().scalar(sa.select(WorkflowInstance.status).where(WorkflowInstance.id == instance_id))
    return status in HELD_STATES and _lay_aside(claim)


@repeated
def _lay_aside(claim: Claim) -> bool:
    if steps.lock(claim.request["instance"]) not in HELD_STATES:
        return False
    job = session().get_one(Job, claim.id, with_for_update=True)
    if not job.is_over:
        worker.hold(job)
    return True


def suspend(instance: WorkflowInstance, reason: str) -> None:
    """Let nothing move in a locked instance; raises Conflict unless it runs."""
    if instance.status == SUSPENDED:
        raise Conflict(_("%(who)s has suspended it already.", who=instance.held_by))
    if instance.status != RUNNING:
        raise Conflict(
            steps.why_held(instance) if instance.status == RESUMING else _("The process of this document is over.")
        )
    instance.status, instance.held_at = SUSPENDED, clock.now()
    instance.held_by, instance.held_reason = context.current().name, reason
    _told(instance, "suspended", reason)


def resume(instance: WorkflowInstance, reason: str) -> None:
    """Let a locked instance go on, once it has caught up on what came meanwhile; raises Conflict unless suspended."""
    if instance.status != SUSPENDED:
        raise Conflict(_("This process is not suspended."))
    _told(instance, "resumed", reason)
    session().execute(
        sa.update(Job)
        .where(*_of(instance), Job.kind == steps.TIMER, Job.state == WAITING, Job.due_at <= clock.now())
        .values(state=HELD)
        .execution_options(synchronize_session=False)
    )
    if session().scalar(_waiting(instance)) is None:
        _go_on(instance)
        return
    instance.status = RESUMING
    key = f"resume:{instance.id}:{instance.events}"
    outbox.put(
        Job(
            kind=RESUME, key=key, request={"instance": instance.id, "element": ""}, due_at=clock.now(),
            subject=instance.document_type, subject_id=instance.document_id,
        )
    )  # fmt: skip


def _told(instance: WorkflowInstance, kind: str, reason: str) -> None:
    history.operated(instance, kind, reason=reason)
    audit.note(kind, instance.document_type, instance.document_id, reason=[None, reason])


def _go_on(instance: WorkflowInstance) -> None:
    instance.status, instance.held_at, instance.held_by, instance.held_reason = RUNNING, None, "", ""


def _of(instance: WorkflowInstance) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        Job.subject == instance.document_type, Job.subject_id == instance.document_id,
        Job.request["instance"].as_integer() == instance.id,
    )  # fmt: skip


def _waiting(instance: WorkflowInstance) -> sa.Select[Job]:
    """The jobs laid aside with an instance, in the order in which their time came."""
    held = sa.select(Job).where(Job.state == HELD, Job.request["instance"].as_integer() == instance.id)
    return held.order_by(Job.due_at, Job.id)


def let_go(instance: WorkflowInstance) -> None:
    """Let everything that was laid aside run: its process goes on, or is over and it comes to nothing."""
    for left in session().scalars(_waiting(instance)):
        worker.release(left)


def catch_up(claim: Claim) -> None:
    """Do what was laid aside with an instance, one after another, each in its transaction; then let it go on."""
    while _next(claim):
        session.remove()


@repeated
def _next(claim: Claim) -> bool:
    """Do the next; False when nothing is left. Between two the instance stays closed to everything else."""
    steps.lock(claim.request["instance"])
    own = session().get_one(Job, claim.id, with_for_update=True, populate_existing=True)
    if own.is_over:
        return False
    instance = session().get_one(WorkflowInstance, claim.request["instance"], populate_existing=True)
    first = session().scalar(_waiting(instance).limit(1).with_for_update())
    if first is None or instance.status != RESUMING:
        if instance.status == RESUMING:
            _go_on(instance)
        let_go(instance)
        worker.finish(own)
        return False
    instance.status = RUNNING
    _do(first)
    if instance.status == RUNNING:
        instance.status = RESUMING
    return True


def _do(job: Job) -> None:
    act = _catch_up.get(job.kind)
    if act is None:
        worker.release(job)
        return
    try:
        with savepoint():
            act(job)
    except OperationalError:
        raise
    except Exception as error:
        # its own worker tries it again, and makes an incident of it in the end
        log.warning("job %s (%s) could not be caught up on", job.id, job.kind, exc_info=error)
        worker.release(job)
