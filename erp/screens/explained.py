"""What the panel “why this way” is made of, and how it calls what a process read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from erp.decisions.tables import Table
from erp.documents.fields import Field, Kind
from erp.i18n import _, format_date, format_number
from erp.screens import words
from erp.screens.heads import Opened
from erp.web.shapes import Shown
from erp.workflow.diagrams import spoken
from erp.workflow.diagrams.diagram import Diagram, Element
from erp.workflow.diagrams.spoken import Named
from erp.workflow.models import WorkflowEvent

NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.MONEY})
MOVED = frozenset({"migrated", "migrated_back"})


@dataclass(frozen=True)
class Asked:
    """What was looked at; `ok` is None where nothing was judged."""

    name: str
    value: str
    rule: str
    """What the rule says about it, or where the value came from."""
    ok: bool | None = None


@dataclass(frozen=True)
class Tried:
    """A way that was tried, in order."""

    label: str
    text: str
    matched: bool = False
    asks: str = ""
    """What it asked, in words; '' where its label says it."""


@dataclass(frozen=True)
class Within:
    """Something that happened in a process that was called."""

    text: str
    who: str
    at: datetime


@dataclass(frozen=True)
class Why:
    """The panel beside the diagram; shape: gateway | task | event."""

    title: str
    shape: str
    sentence: str
    asked: Sequence[Asked] = ()
    says: str = ""
    """Head of the last column of what was asked."""
    outcome: str = ""
    note: str = ""
    tried: Sequence[Tried] = ()
    could: Sequence[str] = ()
    is_over: bool = False
    """Whether the other ways can no longer be taken here."""
    facts: Sequence[Shown] = ()
    within: Sequence[Within] = ()
    close_url: str = ""


def version_at(it: Opened, events: Sequence[WorkflowEvent], seq: int) -> str:
    """Number of the version the document ran when something happened."""
    moved = next((each for each in events if each.kind in MOVED and each.seq > seq), None)
    if moved is not None:
        return format_number(int(moved.data["from"]))
    return format_number(it.published.number) if it.published else ""


def names_of(it: Opened) -> dict[str, Named]:
    """What people call the fields, answers and results a condition of this document's process reads."""
    found: dict[str, Named] = {}
    for form in it.published.forms.values() if it.published else ():
        found |= {each.name: _named(each) for each in form.fields if not each.binds}
    for model in it.published.decisions.values() if it.published else ():
        for decision in model.decisions.values():
            if isinstance(decision.logic, Table):
                found |= {each.name: Named(_(each.label or each.name)) for each in decision.logic.outputs}
    for field in (*it.type.all_fields, *it.type.editable):
        found[f"document.{field.name}"] = _named(field)
    return found


def _named(field: Field) -> Named:
    label = str(field.label) or field.name.replace("_", " ").capitalize()
    return Named(label, {value: str(text) for value, text in field.choices})


def label_of(name: str, names: Mapping[str, Named]) -> str:
    """What people call something a process read."""
    return names[name].label if name in names else spoken.label_of(name, names)


def shown(it: Opened, name: str, value: Any, names: Mapping[str, Named]) -> str:
    """A value a process read, as people call it."""
    known = names.get(name)
    if known is not None and isinstance(value, str) and value in known.choices:
        return known.choices[value]
    kinds = {f"document.{each.name}": each.kind for each in it.type.all_fields}
    if isinstance(value, str) and kinds.get(name) in {*NUMBERS, Kind.DATE}:
        with suppress(InvalidOperation, ValueError):
            return format_date(date.fromisoformat(value)) if kinds[name] is Kind.DATE else format_number(Decimal(value))
    return words.plain(value)


@dataclass(frozen=True)
class Giver:
    """The step a value came from, who did it, and what its form calls the value."""

    step: str
    who: str
    named: Named | None


def giver(it: Opened, diagram: Diagram, events: Sequence[WorkflowEvent], name: str, before: int) -> Giver | None:
    """The last step before something happened that left a value of this name; None for the document's own fields."""
    givers = {each.id: each for each in diagram.elements.values() if name in set(_leaves(it, each))}
    last = next((e for e in reversed(events) if e.seq < before and e.element in givers and e.kind in _LEFT), None)
    if last is None:
        return None
    element = givers[last.element]
    form = it.published.forms.get(element.form) if it.published and element.form else None
    field = next((each for each in form.fields if each.name == name), None) if form is not None else None
    who = last.actor if element.kind == "userTask" else ""
    return Giver(_(element.label), who, _named(field) if field is not None else None)


def source_of(name: str, found: Giver | None) -> str:
    """Where a value came from: the document, the step that asked for it and who answered, the table that decided it."""
    if name.startswith("document."):
        return _("the document")
    if found is None:
        return ""
    return _("%(step)s, %(who)s", step=found.step, who=found.who) if found.who else found.step


_LEFT = frozenset({"completed", "action", "ruled", "received", "script"})


def _leaves(it: Opened, element: Element) -> Iterator[str]:
    """Names under which an element leaves something for those after it."""
    assert it.published is not None
    form = it.published.forms.get(element.form) if element.form else None
    if form is not None:
        yield from (each.name for each in form.fields if not each.binds)
    if element.is_approval:
        yield from ("approved", "rejected", "returned", "approval", "approval_comment")
    if element.result_variable:
        yield element.result_variable
    model = it.published.decisions.get(element.decision) if element.decision else None
    if model is not None:
        yield from model.outputs(element.decision)
