"""Answers a program or a screen gives to a form, measured by its fields once more before anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from erp.documents.base import Document
from erp.documents.fields import Field, Kind
from erp.documents.types import DocumentType
from erp.errors import Invalid
from erp.forms.fields import hidden
from erp.forms.schema import Form
from erp.i18n import _

Values = Mapping[str, Any]


def present(kind: DocumentType, document: Document, form: Form) -> dict[str, Any]:
    """What the document holds for the fields a form fills: an answer left out leaves it as it is."""
    own = {entry.name: entry for entry in kind.editable if entry.kind is not Kind.LINES}
    return {
        entry.name: kind.value(document, own[entry.binds])
        for entry in form.fields
        if entry.binds in own and not entry.readonly
    }


def checked(fields: Iterable[Field], values: Values) -> dict[str, Any]:
    """The given values if each keeps its field's bounds; raises Invalid for all that do not, and for unknown names."""
    errors: dict[str, str] = {}
    found: dict[str, Any] = {}
    known = {entry.name: entry for entry in fields if not entry.readonly}
    unasked = hidden(list(known.values()), values)
    for name, entry in known.items():
        if entry.kind is Kind.FILES or name in unasked or (entry.kind is Kind.LINES and name not in values):
            continue
        try:
            found[name] = entry.check(values.get(name, entry.initial))
        except ValueError as error:
            errors[name] = str(error)
    for name in set(values) - set(known):
        errors[name] = _("This cannot be set here.")
    if errors:
        raise Invalid(fields=errors)
    return found
