"""What happened inside a process that another one called: who did what there, in order."""

from __future__ import annotations

from collections.abc import Sequence

from erp.i18n import _
from erp.modelling import catalogue
from erp.screens import approvals, words
from erp.screens.explained import Within
from erp.screens.heads import Opened
from erp.workflow.definitions import Published
from erp.workflow.diagrams.diagram import Element
from erp.workflow.models import WorkflowEvent


def called(published: Published, element: Element) -> tuple[str, int]:
    """Title and number of the version of the process a call activity calls; 0 where it is not there."""
    return catalogue.title(element.called), published.numbers.get(element.called, 0)


def of(it: Opened, element: Element, events: Sequence[WorkflowEvent]) -> list[Within]:
    """Everything worth a line inside a call activity; nothing for other elements."""
    if not element.called or it.published is None:
        return []
    diagram = it.published.diagrams.get(element.called)
    found = []
    for event in events:
        if event.scope.split("/")[0] == element.id:
            drawn = diagram.elements.get(event.element) if diagram is not None else None
            if text := _words(event, drawn):
                found.append(Within(text, event.actor or _("Automatic"), event.at))
    return found


def _words(event: WorkflowEvent, drawn: Element | None) -> str:
    name = _(event.name or event.element)
    told = approvals.event_words(event.kind, name, event.data)[0]
    if told:
        return told
    if event.kind == "decided":
        outcome = str(event.data.get("outcome") or "")
        return f"{name} {_(outcome)}" if outcome else ""
    if event.kind == "ruled":
        return words.ruled(name, words.outcome_of(event.data["rulings"][-1]["outputs"], {}))
    if (
        event.kind == "completed"
        and drawn is not None
        and drawn.kind in {"userTask", "manualTask"}
        and not drawn.is_approval
    ):
        return _("%(step)s: done", step=name)
    if event.kind == "timer_fired":
        return _("%(step)s: the time was up", step=name)
    return ""
