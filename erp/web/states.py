"""What a document's state is called and how its badge looks: read from the diagram new documents run."""

from __future__ import annotations

from erp.documents.base import Document
from erp.i18n import _
from erp.web.shapes import State
from erp.workflow import definitions
from erp.workflow.diagrams.diagram import Diagram

KINDS = frozenset({"idle", "move", "wait", "good", "bad", "done"})


def states_in(diagram: Diagram | None) -> dict[str, State]:
    """The badges of a diagram's milestones, by state and in its order; empty without a diagram."""
    if diagram is None:
        return {}
    return {
        element.id: State(element.state if element.state in KINDS else "idle", _(element.label))
        for element in diagram.elements.values()
        if element.is_milestone
    }


def states_of(type_name: str) -> dict[str, State]:
    """The badges of a type's states, from the diagram its new documents run."""
    return states_in(definitions.diagram_of(type_name, definitions.newest_id(type_name)))


def badge(document: Document, states: dict[str, State]) -> State:
    """A document's badge; a state the diagram no longer has keeps its id as its name."""
    return states.get(document.state) or State("idle", document.state.replace("_", " ").capitalize() or "–")
