"""Rows and their JSON: what is given, and what was sent bound to the fields that may be set now."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import sqlalchemy as sa

from erp.data import bulk
from erp.data.base import hold, session
from erp.data.files import File
from erp.documents.base import Document, Record
from erp.documents.fields import Field, Kind
from erp.documents.lists import ListQuery
from erp.documents.types import EXTENSION_MARK, DocumentType, declared, line_value
from erp.forms.bind import bind_json
from erp.i18n import _

COUNTED = 1_000
"""Rows a program is told of; it walks them, and counting more costs as much as the page."""
HEADS = ("id", "version", "currency")
"""What a row of a list begins with; only documents have a currency."""
AS_THEY_ARE = frozenset({Kind.TEXT, Kind.LONG_TEXT, Kind.CHOICE, Kind.EMAIL, Kind.PHONE, Kind.LINK, Kind.BOOLEAN})
"""What JSON tells as it is stored."""
IGNORED = ("id", "version", "currency", "open_tasks")
"""Keys of a row that may be sent back and mean nothing."""


class Records:
    """Knows the linked records of the acting tenant."""

    def texts(self, field: Field, keys: Collection[int]) -> Mapping[int, str]:
        """Those of the keys there are, with their titles."""
        target = declared().get(field.target)
        if target is None:
            return {}
        found = session().scalars(_among(target.cls), {"keys": list(keys)}).all()
        hold(found)  # whoever writes them beside their keys has them at hand
        return {row.id: row.title for row in found}

    def find(self, _field: Field, _text: str) -> int:
        """Programs send ids, so always a ValueError."""
        raise ValueError(_("Choose one of the list."))

    def search_url(self, field: Field) -> str:
        """Where a program finds the ids."""
        return f"/api/v1/{field.target}/"

    def add_url(self, _field: Field) -> str:
        """Nowhere: programs make records themselves."""
        return ""


@cache
def _among(cls: type[Record]) -> sa.Select[Record]:
    return sa.select(cls).where(bulk.among(cls.id, "keys"))


RECORDS = Records()


def values(kind: DocumentType, row: Record, names: Collection[str] | None = None) -> dict[str, Any]:
    """The present typed values of every field, or those of these names; lines as mappings with their `id`."""
    fields = [entry for entry in kind.all_fields if names is None or entry.name in names]
    tables = [table for table in kind.tables if names is None or table.name in names]
    found = {entry.name: kind.value(row, entry) for entry in fields}
    for table in tables:
        found[table.name] = [
            {"id": line.id} | {entry.name: line_value(line, entry) for entry in table.fields}
            for line in getattr(row, table.name)
        ]
    return found


def bound_new(kind: DocumentType, sent: Any) -> dict[str, Any]:
    """The values of a new row; raises Invalid with a sentence for each field."""
    fields = [*kind.editable, *_closed(kind, {entry.name for entry in kind.editable})]
    return bind_json(fields, sent, lookup=RECORDS, ignored=IGNORED).checked()


def bound_change(
    kind: DocumentType, row: Record, allowed: Sequence[Field], sent: Any, *, partial: bool
) -> dict[str, Any]:
    """The values to change; what may not be changed now must be sent as it is, or not at all."""
    names = {entry.name for entry in allowed}
    current = values(kind, row)
    current |= {table.name: table.as_json(row) for table in kind.tables if table.name not in names}
    fields = [*allowed, *_closed(kind, names)]
    return bind_json(fields, sent, current, lookup=RECORDS, partial=partial, ignored=IGNORED).checked()


def _closed(kind: DocumentType, names: Collection[str]) -> list[Field]:
    every = [*kind.all_fields, *(table.field for table in kind.tables)]
    return [replace(entry, readonly=True) for entry in every if entry.name not in names]


def whole(kind: DocumentType, row: Record) -> dict[str, Any]:
    """A row with its lines; a document says which currency its amounts are in."""
    return kind.as_json(row) | _currency(row)


def page_json(query: ListQuery) -> dict[str, Any]:
    """A page of a list: the chosen fields of its rows, or all that stand in the row itself."""
    kind = query.type
    fields = list_fields(kind, query.columns)
    if any(EXTENSION_MARK in entry.name for entry in fields):
        page = query.page()
        found = [_listed(kind, row, fields) for row in page.rows]
    else:
        heads = [kind.cls.id, kind.cls.version, *([kind.cls.currency] if issubclass(kind.cls, Document) else [])]
        stored = [entry for entry in fields if not entry.extra]
        grown = [entry for entry in fields if entry.extra]
        page = query.page_of(
            [*heads, *(_column(kind, entry) for entry in stored), *([kind.cls.extra] if grown else [])], COUNTED
        )
        found = [_told(row, len(heads), stored, grown) for row in page.rows]
    return {
        "rows": found,
        "next": page.after,
        "count": min(page.count, COUNTED),
        "count_is_capped": page.count > COUNTED,
    }


def _listed(kind: DocumentType, row: Record, fields: Sequence[Field]) -> dict[str, Any]:
    found: dict[str, Any] = {"id": row.id, "version": row.version} | _currency(row)
    return found | {entry.name: entry.to_json(kind.value(row, entry)) for entry in fields}


def _column(kind: DocumentType, entry: Field) -> Any:
    return getattr(kind.cls, f"{entry.name}_id" if entry.kind is Kind.LINK else entry.name)


def _told(row: Any, heads: int, stored: Sequence[Field], grown: Sequence[Field]) -> dict[str, Any]:
    """A tuple of a list as `_listed` tells a row."""
    found = dict(zip(HEADS, row[:heads], strict=False))
    for entry, value in zip(stored, row[heads:], strict=False):
        found[entry.name] = value if value is None or entry.kind in AS_THEY_ARE else entry.to_json(value)
    for entry in grown:
        value = row.extra.get(entry.name)
        found[entry.name] = None if value is None else entry.to_json(entry.from_json(value))
    return found


def _currency(row: Record) -> dict[str, str]:
    return {"currency": row.currency} if isinstance(row, Document) else {}


def list_fields(kind: DocumentType, columns: Sequence[str]) -> list[Field]:
    """The fields of a list: those asked for, else all that stand in the row itself."""
    if columns:
        return [kind.field(name) for name in columns]
    return [entry for entry in kind.all_fields if EXTENSION_MARK not in entry.name]


def described(entry: Field) -> dict[str, Any]:
    """A field as programs that draw forms read it."""
    found: dict[str, Any] = {
        "name": entry.name,
        "kind": str(entry.kind),
        "label": str(entry.label),
        "required": entry.required,
        "readonly": entry.readonly,
    }
    if entry.help:
        found["help"] = str(entry.help)
    if entry.kind is Kind.CHOICE:
        found["choices"] = [{"value": value, "label": str(label)} for value, label in entry.choices]
    if entry.kind is Kind.LINK:
        found["target"] = entry.target
    if entry.kind in {Kind.TEXT, Kind.EMAIL, Kind.PHONE}:
        found["length"] = entry.length
    if entry.is_number:
        found |= {
            "unit": str(entry.unit),
            "minimum": entry.to_json(entry.minimum),
            "maximum": entry.to_json(entry.maximum),
        }
    if entry.kind in {Kind.DECIMAL, Kind.MONEY}:
        found["places"] = entry.places
    if entry.kind is Kind.LINES:
        found["fields"] = [described(inner) for inner in entry.fields]
    return found


def file_json(file: File) -> dict[str, Any]:
    """A file's row."""
    return {
        "id": file.id,
        "name": file.name,
        "size": file.size,
        "media_type": file.media_type,
        "purpose": file.purpose,
        "created_at": moment(file.created_at),
        "created_by": file.created_by,
    }


def moment(value: Any) -> str | None:
    """A moment in ISO 8601, in UTC."""
    found: str | None = Field("at", Kind.DATETIME).to_json(value)
    return found
