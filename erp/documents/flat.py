"""A list as plain values: columns read without making an object of every row, for exports."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from erp.documents.base import Record
from erp.documents.fields import Field, Kind
from erp.documents.lists import ListQuery
from erp.documents.types import EXTENSION_MARK, declared

CHUNK = 2000
Reader = Callable[[Any], Any]


def values_of(query: ListQuery, columns: Sequence[Field]) -> Iterator[list[Any]]:
    """Each row of the list as the values of these columns, links by their title, then its id and its version."""
    if any(_needs_objects(entry) for entry in columns):
        return _from_objects(query, columns)
    return _from_columns(query, columns)


def _needs_objects(entry: Field) -> bool:
    """Whether a value is not one column's: fields of other plugins, and links to what makes its title itself."""
    if EXTENSION_MARK in entry.name:
        return True
    return entry.kind is Kind.LINK and (entry.extra or declared()[entry.target].cls.title is not Record.title)


def _from_objects(query: ListQuery, columns: Sequence[Field]) -> Iterator[list[Any]]:
    for row in query.rows():
        values = [_value(query, row, entry) for entry in columns]
        yield [*values, row.id, row.version]


def _value(query: ListQuery, row: Any, entry: Field) -> Any:
    if entry.kind is Kind.LINK:
        linked = query.type.linked(row, entry)
        return linked.title if linked is not None else None
    return query.type.value(row, entry)


def _from_columns(query: ListQuery, columns: Sequence[Field]) -> Iterator[list[Any]]:
    cls = query.type.cls
    wanted: list[Any] = []
    joins: list[tuple[Any, Any]] = []
    extra = [entry for entry in columns if entry.extra]
    for entry in columns:
        if entry.kind is Kind.LINK:
            target = aliased(declared()[entry.target].cls)
            key = getattr(cls, f"{entry.name}_id")
            joins.append((target, target.id == key))
            title = getattr(target, declared()[entry.target].cls.title_field)
            wanted.append(sa.case((target.id.is_(None), None), else_=_named(title, target.id)))
        else:
            wanted.append(cls.extra if entry.extra else getattr(cls, entry.name))
    read = _reader(columns) if extra else list
    for row in query.tuples([*wanted, cls.id, cls.version], joins, CHUNK):
        yield read(row)


def _named(title: Any, key: Any) -> Any:
    """The title as `Record.title` gives it."""
    return sa.func.coalesce(sa.func.nullif(sa.cast(title, sa.Text), ""), sa.func.concat("#", key))


def _reader(columns: Sequence[Field]) -> Reader:
    """Takes the values of fields made in the browser out of the column they live in."""
    places = [(place, entry) for place, entry in enumerate(columns) if entry.extra]

    def read(row: Any) -> list[Any]:
        values = list(row)
        for place, entry in places:
            raw = values[place].get(entry.name)
            values[place] = None if raw is None else entry.from_json(raw)
        return values

    return read
