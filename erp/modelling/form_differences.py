"""What changes from one form to another, field by field, as the steps that ask it show it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from erp.documents.fields import Kind
from erp.forms import Form, FormField
from erp.forms.fitting import kind_words
from erp.forms.layout import Group, Item, Text
from erp.i18n import _, format_number
from erp.modelling.differences import CHANGED, Change
from erp.workflow.diagrams.diagram import Diagram

Told = tuple[str, str, str]
"""What is different, how it was, how it is."""


def form_differences(
    before: tuple[Diagram, Mapping[str, Form]], after: tuple[Diagram, Mapping[str, Form]], names: Mapping[str, str]
) -> list[Change]:
    """Changes of every form both drawings ask, at the first step that asks it; `names` are what steps are called."""
    (was, old), (now, new) = before, after
    asked = {element.form for element in was.elements.values()}
    found, told = [], set[str]()
    for id_, element in now.elements.items():
        name = element.form
        if not name or name not in asked or name in told or name not in old or name not in new:
            continue
        told.add(name)
        found += [Change(CHANGED, id_, names.get(id_, id_), *each) for each in differences_of(old[name], new[name])]
    return found


def differences_of(before: Form, after: Form) -> Iterator[Told]:
    """Fields that are new, different or gone, another order, other texts between them."""
    old, new = ({entry.name: entry for entry in form.fields} for form in (before, after))
    for name, entry in new.items():
        if name not in old:
            yield _("new field"), "", _described(entry)
    for name, entry in new.items():
        if name in old:
            for what, was, now in _changed(old[name], entry):
                yield _("field “%(field)s”, %(what)s", field=_called(entry), what=what), was, now
    for name, entry in old.items():
        if name not in new:
            yield _("field"), _described(entry), ""
    stays = [name for name in new if name in old]
    orders = [[name for name in names if name in stays] for names in (old, new)]
    if orders[0] != orders[1]:
        was, now = (_(", ").join(_called(new[name]) for name in order) for order in orders)
        yield _("order of the fields"), was, now
    texts = [list(dict.fromkeys(_texts(form.items))) for form in (before, after)]
    yield from ((_("new text"), "", text) for text in texts[1] if text not in texts[0])
    yield from ((_("text"), text, "") for text in texts[0] if text not in texts[1])


def _called(entry: FormField) -> str:
    return str(entry.label) or entry.name


def _described(entry: FormField) -> str:
    """`Weight (a number, required)`."""
    words = [kind_words()[entry.kind], *([_("required")] if entry.required else ())]
    return _("%(field)s (%(words)s)", field=_called(entry), words=_(", ").join(words))


def _changed(old: FormField, new: FormField) -> Iterator[Told]:
    pairs = zip(_properties(old), _properties(new), strict=True)
    yield from ((what, was, now) for (what, was), (_what, now) in pairs if was != now)
    if new.kind is Kind.LINES:
        columns = [[entry for entry in each.fields if isinstance(entry, FormField)] for each in (old, new)]
        yield from differences_of(*(Form("", tuple(each)) for each in columns))


def _properties(entry: FormField) -> Sequence[tuple[str, str]]:
    """Everything that can be different about a field, as people read it."""
    yes = {True: _("yes"), False: _("no")}
    return [
        (_("label"), str(entry.label)),
        (_("kind"), kind_words()[entry.kind]),
        (_("required"), yes[entry.required]),
        (_("only shown"), yes[entry.readonly]),
        (_("help"), str(entry.help)),
        (_("fills"), entry.binds),
        (_("choices"), _(", ").join(str(label) for _value, label in entry.choices)),
        (_("at least"), _number(entry.minimum)),
        (_("at most"), _number(entry.maximum)),
        (_("unit"), str(entry.unit)),
        (_("decimal places"), _number(entry.places)),
        (_("characters at least"), _number(entry.shortest)),
        (_("characters at most"), _number(entry.longest)),
        (_("written as"), entry.pattern),
        (_("begins with"), _plain(entry.default)),
        (_("looks as"), entry.look),
        (_("hidden while"), _(", ").join(str(each) for each in entry.hides)),
        (_("several files"), yes[entry.several]),
        (_("columns"), _(", ").join(str(each.label) or each.name for each in entry.fields)),
    ]


def _number(value: Any) -> str:
    return format_number(value) if value else "" if value is None else format_number(0)


def _plain(value: Any) -> str:
    return "" if value is None or callable(value) else str(value)


def _texts(items: Sequence[Item]) -> Iterator[str]:
    for item in items:
        if isinstance(item, Group):
            yield from chain([item.label] if item.source else [], _texts(item.items))
        elif isinstance(item, Text) and item.source:
            yield item.source
