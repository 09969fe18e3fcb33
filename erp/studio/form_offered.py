"""What the editor of forms offers: components our pages show, fields of the document, and the words for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from erp import context
from erp.access import CUSTOMER, role_name
from erp.documents.fields import Field, Kind
from erp.forms.fitting import DRAWN_AS, kind_words
from erp.i18n import _
from erp.modelling import catalogue
from erp.studio.offered import field_json

Json = dict[str, Any]


def offered(key: str) -> Json:
    """Everything that may be put in a form of this process."""
    return {
        "fields": [document_field(each) for each in catalogue.editable(key)],
        "palette": palette(),
        "kinds": {str(name): words for name, words in kind_words().items()},
        "roles": [{"value": role, "label": role_name(role)} for role in [*catalogue.lanes(), CUSTOMER]],
        "language": context.current().language,
    }


def document_field(entry: Field) -> Json:
    """A field of the document with how it is drawn."""
    drawn = drawing_of(entry)
    drawn["properties"] = {**drawn.get("properties", {}), "field": entry.name}
    return {**field_json(entry), "draw": drawn, "required": entry.required, "columns": columns_of(entry)}


def columns_of(entry: Field) -> list[Json]:
    """What each column of lines is drawn as; [] for anything else."""
    inner = [each for each in entry.fields if each.kind not in {Kind.LINES, Kind.FILES}]
    return [{**field_json(each), "draw": drawing_of(each)} for each in inner]


def drawing_of(entry: Field) -> Json:
    """The component a field is drawn as, with its key, label and choices."""
    found: Json = {**DRAWN_AS[entry.kind], "key": entry.name, "label": str(entry.label) or entry.name}
    if entry.kind is Kind.CHOICE:
        found["values"] = [{"value": value, "label": str(label)} for value, label in entry.choices]
    if entry.kind is Kind.LINES:
        found["path"] = entry.name
    if entry.readonly:
        found["readonly"] = True
    return found


def palette() -> list[Json]:
    """Components by group, each as it is drawn when it is put down."""
    asked, between = _("Answers"), _("Around them")
    values = [{"value": "yes", "label": _("Yes")}, {"value": "no", "label": _("No")}]
    found: list[tuple[str, str, str, str, Mapping[str, Any]]] = [
        (asked, "text", "forms", _("Text"), {"type": "textfield"}),
        (asked, "longtext", "align-left", _("Long text"), {"type": "textarea"}),
        (asked, "number", "decimal", _("Number"), {"type": "number", "properties": {"kind": "quantity"}}),
        (asked, "integer", "hash", _("Whole number"), {"type": "number", "decimalDigits": 0}),
        (asked, "money", "coins", _("Amount of money"), {"type": "number", "properties": {"kind": "money"}}),
        (asked, "percent", "percentage", _("Percentage"), {"type": "number", "properties": {"kind": "percent"}}),
        (asked, "date", "calendar", _("Day"), {"type": "datetime", "subtype": "date"}),
        (asked, "datetime", "calendar-time", _("Day and time"), {"type": "datetime", "subtype": "datetime"}),
        (asked, "time", "clock", _("Time of day"), {"type": "datetime", "subtype": "time"}),
        (asked, "boolean", "checkbox", _("Yes or no"), {"type": "checkbox"}),
        (asked, "choice", "select", _("One of a list"), {"type": "select", "values": values}),
        (asked, "radio", "circle-dot", _("One of a few"), {"type": "radio", "values": values}),
        (asked, "buttons", "square-check", _("Buttons that end the step"),
         {"type": "radio", "values": values, "properties": {"kind": "buttons"}, "validate": {"required": True}}),
        (asked, "email", "mail", _("E-mail address"), {"type": "textfield", "properties": {"kind": "email"}}),
        (asked, "phone", "phone", _("Telephone"), {"type": "textfield", "properties": {"kind": "phone"}}),
        (asked, "files", "paperclip", _("Files or pictures"),
         {"type": "filepicker", "accept": "image/*", "multiple": True}),
        (asked, "signature", "signature", _("Signature"),
         {"type": "filepicker", "accept": "image/*", "multiple": False, "properties": {"kind": "signature"}}),
        (between, "group", "box-multiple", _("Group"), {"type": "group", "components": []}),
        (between, "note", "info-circle", _("Explanation"), {"type": "text", "text": _("Write what to know here.")}),
        (between, "rule", "minus", _("Line between"), {"type": "separator"}),
    ]  # fmt: skip
    return [
        {"value": value, "group": group, "icon": icon, "label": label, "draw": dict(drawn)}
        for group, value, icon, label, drawn in found
    ]
