"""Judges where a document would stand in another version: whether it can be there, and what it would have left out.

Pure: everything is asked of diagrams, of where tokens are, and of which elements the document has passed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from erp.workflow.diagrams import tokens_ahead
from erp.workflow.diagrams.diagram import Diagram
from erp.workflow.diagrams.elements import Element
from erp.workflow.migration.mapping import PEOPLE, ElementMap
from erp.workflow.migration.moves import approves
from erp.workflow.migration.obstacles import Obstacle, obstacle

Passed = Collection[tuple[str, str]]
"""(process, element) of what was completed."""


@dataclass(frozen=True)
class Spot:
    """Where a token stands in the old version; several behind one event based gateway are one spot at the gateway."""

    process: str
    inside: str
    element: str
    came_from: str = ""
    """Where it came from, if it waits for others at a joining gateway."""


@dataclass(frozen=True)
class Past:
    """What is known of a document beside where its tokens are."""

    passed: Passed = frozenset()
    roles: Collection[str] | None = None
    """The roles there are; None asks nothing."""
    terms_are_fixed: Collection[str] = field(default_factory=frozenset)
    """Ids of approvals on which votes were cast, or which were handed on."""


def judge(plan: ElementMap, spots: Sequence[Spot], past: Past) -> Iterator[Obstacle]:
    """Everything against standing at the counterparts of these spots; each of them has one."""
    yield from _paths(plan, spots)
    for spot in spots:
        yield from _people(plan, spot, past)
        yield from _left_out(plan, spot, past)


# -- paths side by side ----------------------------------------------------------------------------------


def _paths(plan: ElementMap, spots: Sequence[Spot]) -> Iterator[Obstacle]:
    scopes: dict[tuple[str, str], list[Spot]] = {}
    for spot in spots:
        scopes.setdefault((spot.process, spot.inside), []).append(spot)
    for (process, inside), together in scopes.items():
        if _is_drawn_alike(plan, process, inside):
            continue
        places = [(plan.name(process, each.element), plan.name(process, each.came_from)) for each in together]
        scope = plan.name(process, inside) if inside else ""
        # two at one place are more than the play of tokens can tell apart
        is_clear = len(set(places)) == len(places)
        found = _reaches(plan.after[process], scope, frozenset(places)) if is_clear else None
        if found is not True:
            code = "paths_changed" if found is False else "paths_unclear"
            yield obstacle(code, plan.before[process].elements[together[0].element])


def _is_drawn_alike(plan: ElementMap, process: str, inside: str) -> bool:
    """Whether a scope has the same elements and ways in both versions, so that whoever is there could be there."""
    before, after = plan.before[process], plan.after[process]
    scope = plan.name(process, inside) if inside else ""
    names = {each.id: plan.name(process, each.id) for each in before.within(inside)}
    found = list(names.values())
    if "" in found or len(set(found)) < len(found) or set(found) != {each.id for each in after.within(scope)}:
        return False
    old = {(names[flow.source], names[flow.target]) for flow in before.flows if flow.source in names}
    new = {(flow.source, flow.target) for flow in after.flows if flow.inside == scope}
    sits = {(names[each.id], names[each.attached_to]) for each in before.within(inside) if each.attached_to}
    return old == new and sits == {(each.id, each.attached_to) for each in after.within(scope) if each.attached_to}


def _reaches(diagram: Diagram, scope: str, places: tokens_ahead.Marking) -> bool | None:
    return _reached(_Keyed(diagram), scope, places)


class _Keyed:
    """A diagram that is told from others by its content, so that what was worked out of it is kept."""

    def __init__(self, diagram: Diagram) -> None:
        self.diagram = diagram

    def __hash__(self) -> int:
        return hash(self.diagram.sha256)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Keyed) and other.diagram.sha256 == self.diagram.sha256


@lru_cache(maxsize=1000)
def _reached(keyed: _Keyed, scope: str, places: tokens_ahead.Marking) -> bool | None:
    return tokens_ahead.reaches(keyed.diagram, scope, places)


# -- who does it -----------------------------------------------------------------------------------------

TERMS = ("approvers", "quorum", "order", "escalate_to", "not_by", "at")
"""Properties of an approval that say who decides it and how."""


def _people(plan: ElementMap, spot: Spot, past: Past) -> Iterator[Obstacle]:
    old, new = plan.before[spot.process].elements[spot.element], plan.target(spot.process, spot.element)
    assert new is not None  # judged before
    if old.kind not in PEOPLE:
        return
    if past.roles is not None and new.lane not in past.roles:
        yield obstacle("role_gone", old, role=new.lane)
    if old.is_approval and not new.is_approval:
        yield obstacle("approval_lost", old)
    elif old.id in past.terms_are_fixed and terms_of(old) != terms_of(new):
        yield obstacle("approval_begun", old)


def terms_of(element: Element) -> tuple[str, ...]:
    """Who decides an approval and how, to be compared."""
    return (element.lane, *(element.properties.get(name, "").strip() for name in TERMS))


# -- what would be left out ------------------------------------------------------------------------------


def _left_out(plan: ElementMap, spot: Spot, past: Past) -> Iterator[Obstacle]:
    """Approvals nobody would be asked for any more; and, where somebody chose another place, steps of people."""
    before, after = plan.before, plan.after
    yield from _skipped(plan, spot, past, (_asking(before, spot.process), _asking(after, spot.process)),
                        ("approval_skipped", "approval_gone", "approval_new"))  # fmt: skip
    if plan.is_jump(spot.process, spot.element):
        steps = [_steps(each[spot.process]) for each in (before, after)]
        yield from _skipped(plan, spot, past, (steps[0], steps[1]), ("step_skipped", "", "step_skipped"))


def _skipped(
    plan: ElementMap, spot: Spot, past: Past, wanted: tuple[Collection[str], Collection[str]], codes: Sequence[str]
) -> Iterator[Obstacle]:
    """What was still to come and would not (both versions have it, only the old one), and what should have come."""
    if not wanted[0] and not wanted[1]:
        return
    process, (still, gone, new) = spot.process, codes
    old, diagram = plan.before[process], plan.after[process]
    here = plan.name(process, spot.element)
    ahead = _ahead(old, spot.element) & set(wanted[0])
    is_left = plan.is_jump(process, spot.element) and _keeps(plan, spot)
    if is_left and spot.element in wanted[0]:
        ahead |= {spot.element}
    open_ = {here} | _ahead(diagram, here)
    told: set[str] = set()
    for id_ in sorted(ahead):
        to = id_ if is_left and id_ == spot.element else plan.name(process, id_)
        if (process, id_) in past.passed or (process, to) in past.passed:
            continue
        if to not in wanted[1]:
            if gone:
                yield obstacle(gone, old.elements[id_])
        elif to not in open_:
            told.add(to)
            yield obstacle(still, old.elements[id_])
    for id_ in sorted(_before(diagram, here, set(wanted[1]) - told - {here})):
        known = {source.id for source in plan.sources(process, id_)} | {id_}
        if not any((process, each) in past.passed for each in known):
            yield obstacle(still if known & ahead else new, diagram.elements[id_])


def _keeps(plan: ElementMap, spot: Spot) -> bool:
    """Whether the new version has the very step somebody would lead the document away from."""
    found = plan.after[spot.process].elements.get(spot.element)
    return found is not None and found.kind in PEOPLE


def _steps(diagram: Diagram) -> set[str]:
    return {each.id for each in diagram.elements.values() if each.kind in PEOPLE and not each.is_approval}


def _asking(diagrams: Mapping[str, Diagram], process: str) -> set[str]:
    return {each.id for each in diagrams[process].elements.values() if approves(diagrams, process, each)}


def _next(diagram: Diagram, id_: str) -> list[str]:
    flows, events = diagram.outgoing.get(id_, ()), diagram.boundaries.get(id_, ())
    return [*(flow.target for flow in flows), *(event.id for event in events)]


def _ahead(diagram: Diagram, start: str) -> set[str]:
    """Everything that may still come after an element, in its own scope."""
    return _walk(diagram, _next(diagram, start), "")


def _walk(diagram: Diagram, starts: Iterable[str], without: str) -> set[str]:
    """Everything that can be reached; one element is not passed, but what happens on its boundary goes on."""
    waiting = list(starts)
    found: set[str] = set()
    while waiting:
        here = waiting.pop()
        if here not in found:
            found.add(here)
            waiting += (
                [event.id for event in diagram.boundaries.get(here, ())] if here == without else _next(diagram, here)
            )
    return found - {without}


def _before(diagram: Diagram, id_: str, among: Collection[str]) -> set[str]:
    """Those of some elements that every way from a start of its scope to an element passes."""
    scope = diagram.elements[id_].inside
    starts = [start.id for start in diagram.starts(scope)]
    reached = _walk(diagram, starts, "")
    if id_ not in reached:
        return set()
    return {each for each in among if each in reached and id_ not in _walk(diagram, starts, each)}
