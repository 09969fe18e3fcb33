"""What is typed in a walk: fields of the document, of a form, of an answer, with no record or file behind them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from erp import money
from erp.data.organisation import company
from erp.documents import types
from erp.documents.fields import Field, Kind
from erp.forms import Form
from erp.forms.sums import priced
from erp.i18n import _
from erp.modelling import catalogue
from erp.modelling.trying import Ready
from erp.workflow import actions, definitions
from erp.workflow.diagrams import exchange
from erp.workflow.diagrams.diagram import Element
from erp.workflow.engine import Place
from erp.workflow.people import approvals
from erp.workflow.rehearsal.cases import CaseInvalid, read_yaml

RESULT = "~result"
"""Name of the box an action's answer is typed in."""
KINDS: Mapping[str, Kind] = {
    "str": Kind.TEXT, "int": Kind.INTEGER, "decimal": Kind.DECIMAL, "bool": Kind.BOOLEAN, "date": Kind.DATE,
}  # fmt: skip
SUMS = {"subtotal": "net", "tax": "tax", "total": "total"}
"""What a document calls the sums of its lines, and what a price calls them."""
_READ = re.compile(r"\bdocument\.([a-z_]\w*)")


def as_tried(entry: Any) -> Any:
    """A field as it is typed here: a record is a name, a file is a tick."""
    if entry.kind is Kind.LINK:
        return replace(entry, kind=Kind.TEXT, target="", minimum=None, maximum=None)
    if entry.kind is Kind.FILES:
        label = _("%(field)s: as if a file were added", field=str(entry.label))
        return replace(entry, kind=Kind.BOOLEAN, label=label, look="")
    if entry.kind is Kind.LINES:
        return replace(entry, fields=tuple(as_tried(each) for each in entry.fields))
    return entry


# -- the document -------------------------------------------------------------------------------------------------


def of_document(key: str) -> list[Field]:
    """Every field of the document that holds one value; all may be typed and none must be."""
    kind = types.declared().get(key)
    own = kind.fields if kind is not None else ()
    single = [as_tried(each) for each in own if each.kind not in {Kind.FILES, Kind.LINES}]
    return [replace(each, readonly=False, required=False) for each in single]


def read_by(it: Ready, bpmn: bytes) -> frozenset[str]:
    """Names of the document's fields that the drawing and the tables it asks read."""
    asked = {each.decision for diagram in it.spec.diagrams.values() for each in diagram.elements.values()} - {""}
    texts = [it.tables.get(name) or definitions.shipped_decision(name) or "" for name in asked]
    return frozenset(name for text in (bpmn.decode(errors="replace"), *texts) for name in _READ.findall(text))


def examples(key: str, read: frozenset[str], at: datetime) -> dict[str, Any]:
    """A value for each field people fill in and the process reads; other fields are as in a new document."""
    kind = types.declared().get(key)
    typed = {each.name for each in kind.editable if each.kind is not Kind.LINK} if kind is not None else set()
    found = catalogue.blank_of(key)
    for entry in of_document(key):
        value = entry.initial
        if value is None and entry.name in read & typed:
            value = _example(entry, at)
        if value is not None:
            found[entry.name] = value
    return found


def _example(entry: Field, at: datetime) -> Any:
    choice = entry.choices[0][0] if entry.choices else None
    return {
        Kind.EMAIL: "amina@example.com",
        Kind.PHONE: "+254 700 000 000",
        Kind.MONEY: Decimal(1000),
        Kind.DECIMAL: Decimal(1),
        Kind.INTEGER: 1,
        Kind.DATE: at.date(),
        Kind.DATETIME: at,
        Kind.CHOICE: choice,
        Kind.TEXT: _("Example"),
        Kind.LONG_TEXT: _("Example"),
    }.get(entry.kind)


def fitted(entry: Field, value: Any) -> Any:
    """The value as its field keeps it; None for one a case gives it though it is of another kind."""
    if entry.kind in {Kind.MONEY, Kind.DECIMAL} and type(value) is int:
        return Decimal(value)
    if entry.kind is Kind.DATE and isinstance(value, datetime):
        return value.date()
    return value if type(value) is _HELD.get(entry.kind, str) else None


_HELD: Mapping[Kind, type] = {
    Kind.MONEY: Decimal, Kind.DECIMAL: Decimal, Kind.INTEGER: int, Kind.BOOLEAN: bool, Kind.DATE: date,
    Kind.DATETIME: datetime,
}  # fmt: skip
"""What a field of a kind holds; a text where nothing is said."""


# -- a step of a person -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """The form of a step as it is tried."""

    form: Form
    files: frozenset[str] = frozenset()
    """Fields that ask for files: what is ticked there goes nowhere."""
    is_approval: bool = False


def asked_at(it: Ready, element: Element) -> Asked:
    """The form a step asks, as the draft has it; empty where it has none."""
    if element.is_approval:
        return Asked(approvals.bare(), is_approval=True)
    try:
        form = catalogue.Forms(it.key, it.forms)[element.form]
    except KeyError:
        return Asked(Form(element.form))
    files = frozenset(entry.name for entry in form.fields if entry.kind is Kind.FILES)
    return Asked(form.regrown({entry.name: as_tried(entry) for entry in form.fields}), files)


def held(asked: Asked, document: Mapping[str, Any]) -> dict[str, Any]:
    """What the document holds for the fields the form fills; lines are typed anew."""
    own = [entry for entry in asked.form.fields if entry.binds and entry.kind is not Kind.LINES]
    return {entry.name: fitted(entry, document.get(entry.binds)) for entry in own}


def said(key: str, element: Element, asked: Asked, values: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed, as parts of a step: answers go into the process, the rest into fields the step may change."""
    if asked.is_approval:
        comment = values.get(approvals.COMMENT) or ""
        return {"answers": approvals.alone(str(values[approvals.DECISION]), comment).values}
    answers, document = dict[str, Any](), dict[str, Any]()
    for entry in asked.form.fields:
        if entry.name not in values or entry.name in asked.files:
            continue
        value = values[entry.name]
        if entry.kind is Kind.LINES:
            if entry.binds in element.edits:
                document |= _sums(key, entry, value)
        elif not entry.binds:
            answers[entry.name] = value
        elif entry.binds in element.edits:
            document[entry.binds] = value
    return {name: part for name, part in {"answers": answers, "document": document}.items() if part}


def _sums(key: str, entry: Field, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the typed lines come to, under the names the document has for it."""
    kind = types.declared()[key]
    terms = getattr(kind.cls, "terms", lambda _row: None)(None) or money.Terms()
    sums = priced(entry.fields, rows, company().currency, terms, {})
    if sums is None:
        return {}
    names = {field.name for field in kind.all_fields}
    return {name: getattr(sums, theirs) for name, theirs in SUMS.items() if name in names}


# -- what comes from elsewhere ------------------------------------------------------------------------------------


def result_of(it: Ready, element: Element) -> Field | None:
    """What an action answers with; None where nobody keeps it."""
    if not element.result_variable:
        return None
    declared = actions.catalogue().get(element.action)
    kind = KINDS.get(declared.result if declared is not None else "", Kind.TEXT)
    return Field(RESULT, kind, _("What it answers"), help=_("Kept as “%(name)s”.", name=element.result_variable))


def default_of(it: Ready, element: Element) -> Any:
    """What an action answers unless somebody says otherwise: the first answer a question of the drawing asks for."""
    entry = result_of(it, element)
    if entry is None:
        return None
    if entry.kind is Kind.BOOLEAN:
        return True
    found = suggested(it, element.result_variable)
    return found[0] if found else None


def suggested(it: Ready, name: str) -> list[str]:
    """The texts the questions of the drawings compare this name with."""
    compared = re.compile(rf"\b{re.escape(name)}\s*[!=]=\s*(['\"])(.*?)\1")
    texts = (flow.condition for diagram in it.spec.diagrams.values() for flow in diagram.flows)
    return list(dict.fromkeys(found[1] for text in texts for found in compared.findall(text)))


def as_result(it: Ready, element: Element, value: Any) -> Any:
    """The typed answer; where nobody declared what it is, `12` is a number and `true` is yes."""
    declared = actions.catalogue().get(element.action)
    if not isinstance(value, str) or (declared is not None and declared.result == "str"):
        return value
    try:
        found = read_yaml(value)
    except CaseInvalid:
        return value
    return value if isinstance(found, dict | list) else found


def errors_at(it: Ready, place: Place) -> dict[str, str]:
    """{code: what it leads to} of the errors that are caught where an action fails."""
    diagram = it.spec.diagrams.get(place.process) or it.diagram
    caught = [each for each in diagram.boundaries.get(place.element_id, ()) if "error" in each.events]
    found = {each.error_code or "error": _(each.label) for each in caught}
    return found | {code: code for code in diagram.errors.values() if code and code not in found}


def payload_of(element: Element) -> list[Field]:
    """What a message or signal brings along."""
    told = exchange.payload_of(element)
    return [Field(name, KINDS.get(kind, Kind.TEXT), name.replace("_", " ").capitalize()) for name, kind in told.items()]


def is_outside(element: Element) -> bool:
    """Whether an action would go to another service."""
    declared = actions.catalogue().get(element.action)
    return declared is not None and declared.is_call
