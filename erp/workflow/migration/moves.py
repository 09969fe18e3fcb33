"""What moving a token means, told from diagrams alone: where it may go, what it would leave out, what would starve."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from erp.workflow.diagrams.diagram import Diagram, Element
from erp.workflow.diagrams.tokens_ahead import MEETINGS, Marking, outlook

UNREACHABLE = frozenset({"startEvent", "boundaryEvent"})
"""Kinds no token is ever put at from outside."""


def targets(diagram: Diagram, at: Element) -> tuple[Element, ...]:
    """The elements of the same scope a token at an element may be moved to, in the order of the file."""
    return tuple(each for each in diagram.within(at.inside) if each.id != at.id and is_target(diagram, each))


def is_target(diagram: Diagram, element: Element) -> bool:
    """Whether a token may be put there: not where only an event leads, nor where several paths meet."""
    if element.kind in UNREACHABLE or element.by_event:
        return False
    sources = {flow.source for flow in diagram.incoming.get(element.id, ())}
    return not (element.kind in MEETINGS and len(sources) > 1)


def starved(diagram: Diagram, scope: str, before: Marking, after: Marking) -> frozenset[str]:
    """Joining gateways that would wait for ever once tokens are at `after`, and would not as they are at `before`."""
    then = outlook(diagram, scope, begin=after)
    if not then.stuck:
        return frozenset()
    return frozenset(then.stuck - outlook(diagram, scope, begin=before).stuck)


def approvals_passed(diagrams: Mapping[str, Diagram], process: str, source: str, target: str) -> tuple[Element, ...]:
    """The approvals that a token moved from one element to another leaves out, the open one it is at among them.

    One counts if any way from here to there leads through it; steps that hold an approval inside count as well.
    """
    diagram = diagrams[process]
    onward = _reach(diagram, _following(diagram, source), {source, target})
    if target not in onward:
        return ()
    between = {here for here in onward if here != target and target in _reach(diagram, {here}, {source})}
    found = [each for each in diagram.within(diagram.elements[source].inside) if each.id in between | {source}]
    return tuple(each for each in found if approves(diagrams, process, each))


def approves(diagrams: Mapping[str, Diagram], process: str, element: Element) -> bool:
    """Whether an element asks for approval, or holds or calls what does."""
    return _approves(diagrams, process, element, set())


def _approves(diagrams: Mapping[str, Diagram], process: str, element: Element, seen: set[tuple[str, str]]) -> bool:
    if element.is_approval:
        return True
    called = element.called if element.kind == "callActivity" else process
    inner = "" if element.kind == "callActivity" else element.id
    if (element.kind not in {"callActivity", "subProcess"}) or called not in diagrams or (called, inner) in seen:
        return False
    seen.add((called, inner))
    return any(_approves(diagrams, called, each, seen) for each in diagrams[called].within(inner))


def _following(diagram: Diagram, element_id: str) -> set[str]:
    """What follows an element: behind its flows, and behind the events on its boundary."""
    flows = {flow.target for flow in diagram.outgoing.get(element_id, ())}
    return flows | {event.id for event in diagram.boundaries.get(element_id, ())}


def _reach(diagram: Diagram, begin: Collection[str], without: Collection[str]) -> set[str]:
    """Every element from these on, themselves included, that is reached without going on from some others."""
    found: set[str] = set()
    waiting = [each for each in begin if each in diagram.elements]
    while waiting:
        here = waiting.pop()
        if here not in found:
            found.add(here)
            if here not in without:
                waiting.extend(_following(diagram, here) - found)
    return found
