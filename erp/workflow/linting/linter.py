"""Judges a diagram before it is published: every element that would be dropped, hang or fail, with the reason."""

from __future__ import annotations

from collections.abc import Mapping

from erp.i18n import _
from erp.workflow.diagrams import exchange
from erp.workflow.diagrams.diagram import Diagram, DiagramInvalid, Element, parse
from erp.workflow.diagrams.dialect import CONDITIONAL, ERROR, GATEWAYS, TASKS, WARNING, Problem, reachable, refusals
from erp.workflow.diagrams.elements import PARALLEL
from erp.workflow.diagrams.tokens_ahead import outlook
from erp.workflow.linting import staffing
from erp.workflow.linting.references import ActionShape, Catalogue, Reasons, names

__all__ = ["ERROR", "WARNING", "ActionShape", "Catalogue", "Problem", "lint", "lint_file"]

STATES = frozenset({"idle", "move", "wait", "good", "bad", "done"})
CAN_BE_MILESTONE = frozenset({"startEvent", "endEvent", "intermediateThrowEvent"})
_INBOX = frozenset({"userTask", "manualTask"})
PROPERTIES = {
    "form": frozenset({"userTask"}), "edits": frozenset({"userTask"}),
    "due": _INBOX, "icon": _INBOX, "stand_in": _INBOX, "state": frozenset(),
    "calendar": _INBOX | {"intermediateCatchEvent", "boundaryEvent", "startEvent"},
    "version": frozenset({"callActivity"}), "tag": frozenset({"callActivity"}),
    **staffing.PROPERTIES,
}  # fmt: skip
"""{property: kinds of elements it is read on}; `state` is judged for itself, those of messages by their beginnings."""
OF_MESSAGES = frozenset({"key", "ttl"})


def lint_file(xml: bytes, catalogue: Catalogue) -> list[Problem]:
    """The problems of a file; one that cannot be read is one problem."""
    try:
        diagram = parse(xml)
    except DiagramInvalid as error:
        return [Problem("", "unreadable", ERROR, error.message)]
    return lint(diagram, catalogue)


def lint(diagram: Diagram, catalogue: Catalogue) -> list[Problem]:
    """Every problem found, errors first, in the order of the file; an error forbids publishing."""
    found = [
        *refusals(diagram),
        *(Problem(*reason) for reason in _drawing(diagram)),
        *(Problem(*reason) for reason in _paths(diagram)),
        *(Problem(*reason) for reason in _states(diagram, catalogue)),
    ]
    for element in diagram.elements.values():
        found.extend(Problem(*reason) for reason in _named(diagram, element))
        found.extend(Problem(*reason) for reason in _properties(element))
    found.extend(Problem(*reason) for reason in names(diagram, catalogue))
    found.extend(Problem(*reason) for reason in staffing.judge(diagram, catalogue))
    order = {id_: place for place, id_ in enumerate(diagram.elements)}
    return sorted(dict.fromkeys(found), key=lambda problem: (not problem.is_error, order.get(problem.element_id, -1)))


def _drawing(diagram: Diagram) -> Reasons:
    if not diagram.has_drawing:
        yield "", "drawing", ERROR, _("The diagram has no drawing, so nobody could see it.")
        return
    for id_ in diagram.undrawn:
        yield id_, "undrawn", WARNING, _("This element is not drawn.")


def _named(diagram: Diagram, element: Element) -> Reasons:
    if element.has_data:
        yield (
            element.id,
            "data-drawn",
            WARNING,
            _("Data objects only explain; what a step leaves is what its form, script or action writes."),
        )
    if element.name:
        return
    if element.kind in TASKS or element.is_milestone:
        yield element.id, "name", ERROR, _("It has no name for people to read.")
    elif element.kind in CONDITIONAL and len(diagram.outgoing.get(element.id, ())) > 1:
        yield element.id, "gateway-name", WARNING, _("This gateway has no name; ask the question it decides.")


def _properties(element: Element) -> Reasons:
    for name in element.properties:
        if exchange.kind_of(element) and (name in OF_MESSAGES or name.startswith(exchange.PAYLOAD)):
            continue
        if element.kind == "startEvent" and (name == "company" or name.startswith(exchange.FIELD)):
            continue
        if name not in PROPERTIES:
            yield element.id, "property-unknown", WARNING, _("Nothing reads the property “%(name)s”.", name=name)
        elif name != "state" and element.kind not in PROPERTIES[name]:
            yield (
                element.id,
                "property-place",
                WARNING,
                _("The property “%(name)s” is not read on this element.", name=name),
            )


# how the process runs


def _paths(diagram: Diagram) -> Reasons:
    begins = diagram.starts()
    if begins:
        within_reach = set().union(*(reachable(diagram, start.id) for start in begins))
        for id_ in diagram.elements:
            if id_ not in within_reach:
                yield id_, "unreachable", ERROR, _("No path leads to this element.")
    yield from _ends(diagram)
    for element in diagram.elements.values():
        flows = diagram.outgoing.get(element.id, ())
        if element.kind in CONDITIONAL and len(flows) > 1 and not element.default:
            yield (
                element.id,
                "no-default",
                ERROR,
                _("It has no default flow; if no condition holds, the process stops here."),
            )
        if element.kind == "endEvent" and element.events == ("error",) and not _is_caught(diagram, element):
            yield (
                element.id,
                "error-uncaught",
                WARNING,
                _("Nothing in this diagram catches this error; only a process that calls it can."),
            )
    for scope in ("", *(e.id for e in diagram.elements.values() if e.kind == "subProcess")):
        for id_ in sorted(outlook(diagram, scope).stuck):
            yield id_, "stuck", ERROR, _("This gateway may wait for a path that is never taken.")


def _is_caught(diagram: Diagram, end: Element) -> bool:
    """Whether an event subprocess or boundary event of a scope around an error end catches its error."""
    inside: Element | None = end
    while inside is not None:
        beside = [start for e in diagram.within(inside.inside) if e.by_event and (start := diagram.start(e.id))]
        catchers = [start for start in beside if start.inside != inside.id]
        inside = diagram.elements.get(inside.inside)
        if inside is not None:
            catchers.extend(diagram.boundaries.get(inside.id, ()))
        if any(c.events == ("error",) and c.error_code in (None, end.error_code) for c in catchers):
            return True
    return False


def _ends(diagram: Diagram) -> Reasons:
    ending = {e.id for e in diagram.elements.values() if e.kind == "endEvent"}
    for element in diagram.elements.values():
        goes_on = element.kind in GATEWAYS or element.by_event or element.id in ending
        if not goes_on and not diagram.outgoing.get(element.id):
            yield element.id, "no-end", ERROR, _("The path stops here without an end event.")
    waiting = list(ending)
    while waiting:
        id_ = waiting.pop()
        before = {flow.source for flow in diagram.incoming.get(id_, ())}
        reached = diagram.elements.get(id_)
        if reached is not None and reached.attached_to:
            before.add(reached.attached_to)
        if reached is not None and reached.inside and reached.kind == "startEvent":
            before.add(reached.inside)
        waiting.extend(before - ending)
        ending |= before
    for element in diagram.elements.values():
        if element.id not in ending and diagram.outgoing.get(element.id):
            yield element.id, "endless", ERROR, _("No path from here comes to an end.")


def _states(diagram: Diagram, catalogue: Catalogue) -> Reasons:
    milestones = {e.id: e for e in diagram.elements.values() if e.is_milestone}
    for start in diagram.starts():
        if start.is_milestone:
            continue
        following = [diagram.elements.get(flow.target) for flow in diagram.outgoing.get(start.id, ())]
        if not following or any(element is None or not element.is_milestone for element in following):
            yield (
                start.id,
                "first-state",
                ERROR,
                _("The process must begin with a state: mark its start event, or the plain event behind it, with one."),
            )
    for element in milestones.values():
        if element.kind not in CAN_BE_MILESTONE or (element.kind != "endEvent" and element.events):
            yield element.id, "state-place", ERROR, _("Only plain events can be states.")
        elif element.state not in STATES:
            yield (
                element.id,
                "state-kind",
                ERROR,
                _(
                    "“%(state)s” is no kind of state; take one of %(known)s.",
                    state=element.state,
                    known=", ".join(sorted(STATES)),
                ),
            )
        if (outer := _repeated_around(diagram, element)) is not None:
            yield (
                element.id,
                "state-repeated",
                ERROR,
                _("“%(step)s” is done several times at once; then nobody knows which state counts.", step=outer.label),
            )
    for missing in sorted(set(catalogue.relies_on) - set(milestones)):
        yield (
            "",
            "state-missing",
            ERROR,
            _("The program asks for the state “%(name)s”, which is not in the diagram.", name=missing),
        )
    yield from _side_by_side(diagram, milestones)


def _repeated_around(diagram: Diagram, element: Element) -> Element | None:
    around = diagram.elements.get(element.inside)
    while around is not None:
        if around.repeat is not None and around.repeat.kind == PARALLEL:
            return around
        around = diagram.elements.get(around.inside)
    return None


def _side_by_side(diagram: Diagram, milestones: Mapping[str, Element]) -> Reasons:
    # an embedded subprocess counts as a state if it holds one
    holding = dict(milestones)
    for element in milestones.values():
        inside = element.inside
        while inside in diagram.elements and inside not in holding:
            holding[inside] = diagram.elements[inside]
            inside = holding[inside].inside
    for scope in ("", *(e.id for e in diagram.elements.values() if e.kind == "subProcess")):
        found = outlook(diagram, scope, holding.keys())
        pairs = sorted(sorted(pair) for pair in found.together)
        for one, other in pairs:
            yield (
                one,
                "states-beside",
                ERROR,
                _(
                    "This state and “%(other)s” may be reached side by side; then nobody knows which one counts.",
                    other=holding[other].label,
                ),
            )
        if not found.is_complete:
            yield scope, "too-many", WARNING, _("The diagram has too many combinations to check them all.")
