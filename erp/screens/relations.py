"""What a document leads to and what leads to it: through links, through lines, and as what another is about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from erp.access import can
from erp.data.base import session
from erp.documents.fields import Kind
from erp.documents.types import EXTENSION_MARK, DocumentType, declared

ABOUT = ("subject_type", "subject_id")
"""Columns of documents that are about one of any type."""
COUNTED = 100
"""Rows counted of each way."""
Way = tuple[DocumentType, sa.Select[Any]]
"""(type, ids of its rows that are related)"""


def _ways(own: DocumentType, row: Any) -> Iterator[Way]:
    """Each way there is, of types the actor may list."""
    listed = {name: kind for name, kind in declared().items() if can("list", name) and can("show", name)}
    yield from _leads_to(own, row, listed)
    for kind in listed.values():
        yield from _leads_here(own, row, kind)


def _leads_to(own: DocumentType, row: Any, listed: dict[str, DocumentType]) -> Iterator[Way]:
    """What the document itself names."""
    named = [
        (entry.target, own.value(row, entry))
        for entry in own.fields
        if entry.kind is Kind.LINK and EXTENSION_MARK not in entry.name
    ]
    if all(hasattr(own.cls, name) for name in ABOUT):
        named.append((row.subject_type or "", row.subject_id))
    for target, row_id in named:
        if target in listed and row_id is not None:
            cls = listed[target].cls
            yield listed[target], sa.select(cls.id).where(cls.id == row_id)


def _leads_here(own: DocumentType, row: Any, kind: DocumentType) -> Iterator[Way]:
    """Rows of a type that name the document, in their fields, in their lines, or as what they are about."""
    cls: Any = kind.cls
    for entry in kind.fields:
        if entry.kind is Kind.LINK and entry.target == own.name and EXTENSION_MARK not in entry.name:
            yield kind, sa.select(cls.id).where(getattr(cls, f"{entry.name}_id") == row.id)
    for table in kind.tables:
        for entry in table.fields:
            if entry.kind is Kind.LINK and entry.target == own.name:
                named = getattr(table.cls, f"{entry.name}_id") == row.id
                yield kind, sa.select(table.cls.document_id).where(named).distinct()
    if all(hasattr(cls, name) for name in ABOUT):
        yield kind, sa.select(cls.id).where(cls.subject_type == own.name, cls.subject_id == row.id)


def counted(own: DocumentType, row: Any, most: int = 100) -> sa.ColumnElement[int]:
    """How many related rows there are, at most COUNTED of each way; a part of a larger statement."""
    found = [ids.limit(COUNTED).subquery() for _kind, ids in _ways(own, row)]
    total: sa.ColumnElement[int] = sa.literal(0)
    for ids in found:
        total = total + sa.select(sa.func.count()).select_from(ids).scalar_subquery()
    return total


def newest(own: DocumentType, row: Any, most: int) -> dict[str, list[int]]:
    """{type: ids, the newest first}, at most `most` of each; one statement."""
    ways = []
    for kind, ids in _ways(own, row):
        id_ = ids.selected_columns[0]
        latest = ids.order_by(id_.desc()).limit(most).subquery()
        ways.append(sa.select(sa.literal(kind.name).label("kind"), latest.c[0].label("row_id")))
    found: dict[str, set[int]] = {}
    for name, row_id in session().execute(sa.union_all(*ways)) if ways else ():
        if (name, row_id) != (own.name, row.id):
            found.setdefault(name, set()).add(row_id)
    return {name: sorted(ids, reverse=True)[:most] for name, ids in found.items()}
