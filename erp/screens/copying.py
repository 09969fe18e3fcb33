"""Duplicate: what a new document may take over from one that is there; nothing is kept before somebody saves it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from erp.documents.fields import Field, Kind
from erp.documents.types import DocumentType, line_value

OWN = {"tenant_id", "id"}
DAYS = {Kind.DATE, Kind.DATETIME}


def copied(kind: DocumentType, row: Any, fields: Sequence[Field]) -> dict[str, Any]:
    """The values of a row that a new one of its type may begin with.

    Left out: what must be unique, what only the program writes, files, and a document's days, which belong to its
    process.
    """
    once = unique_fields(kind.cls)
    found: dict[str, Any] = {}
    for entry in fields:
        if entry.kind is Kind.LINES:
            found[entry.name] = [_line(line, entry.fields) for line in getattr(row, entry.name)]
        elif _is_carried(entry, once) and not (kind.is_document and entry.kind in DAYS):
            found[entry.name] = kind.value(row, entry)
    return {name: value for name, value in found.items() if value is not None}


def _is_carried(entry: Field, once: set[str]) -> bool:
    return not entry.readonly and entry.kind is not Kind.FILES and entry.name not in once


def _line(line: Any, fields: Sequence[Field]) -> dict[str, Any]:
    once = unique_fields(type(line))
    return {entry.name: line_value(line, entry) for entry in fields if _is_carried(entry, once)}


def unique_fields(cls: Any) -> set[str]:
    """The fields of which no two rows may hold the same, alone or with others."""
    table: sa.Table = cls.__table__
    rules = [rule for rule in table.constraints if isinstance(rule, sa.UniqueConstraint)]
    columns = [list(rule.columns) for rule in rules]
    columns += [[each for each in index.columns if each is not None] for index in table.indexes if index.unique]
    return {each.name.removesuffix("_id") for group in columns for each in group if each.name not in OWN}
