"""What was edited in a sheet that comes back: cell by cell old and new, and what stands in the way of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from erp import context, operations
from erp.batches.books import Book, Row
from erp.batches.cells import Cell, Reader
from erp.data.audit import AuditEntry, plain
from erp.data.base import session
from erp.documents.base import Record
from erp.documents.fields import Field, Kind
from erp.documents.types import EXTENSION_MARK, DocumentType
from erp.forms import Lookup
from erp.i18n import _, format_inside

CHUNK = 500
MOST_PROBLEMS = 2000
States = Callable[[], Mapping[str, str]]
"""What the states are called in the acting language, by id."""


@dataclass(frozen=True)
class Edited:
    """One cell that was edited."""

    address: str
    label: str
    """The field's."""
    old: str
    new: str


@dataclass(frozen=True)
class Wish:
    """A row that is to be changed."""

    row_id: int
    version: int
    label: str
    cells: tuple[Edited, ...]
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Snag:
    """Why a row stays as it is, or what should be known of a cell."""

    address: str
    label: str
    message: str


@dataclass
class Comparison:
    """What a sheet wishes; nothing of it is written yet."""

    rows: int = 0
    same: int = 0
    wishes: list[Wish] = field(default_factory=list)
    problems: list[Snag] = field(default_factory=list)
    refused: int = 0
    """Rows that stay as they are because of a problem."""
    notes: list[Snag] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Comparison:
        """A comparison that was kept."""
        made = cls(kept["rows"], kept["same"], refused=kept["refused"], ignored=list(kept["ignored"]))
        made.problems = [Snag(**each) for each in kept["problems"]]
        made.notes = [Snag(**each) for each in kept["notes"]]
        made.wishes = [
            Wish(**{**each, "cells": tuple(Edited(**cell) for cell in each["cells"])}) for each in kept["wishes"]
        ]
        return made

    def refuse(self, snags: Iterable[Snag]) -> None:
        """Leave one row out, for these reasons."""
        self.refused += 1
        self.problems += list(snags)[: max(0, MOST_PROBLEMS - len(self.problems))]


def compare(content: bytes, kind: DocumentType, lookup: Lookup, states: States) -> Comparison:
    """Lay a sheet beside the rows as they are now; raises Invalid at `file` when it is no sheet of this list."""
    book = Book.opened(content, kind)
    found = Comparison()
    comparer = _Comparer(book, lookup, states, found)
    rows = _told_apart(book.rows(), found)
    while chunk := list(islice(rows, CHUNK)):
        comparer.take(chunk)
    found.ignored = book.ignored
    return found


def _told_apart(rows: Iterable[Row], found: Comparison) -> Iterator[tuple[int, int, Row]]:
    """(id, version, row) of those with a key that stands in the sheet once."""
    seen: dict[int, str] = {}
    for row in rows:
        if row.key in (None, "") and row.is_empty:
            continue
        found.rows += 1
        if row.key in (None, ""):
            said = _("New rows are not taken here: bring them in by Import.")
        elif not isinstance(row.key, int) or not isinstance(row.version, int) or not 0 < row.key < 2**63:
            said = _("The hidden columns of this row were changed. Export the list again.")
        elif row.key in seen:
            said = _("This is the same record as row %(row)s.", row=seen[row.key])
        else:
            seen[row.key] = row.place
            yield row.key, row.version, row
            continue
        found.refuse([Snag(row.place, "", said)])


class _Comparer:
    """Compares the rows of one book, some at a time."""

    def __init__(self, book: Book, lookup: Lookup, states: States, found: Comparison) -> None:
        self.kind, self.mark, self.lookup, self.found = book.kind, book.mark, lookup, found
        here = states() if self.kind.is_document else {}
        with context.acting(language=self.mark.language):
            there = states() if self.kind.is_document else {}
            labels = {entry.name: _labels(entry, there) for entry in book.columns if entry.kind is Kind.CHOICE}
        for entry in book.columns:
            if entry.kind is Kind.CHOICE:
                labels[entry.name] = _labels(entry, here) | labels[entry.name]
        self.fields = {
            entry.name: replace(entry, choices=tuple(here.items())) if entry.name == "state" else entry
            for entry in book.columns
        }
        self.reader = Reader(labels, ZoneInfo(self.mark.timezone), lookup)

    def take(self, chunk: Sequence[tuple[int, int, Row]]) -> None:
        """Compare these rows with what is there now."""
        ids = [row_id for row_id, _version, _row in chunk]
        rows = self._present(ids)
        editable = operations.editable_of(self.kind, ids)
        stale = [row_id for row_id, version, _row in chunk if row_id in rows and rows[row_id].version != version]
        since = self._since(stale) if stale else {}
        for row_id, version, row in chunk:
            present = rows.get(row_id)
            if present is None:
                self.found.refuse([Snag(row.place, "", _("This row is gone."))])
                continue
            edited = [name for name in row.cells if name in self.fields and self._differs(present, name, row)]
            if present.version != version:
                self._stale(present, row, edited, since.get(row_id, {}))
            elif edited:
                allowed = {entry.name for entry in editable[row_id]}
                self._wish(present, row, edited, allowed)
            else:
                self.found.same += 1
        for present in rows.values():
            session().expunge(present)

    def _present(self, ids: Sequence[int]) -> dict[int, Record]:
        links = [getattr(self.kind.cls, e.name) for e in self.fields.values() if _is_declared_link(e)]
        statement = sa.select(self.kind.cls).where(self.kind.cls.id.in_(ids)).options(*map(joinedload, links))
        return {row.id: row for row in session().scalars(statement).unique()}

    def _name(self, present: Record, entry: Field) -> str:
        linked = getattr(present, entry.name) if _is_declared_link(entry) else None
        return str(linked.title) if linked is not None else ""

    def _differs(self, present: Record, name: str, row: Row) -> bool:
        entry = self.fields[name]
        current = self.kind.value(present, entry)
        return not self.reader.is_as_shown(entry, row.cells[name][1], current, self._name(present, entry))

    # -- rows somebody changed since ---------------------------------------------------------------------

    def _since(self, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
        """{row: {column: what it held when the sheet was written}} of what was changed afterwards."""
        statement = sa.select(AuditEntry).where(
            AuditEntry.subject == self.kind.name, AuditEntry.subject_id.in_(ids), AuditEntry.at >= self.mark.written_at,
            AuditEntry.item == "",
        )  # fmt: skip
        found: dict[int, dict[str, Any]] = {}
        for entry in session().scalars(statement.order_by(AuditEntry.id)):
            for column, (before, _after) in entry.changes.items():
                found.setdefault(entry.subject_id, {}).setdefault(column, before)
        return found

    def _stale(self, present: Record, row: Row, edited: Sequence[str], before: Mapping[str, Any]) -> None:
        """Refuse the row if somebody edited it here too; what merely shows how it was is no edit."""
        typed = [name for name in edited if not self.fields[name].readonly]
        mine = [name for name in typed if not self._was_so(name, row.cells[name][1], before)]
        if not mine:
            self.found.same += 1
            return
        who, moment = present.updated_by or _("Somebody"), format_inside(present.updated_at)
        said = _("%(who)s changed this row after the export: %(moment)s.", who=who, moment=moment)
        self.found.refuse(Snag(row.cells[name][0], _called(present), said) for name in mine)

    def _was_so(self, name: str, cell: Cell, before: Mapping[str, Any]) -> bool:
        entry = self.fields[name]
        column = f"{name}_id" if entry.kind is Kind.LINK else name
        if column not in before:
            return False
        try:
            return bool(plain(self.reader.typed(entry, cell)) == before[column])
        except ValueError:
            return False

    # -- rows that may be changed --------------------------------------------------------------------------

    def _wish(self, present: Record, row: Row, edited: Sequence[str], allowed: set[str]) -> None:
        label, cells, snags = _called(present), [], []
        values: dict[str, Any] = {}
        for name in edited:
            entry, (address, cell) = self.fields[name], row.cells[name]
            try:
                value = self._allowed(entry, cell, allowed)
            except ValueError as error:
                snags.append(Snag(address, label, f"{entry.label}: {error}"))
                continue
            if cell.is_formula:
                said = _("%(field)s: the result of the formula is taken.", field=str(entry.label))
                self.found.notes.append(Snag(address, label, said))
            values[name] = entry.to_json(value)
            cells.append(self._edited(present, entry, address, value, str(cell.value or "")))
        if snags:
            self.found.refuse(snags)
        else:
            self.found.wishes.append(Wish(present.id, present.version, label, tuple(cells), values))

    def _allowed(self, entry: Field, cell: Cell, allowed: set[str]) -> Any:
        """The cell's value; ValueError when it does not fit, or may not be set at all or now."""
        if entry.readonly:
            raise ValueError(_("it is worked out by the program and cannot be set."))
        if entry.name not in allowed:
            raise ValueError(_("it cannot be changed now."))
        return self.reader.typed(entry, cell)

    def _edited(self, present: Record, entry: Field, address: str, value: Any, text: str) -> Edited:
        currency = getattr(present, "currency", "") or self.mark.currency
        current = self.kind.value(present, entry)
        if entry.kind is Kind.LINK:
            return Edited(address, str(entry.label), self._name(present, entry) or "–", text or "–")
        return Edited(address, str(entry.label), entry.shown(current, currency), entry.shown(value, currency))


def _labels(entry: Field, states: Mapping[str, str]) -> dict[str, str]:
    """The values of a choice by what somebody may write for them, in any case."""
    choices = states.items() if entry.name == "state" else entry.choices
    found = {value.casefold(): value for value, _label in choices}
    return found | {str(label).strip().casefold(): value for value, label in choices}


def _is_declared_link(entry: Field) -> bool:
    return entry.kind is Kind.LINK and not entry.extra and EXTENSION_MARK not in entry.name


def _called(row: Record) -> str:
    number = getattr(row, "number", None)
    return row.title if not number or number == row.title else _(", ").join((number, row.title))
