"""Steps that whoever looks after processes takes: a call skipped or sent down an error path, a token moved, an end."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from erp import clock
from erp.data.base import session
from erp.documents.base import Document
from erp.documents.types import declared
from erp.jobs import outbox
from erp.jobs.models import Job
from erp.workflow import definitions, engine, history, steps
from erp.workflow.hosting import StepHost
from erp.workflow.messaging import subscriptions
from erp.workflow.models import LIVE, STOPPED, WorkflowInstance
from erp.workflow.operating import holding
from erp.workflow.people import tasks
from erp.workflow.steps import Step


def sent_down(job: Job, code: str, reason: str) -> bool:
    """Send a call down an error path somebody chose; False when the diagram catches no such error."""
    step = steps.opened(job.request["instance"])
    caught = step.run.fail(UUID(job.request["token"]), code, reason)
    if caught:
        steps.write(step)
    return caught


def skipped(job: Job, reason: str) -> None:
    """Go on as if the call had been answered with nothing."""
    step = steps.opened(job.request["instance"])
    step.run.skip(UUID(job.request["token"]), reason=reason)
    steps.write(step)


def moved(instance_id: int, token: str, target: str, *, past_approvals: bool, **told: Any) -> Step:
    """Put a waiting token elsewhere and go on from there, also where the process is suspended; `told` is kept.

    Raises NotWaiting and MoveRefused.
    """
    step = steps.opened(instance_id, held=True)
    step.run.move(UUID(token), target, past_approvals=past_approvals, **told)
    steps.write(step)
    if step.row.status not in LIVE:
        holding.let_go(step.row)
    return step


def cancelled(instance_id: int, reason: str) -> None:
    """End the instance where it stands: tasks, timers and calls are dropped."""
    step = steps.opened(instance_id, held=True)
    step.run.cancel()
    changes = step.run.changes
    tasks.write(step, changes)
    outbox.cancel_like([f"timer:{token}:" for token in changes.timers_cleared])
    steps.drop_calls(step, changes)
    steps.drop_incidents(step.row)
    subscriptions.write(step, changes)
    history.append(step, changes)
    history.note(step, "stopped", reason=reason)
    step.row.status, step.row.ended_at = STOPPED, clock.now()
    tasks.drop_open_again(step.row)
    step.row.snapshot = step.run.snapshot()
    step.row.lock_version += 1
    holding.let_go(step.row)


def looked_into(row: WorkflowInstance) -> engine.Instance:
    """An instance as it was saved last, to be asked and not to be moved."""
    document = session().get_one(declared()[row.document_type].cls, row.document_id)
    assert isinstance(document, Document)
    published = definitions.published(row.definition_id)
    return engine.Instance.load(published.spec, row.snapshot, StepHost(document, published))
