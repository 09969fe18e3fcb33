"""Running processes in the hands of whoever looks after them: suspended, resumed, a token moved; each with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from erp.access import can, require
from erp.data import audit
from erp.data.base import repeated, session
from erp.documents import narrowing
from erp.documents.base import Document
from erp.documents.types import document_type
from erp.errors import Conflict, Invalid, NotFound
from erp.i18n import _
from erp.workflow import definitions, steps
from erp.workflow.diagrams.elements import Element
from erp.workflow.migration import moves
from erp.workflow.models import LIVE, WorkflowInstance
from erp.workflow.operating import holding, operated

SUSPEND, MOVE, STOP = "suspend", "move", "stop"
"""Verbs on a document's type."""
LONGEST = 400


@dataclass(frozen=True)
class Standing:
    """Where a process stands: a token that may be moved, what it waits at, and where it may be put."""

    token: str
    element: Element
    targets: Sequence[Element]


@repeated
def suspend(type_name: str, row_id: int, reason: str) -> WorkflowInstance:
    """Let nothing move in a document's process until it is resumed; raises Forbidden, Conflict, Invalid at `reason`.

    Nobody completes its tasks; timers, messages and answers that come meanwhile wait, and are kept.
    """
    instance = _locked(SUSPEND, type_name, row_id)
    holding.suspend(instance, _said(reason))
    return instance


@repeated
def resume(type_name: str, row_id: int, reason: str) -> WorkflowInstance:
    """Let a suspended process go on, first with what came meanwhile, in its order; raises as `suspend`."""
    instance = _locked(SUSPEND, type_name, row_id)
    holding.resume(instance, _said(reason))
    return instance


@repeated
def move(type_name: str, row_id: int, token: str, target: str, reason: str, *, past: str = "") -> None:
    """Put a waiting token at another element; `past` says why approvals on the way may be left out.

    Raises Forbidden, Invalid at `reason`, `token` or `target`, and the MoveRefused of what would go wrong.
    """
    instance = _locked(MOVE, type_name, row_id)
    here = next((each for each in standing(instance) if each.token == token), None)
    if here is None:
        raise Invalid(fields={"token": _("The process does not stand there any more.")})
    said, left_out = _said(reason), past.strip()[:LONGEST]
    told = {"reason": said, **({"past": left_out} if left_out else {})}
    operated.moved(instance.id, token, target, past_approvals=bool(left_out), **told)
    changes: dict[str, list[str | None]] = {"reason": [None, said], "element": [here.element.id, target]}
    if left_out:
        changes["past"] = [None, left_out]
    audit.note("moved", type_name, row_id, item=here.element.label, **changes)


def standing(instance: WorkflowInstance) -> list[Standing]:
    """Where a process stands, and where each of its tokens may be put; nothing once it is over."""
    if instance.status not in LIVE:
        return []
    diagrams = definitions.published(instance.definition_id).diagrams
    return [
        Standing(str(wait.id), wait.place.element, moves.targets(diagrams[wait.place.process], wait.place.element))
        for wait in operated.looked_into(instance).waits()
    ]


def may(verb: str, instance: WorkflowInstance | None) -> bool:
    """Whether the actor may suspend, move or stop a process that is not over."""
    return instance is not None and instance.status in LIVE and can(verb, instance.document_type)


def _locked(verb: str, type_name: str, row_id: int) -> WorkflowInstance:
    """The newest process of a document, locked and as it is now."""
    require(verb, type_name)
    kind = document_type(type_name)
    row = session().get(kind.cls, row_id)
    if row is None:
        raise NotFound
    narrowing.require(narrowing.EDIT, kind, [row_id])
    instance = steps.instance_of(row) if isinstance(row, Document) else None
    if instance is None:
        raise Conflict(_("This has no process."))
    statement = sa.select(WorkflowInstance).where(WorkflowInstance.id == instance.id).with_for_update()
    return session().scalars(statement.execution_options(populate_existing=True)).one()


def _said(reason: str) -> str:
    if not reason.strip():
        raise Invalid(fields={"reason": _("Say why.")})
    return reason.strip()[:LONGEST]
