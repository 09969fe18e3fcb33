"""Plays a diagram through without running it: where tokens can be at the same time, and where they get stuck."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from erp.workflow.diagram import Diagram, Element

MAX_MARKINGS = 5_000
MAX_MOVES = 100_000

Token = tuple[str, str]
"""(element, "") at an element, (join, source) arrived at a joining gateway."""
Marking = frozenset[Token]


@dataclass
class Outlook:
    """What playing through one scope found."""

    together: set[frozenset[str]] = field(default_factory=set)
    """Pairs of the watched elements that may have a token each at the same time."""
    stuck: set[str] = field(default_factory=set)
    """Joining gateways that may wait for a token that never comes."""
    is_complete: bool = True
    """False if there were too many combinations to try them all."""


def outlook(diagram: Diagram, scope: str = "", watched: Collection[str] = ()) -> Outlook:
    """Every combination of places that tokens can be in, each loop and each boundary event included."""
    found, moves = Outlook(), 0
    beside = _beside(diagram, scope, watched)
    # a process begins at one of its starts
    waiting: list[Marking] = [frozenset({(start.id, "")}) for start in diagram.starts(scope)]
    seen = set(waiting)
    while waiting:
        marking = waiting.pop()
        _look(marking, watched, found)
        moved = False
        for reached in _moves(diagram, marking):
            moved, moves = True, moves + len(marking)
            following = frozenset(token for token in reached if token[1] or token[0] not in beside)
            if following not in seen:
                if len(seen) >= MAX_MARKINGS or moves > MAX_MOVES:
                    found.is_complete = False
                    return found
                seen.add(following)
                waiting.append(following)
        if not moved:
            found.stuck.update(element for element, source in marking if source)
    return found


def _beside(diagram: Diagram, scope: str, watched: Collection[str]) -> set[str]:
    """Elements from which a token comes to nothing that is looked for, so that where it is makes no difference."""
    before: dict[str, set[str]] = {}
    for element in diagram.within(scope):
        for id_ in (*(flow.target for flow in diagram.outgoing.get(element.id, ())),
                    *(event.id for event in diagram.boundaries.get(element.id, ()))):  # fmt: skip
            before.setdefault(id_, set()).add(element.id)
    inside = {element.id for element in diagram.within(scope)}
    leads = {id_ for id_ in inside if id_ in watched or diagram.elements[id_].kind == "parallelGateway"}
    waiting = list(leads)
    while waiting:
        found = before.get(waiting.pop(), set()) - leads
        leads |= found
        waiting.extend(found)
    return inside - leads


def _look(marking: Marking, watched: Collection[str], found: Outlook) -> None:
    here = [element for element, source in marking if not source and element in watched]
    found.together.update(frozenset({one, other}) for one in here for other in here if one != other)


def _moves(diagram: Diagram, marking: Marking) -> Iterator[Marking]:
    for token in marking:
        element = diagram.elements.get(token[0])
        if element is None or token[1]:
            continue
        rest = marking - {token}
        for produced in _steps(diagram, element):
            yield _joined(diagram, rest | produced)
        for event in diagram.boundaries.get(element.id, ()):
            yield (rest if event.interrupting else marking) | {(event.id, "")}


def _steps(diagram: Diagram, element: Element) -> Iterator[Marking]:
    flows = [flow for flow in diagram.outgoing.get(element.id, ()) if flow.target in diagram.elements]
    tokens = [(flow.target, flow.source if _joins(diagram, flow.target) else "") for flow in flows]
    if element.kind == "exclusiveGateway":
        yield from (frozenset({token}) for token in tokens)
    elif element.kind == "parallelGateway" or len(tokens) <= 1:
        yield frozenset(tokens)
    else:
        yield from (frozenset({token}) for token in tokens)


def _sources(diagram: Diagram, element_id: str) -> set[str]:
    return {flow.source for flow in diagram.incoming.get(element_id, ())}


def _joins(diagram: Diagram, element_id: str) -> bool:
    return diagram.elements[element_id].kind == "parallelGateway" and len(_sources(diagram, element_id)) > 1


def _joined(diagram: Diagram, marking: Marking) -> Marking:
    for join in {element for element, source in marking if source}:
        arrived = {(join, source) for source in _sources(diagram, join)}
        if arrived <= marking:
            marking = (marking - arrived) | {(join, "")}
    return marking
