"""Typed values put into a document: fields, links, extensions, lines; a broken rule becomes a sentence at its field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from erp import clock, context
from erp.data.base import before_commit, hold, session
from erp.documents.base import Record
from erp.documents.fields import Field, Kind
from erp.documents.linking import not_at_hand
from erp.documents.types import EXTENSION_MARK, DocumentType, Table, declared
from erp.errors import Invalid
from erp.i18n import _

Values = Mapping[str, Any]


def apply(kind: DocumentType, row: Record, allowed: Iterable[Field], values: Values) -> None:
    """Set the given values of the allowed fields, on a new row every default too; raises Invalid naming misfits."""
    fields = {entry.name: entry for entry in allowed}
    errors: dict[str, str] = {}
    is_new = row.id is None
    for name in set(values) - set(fields):
        errors[name] = _("This cannot be changed now.")
    for name, entry in fields.items():
        if name not in values and not is_new:
            continue
        value = values.get(name, entry.initial)
        try:
            if entry.kind is Kind.LINES:
                _apply_lines(kind.table(name), row, value or [], errors)
            else:
                _put(kind, row, entry, entry.check(_meant(row, entry, value)))
        except ValueError as error:
            errors[name] = str(error)
    if errors:
        raise Invalid(fields=errors)


def _meant(row: Any, entry: Field, value: Any) -> Any:
    """The value; an empty field that may be left out but must hold something means its default."""
    column = row.__table__.columns.get(entry.name)
    if value is not None or entry.required or column is None or column.nullable:
        return value
    return entry.initial


def _put(kind: DocumentType, row: Any, entry: Field, value: Any) -> None:
    """Set a field; a link's record is put beside its id, so that rules see it before anything is written."""
    if entry.kind is Kind.LINK and not entry.extra:
        if _is_linked(row, entry, value):
            return
        found = _linked(entry, value)
        if EXTENSION_MARK in entry.name:
            _grow(kind, row, entry, value)
            return
        setattr(row, entry.name, found)
        setattr(row, f"{entry.name}_id", value)
    elif EXTENSION_MARK in entry.name:
        _grow(kind, row, entry, value)
    elif row.id is None or kind.value(row, entry) != value:  # what stays as it is need not be looked at by a flush
        kind.put(row, entry, value)


def _grow(kind: DocumentType, row: Any, entry: Field, value: Any) -> None:
    """Set a field of an extension; that of a new row has a row of its own only once there is something to keep."""
    if row.id is not None:
        kind.put(row, entry, value)
    elif value not in (None, False, ""):
        before_commit(lambda: kind.put(row, entry, value))


def _is_linked(row: Any, entry: Field, value: int | None) -> bool:
    """Whether a link leads there already: what stands there is not looked for again."""
    return EXTENSION_MARK not in entry.name and getattr(row, f"{entry.name}_id") == value


def _linked(entry: Field, value: int | None) -> Any:
    """The record a link points to; ValueError with a sentence when the actor's tenant has no such row."""
    if value is None:
        return None
    target = declared().get(entry.target)
    with context.whole() if entry.anywhere else nullcontext():
        found = session().get(target.cls, value) if target is not None else None
    if found is None:
        raise ValueError(_("Choose one of the list."))
    return found


def _apply_lines(table: Table, row: Any, given: Sequence[Values], errors: dict[str, str]) -> None:
    """Replace the lines by those given: known ids are changed, new ones added, those left out removed."""
    present = {line.id: line for line in getattr(row, table.name)}
    _read_linked(table, given, present)
    kept, wrong = [], dict[str, str]()
    for place, values in enumerate(given):
        line_id = values.get("id")
        line = present.get(int(line_id)) if line_id else table.cls()
        if line is None:
            wrong[f"{table.name}-{place}-id"] = _("This line was removed by somebody else.")
            continue
        if line.position != place:
            line.position = place
        for entry in table.fields:
            if entry.readonly or (entry.name not in values and line_id):
                continue
            try:
                value = _meant(line, entry, values.get(entry.name, entry.initial))
                _put_in_line(line, entry, entry.check(value))
            except ValueError as error:
                wrong[f"{table.name}-{place}-{entry.name}"] = str(error)
        kept.append(line)
    errors |= wrong
    if wrong:
        return
    is_other = kept != list(present.values())
    if row.id is not None and (is_other or any(session().is_modified(line) for line in kept)):
        # a row whose inner rows changed is a new version of itself
        row.updated_at = clock.now()
    if is_other:
        setattr(row, table.name, kept)


def _read_linked(table: Table, given: Sequence[Values], present: Mapping[int, Any]) -> None:
    """Have at hand what lines link to anew: one statement for each field, however many lines there are."""
    for entry in table.fields:
        target = declared().get(entry.target)
        if entry.kind is not Kind.LINK or entry.readonly or target is None:
            continue
        left = not_at_hand(target.cls, _anew(entry, given, present))
        if len(left) > 1:
            with context.whole() if entry.anywhere else nullcontext():
                hold(session().scalars(sa.select(target.cls).where(target.cls.id.in_(left))))


def _anew(entry: Field, given: Sequence[Values], present: Mapping[int, Any]) -> set[int]:
    """The keys that lines do not link to already."""
    found = set()
    for values in given:
        key, line = values.get(entry.name), present.get(int(values.get("id") or 0))
        if isinstance(key, int) and (line is None or not _is_linked(line, entry, key)):
            found.add(key)
    return found


def _put_in_line(line: Any, entry: Field, value: Any) -> None:
    if entry.kind is Kind.LINK:
        if _is_linked(line, entry, value):
            return
        setattr(line, entry.name, _linked(entry, value))
        setattr(line, f"{entry.name}_id", value)
    elif line.id is None or getattr(line, entry.name) != value:
        setattr(line, entry.name, value)


def explained(kind: DocumentType, error: IntegrityError) -> Invalid:
    """What a broken rule of the database means, at the field it is about."""
    diagnosis = getattr(error.orig, "diag", None)
    constraint = str(getattr(diagnosis, "constraint_name", "") or "")
    column = str(getattr(diagnosis, "column_name", "") or "")
    named = {entry.name for entry in kind.fields if entry.name in constraint} | {column.removesuffix("_id")}
    name = max(named & {entry.name for entry in kind.fields}, key=len, default="")
    if "unique" in str(error.orig).lower():
        return Invalid(fields={name: _("There is already one with this value.")})
    return Invalid(fields={name: _("This value is not accepted.")})
