"""Work of a process that failed for good: kept at the token it stands at until somebody decides what becomes of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from erp import clock, context
from erp.access import can, member_of, require
from erp.data import audit
from erp.data.base import session
from erp.documents import narrowing
from erp.documents.fields import Field
from erp.documents.types import declared, document_type
from erp.errors import Conflict, Forbidden, Invalid, NotFound
from erp.forms import bind_json
from erp.i18n import _
from erp.jobs import worker
from erp.jobs.claims import Claim
from erp.jobs.models import Job
from erp.notifications import notify
from erp.workflow import actions, definitions, history, steps
from erp.workflow.diagrams.elements import Element
from erp.workflow.errors import NotWaiting
from erp.workflow.messaging import subscriptions
from erp.workflow.models import DONE, OPEN, RUNNING, WorkflowIncident, WorkflowInstance, WorkflowSubscription
from erp.workflow.operating import operated

LONGEST_REASON = 400
SKIP, CORRECT = "skip", "correct"
"""Verbs on a document's type: go on without a step, and send it with other input."""
VARYING = re.compile(r"“[^”]*”|\b[0-9a-f]{8}[0-9a-f-]{8,}\b|[^\s<>()]+@[^\s<>()]+|[0-9]+", re.IGNORECASE)
"""Parts of a reason that differ from document to document: what our sentences quote, ids, addresses, numbers."""
Skip = Callable[[Job, str], None]
Changes = Mapping[str, list[Any]]
NOTHING: Changes = MappingProxyType({})
_skips: dict[str, Skip] = {}


def skips(kind: str, act: Skip) -> None:
    """Say how a process goes on without a job of this kind, given the reason; others cannot be skipped."""
    _skips[kind] = act


# -- opened ------------------------------------------------------------------------------------------------


def give_up(claim: Claim, reason: str) -> None:
    """Open an incident where the process stands, in the transaction that marks the row failed."""
    instance = session().get(WorkflowInstance, claim.request["instance"])
    if instance is None:
        return  # the row's own error says it: there is no process whose token could be stuck
    token, at = _place(claim)
    element = _drawn(instance, at)
    session().add(
        WorkflowIncident(
            instance_id=instance.id, job_id=claim.id, kind=claim.kind, element=at, token=token,
            name=element.label if element else at or instance.document_type, reason=reason, cause=cause_of(reason),
            document_type=instance.document_type, document_id=instance.document_id,
        )
    )  # fmt: skip
    _tell(claim, instance, _(element.label) if element else at, reason)


def cause_of(reason: str) -> str:
    """A reason without what differs from document to document."""
    return VARYING.sub("#", reason.partition("\n")[0]).strip()[:200]


def _place(claim: Claim) -> tuple[str, str]:
    """The token and the element at which the process stands; the receiver's where a message is led to one."""
    request = claim.request
    waits = sa.select(WorkflowSubscription.token, WorkflowSubscription.element)
    if claim.kind == subscriptions.DELIVER:
        waits = waits.where(
            WorkflowSubscription.instance_id == request["instance"],
            subscriptions.channel_of(request["message"]),
        )
    elif "element" in request:
        return request.get("token", ""), request["element"]
    else:
        waits = waits.where(WorkflowSubscription.token == request["token"])
    found = session().execute(waits.order_by(WorkflowSubscription.id).limit(1)).first()
    return (found[0], found[1]) if found else ("", "")


def _drawn(instance: WorkflowInstance, element: str) -> Element | None:
    """The element, in the document's own process or one it calls."""
    published = definitions.published(instance.definition_id)
    diagrams = (published.diagram, *published.diagrams.values())
    return next((each.elements[element] for each in diagrams if element in each.elements), None)


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


# -- what may be decided -----------------------------------------------------------------------------------


def may_skip(incident: WorkflowIncident) -> bool:
    """Whether the actor may go on without this step."""
    return incident.kind in _skips and can(SKIP, incident.document_type)


def ways(incident: WorkflowIncident) -> list[tuple[str, str]]:
    """(code, name) of the error events of the diagram that the actor may send this step down to, the nearest first."""
    if incident.kind != steps.CALL or not incident.token or not can(SKIP, incident.document_type):
        return []
    instance = session().get_one(WorkflowInstance, incident.instance_id)
    if instance.status != RUNNING:
        return []
    try:
        found = operated.looked_into(instance).catching(UUID(incident.token))
    except NotWaiting:
        return []  # the process has gone on without it
    return [(place.element.error_code or "", place.element.label) for place in found]


def correctable(incident: WorkflowIncident) -> list[Field]:
    """What of its request the actor may put right; nothing of a kind whose call names nothing."""
    if incident.kind != steps.CALL or not can(CORRECT, incident.document_type):
        return []
    job = session().get_one(Job, incident.job_id)
    entry = actions.catalogue().get(job.request["action"])
    request = job.request.get("request")
    if entry is None or entry.call is None or not isinstance(request, dict):
        return []
    return [field for field in entry.call.correctable if field.name in request]


def sent(incident: WorkflowIncident) -> Mapping[str, Any]:
    """The values, as JSON, of what may be put right."""
    request: Mapping[str, Any] = session().get_one(Job, incident.job_id).request["request"]
    return {field.name: request[field.name] for field in correctable(incident)}


# -- decided -----------------------------------------------------------------------------------------------


def found(incident_id: int) -> WorkflowIncident:
    """An incident of a document the actor may see; raises NotFound."""
    incident = session().get(WorkflowIncident, incident_id)
    if incident is None or not can("show", incident.document_type):
        raise NotFound
    return incident


def _opened(incident_id: int) -> tuple[WorkflowIncident, Job]:
    incident = session().get(WorkflowIncident, incident_id)
    if incident is None:
        raise NotFound
    require("edit", incident.document_type)
    narrowing.require(narrowing.EDIT, document_type(incident.document_type), [incident.document_id])
    steps.lock(incident.instance_id)
    session().refresh(incident, with_for_update=True)
    if incident.status != OPEN:
        raise Conflict(_("%(who)s has already dealt with this.", who=incident.closed_by or _("Somebody")))
    return incident, session().get_one(Job, incident.job_id, with_for_update=True)


def _close(incident: WorkflowIncident, resolution: str, note: str = "", changes: Changes = NOTHING) -> None:
    incident.status, incident.resolution, incident.note = DONE, resolution, note
    incident.closed_at, incident.closed_by = clock.now(), context.current().name
    told = {"reason": [None, note], **changes} if note else dict(changes)
    audit.note(f"incident_{resolution}", incident.document_type, incident.document_id, item=incident.name, **told)


def _said(reason: str, field: str, asked: str) -> str:
    if not reason.strip():
        raise Invalid(fields={field: asked})
    return reason.strip()[:LONGEST_REASON]


def retry(incident_id: int) -> None:
    """Close the incident and give its work new attempts."""
    incident, job = _opened(incident_id)
    _close(incident, "retry")
    history.decided(incident, "tried_again")
    worker.retry(job)


def correct(incident_id: int, values: Mapping[str, Any]) -> None:
    """Send a call again with some of its input put right, values as JSON; the rest, and its key, stay as they were.

    Raises Forbidden, and Invalid with a sentence for each value, also when nothing is changed.
    """
    incident, job = _opened(incident_id)
    if not can(CORRECT, incident.document_type):
        raise Forbidden(_("Only who holds the right to correct calls may change what is sent."))
    fields, before = correctable(incident), job.request["request"]
    if not fields:
        raise Conflict(_("Nothing that this step sends may be changed."))
    typed = bind_json(fields, {**sent(incident), **values}).checked()
    after = {field.name: field.to_json(typed[field.name]) for field in fields if field.name in typed}
    changes = {name: [before[name], value] for name, value in after.items() if before[name] != value}
    if not changes:
        raise Invalid(_("Nothing is changed. Put something right, or try again as it is."))
    _close(incident, "corrected", changes=changes)
    history.decided(incident, "corrected", changes=changes)
    worker.retry(job, request={**job.request, "request": {**before, **after}})


def skip(incident_id: int, reason: str) -> None:
    """Close the incident and go on as if the work had been done; raises Invalid without a reason."""
    incident, job = _opened(incident_id)
    if not can(SKIP, incident.document_type):
        raise Forbidden(_("Only who holds the right to skip may go on without this step."))
    if incident.kind not in _skips:
        raise Conflict(_("This cannot be left out. Mend the cause and try again, or move the process elsewhere."))
    said = _said(reason, "reason", _("Say why this step may be skipped."))
    _close(incident, "skip", said)
    if incident.kind != steps.CALL:
        history.decided(incident, "skipped", reason=said)
    _skips[incident.kind](job, said)
    worker.finish(job, {"skipped": said})


def send_down(incident_id: int, code: str, reason: str) -> None:
    """Close the incident and go the way the diagram draws for an error with this code; raises Invalid as `skip`."""
    incident, job = _opened(incident_id)
    if not can(SKIP, incident.document_type):
        raise Forbidden(_("Only who holds the right to skip may go on without this step."))
    if code not in {known for known, _name in ways(incident)}:
        raise Invalid(fields={"code": _("The diagram draws no such way from this step.")})
    said = _said(reason, "reason", _("Say why the process is to go this way."))
    _close(incident, "error_path", said, {"path": [None, code]})
    history.decided(incident, "sent_down", reason=said, code=code)
    operated.sent_down(job, code, said)
    worker.finish(job, {"error": code})


def init() -> None:
    """Say how a process goes on without a call."""
    skips(steps.CALL, operated.skipped)
