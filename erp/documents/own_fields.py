"""Fields a company adds to its documents and records in the browser: made, changed, retired without losing a value."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from erp import clock
from erp.access import require
from erp.data import audit
from erp.data.base import repeated, session
from erp.documents.fields import Kind
from erp.documents.types import ExtraField, declared
from erp.errors import Invalid, NotFound
from erp.i18n import _, _l, format_number

SUBJECT = "setting"
"""Whose rights say who may look at them and who may make them."""
KINDS: Mapping[Kind, str] = {
    Kind.TEXT: _l("Text"),
    Kind.LONG_TEXT: _l("Long text"),
    Kind.CHOICE: _l("One of a list"),
    Kind.BOOLEAN: _l("Yes or no"),
    Kind.INTEGER: _l("Whole number"),
    Kind.DECIMAL: _l("Number with decimals"),
    Kind.MONEY: _l("Amount of money"),
    Kind.DATE: _l("Day"),
    Kind.DATETIME: _l("Day and time"),
    Kind.EMAIL: _l("E-mail address"),
    Kind.PHONE: _l("Phone number"),
}
"""What can be made; a kind never changes, for what is stored was read by it."""
MOST = 60
"""Fields of one type."""
MOST_CHOICES = 200


def of_type(type_name: str) -> list[ExtraField]:
    """The fields made for a type in their order, retired ones last; raises NotFound or Forbidden."""
    require("list", SUBJECT)
    if type_name not in declared():
        raise NotFound
    statement = sa.select(ExtraField).where(ExtraField.document_type == type_name)
    order = (ExtraField.retired_at.is_not(None), ExtraField.position, ExtraField.id)
    return list(session().scalars(statement.order_by(*order)))


def find(type_name: str, field_id: int) -> ExtraField:
    """One of them; raises NotFound or Forbidden."""
    require("list", SUBJECT)
    found = session().get(ExtraField, field_id, populate_existing=True)
    if found is None or found.document_type != type_name:
        raise NotFound
    return found


@repeated
def make(type_name: str, values: Mapping[str, Any]) -> ExtraField:
    """A new field; raises Invalid with a sentence for each value that does not fit."""
    require("edit", SUBJECT)
    known = of_type(type_name)
    if len(known) >= MOST:
        raise Invalid(_("A type takes at most %(count)s fields of your own.", count=format_number(MOST)))
    kind = Kind(values["kind"])
    _check(values, kind, known)
    row = ExtraField(
        document_type=type_name, name=_name(type_name, str(values["label"]), known), kind=kind.value,
        position=max((each.position for each in known), default=0) + 10,
    )  # fmt: skip
    _put(row, values, kind)
    session().add(row)
    session().flush()
    audit.note("created", "extra_field", row.id, item=row.label, document_type=[None, type_name])
    return row


@repeated
def change(row: ExtraField, values: Mapping[str, Any]) -> None:
    """Change what a field is called, asks and offers, and where it stands; raises Invalid."""
    require("edit", SUBJECT)
    row, kind = session().merge(row), Kind(row.kind)
    _check(values, kind, [each for each in of_type(row.document_type) if each.id != row.id])
    before = row.label
    _put(row, values, kind)
    audit.note("changed", "extra_field", row.id, item=row.label, label=[before, row.label])


@repeated
def retire(row: ExtraField, *, back: bool = False) -> None:
    """Ask for it no more, in forms, lists and files; its values stay with their rows until it is brought back."""
    require("edit", SUBJECT)
    row = session().merge(row)
    row.retired_at = None if back else clock.now()
    audit.note("brought_back" if back else "retired", "extra_field", row.id, item=row.label)


@repeated
def move(row: ExtraField, *, up: bool) -> None:
    """Change places with the one before or after it."""
    require("edit", SUBJECT)
    rows = [each for each in of_type(row.document_type) if each.retired_at is None]
    places = [each.id for each in rows]
    at = places.index(row.id) if row.id in places else -1
    other = at - 1 if up else at + 1
    if at < 0 or not 0 <= other < len(rows):
        return
    rows[at], rows[other] = rows[other], rows[at]
    for place, each in enumerate(rows, 1):
        each.position = place * 10


def _check(values: Mapping[str, Any], kind: Kind, others: Sequence[ExtraField]) -> None:
    errors: dict[str, str] = {}
    label = str(values.get("label") or "").strip()
    if any(each.label.casefold() == label.casefold() for each in others):
        errors["label"] = _("There is a field called so already, or a retired one: bring that back.")
    choices = _lines(values.get("choices"))
    if kind is Kind.CHOICE and len(choices) < 2:
        errors["choices"] = _("Write at least two choices, each on a line of its own.")
    if len(choices) > MOST_CHOICES:
        errors["choices"] = _("At most %(count)s choices.", count=format_number(MOST_CHOICES))
    if len({each.casefold() for each in choices}) < len(choices):
        errors["choices"] = _("The same choice stands there twice.")
    if any(len(each) > 100 for each in choices):
        errors["choices"] = _("At most 100 characters for a choice.")
    if errors:
        raise Invalid(fields=errors)


def _put(row: ExtraField, values: Mapping[str, Any], kind: Kind) -> None:
    row.label = str(values["label"]).strip()
    row.help = str(values.get("help") or "").strip()
    # a box that must be ticked would be no question
    row.is_required = bool(values.get("is_required")) and kind is not Kind.BOOLEAN
    row.is_listed = bool(values.get("is_listed"))
    if kind is Kind.CHOICE:
        stored = {text: value for value, text in row.choices or ()}
        row.choices = [[stored.get(text, text), text] for text in _lines(values.get("choices"))]
    else:
        row.choices = []


def _lines(text: Any) -> list[str]:
    return [line.strip() for line in str(text or "").splitlines() if line.strip()]


def _name(type_name: str, label: str, known: Sequence[ExtraField]) -> str:
    """A name in the files and for programs, from the label where it has Latin letters."""
    kind = declared()[type_name]
    taken = {entry.name for entry in kind.all_fields} | {each.name for each in known}
    taken |= {table.name for table in kind.tables} | {"id", "version", "lines", "extra", "links", "open_tasks"}
    plain = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")[:40]
    stem = plain if re.match(r"[a-z]", plain) else "own_field"
    name, again = stem, 2
    while name in taken:
        name, again = f"{stem}_{again}", again + 1
    return name
