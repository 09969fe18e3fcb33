"""What a document's state is called and how its badge looks: read from the diagram new documents run."""

from __future__ import annotations

import sqlalchemy as sa

from erp.data.base import session
from erp.documents.base import Document
from erp.i18n import _
from erp.web.shapes import State
from erp.workflow import definitions
from erp.workflow.diagram import Diagram, parse
from erp.workflow.models import WorkflowDefinition


def diagram_of(type_name: str) -> Diagram | None:
    """The live diagram; the shipped one while the tenant has none yet, since looking publishes nothing."""
    statement = (
        sa.select(WorkflowDefinition.id)
        .where(WorkflowDefinition.key == type_name, WorkflowDefinition.status == "published")
        .order_by(WorkflowDefinition.number.desc())
        .limit(1)
    )
    newest = session().scalar(statement)
    if newest is not None:
        return definitions.published(newest).diagram
    bpmn = definitions.shipped(type_name)
    return parse(bpmn) if bpmn else None


def states_of(type_name: str) -> dict[str, State]:
    """The badge of every milestone, in the diagram's order; empty for a type without a process."""
    diagram = diagram_of(type_name)
    if diagram is None:
        return {}
    return {
        element.id: State(element.state or "idle", _(element.label))
        for element in diagram.elements.values()
        if element.is_milestone
    }


def badge(document: Document, states: dict[str, State]) -> State:
    """A document's badge; a state the diagram no longer has keeps its id as its name."""
    return states.get(document.state) or State("idle", document.state.replace("_", " ").capitalize() or "–")
