"""The forms of a process: which its steps ask, which are its own, what is wrong with one, a file brought as one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree

from erp.errors import Conflict, Invalid, NotFound
from erp.forms import Form
from erp.forms import load as load_form
from erp.forms.components import Problem
from erp.forms.schema import LARGEST
from erp.i18n import _
from erp.modelling import catalogue, checking
from erp.modelling.checking import Remark
from erp.modelling.drafts import Drawing
from erp.workflow import definitions
from erp.workflow.diagrams.diagram import BPMN, SPIFF, Diagram, DiagramInvalid, parse, read_root
from erp.workflow.linting import form_fit

NAME = re.compile(r"[a-z][a-z0-9_]{0,59}(\.[a-z][a-z0-9_]{0,59})?")
Schema = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """A step that asks a form."""

    id: str
    label: str
    edits: Sequence[str]


@dataclass(frozen=True)
class Entry:
    """A form as lists show it."""

    name: str
    asked_by: Sequence[str]
    """What people call the steps that ask it."""
    is_own: bool
    """Whether the process brings it along; else it is the shipped one."""
    fields: int
    errors: int


def entries(key: str, drawing: Drawing) -> list[Entry]:
    """The forms a drawing asks, in its order, then those it brings along and no step asks."""
    diagram = _diagram(drawing)
    asked = [each.form for each in diagram.elements.values() if each.form] if diagram is not None else []
    known = catalogue.Forms(key, drawing.forms)
    found = []
    for name in dict.fromkeys([*asked, *sorted(drawing.forms)]):
        if name not in known:
            continue
        form, steps = known[name], asking(drawing, name)
        wrong = sum(each.is_error for each in _judged(form, steps))
        found.append(Entry(name, [each.label for each in steps], is_own(drawing, name), len(form.fields), wrong))
    return found


def is_own(drawing: Drawing, name: str) -> bool:
    """Whether the process asks another form by this name than the shipped one."""
    return drawing.forms.get(name) not in (None, definitions.shipped_form(name) if NAME.fullmatch(name) else None)


def asking(drawing: Drawing, name: str) -> list[Step]:
    """The steps that ask a form."""
    diagram = _diagram(drawing)
    if diagram is None:
        return []
    return [
        Step(id_, checking.label(diagram, id_), element.edits)
        for id_, element in diagram.elements.items()
        if element.form == name
    ]


def schema(drawing: Drawing, name: str) -> Schema:
    """The form-js JSON of a form: its own, else the shipped one; raises NotFound."""
    shipped = definitions.shipped_form(name) if NAME.fullmatch(name) else None
    found: Schema | None = drawing.forms.get(name) or shipped
    if found is None:
        raise NotFound(_("There is no such form."))
    return found


def drawn(found: Mapping[str, Any], name: str) -> Form:
    """The form of a schema, as it is drawn."""
    return load_form(json.dumps(found), name)


def as_asked(key: str, found: Mapping[str, Any], name: str) -> Form:
    """The form as the document of this process asks it."""
    return drawn(found, name).of_document(catalogue.editable(key))


def remarks(key: str, drawing: Drawing, name: str, sent: Mapping[str, Any]) -> list[Remark]:
    """What is wrong with a form, each at the id of its component, errors first."""
    form = as_asked(key, sent, name)
    labels = {entry.name: str(entry.label) for entry in form.fields}
    found = []
    for each in _judged(form, asking(drawing, name)):
        label = labels.get(each.element) or each.element
        found.append(Remark(each.part or each.element, each.rule, label, each.message, each.is_error))
    return sorted(found, key=lambda each: not each.is_error)


def _judged(form: Form, steps: Sequence[Step]) -> list[Problem]:
    allowed: list[Sequence[str] | None] = [each.edits for each in steps] or [None]
    return list(dict.fromkeys(each for edits in allowed for each in form_fit.judge(form, edits)))


def read(content: bytes) -> Schema:
    """A form as it was sent; raises Invalid for what is no form at all."""
    if len(content) > LARGEST:
        raise Invalid(_("The form is larger than 512 KB."))
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Invalid(_("This file is no form: it is not JSON.")) from error
    if not isinstance(found, dict) or not isinstance(found.get("components"), list):
        raise Invalid(_("This file is no form: it has no list of components."))
    return found


def brought(content: bytes, name: str) -> Schema:
    """A file somebody brings as the form of this name; raises Invalid at `file`."""
    try:
        return {**read(content), "id": name}
    except Invalid as error:
        raise Invalid(fields={"file": error.message}) from error


def blank(key: str, drawing: Drawing, wished: str) -> tuple[str, Schema]:
    """(name, JSON) of a form to begin with; raises Invalid or Conflict at `name`."""
    name = wished.strip() if "." in wished else f"{key}.{wished.strip()}"
    if not NAME.fullmatch(name) or "." not in name:
        raise Invalid(fields={"name": _("Write small letters, digits and “_”, beginning with a letter.")})
    if name in catalogue.Forms(key, drawing.forms):
        raise Conflict(_("There is a form of this name already."))
    return name, {"type": "default", "id": name, "schemaVersion": 18, "components": []}


def letting(key: str, drawing: Drawing, name: str) -> bytes:
    """The drawing in which every step that asks this form may change the fields it fills."""
    form, root = as_asked(key, schema(drawing, name), name), read_root(drawing.bpmn)
    known = catalogue.fields_of(key)
    filled = [each.binds for each in form.fields if each.binds in known and not each.readonly]
    for step in asking(drawing, name):
        node = next(each for each in root.iter(f"{BPMN}userTask") if each.get("id") == step.id)
        _write_edits(node, [*step.edits, *(field for field in filled if field not in step.edits)])
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


def _write_edits(node: etree._Element, names: Sequence[str]) -> None:
    """A step names its form among these properties, so they are there."""
    properties = next(node.iter(f"{SPIFF}properties"))
    found = next((each for each in properties if each.get("name") == "edits"), None)
    if found is None:
        found = etree.SubElement(properties, f"{SPIFF}property", {"name": "edits"})
    found.set("value", ", ".join(names))


def _diagram(drawing: Drawing) -> Diagram | None:
    try:
        return parse(drawing.bpmn)
    except DiagramInvalid:
        return None
