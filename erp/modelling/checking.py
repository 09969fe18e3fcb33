"""What is wrong with a drawing, in the words of its own elements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from erp.i18n import _
from erp.modelling import foreign, looking
from erp.modelling.catalogue import known
from erp.workflow import definitions
from erp.workflow.diagrams.diagram import Diagram, DiagramInvalid, parse, read_root
from erp.workflow.linting.linter import Problem, lint


@dataclass(frozen=True)
class Remark:
    """A problem as people read it; `element` is '' for the drawing as a whole."""

    element: str
    rule: str
    label: str
    message: str
    is_error: bool


def remarks(key: str, bpmn: bytes, forms: Mapping[str, Any], decisions: Mapping[str, str]) -> list[Remark]:
    """Everything found, errors first; a drawing that cannot be read is one remark."""
    try:
        diagram = parse(bpmn)
    except DiagramInvalid as error:
        return [Remark("", "file", "", error.message, is_error=True)]
    found = [_remark(diagram, each) for each in lint(diagram, known(key, forms, decisions))]
    of_tables = list(_of_tables(diagram, key, decisions))
    broken = {each.element for each in of_tables if each.rule == "table-invalid"}
    found = [each for each in found if not (each.rule == "decision-unknown" and each.element in broken)]
    found = [*errors(of_tables), *found, *(each for each in of_tables if not each.is_error), *_kept(diagram, bpmn)]
    if diagram.id != key:
        found.insert(
            0, Remark("", "process-name", "", _("The process must be called “%(key)s”.", key=key), is_error=True)
        )
    return found


def _kept(diagram: Diagram, bpmn: bytes) -> Iterator[Remark]:
    """What stays in the file though nothing reads it, and what only explains."""
    root = read_root(bpmn)
    for pool in foreign.pools(root, diagram.id):
        yield Remark(pool, "pool", "", _("This pool only explains: nothing in it runs here."), is_error=False)
    for id_, names in foreign.foreign(root).items():
        said = _("It is kept, but nothing here reads it: %(names)s.", names=_(", ").join(names))
        yield Remark(id_, "foreign", label(diagram, id_) if id_ else "", said, is_error=False)


def _of_tables(diagram: Diagram, key: str, decisions: Mapping[str, str]) -> Iterator[Remark]:
    """Why a table its steps ask cannot be read, and what it leaves open; a version with gaps may run."""
    for element in diagram.elements.values():
        dmn = decisions.get(element.decision) or (element.decision and definitions.shipped_decision(element.decision))
        if not dmn:
            continue
        name = element.decision.replace("_", " ").capitalize()
        if (problem := looking.problem(dmn)) is not None:
            said = looking.said(name, problem)
            yield Remark(element.id, "table-invalid", label(diagram, element.id), said, is_error=True)
        for each in looking.warnings(key, element.decision, dmn):
            said = looking.said(name, each.message)
            yield Remark(element.id, f"table-{each.kind}", label(diagram, element.id), said, is_error=False)


def errors(found: Sequence[Remark]) -> list[Remark]:
    """Those that forbid publishing."""
    return [each for each in found if each.is_error]


def _remark(diagram: Diagram, problem: Problem) -> Remark:
    return Remark(
        problem.element_id, problem.rule, label(diagram, problem.element_id), problem.message, problem.is_error
    )


def label(diagram: Diagram, element_id: str) -> str:
    """What people call an element, or the way from one to another; '' for none."""
    element = diagram.elements.get(element_id)
    if element is not None:
        return _(element.name) if element.name else kinds().get(element.kind, element.kind)
    flow = next((each for each in diagram.flows if each.id == element_id), None)
    if flow is None:
        return element_id
    ends = [label(diagram, end) for end in (flow.source, flow.target)]
    return _("%(source)s to %(target)s", source=ends[0], target=ends[1])


def kinds() -> Mapping[str, str]:
    """What the kinds of elements are called."""
    return {
        "userTask": _("Step of a person"),
        "serviceTask": _("Action"),
        "scriptTask": _("Script"),
        "businessRuleTask": _("Decision"),
        "callActivity": _("Other process"),
        "subProcess": _("Part of the process"),
        "startEvent": _("Start"),
        "endEvent": _("End"),
        "intermediateThrowEvent": _("State"),
        "intermediateCatchEvent": _("Wait"),
        "manualTask": _("Step by hand"),
        "sendTask": _("Send a message"),
        "receiveTask": _("Wait for a message"),
        "inclusiveGateway": _("Question with several answers"),
        "eventBasedGateway": _("What comes first"),
        "boundaryEvent": _("Event at a step"),
        "exclusiveGateway": _("Question"),
        "parallelGateway": _("Side by side"),
        "lane": _("Role"),
        "sequenceFlow": _("Way"),
        "process": _("Process"),
    }
