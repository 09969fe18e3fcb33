"""What is likely to come next: the main way through the diagram from where the document is."""

from __future__ import annotations

from erp.access import CUSTOMER
from erp.i18n import _
from erp.screens.heads import Opened
from erp.screens.pieces import NextStep
from erp.workflow.diagrams.diagram import Diagram, Element
from erp.workflow.models import RUNNING
from erp.workflow.people import tasks

SHOWN = 5
STEPS = frozenset({"userTask", "serviceTask", "businessRuleTask", "callActivity"})


def next_steps(it: Opened) -> list[NextStep]:
    """The present steps and the main way from the first of them to an end."""
    if it.published is None or it.instance is None or it.instance.status != RUNNING:
        return []
    diagram = it.published.diagram
    here = [task.element for task in it.tasks] or [incident.element for incident in it.incidents]
    found = [NextStep(_(task.name), tasks.who_has(task), now=True) for task in it.tasks]
    if not here:
        return []
    for element in main_way(diagram, here[0]):
        if len(found) >= SHOWN:
            break
        if element.id not in here and (element.kind in STEPS or element.kind == "endEvent"):
            found.append(NextStep(_(element.label), _who(element)))
    return found


def _who(element: Element) -> str:
    if element.kind == "endEvent":
        return _("The end")
    if element.kind != "userTask":
        return _("Automatic")
    return _("The customer, by signed link") if element.lane == CUSTOMER else _(element.lane) if element.lane else ""


def main_way(diagram: Diagram, start: str) -> list[Element]:
    """The elements after one; from where they meet the way from the diagram's beginning, they are the rest of that."""
    first = diagram.start()
    whole = [first, *_walk(diagram, first.id)] if first is not None else []
    places = {element.id: place for place, element in enumerate(whole)}
    found: list[Element] = []
    if start not in places:
        for element in _walk(diagram, start):
            found.append(element)
            if element.id in places:
                break
    met = places.get(found[-1].id if found else start, len(whole))
    return [*found, *whole[met + 1 :]]


def _walk(diagram: Diagram, start: str) -> list[Element]:
    """Taking at each fork the way that has most still before it."""
    seen = {start}
    found: list[Element] = []
    at = start
    while True:
        ways = [way for way in _after(diagram, at) if way not in seen]
        if not ways:
            return found
        at = max(ways, key=lambda way: len(_reach(diagram, way, frozenset(seen))))
        seen.add(at)
        if at in diagram.elements:
            found.append(diagram.elements[at])


def _after(diagram: Diagram, at: str) -> list[str]:
    """What follows: into an embedded subprocess, and out of it again at its end."""
    inner = diagram.start(at)
    if inner is not None:
        return [inner.id]
    while at in diagram.elements and not diagram.outgoing.get(at) and diagram.elements[at].inside:
        at = diagram.elements[at].inside
    return [flow.target for flow in diagram.outgoing.get(at, ())]


def _reach(diagram: Diagram, start: str, seen: frozenset[str]) -> set[str]:
    """Everything that can follow without passing what was passed already."""
    found, pending = set(), [start]
    while pending:
        at = pending.pop()
        if at in found or at in seen:
            continue
        found.add(at)
        pending += _after(diagram, at)
    return found
