"""A document's process as JSON: where it stands, who has it, what happened."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from erp import operations
from erp.access import can
from erp.data.base import session
from erp.documents.base import Document
from erp.documents.fields import Field, Kind
from erp.documents.types import DocumentType, document_type
from erp.forms import Form
from erp.i18n import _
from erp.rest import rows
from erp.workflow import definitions, history, steps
from erp.workflow.models import OPEN, WorkflowEvent, WorkflowIncident, WorkflowTask
from erp.workflow.operating import incidents
from erp.workflow.people import tasks

MOST_EVENTS = 500


def is_driven(kind: DocumentType) -> bool:
    """Whether a diagram drives documents of this type."""
    return kind.is_document and definitions.is_driven(kind.name)


def of(document: Document) -> dict[str, Any]:
    """State, open tasks, open incidents and the newest events of a document."""
    kind = document.__tablename__
    instance = steps.instance_of(document)
    events = history.of(instance.id)[-MOST_EVENTS:] if instance is not None else []
    return {
        "state": document.state,
        "state_at": rows.moment(document.state_at),
        "passed_states": list(document.passed_states),
        "status": instance.status if instance is not None else "none",
        "started_at": rows.moment(instance.started_at) if instance is not None else None,
        "ended_at": rows.moment(instance.ended_at) if instance is not None else None,
        "tasks": [task_json(each) for each in tasks.open_of(kind, [document.id])],
        "incidents": [incident_json(each) for each in incidents.open_of(kind, [document.id])],
        "events": [_event(each) for each in events],
    }


def task_json(task: WorkflowTask) -> dict[str, Any]:
    """A task of the inbox."""
    away = tasks.done_for(task) if task.status == OPEN else None
    return {
        "id": task.id,
        "element": task.element,
        "name": _(task.name),
        "role": task.role,
        "for": tasks.for_whom(task),
        "stands_in_for": away.name if away is not None else "",
        "status": task.status,
        "title": task.title,
        "document_type": task.document_type,
        "document_id": task.document_id,
        "assignee": task.assignee,
        "opened_at": rows.moment(task.opened_at),
        "due_at": rows.moment(task.due_at),
        "closed_at": rows.moment(task.closed_at),
        "closed_by": task.closed_by,
        "may_do": tasks.may_do(task),
    }


def open_tasks(found: Iterable[WorkflowTask]) -> dict[str, Any]:
    """The tasks that answers to a change tell of: those the actor may do, and others' of documents they may see."""
    told = [each for each in found if each.status == OPEN and (can("show", each.document_type) or tasks.may_do(each))]
    return {"open_tasks": [task_json(each) for each in told]}


def task_form(task: WorkflowTask) -> dict[str, Any]:
    """What the task asks and what stands there now; answers are keyed by the fields' names."""
    form = operations.task_form(task)
    present = present_answers(task, form)
    return {
        "key": form.key,
        "fields": [rows.described(entry) | {"document_field": entry.binds} for entry in form.fields],
        "values": {entry.name: _answer_json(entry, present.get(entry.name)) for entry in form.fields},
    }


def present_answers(task: WorkflowTask, form: Form) -> dict[str, Any]:
    """The document's present values under the names of the task's form's fields that fill them."""
    kind = document_type(task.document_type)
    names = {entry.binds for entry in form.fields if entry.binds}
    current = rows.values(kind, session().get_one(kind.cls, task.document_id), names) if names else {}
    return {entry.name: current[entry.binds] for entry in form.fields if entry.binds in current}


def _answer_json(entry: Field, value: Any) -> Any:
    if entry.kind is Kind.LINES:
        inner = {field.name: field for field in entry.fields}
        return [
            {name: inner[name].to_json(item) if name in inner else item for name, item in line.items()}
            for line in value or ()
        ]
    return entry.to_json(value)


def incident_json(incident: WorkflowIncident) -> dict[str, Any]:
    """What is stuck, since when and why; what somebody decided of it."""
    return {
        "id": incident.id,
        "document_type": incident.document_type,
        "document_id": incident.document_id,
        "element": incident.element,
        "name": incident.name,
        "reason": incident.reason,
        "cause": incident.cause,
        "status": incident.status,
        "opened_at": rows.moment(incident.opened_at),
        "closed_at": rows.moment(incident.closed_at),
        "closed_by": incident.closed_by,
        "resolution": incident.resolution,
        "note": incident.note,
    }


def _event(event: WorkflowEvent) -> dict[str, Any]:
    return {
        "seq": event.seq,
        "kind": event.kind,
        "element": event.element,
        "name": event.name,
        "scope": event.scope,
        "actor": event.actor,
        "at": rows.moment(event.at),
        "data": event.data,
    }
