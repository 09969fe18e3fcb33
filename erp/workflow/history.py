"""What happened: events appended by the step, and the document's state from the milestones passed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from erp import clock, context
from erp.data.base import session
from erp.data.bulk import append_rows
from erp.documents import numbers
from erp.workflow.models import WorkflowEvent, WorkflowIncident, WorkflowInstance, WorkflowTask

if TYPE_CHECKING:
    from erp.workflow.engine import Changes, Place
    from erp.workflow.steps import Step


def plain(value: Any) -> Any:
    """A value as JSON keeps it."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def pass_milestones(step: Step, changes: Changes) -> None:
    """Set the document's state to the last milestone its own process passed."""
    passed = [milestone.state for milestone in changes.milestones if milestone.is_top]
    if passed:
        document = step.document
        document.state, document.state_at = passed[-1], clock.now()
        document.passed_states = list(dict.fromkeys([*document.passed_states, *passed]))
        if type(document).numbered_at in passed:
            numbers.assign(document)


def append(step: Step, changes: Changes) -> None:
    """Write the step's events behind those there are, in one statement."""
    if not changes.events:
        return
    acting, at, before = context.current(), clock.now(), 0 if step.is_new else step.row.events
    batch = {"batch": acting.batch_id} if acting.batch_id else {}
    rows = []
    for offset, event in enumerate(changes.events):
        element = step.published.diagrams[event.process].elements.get(event.element_id)
        rows.append(
            {
                "instance_id": step.row.id,
                "seq": before + offset,
                "kind": event.kind,
                "element": event.element_id,
                "name": element.label if element else "",
                "scope": "/".join(event.scope),
                "token": str(event.task_id) if event.task_id else "",
                "actor": acting.name,
                "at": at,
                "data": plain(dict(event.values)) | batch,
            }
        )
    append_rows(WorkflowEvent, tuple(rows[0]), rows)
    step.row.events = before + len(rows)


def note(step: Step, kind: str, **values: Any) -> None:
    """Write one event about the instance as a whole."""
    acting = context.current()
    row = WorkflowEvent(
        instance_id=step.row.id, seq=step.row.events, kind=kind, element=step.published.key, actor=acting.name,
        at=clock.now(), data=plain(values),
    )  # fmt: skip
    session().add(row)
    step.row.events += 1


def about(instance: WorkflowInstance, task: WorkflowTask, kind: str, **values: Any) -> None:
    """Write one event about a task of a locked instance that no step moves: claimed, handed on, voted."""
    _write(instance, kind, task.element, task.name, task.scope, task.token, **values)


def decided(incident: WorkflowIncident, kind: str, **values: Any) -> None:
    """Write one event about what somebody decided of an incident; the instance is locked."""
    instance = session().get_one(WorkflowInstance, incident.instance_id)
    _write(instance, kind, incident.element, incident.name, **values)


def operated(instance: WorkflowInstance, kind: str, **values: Any) -> None:
    """Write one event about a locked instance as a whole that no step moves: suspended, resumed."""
    _write(instance, kind, instance.document_type, "", **values)


def carried(instance: WorkflowInstance, here: Place, there: Place, token: str) -> None:
    """Write that what waited at one element waits at another one now, without a step: its visit goes on there."""
    scope = "/".join(here.scope)
    _write(instance, "moved", here.element_id, here.element.label, scope, token,
           to=there.element_id, to_name=there.element.label)  # fmt: skip
    _write(instance, "entered", there.element_id, there.element.label, "/".join(there.scope), token)


def _write(
    instance: WorkflowInstance, kind: str, element: str, name: str, scope: str = "", token: str = "", **values: Any
) -> None:
    acting = context.current()
    batch = {"batch": acting.batch_id} if acting.batch_id else {}
    row = WorkflowEvent(
        instance_id=instance.id, seq=instance.events, kind=kind, element=element, name=name,
        scope=scope, token=token, actor=acting.name, at=clock.now(), data=plain(values) | batch,
    )  # fmt: skip
    session().add(row)
    instance.events += 1


def of(instance_id: int) -> list[WorkflowEvent]:
    """Every event of an instance in order."""
    statement = sa.select(WorkflowEvent).where(WorkflowEvent.instance_id == instance_id).order_by(WorkflowEvent.seq)
    return list(session().scalars(statement))
