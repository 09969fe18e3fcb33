"""How a task or subprocess is repeated: loops, and one body for each item of a collection or for a number of times."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from erp.i18n import _
from erp.workflow.diagrams.elements import BPMN, LOOP, PARALLEL, SEQUENCE, Element, Repeat
from erp.workflow.scripting import scripts

CAN_REPEAT = frozenset(
    {
        "userTask", "manualTask", "serviceTask", "scriptTask", "businessRuleTask", "callActivity", "subProcess",
        "sendTask", "receiveTask",
    }
)  # fmt: skip
TOLD = ("nrOfInstances", "nrOfCompletedInstances", "nrOfActiveInstances")
"""What a completion condition may ask for beside process data."""


def read(node: etree._Element) -> Repeat | None:
    """The marker on an element, None where it has none."""
    loop = node.find(f"{BPMN}standardLoopCharacteristics")
    if loop is not None:
        return Repeat(
            LOOP,
            condition=_text(loop, "loopCondition"),
            is_tested_before=loop.get("testBefore", "").strip() == "true",
            maximum=(loop.get("loopMaximum") or "").strip(),
            is_twice=node.find(f"{BPMN}multiInstanceLoopCharacteristics") is not None,
        )
    several = node.find(f"{BPMN}multiInstanceLoopCharacteristics")
    if several is None:
        return None
    return Repeat(
        SEQUENCE if several.get("isSequential", "").strip() == "true" else PARALLEL,
        condition=_text(several, "completionCondition"),
        count=_text(several, "loopCardinality"),
        collection=_text(several, "loopDataInputRef"),
        item=_name(several, "inputDataItem"),
        results=_text(several, "loopDataOutputRef"),
        result=_name(several, "outputDataItem"),
    )


def problems(element: Element) -> Iterator[tuple[str, str, str]]:
    """Element id, rule and message of every reason why an element cannot be repeated as it is drawn."""
    repeat = element.repeat
    if repeat is None:
        return
    if element.kind not in CAN_REPEAT or element.by_event:
        yield element.id, "repeat-place", _("This cannot be repeated; put it into a subprocess and repeat that.")
    if repeat.is_twice:
        yield element.id, "repeat-twice", _("It has two repetition markers; keep one.")
    if repeat.condition and (error := scripts.check(repeat.condition)):
        yield element.id, "repeat-condition", _("The condition of its repetition: %(reason)s", reason=error)
    yield from _loop(element, repeat) if repeat.kind == LOOP else _several(element, repeat)


def _loop(element: Element, repeat: Repeat) -> Iterator[tuple[str, str, str]]:
    if repeat.maximum and not (repeat.maximum.isascii() and repeat.maximum.isdigit() and int(repeat.maximum[:9]) > 0):
        yield element.id, "repeat-maximum", _("“%(text)s” is no number of rounds.", text=repeat.maximum)
    if not repeat.condition and not repeat.maximum:
        yield element.id, "repeat-endless", _("The loop never ends; give it a condition or a maximum.")


def _several(element: Element, repeat: Repeat) -> Iterator[tuple[str, str, str]]:
    if bool(repeat.count) == bool(repeat.collection):
        yield element.id, "repeat-count", _("It needs either a number of times or a collection, not both.")
    if repeat.count and (error := scripts.check(repeat.count)):
        yield element.id, "repeat-count", _("The number of times: %(reason)s", reason=error)
    if bool(repeat.results) != bool(repeat.result):
        yield (
            element.id, "repeat-results",
            _("Results are kept only if both the collection and the name of one result are given."),
        )  # fmt: skip
    for name in (repeat.collection, repeat.item, repeat.results, repeat.result):
        if name and (not name.isidentifier() or name.startswith("_") or name in {*scripts.NAMES, *TOLD, "document"}):
            yield element.id, "variable-name", _("“%(name)s” cannot be the name of a variable.", name=name)
    if repeat.item and repeat.item in (repeat.collection, repeat.results):
        yield (
            element.id, "repeat-item",
            _("One item and the whole collection have the same name “%(name)s”.", name=repeat.item),
        )  # fmt: skip


def _text(node: etree._Element, tag: str) -> str:
    return (node.findtext(f"{BPMN}{tag}") or "").strip()


def _name(node: etree._Element, tag: str) -> str:
    # SpiffWorkflow calls the variable by the item's id; other editors give it a name as well
    found = node.find(f"{BPMN}{tag}")
    return (found.get("id") or found.get("name") or "").strip() if found is not None else ""
