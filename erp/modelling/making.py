"""A new decision table: its columns as somebody chose them, and the step that asks it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from erp.decisions.tables import Policy
from erp.errors import Conflict, Invalid
from erp.i18n import _
from erp.modelling.drafts import KEY, Drawing, Parts
from erp.workflow import definitions
from erp.workflow.diagrams.diagram import BPMN, SPIFF, read_root

SPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"


@dataclass(frozen=True)
class Part:
    """A column: what it asks or is called, for the table and for people, and its type."""

    name: str
    label: str
    type: str


@dataclass(frozen=True)
class Wish:
    """The table somebody wants."""

    key: str
    title: str
    policy: Policy
    inputs: Sequence[Part]
    outputs: Sequence[Part]


def made(drawing: Drawing, wish: Wish, step: str = "") -> Parts:
    """The table, and the drawing whose decision step asks it where one is named.

    Raises Invalid at the fields, Conflict for the name of another table.
    """
    if not KEY.fullmatch(wish.key):
        raise Invalid(fields={"title": _("Give it a name of letters.")})
    if wish.key in drawing.decisions or definitions.shipped_decision(wish.key):
        raise Conflict(fields={"title": _("There is a table of this name already.")})
    bpmn = _asking(drawing.bpmn, step, wish.key) if step else None
    return Parts(bpmn=bpmn, decisions={wish.key: blank(wish)})


def blank(wish: Wish) -> str:
    """A table without rules."""
    about = {"id": f"{wish.key}_rules", "name": wish.title, "namespace": "https://millrace.example/dmn"}
    spaces: dict[str | None, str] = {None: SPACE}
    root = etree.Element(f"{{{SPACE}}}definitions", about, nsmap=spaces)  # type: ignore[arg-type] # the stubs know no default
    decision = _add(root, "decision", id=wish.key, name=wish.title)
    table = _add(decision, "decisionTable", id=f"{wish.key}_table", hitPolicy=wish.policy)
    for place, part in enumerate(wish.inputs):
        column = _add(table, "input", id=f"{wish.key}_in{place}", label=part.label)
        expression = _add(column, "inputExpression", id=f"{wish.key}_in{place}_expression", typeRef=part.type)
        _add(expression, "text").text = part.name
    for place, part in enumerate(wish.outputs):
        _add(table, "output", id=f"{wish.key}_out{place}", label=part.label, name=part.name, typeRef=part.type)
    return etree.tostring(root, encoding="unicode", pretty_print=True)


def _add(parent: etree._Element, tag: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{SPACE}}}{tag}", attributes)


def _asking(bpmn: bytes, step: str, key: str) -> bytes:
    """The drawing whose decision step of this id asks the table; raises Invalid where there is none."""
    root = read_root(bpmn)
    task = next((node for node in root.iter(f"{BPMN}businessRuleTask") if node.get("id") == step), None)
    if task is None:
        raise Invalid(_("There is no such step any more."))
    extension = task.find(f"{BPMN}extensionElements")
    if extension is None:
        extension = etree.Element(f"{BPMN}extensionElements")
        place = 1 if len(task) and task[0].tag == f"{BPMN}documentation" else 0
        task.insert(place, extension)
    named = extension.find(f"{SPIFF}calledDecisionId")
    if named is None:
        named = etree.SubElement(extension, f"{SPIFF}calledDecisionId")
    named.text = key
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)
