"""Whether a drawn field fits the document field it fills."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from erp.documents.fields import Field, Kind
from erp.forms.components import Problem
from erp.forms.fields import FormField
from erp.i18n import _

TEXTS = frozenset({Kind.TEXT, Kind.LONG_TEXT, Kind.EMAIL, Kind.PHONE, Kind.LINK})
NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.MONEY})
DRAWN_AS: Mapping[Kind, Mapping[str, Any]] = MappingProxyType({
    Kind.TEXT: {"type": "textfield"},
    Kind.LONG_TEXT: {"type": "textarea"},
    Kind.INTEGER: {"type": "number", "decimalDigits": 0},
    Kind.DECIMAL: {"type": "number", "properties": {"kind": "quantity"}},
    Kind.MONEY: {"type": "number", "properties": {"kind": "money"}},
    Kind.DATE: {"type": "datetime", "subtype": "date"},
    Kind.DATETIME: {"type": "datetime", "subtype": "datetime"},
    Kind.BOOLEAN: {"type": "checkbox"},
    Kind.CHOICE: {"type": "select"},
    Kind.EMAIL: {"type": "textfield", "properties": {"kind": "email"}},
    Kind.PHONE: {"type": "textfield", "properties": {"kind": "phone"}},
    Kind.LINK: {"type": "textfield"},
    Kind.FILES: {"type": "filepicker", "accept": "image/*", "multiple": True},
    Kind.LINES: {"type": "dynamiclist", "properties": {"columns": "drawn"}},
})  # fmt: skip
"""The component a field of each kind is drawn as."""


def kind_words() -> Mapping[Kind, str]:
    """What people call the kinds of fields."""
    return {
        Kind.TEXT: _("a text"),
        Kind.LONG_TEXT: _("a long text"),
        Kind.INTEGER: _("a whole number"),
        Kind.DECIMAL: _("a number"),
        Kind.MONEY: _("an amount of money"),
        Kind.DATE: _("a day"),
        Kind.DATETIME: _("a day and time"),
        Kind.BOOLEAN: _("yes or no"),
        Kind.CHOICE: _("one of a list"),
        Kind.EMAIL: _("an e-mail address"),
        Kind.PHONE: _("a telephone number"),
        Kind.LINK: _("a record"),
        Kind.FILES: _("files"),
        Kind.LINES: _("lines"),
    }


def misfits(drawn: FormField, source: Field | None) -> Iterator[Problem]:
    """What is wrong between a drawn field and the document field it fills; None for one that is not there."""
    if source is None:
        yield Problem(drawn.name, _("The document has no field “%(name)s”.", name=drawn.binds), drawn.part)
        return
    if source.kind not in _asked(drawn):
        words = kind_words()
        yield Problem(
            drawn.name,
            _(
                "“%(field)s” of the document is %(kind)s and is asked as that, though %(drawn)s is drawn.",
                field=str(source.label) or source.name, kind=words[source.kind], drawn=words[drawn.kind],
            ),
            drawn.part,
            is_error=False,
        )  # fmt: skip
    if drawn.as_drawn:
        columns = {entry.name for entry in source.fields}
        for each in drawn.fields:
            if each.name not in columns:
                part = each.part if isinstance(each, FormField) else ""
                yield Problem(each.name, _("The lines have no column “%(name)s”.", name=each.name), part)


def _asked(drawn: FormField) -> frozenset[Kind]:
    """The kinds of document fields a drawn field may stand for."""
    for kinds in (TEXTS, NUMBERS):
        if drawn.kind in kinds:
            return kinds
    return frozenset({drawn.kind, Kind.LINK} if drawn.kind is Kind.CHOICE else {drawn.kind})
