"""Forms drawn in form-js: read from their JSON into fields and layout; what we cannot do is kept and reported."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from erp.documents.fields import Field
from erp.forms.bind import bind, bind_json
from erp.forms.bound import Bound
from erp.forms.components import Problem, Reader
from erp.forms.conditions import Condition
from erp.forms.draw import draw
from erp.forms.fields import FormField
from erp.forms.fitting import misfits
from erp.forms.inputs import Input, Section, Static, Submit
from erp.forms.layout import Group, Item, Text
from erp.forms.lookup import NOTHING, Lookup
from erp.i18n import _

LARGEST = 512 * 1024
"""Bytes of the largest form that is read."""


@dataclass(frozen=True)
class Form:
    """A drawn form: what it asks, in which order and between which texts."""

    key: str
    fields: tuple[FormField, ...] = ()
    items: tuple[Item, ...] = ()
    problems: tuple[Problem, ...] = ()
    texts: tuple[str, ...] = ()
    """Every text to translate, once each, in the order of the form."""

    def of_document(self, known: Sequence[Field], hidden: Collection[str] = ()) -> Form:
        """The form with kind, choices and bounds of the document fields its fields fill; unknown ones are reported.

        Fields that fill `hidden` ones, which the actor may not see, are left out.
        """
        if any(entry.binds in hidden for entry in self.fields if entry.binds):
            return self._without(hidden).of_document(known)
        sources = {entry.name: entry for entry in known}
        found = [each for entry in self.fields if entry.binds for each in misfits(entry, sources.get(entry.binds))]
        grown = {
            entry.name: entry.of_document(sources[entry.binds]) if entry.binds in sources else entry
            for entry in self.fields
        }
        return replace(self.regrown(grown), problems=self.problems + tuple(found))

    def regrown(self, grown: Mapping[str, FormField]) -> Form:
        """The form with these in the place of its fields, by name."""
        items = tuple(_regrown(item, grown) for item in self.items)
        return replace(self, fields=tuple(grown[entry.name] for entry in self.fields), items=items)

    def _without(self, hidden: Collection[str]) -> Form:
        kept = tuple(entry for entry in self.fields if not entry.binds or entry.binds not in hidden)
        return replace(self, fields=kept, items=tuple(_seen(self.items, {entry.name for entry in kept})))

    def bind(
        self,
        raw: Mapping[str, Any] | None,
        values: Mapping[str, Any] | None = None,
        *,
        currency: str = "",
        lookup: Lookup = NOTHING,
    ) -> Bound:
        """What was typed into this form, read and checked; `raw` None shows `values`."""
        return bind(self.fields, raw, values, currency=currency, lookup=lookup)

    def bind_json(
        self, payload: Any, values: Mapping[str, Any] | None = None, *, currency: str = "", lookup: Lookup = NOTHING
    ) -> Bound:
        """What a program sent for this form, read and checked alike."""
        return bind_json(self.fields, payload, values, currency=currency, lookup=lookup)

    def document_values(self, bound: Bound) -> dict[str, Any]:
        """The answers that go into the document, by document field; hidden and read-only ones are left out."""
        names = {entry.name: entry.binds for entry in self.fields if entry.binds}
        return {names[name]: value for name, value in bound.values.items() if name in names}

    def buttons(self) -> list[Submit]:
        """The answers drawn as buttons instead of a field; the first is the primary one."""
        for entry in self.fields:
            if entry.look == "buttons":
                return [
                    Submit(str(label), entry.name, value, primary=place == 0)
                    for place, (value, label) in enumerate(entry.choices)
                ]
        return []

    def sections(self, bound: Bound) -> list[Section]:
        """The form as drawn: groups under their headings, with the texts between the fields."""
        inputs = {entry.name: entry for entry in draw(bound.fields, bound.context())}
        found: list[Section] = []
        loose: list[Input | Static] = []
        for item in self.items:
            if isinstance(item, Group):
                found += _section(loose)
                loose = []
                found += _section(list(_shown(item.items, inputs)), str(item.label), item.hides)
            else:
                loose += _shown((item,), inputs)
        return found + _section(loose)


def load(source: bytes | str, key: str = "") -> Form:
    """The form of a form-js schema; never fails: what cannot be read is in `problems`."""
    if len(source) > LARGEST:
        return Form(key, problems=(Problem("", _("The form is larger than 512 KB.")),))
    try:
        schema = json.loads(source)
    except (ValueError, RecursionError) as error:
        return Form(key, problems=(Problem("", _("The form is not JSON: %(why)s.", why=error)),))
    if not isinstance(schema, dict) or not isinstance(schema.get("components", []), list):
        return Form(key, problems=(Problem("", _("The form has no list of components.")),))
    reader = Reader()
    items = reader.items(schema.get("components", []))
    reader.check_conditions(items)
    identifier = schema.get("id")
    return Form(
        key or (identifier if isinstance(identifier, str) else ""),
        tuple(reader.fields),
        items,
        tuple(reader.problems),
        tuple(dict.fromkeys(reader.texts)),
    )


def _section(items: list[Input | Static], label: str = "", hides: Sequence[Condition] = ()) -> list[Section]:
    fields = [item for item in items if isinstance(item, Input)]
    return [Section(fields, label, items, "\n".join(str(each) for each in hides))] if items else []


def _shown(items: Sequence[Item], inputs: Mapping[str, Input]) -> Iterator[Input | Static]:
    for item in items:
        if isinstance(item, FormField):
            if item.name in inputs:
                yield inputs[item.name]
        elif isinstance(item, Group):
            yield from _shown(item.items, inputs)
        elif isinstance(item, Text):
            yield Static(
                "separator" if item.kind == "separator" else "text",
                item.html(),
                "\n".join(str(each) for each in item.hides),
            )


def _seen(items: Sequence[Item], names: Collection[str]) -> Iterator[Item]:
    for item in items:
        if isinstance(item, Group):
            yield replace(item, items=tuple(_seen(item.items, names)))
        elif not isinstance(item, FormField) or item.name in names:
            yield item


def _regrown(item: Item, grown: Mapping[str, FormField]) -> Item:
    if isinstance(item, Group):
        return replace(item, items=tuple(_regrown(inner, grown) for inner in item.items))
    return grown[item.name] if isinstance(item, FormField) else item
