"""Whom a table names for a document as it is now: who approves a change is not who approved what stood there before."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from erp.data.organisation import today_at
from erp.decisions import Model, Ruling
from erp.documents.base import Document
from erp.workflow import definitions, history
from erp.workflow.definitions import Published
from erp.workflow.diagrams.diagram import Element
from erp.workflow.document_names import DocumentNames, Naming
from erp.workflow.models import WorkflowInstance, WorkflowTask
from erp.workflow.people import approvals, candidates
from erp.workflow.people.candidates import CREATOR
from erp.workflow.scripting import scripts
from erp.workflow.scripting.values import cleaned

DOCUMENT, APPROVERS, DEADLINE = "document", "approvers", "deadline"
KEPT = {
    "quorum": ("rule",), "order": ("ordered",), "escalate_to": ("escalate_to",), "drops": ("drops",), DEADLINE: (),
}  # fmt: skip
"""{property of an approval: what is kept of it where the table does not say it}; of a deadline the task's own moment"""


@dataclass(frozen=True)
class Ruled(Naming):
    """A table's answer, asked of as a step is."""

    row: WorkflowInstance
    document: Document
    ruling: Mapping[str, Any]
    outputs: Mapping[str, Any]
    is_new: ClassVar[bool] = False

    def values(self, token: Any) -> Mapping[str, Any]:  # noqa: ARG002 - as a step answers
        """What the table gives."""
        return self.outputs

    def ruled(self) -> Sequence[Mapping[str, Any]]:
        """What the table answered."""
        return [{"rulings": [self.ruling]}]


def columns(task: WorkflowTask, instance: WorkflowInstance, document: Document) -> dict[str, Any] | None:
    """What a task of an approval says where the table that named its approvers is asked anew; {} for nobody.

    None where no table named them, it answers as before, it or the diagram reads more than the document, or the element
    is gone. Raises DecisionFailed.
    """
    before: Mapping[str, Any] = task.asked.get("rule") or {}
    published = definitions.published(instance.definition_id)
    diagram = published.diagrams.get(task.process) if task.process else published.diagram
    element = diagram.elements.get(task.element) if diagram is not None else None
    answer = ruling(published, str(before.get("decision") or ""), document)
    if element is None or answer is None:
        return None
    told_again = history.plain(dict(answer.as_json()))
    if told_again["outputs"] == before.get("outputs"):
        return None
    outputs = cleaned(answer.outputs)
    kept = {each for each in KEPT if (text := _text(element, each)).isidentifier() and text not in outputs}
    if not element.is_approval or _read(element, kept) - {*outputs, DOCUMENT, CREATOR}:
        return None
    asker = Ruled(instance, document, told_again, outputs)
    named = candidates.named_by(asker, element, _text(element, APPROVERS), None)
    if not named.keys and not named.asked.get("unknown"):
        return {}
    return _with_what_is_kept(task, approvals.describe(asker, element, None), kept)


def ruling(published: Published, decision: str, document: Document) -> Ruling | None:
    """What a version's table answers for a document as it is now; None where it has none, or one that reads more.

    Raises DecisionFailed.
    """
    model = next((each for each in published.decisions.values() if _holds(each, decision)), None)
    if model is None or {path[0] for path in model.paths(decision)} - {DOCUMENT}:
        return None
    told = {DOCUMENT: DocumentNames(document)}
    return model.decide(decision, told, today_at(document.branch_id)).certain()


def _holds(model: Model, decision: str) -> bool:
    return any(decision in {each.id, each.name} for each in model.decisions.values())


def _text(element: Element, name: str) -> str:
    return element.properties.get(name, "").strip()


def _read(element: Element, kept: Collection[str]) -> set[str]:
    """The names an approval reads to say whom it asks, besides what is kept of it."""
    texts = [_text(element, each) for each in (APPROVERS, *KEPT) if each not in kept]
    return {path[0] for text in texts for path in scripts.names_in(text)}


def _with_what_is_kept(task: WorkflowTask, found: dict[str, Any], kept: Collection[str]) -> dict[str, Any]:
    before, approval = task.approval or {}, found["approval"]
    approval |= {part: before[part] for each in kept for part in KEPT[each] if part in before}
    approval["quorum"] = approvals.quorum(approval["rule"], len(approval["seats"]))
    return found | ({"due_at": task.due_at} if DEADLINE in kept else {})
