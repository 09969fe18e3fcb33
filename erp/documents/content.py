"""What a document says: the declared content, its hash, and what differs between two of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from erp import context
from erp.data.audit import plain
from erp.documents.base import Document
from erp.documents.fields import Field, Kind
from erp.documents.types import DocumentType, Table, line_value, type_of

_EXACT = frozenset({Kind.DECIMAL, Kind.MONEY})
FIELDS, TABLES = "fields", "tables"
Content = dict[str, Any]
"""{"fields": {name: value}, "tables": {name: [{"id", field: value}]}} as JSON keeps it."""


@dataclass(frozen=True)
class Difference:
    """One thing that is no longer as it was; `line` says in which row of which table, "" for the document itself."""

    field: Field | None
    """None for a whole row."""
    before: Any
    after: Any
    table: str = ""
    line: str = ""


def _whole(document: Document) -> DocumentType:
    """Its type with every field: what a document says is not a matter of who asks."""
    with context.acting(source="system"):
        return type_of(document)


def _counted(kind: DocumentType) -> tuple[Field, ...]:
    names = getattr(kind.cls, "content_fields", ())
    return tuple(entry for entry in kind.editable if not names or entry.name in names)


def of(document: Document) -> Content:
    """The content of a document: its declared fields and lines, or all that people fill in."""
    kind = _whole(document)
    fields: dict[str, Any] = {}
    tables: dict[str, list[dict[str, Any]]] = {}
    for entry in _counted(kind):
        if entry.kind is Kind.LINES:
            table = kind.table(entry.name)
            tables[entry.name] = [_line(table, line) for line in getattr(document, entry.name)]
        elif entry.kind is not Kind.FILES:
            fields[entry.name] = _plain(entry, kind.value(document, entry))
    return {FIELDS: fields, TABLES: tables}


def _plain(entry: Field, value: Any) -> Any:
    """A value as JSON keeps it, the same whether it was just set or read again."""
    return plain(Decimal(str(value)) if isinstance(value, int) and entry.kind in _EXACT else value)


def _line(table: Table, line: Any) -> dict[str, Any]:
    values = {entry.name: _plain(entry, line_value(line, entry)) for entry in table.fields if not entry.readonly}
    return {"id": line.id, "title": str(getattr(line, line.title_field, "") or ""), **values}


def digest(content: Content) -> str:
    """The SHA-256 of a content; rows count by what they say and their order, not by their ids."""
    said = {
        FIELDS: {name: value for name, value in content[FIELDS].items() if value not in (None, "")},
        TABLES: {
            name: [{key: value for key, value in row.items() if key != "id"} for row in rows]
            for name, rows in content[TABLES].items()
        },
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()


def differences(document: Document, before: Content, after: Content) -> list[Difference]:
    """What changed from one content to another, fields first, then rows changed, added and removed."""
    kind = _whole(document)
    found = []
    for entry in _counted(kind):
        if entry.kind is Kind.LINES:
            rows = (each[TABLES].get(entry.name, []) for each in (before, after))
            found += _in_rows(kind.table(entry.name), *({row["id"]: row for row in side} for side in rows))
        else:
            old, new = before[FIELDS].get(entry.name), after[FIELDS].get(entry.name)
            if old != new and (old or new):
                found.append(Difference(entry, old, new))
    return found


def _in_rows(
    table: Table, before: Mapping[int, Mapping[str, Any]], after: Mapping[int, Mapping[str, Any]]
) -> list[Difference]:
    found = []
    for key in before.keys() & after.keys():
        old, new = before[key], after[key]
        found += [
            Difference(entry, old.get(entry.name), new.get(entry.name), str(table.label), str(new["title"]))
            for entry in table.fields
            if old.get(entry.name) != new.get(entry.name)
        ]
    for key in after.keys() - before.keys():
        found.append(Difference(None, None, dict(after[key]), str(table.label), str(after[key]["title"])))
    for key in before.keys() - after.keys():
        found.append(Difference(None, dict(before[key]), None, str(table.label), str(before[key]["title"])))
    return found
