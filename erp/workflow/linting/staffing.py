"""Judges whom user tasks name besides their lane: candidates, approvers, quorum, deadlines, and who may not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from erp.i18n import _
from erp.workflow.diagrams.diagram import Diagram, Element
from erp.workflow.diagrams.dialect import ERROR, WARNING
from erp.workflow.diagrams.timing import TimingInvalid, parse_duration
from erp.workflow.linting.references import Catalogue, Reasons
from erp.workflow.scripting import scripts

CREATOR, HERE = "creator", "branch"
ANY, ALL = "any", "all"
PARALLEL, ORDERED = "parallel", "ordered"
EXPRESSIONS = ("candidates", "assign_to", "approvers", "quorum", "order", "deadline", "escalate_to", "drops")
"""Properties that are expressions over process data, `document` and `creator`."""
OF_APPROVALS = ("quorum", "order", "deadline", "escalate_to", "drops")
PROPERTIES: Mapping[str, frozenset[str]] = dict.fromkeys(
    (*EXPRESSIONS, "at", "not_by", "remind"), frozenset({"userTask"})
)
_WORDS = {"quorum": (ANY, ALL), "order": (PARALLEL, ORDERED)}


def judge(diagram: Diagram, catalogue: Catalogue) -> Reasons:
    """Everything wrong with whom the user tasks of a diagram name."""
    for element in diagram.elements.values():
        if element.kind == "userTask":
            for rule, severity, message in _task(diagram, element, catalogue):
                yield element.id, rule, severity, message


def _task(diagram: Diagram, element: Element, catalogue: Catalogue) -> Iterator[tuple[str, str, str]]:
    given = {name: element.properties[name].strip() for name in PROPERTIES if name in element.properties}
    for name in EXPRESSIONS:
        text = given.get(name, "")
        if text and text not in _WORDS.get(name, ()) and not (name == "quorum" and text.isdecimal()):
            yield from _expression(name, text, catalogue)
    yield from _approval(given)
    if given.get("at", HERE) not in catalogue.branches:
        names = ", ".join(sorted(catalogue.branches))
        yield "at", ERROR, _("“at” may only be a branch of the document, which are: %(names)s.", names=names)
    for name in filter(None, (each.strip() for each in given.get("not_by", "").split(","))):
        other = diagram.elements.get(name)
        if name != CREATOR and (other is None or other.kind != "userTask"):
            yield "not-by", ERROR, _("“%(name)s” is neither “creator” nor a user task.", name=name)


def _approval(given: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    if given.get("quorum") == "0":
        yield "quorum", ERROR, _("A quorum is any, all, or a number from 1 on.")
    if given.get("remind"):
        try:
            parse_duration(given["remind"])
        except TimingInvalid as error:
            yield "remind-invalid", ERROR, error.message
    if "approvers" not in given:
        for name in OF_APPROVALS:
            if name in given:
                yield "approval-property", WARNING, _("“%(name)s” is only read where approvers are named.", name=name)
    elif "candidates" in given or "assign_to" in given:
        yield "approval-candidates", ERROR, _("Approvers are named already; take candidates and assign_to away.")


def _expression(name: str, text: str, catalogue: Catalogue) -> Iterator[tuple[str, str, str]]:
    if error := scripts.check(text):
        yield "people-invalid", ERROR, _("“%(name)s” does not compile: %(reason)s", name=name, reason=error)
    for path in scripts.names_in(text):
        if path[0] == "document" and len(path) > 1 and path[1] not in catalogue.document_fields:
            what = ".".join(path[:2])
            yield "field-unknown", ERROR, _("It reads “%(name)s”, which the document does not have.", name=what)
