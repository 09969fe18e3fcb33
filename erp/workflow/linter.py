"""Judges a diagram before it is published: every element that would be dropped, hang or fail, with the reason."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Protocol

from erp.decisions import DecisionFailed, Model
from erp.i18n import _
from erp.workflow import scripts
from erp.workflow.diagram import Diagram, DiagramInvalid, Element, parse
from erp.workflow.dialect import ERROR, GATEWAYS, TASKS, WARNING, Problem, reachable, refusals
from erp.workflow.tokens_ahead import outlook

__all__ = ["ERROR", "WARNING", "ActionShape", "Catalogue", "Problem", "lint", "lint_file"]

STATES = frozenset({"idle", "move", "wait", "good", "bad", "done"})
CAN_BE_MILESTONE = frozenset({"startEvent", "endEvent", "intermediateThrowEvent"})
CUSTOMER = "Customer"
_PROPERTIES = {
    "form": "userTask", "edits": "userTask", "due": "userTask", "icon": "userTask", "stand_in": "userTask", "state": "",
}  # fmt: skip

Reasons = Iterator[tuple[str, str, str]]


class ActionShape(Protocol):
    """An action as the linter sees it."""

    @property
    def parameters(self) -> Mapping[str, str]:
        """{name: type}."""

    @property
    def optional(self) -> Collection[str]:
        """Names of parameters that may be left out."""


class Catalogue(Protocol):
    """What there is for the diagram's document to name."""

    @property
    def actions(self) -> Mapping[str, ActionShape]:
        """Actions by name, former names included."""

    @property
    def roles(self) -> Collection[str]:
        """Names of roles."""

    @property
    def forms(self) -> Collection[str]:
        """File stems of forms."""

    @property
    def decisions(self) -> Mapping[str, Model]:
        """Decisions by key, as they are read from their files."""

    @property
    def processes(self) -> Collection[str]:
        """Ids of processes that can be called."""

    @property
    def document_fields(self) -> Collection[str]:
        """Fields of the document this process belongs to, its line fields included."""

    @property
    def relies_on(self) -> Collection[str]:
        """Ids of milestones that code asks for."""


def lint_file(xml: bytes, catalogue: Catalogue) -> list[Problem]:
    """The problems of a file; one that cannot be read is one problem."""
    try:
        diagram = parse(xml)
    except DiagramInvalid as error:
        return [Problem("", ERROR, error.message)]
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
        if element.kind == "userTask":
            found.extend(Problem(*reason) for reason in _user_task(element, catalogue))
        if element.kind == "serviceTask" and element.action:
            found.extend(Problem(*reason) for reason in _action(element, catalogue))
        if element.kind == "businessRuleTask" and element.decision:
            found.extend(Problem(*reason) for reason in _decision(element, catalogue))
        if element.kind == "callActivity" and element.called:
            found.extend(Problem(*reason) for reason in _call(diagram, element, catalogue))
    found.extend(Problem(*reason) for reason in _fields(diagram, catalogue))
    order = {id_: place for place, id_ in enumerate(diagram.elements)}
    return sorted(dict.fromkeys(found), key=lambda problem: (not problem.is_error, order.get(problem.element_id, -1)))


def _drawing(diagram: Diagram) -> Reasons:
    if not diagram.has_drawing:
        yield "", ERROR, _("The diagram has no drawing, so nobody could see it.")
        return
    for id_ in diagram.undrawn:
        yield id_, WARNING, _("This element is not drawn.")


def _named(diagram: Diagram, element: Element) -> Reasons:
    if element.name:
        return
    if element.kind in TASKS or element.is_milestone:
        yield element.id, ERROR, _("It has no name for people to read.")
    elif element.kind == "exclusiveGateway" and len(diagram.outgoing.get(element.id, ())) > 1:
        yield element.id, WARNING, _("This gateway has no name; ask the question it decides.")


def _properties(element: Element) -> Reasons:
    for name in element.properties:
        if name not in _PROPERTIES:
            yield element.id, WARNING, _("Nothing reads the property “%(name)s”.", name=name)
        elif _PROPERTIES[name] not in ("", element.kind):
            yield element.id, WARNING, _("The property “%(name)s” is only read on user tasks.", name=name)


# how the process runs


def _paths(diagram: Diagram) -> Reasons:
    start = diagram.start()
    if start is not None:
        within_reach = reachable(diagram, start.id)
        for id_ in diagram.elements:
            if id_ not in within_reach:
                yield id_, ERROR, _("No path leads to this element.")
    yield from _ends(diagram)
    for element in diagram.elements.values():
        flows = diagram.outgoing.get(element.id, ())
        if element.kind == "exclusiveGateway" and len(flows) > 1 and not element.default:
            yield element.id, ERROR, _("It has no default flow; if no condition holds, the process stops here.")
        if element.kind == "endEvent" and element.events == ("error",) and not element.inside:
            yield element.id, WARNING, _("Only a process that calls this one can catch this error.")
    for scope in ("", *(e.id for e in diagram.elements.values() if e.kind == "subProcess")):
        for id_ in sorted(outlook(diagram, scope).stuck):
            yield id_, ERROR, _("This gateway may wait for a path that is never taken.")


def _ends(diagram: Diagram) -> Reasons:
    ending = {e.id for e in diagram.elements.values() if e.kind == "endEvent"}
    for element in diagram.elements.values():
        if element.kind not in GATEWAYS and element.id not in ending and not diagram.outgoing.get(element.id):
            yield element.id, ERROR, _("The path stops here without an end event.")
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
            yield element.id, ERROR, _("No path from here comes to an end.")


def _states(diagram: Diagram, catalogue: Catalogue) -> Reasons:
    milestones = {e.id: e for e in diagram.elements.values() if e.is_milestone}
    start = diagram.start()
    if start is not None and not start.is_milestone:
        following = [diagram.elements.get(flow.target) for flow in diagram.outgoing.get(start.id, ())]
        if not following or any(element is None or not element.is_milestone for element in following):
            yield start.id, ERROR, _("The process must begin with a state: mark its start event with one.")
    for element in milestones.values():
        if element.kind not in CAN_BE_MILESTONE or (element.kind != "endEvent" and element.events):
            yield element.id, ERROR, _("Only plain events can be states.")
        elif element.state not in STATES:
            yield (
                element.id,
                ERROR,
                _(
                    "“%(state)s” is no kind of state; take one of %(known)s.",
                    state=element.state,
                    known=", ".join(sorted(STATES)),
                ),
            )
    for missing in sorted(set(catalogue.relies_on) - set(milestones)):
        yield "", ERROR, _("The program asks for the state “%(name)s”, which is not in the diagram.", name=missing)
    yield from _side_by_side(diagram, milestones)


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
                ERROR,
                _(
                    "This state and “%(other)s” may be reached side by side; then nobody knows which one counts.",
                    other=holding[other].label,
                ),
            )
        if not found.is_complete:
            yield scope, WARNING, _("The diagram has too many combinations to check them all.")


# what it names


def _user_task(element: Element, catalogue: Catalogue) -> Reasons:
    if not element.lane:
        yield element.id, ERROR, _("It lies in no lane, so nobody may do it.")
    elif element.lane != CUSTOMER and element.lane not in catalogue.roles:
        yield element.id, ERROR, _("The lane “%(lane)s” is no role.", lane=element.lane)
    stand_in = element.properties.get("stand_in", "").strip()
    if stand_in and stand_in not in catalogue.roles:
        yield element.id, ERROR, _("The stand-in “%(name)s” is no role.", name=stand_in)
    if not element.form:
        yield element.id, ERROR, _("It names no form.")
    elif element.form not in catalogue.forms:
        yield element.id, ERROR, _("There is no form “%(form)s”.", form=element.form)
    for name in element.edits:
        if name not in catalogue.document_fields:
            yield element.id, ERROR, _("It edits “%(name)s”, which the document does not have.", name=name)


def _action(element: Element, catalogue: Catalogue) -> Reasons:
    action = catalogue.actions.get(element.action)
    if action is None:
        yield element.id, ERROR, _("There is no action “%(name)s”.", name=element.action)
        return
    given = {parameter.name: parameter.type for parameter in element.parameters}
    if len(given) < len(element.parameters):
        yield element.id, ERROR, _("A parameter is given twice.")
    for name, kind in given.items():
        if name not in action.parameters:
            yield (
                element.id,
                ERROR,
                _(
                    "The action “%(action)s” has no parameter “%(name)s”.",
                    action=element.action,
                    name=name,
                ),
            )
        elif action.parameters[name] != kind:
            yield (
                element.id,
                ERROR,
                _(
                    "The parameter “%(name)s” is of the type %(wanted)s, not %(given)s.",
                    name=name,
                    wanted=action.parameters[name],
                    given=kind,
                ),
            )
    for name in action.parameters:
        if name not in given and name not in action.optional:
            yield (
                element.id,
                ERROR,
                _(
                    "The action “%(action)s” needs the parameter “%(name)s”.",
                    action=element.action,
                    name=name,
                ),
            )


def _decision(element: Element, catalogue: Catalogue) -> Reasons:
    model = catalogue.decisions.get(element.decision)
    if model is None:
        yield element.id, ERROR, _("There is no decision “%(name)s”.", name=element.decision)
        return
    try:
        read, given = model.paths(element.decision), model.outputs(element.decision)
    except DecisionFailed as error:
        yield element.id, ERROR, error.message
        return
    for path in sorted(read):
        if path[0] == "document" and len(path) > 1 and path[1] not in catalogue.document_fields:
            yield (
                element.id,
                ERROR,
                _("It reads “%(name)s”, which the document does not have.", name=".".join(path[:2])),
            )
    for name in given:
        if not name.isidentifier() or name.startswith("_") or name in {*scripts.NAMES, "document"}:
            yield element.id, ERROR, _("“%(name)s” cannot be the name of a variable.", name=name)


def _call(diagram: Diagram, element: Element, catalogue: Catalogue) -> Reasons:
    if element.called == diagram.id:
        yield element.id, ERROR, _("The process calls itself.")
    elif element.called not in catalogue.processes:
        yield element.id, ERROR, _("There is no process “%(name)s”.", name=element.called)


def _fields(diagram: Diagram, catalogue: Catalogue) -> Reasons:
    texts = [(flow.source, flow.condition, False) for flow in diagram.flows if flow.condition]
    for element in diagram.elements.values():
        if element.script:
            texts.append((element.id, element.script, True))
        texts.extend((element.id, parameter.expression, False) for parameter in element.parameters)
    for id_, text, is_script in texts:
        for path in scripts.names_in(text, is_script=is_script):
            if path[0] == "document" and len(path) > 1 and path[1] not in catalogue.document_fields:
                yield id_, ERROR, _("It reads “%(name)s”, which the document does not have.", name=".".join(path[:2]))
