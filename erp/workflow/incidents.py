"""Calls and timers as the worker runs them, and what becomes of a call that failed for good."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from erp import clock, context
from erp.access import can, member_of, require
from erp.data import audit
from erp.data.base import repeated, session
from erp.documents.types import declared
from erp.errors import Conflict, Forbidden, Invalid, NotFound, PluginAway
from erp.i18n import _
from erp.jobs import worker
from erp.jobs.claims import Claim
from erp.jobs.models import Job
from erp.notifications import notify
from erp.workflow import actions, definitions, steps
from erp.workflow.actions import ActionType, ProcessError
from erp.workflow.models import DONE, OPEN, RUNNING, WorkflowIncident, WorkflowInstance

Answer = Callable[[str, Any], bool]


def send(claim: Claim, answer: Answer) -> None:
    """Send a call outside every transaction, then record its answer; a ProcessError takes the boundary path."""
    entry = _action_of(claim)
    assert entry.call is not None
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
    steps.lock(claim.request["instance"])
    job = session().get_one(Job, claim.id, with_for_update=True)
    if job.is_over:
        return True
    caught = steps.failed(job, code, message)
    if caught:
        worker.finish(job, {"error": code})
    return caught


@repeated
def run_timer(claim: Claim) -> None:
    """A timer is due: go on, unless the process has moved away from it."""
    steps.lock(claim.request["instance"])
    job = session().get_one(Job, claim.id, with_for_update=True)
    if job.is_over:
        return
    instance = session().get_one(WorkflowInstance, claim.request["instance"])
    if instance.status == RUNNING:
        steps.fire(instance.id, claim.request["token"])
    worker.finish(job)


def give_up(claim: Claim, reason: str) -> None:
    """Open an incident on the token, in the transaction that marks the row failed."""
    instance = session().get(WorkflowInstance, claim.request["instance"])
    if instance is None:
        return  # the row's own error says it: there is no process whose token could be stuck
    diagram = definitions.published(instance.definition_id).diagram
    element = diagram.elements.get(claim.request["element"])
    session().add(
        WorkflowIncident(
            instance_id=instance.id,
            job_id=claim.id,
            element=claim.request["element"],
            name=element.label if element else claim.request["element"],
            reason=reason,
            document_type=instance.document_type,
            document_id=instance.document_id,
        )
    )
    _tell(claim, instance, _(element.label) if element else claim.request["element"], reason)


def _tell(claim: Claim, instance: WorkflowInstance, step: str, reason: str) -> None:
    """Whoever made the document, and whoever did the step that led here, hear that it is stuck."""
    maker = audit.maker_of(instance.document_type, instance.document_id)
    known: list[int | None] = [claim.context.get("member_id"), member_of(maker) if maker is not None else None]
    concerned = {member_id for member_id in known if member_id is not None}
    document = session().get(declared()[instance.document_type].cls, instance.document_id) if concerned else None
    if document is None:
        return
    for member_id in sorted(concerned):
        notify(
            member_id, "incident", subject=(instance.document_type, instance.document_id),
            key=f"incident:{claim.id}:{claim.attempts}", document=document.called, task=step,
            excerpt=reason.partition("\n")[0][:160],
        )  # fmt: skip


def open_of(document_type: str, document_ids: list[int]) -> list[WorkflowIncident]:
    """The open incidents of documents."""
    statement = sa.select(WorkflowIncident).where(
        WorkflowIncident.document_type == document_type,
        WorkflowIncident.document_id.in_(document_ids),
        WorkflowIncident.status == OPEN,
    )
    return list(session().scalars(statement.order_by(WorkflowIncident.id)))


def _opened(incident_id: int) -> tuple[WorkflowIncident, Job]:
    incident = session().get(WorkflowIncident, incident_id)
    if incident is None:
        raise NotFound
    require("edit", incident.document_type)
    steps.lock(incident.instance_id)
    session().refresh(incident, with_for_update=True)
    if incident.status != OPEN:
        raise Conflict(_("%(who)s has already dealt with this.", who=incident.closed_by or _("Somebody")))
    return incident, session().get_one(Job, incident.job_id, with_for_update=True)


def _close(incident: WorkflowIncident, resolution: str, note: str = "") -> None:
    incident.status, incident.resolution, incident.note = DONE, resolution, note
    incident.closed_at, incident.closed_by = clock.now(), context.current().name


def retry(incident_id: int) -> None:
    """Close the incident and give its call new attempts."""
    incident, job = _opened(incident_id)
    _close(incident, "retry")
    worker.retry(job)


def may_skip(document_type: str) -> bool:
    """Whether the actor may go on without a call."""
    return can("skip", document_type)


def skip(incident_id: int, reason: str) -> None:
    """Close the incident and go on as if the call had been answered; raises Invalid without a reason."""
    incident, job = _opened(incident_id)
    if not may_skip(incident.document_type):
        raise Forbidden(_("Only who holds the right to skip may go on without this step."))
    if not reason.strip():
        raise Invalid(fields={"reason": _("Say why this step may be skipped.")})
    _close(incident, "skip", reason.strip()[:400])
    steps.skipped(job)
    worker.finish(job, {"skipped": reason.strip()[:400]})
