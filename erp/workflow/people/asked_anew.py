"""Whom a table names for a document as it is now: who approves a change is not who approved what stood there before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from erp.data.organisation import today_at
from erp.decisions import Model
from erp.documents.base import Document
from erp.workflow import definitions, history
from erp.workflow.diagrams.diagram import Element
from erp.workflow.document_names import DocumentNames, Naming
from erp.workflow.models import WorkflowInstance, WorkflowTask
from erp.workflow.people import approvals, candidates
from erp.workflow.scripting.values import cleaned

DOCUMENT = "document"
KEPT = {"quorum": ("rule",), "order": ("ordered",), "escalate_to": ("escalate_to",), "drops": ("drops",)}
"""{property of an approval: what is kept of it where the table does not say it}"""


@dataclass(frozen=True)
class Ruled(Naming):
    """A table's answer, asked of as a step is."""

    row: WorkflowInstance
    document: Document
    ruling: Mapping[str, Any]
    outputs: Mapping[str, Any]

    def values(self, token: Any) -> Mapping[str, Any]:  # noqa: ARG002 - as a step answers
        """What the table gives."""
        return self.outputs

    def ruled(self) -> Sequence[Mapping[str, Any]]:
        """What the table answered."""
        return [{"rulings": [self.ruling]}]


def columns(task: WorkflowTask, instance: WorkflowInstance, document: Document) -> dict[str, Any] | None:
    """What a task of an approval says where the table that named its approvers is asked anew; {} for nobody.

    None where no table named them, it answers as before, or it reads more than the document. Raises DecisionFailed.
    """
    before: Mapping[str, Any] = task.asked.get("rule") or {}
    published = definitions.published(instance.definition_id)
    name = str(before.get("decision") or "")
    model = next((each for each in published.decisions.values() if _holds(each, name)), None)
    if model is None or {path[0] for path in model.paths(name)} - {DOCUMENT}:
        return None
    told = {DOCUMENT: DocumentNames(document)}
    ruling = model.decide(name, told, today_at(document.branch_id)).certain()
    told_again = history.plain(dict(ruling.as_json()))
    if told_again["outputs"] == before.get("outputs"):
        return None
    outputs = cleaned(ruling.outputs)
    diagram = published.diagrams[task.process] if task.process else published.diagram
    element = diagram.elements[task.element]
    asker = Ruled(instance, document, told_again, outputs)
    if not candidates.named_by(asker, element, element.properties["approvers"].strip(), None).keys:
        return {}
    found = approvals.describe(asker, element, None)
    return found | {"approval": _with_what_is_kept(task, element, found["approval"], outputs)}


def _holds(model: Model, name: str) -> bool:
    return any(each.name == name for each in model.decisions.values())


def _with_what_is_kept(
    task: WorkflowTask, element: Element, found: dict[str, Any], outputs: Mapping[str, Any]
) -> dict[str, Any]:
    before = task.approval or {}
    for name, parts in KEPT.items():
        text = element.properties.get(name, "").strip()
        if text.isidentifier() and text not in outputs:
            found |= {part: before[part] for part in parts if part in before}
    return found | {"quorum": approvals.quorum(found["rule"], len(found["seats"]))}
