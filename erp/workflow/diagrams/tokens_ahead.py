"""Plays a diagram through without running it: where tokens can be at the same time, and where they get stuck."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import combinations

from erp.workflow.diagrams.diagram import Diagram, Element

MAX_MARKINGS = 5_000
MAX_MOVES = 100_000
MAX_LOOKS = 200_000
"""Joining inclusive gateways times elements of a scope: each looks through them for what may still come."""
MEETINGS = frozenset({"parallelGateway", "inclusiveGateway"})

Token = tuple[str, str]
"""(element, "") at an element, (join, source) arrived at a joining gateway."""
Marking = frozenset[Token]
Awaited = dict[tuple[str, frozenset[str]], set[str]]
"""From where an inclusive gateway may still be reached, by (gateway, ways taken): asked again at every combination."""


@dataclass
class Outlook:
    """What playing through one scope found."""

    together: set[frozenset[str]] = field(default_factory=set)
    """Pairs of the watched elements that may have a token each at the same time."""
    stuck: set[str] = field(default_factory=set)
    """Joining gateways that may wait for a token that never comes."""
    is_complete: bool = True
    """False if there were too many combinations to try them all."""


def outlook(diagram: Diagram, scope: str = "", watched: Collection[str] = (), begin: Marking | None = None) -> Outlook:
    """Every combination of places that tokens can be in, each loop and each boundary event included.

    Played from each start of the scope, or from where the tokens of `begin` are.
    """
    found, moves, awaited = Outlook(), 0, Awaited()
    if _is_too_much(diagram, scope):
        found.is_complete = False
        return found
    beside = _beside(diagram, scope, watched)
    events = [element for element in diagram.within(scope) if element.by_event]
    # a process begins at one of its starts
    starts: list[Marking] = [frozenset({(start.id, "")}) for start in diagram.starts(scope)]
    waiting = starts if begin is None else [begin]
    seen = set(waiting)
    while waiting:
        marking = waiting.pop()
        _look(marking, watched, found)
        moved = False
        for reached in _moves(diagram, marking, events, awaited):
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


def reaches(diagram: Diagram, scope: str, wanted: Marking) -> bool | None:
    """Whether tokens can be at exactly these places of a scope together; None if there is too much to try."""
    events = [element for element in diagram.within(scope) if element.by_event]
    waiting: list[Marking] = [frozenset({(start.id, "")}) for start in diagram.starts(scope)]
    seen, moves, awaited = set(waiting), 0, Awaited()
    if _is_too_much(diagram, scope):
        return None
    while waiting:
        marking = waiting.pop()
        if marking == wanted:
            return True
        for following in _moves(diagram, marking, events, awaited):
            moves += len(marking)
            if following not in seen:
                if len(seen) >= MAX_MARKINGS or moves > MAX_MOVES:
                    return None
                seen.add(following)
                waiting.append(following)
    return False


def _is_too_much(diagram: Diagram, scope: str) -> bool:
    inside = diagram.within(scope)
    joins = sum(each.kind == "inclusiveGateway" and _joins(diagram, each.id) for each in inside)
    return joins * len(inside) > MAX_LOOKS


def _beside(diagram: Diagram, scope: str, watched: Collection[str]) -> set[str]:
    """Elements from which a token comes to nothing that is looked for, so that where it is makes no difference."""
    inside = {element.id for element in diagram.within(scope)}
    leads = {id_ for id_ in inside if id_ in watched or diagram.elements[id_].kind in MEETINGS}
    return inside - leads - _before(diagram, leads)


def _before(diagram: Diagram, ends: Collection[str], without: str = "") -> set[str]:
    """Every element on a path to one of these, boundary events included, that does not pass one element."""
    found: set[str] = set()
    waiting = list(ends)
    while waiting:
        here = waiting.pop()
        before = _sources(diagram, here)
        element = diagram.elements.get(here)
        if element is not None and element.attached_to:
            before.add(element.attached_to)
        waiting.extend(before - found - {without})
        found |= before - {without}
    return found


def _look(marking: Marking, watched: Collection[str], found: Outlook) -> None:
    here = [element for element, source in marking if not source and element in watched]
    found.together.update(frozenset({one, other}) for one in here for other in here if one != other)


def _moves(diagram: Diagram, marking: Marking, events: Collection[Element], awaited: Awaited) -> Iterator[Marking]:
    for token in marking:
        element = diagram.elements.get(token[0])
        if element is None or token[1]:
            continue
        rest = marking - {token}
        if element.kind == "endEvent" and element.events in (("terminate",), ("error",)):
            yield frozenset()
            continue
        for produced in _steps(diagram, element):
            yield _joined(diagram, rest | produced)
        for event in diagram.boundaries.get(element.id, ()):
            yield (rest if event.interrupting else marking) | {(event.id, "")}
    yield from _opened(diagram, marking, awaited)
    yield from _begun(diagram, marking, events)


def _begun(diagram: Diagram, marking: Marking, events: Collection[Element]) -> Iterator[Marking]:
    """Event subprocesses of the scope that may begin, unless one has taken the place of everything already."""
    if not marking or any((event.id, "") in marking and _interrupts(diagram, event) for event in events):
        return
    for event in events:
        yield frozenset({(event.id, "")}) if _interrupts(diagram, event) else marking | {(event.id, "")}


def _interrupts(diagram: Diagram, subprocess: Element) -> bool:
    start = diagram.start(subprocess.id)
    return start is None or start.interrupting


def _steps(diagram: Diagram, element: Element) -> Iterator[Marking]:
    flows = [flow for flow in diagram.outgoing.get(element.id, ()) if flow.target in diagram.elements]
    tokens = {flow.id: (flow.target, flow.source if _joins(diagram, flow.target) else "") for flow in flows}
    if element.kind == "parallelGateway" or len(tokens) <= 1:
        yield frozenset(tokens.values())
    elif element.kind == "inclusiveGateway":
        chosen = [tokens[flow.id] for flow in flows if flow.id != element.default]
        for count in range(1, len(chosen) + 1):
            yield from (frozenset(some) for some in combinations(chosen, count))
        if element.default in tokens:
            yield frozenset({tokens[element.default]})
    else:
        yield from (frozenset({token}) for token in tokens.values())


def _sources(diagram: Diagram, element_id: str) -> set[str]:
    return {flow.source for flow in diagram.incoming.get(element_id, ())}


def _joins(diagram: Diagram, element_id: str) -> bool:
    return diagram.elements[element_id].kind in MEETINGS and len(_sources(diagram, element_id)) > 1


def _joined(diagram: Diagram, marking: Marking) -> Marking:
    for join in {element for element, source in marking if source}:
        arrived = {(join, source) for source in _sources(diagram, join)}
        if arrived <= marking:
            marking = (marking - arrived) | {(join, "")}
    return marking


def _opened(diagram: Diagram, marking: Marking, awaited: Awaited) -> Iterator[Marking]:
    """Inclusive gateways that may go on with what has come: nothing elsewhere can reach a way in that is empty.

    The same rule as the engine's (engine/gateways.py), over the diagram instead of running tokens.
    """
    for join in {element for element, source in marking if source}:
        if diagram.elements[join].kind != "inclusiveGateway":
            continue
        arrived = frozenset(token for token in marking if token[0] == join and token[1])
        taken = frozenset(source for _join, source in arrived)
        if (join, taken) not in awaited:
            empty = _sources(diagram, join) - taken
            awaited[join, taken] = (empty | _before(diagram, empty, join)) - (taken | _before(diagram, taken, join))
        may_come = awaited[join, taken]
        if all(element == join or element not in may_come for element, _source in marking - arrived):
            yield (marking - arrived) | {(join, "")}
