"""Items meet the records there are: which are new, which change, which stay, and what stands in the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from erp import clock, context
from erp.data.base import session
from erp.documents.base import Record
from erp.documents.fields import Field, Kind
from erp.documents.types import DocumentType, declared
from erp.errors import ErpError, Invalid
from erp.i18n import _
from erp.importing.plans import Plan, importable, importable_fields
from erp.importing.readings import Item, Picked, Problem, Reading
from erp.importing.tables import ERRORS, UNSOLVED


@dataclass
class Outcome:
    """What an import did, or would do."""

    rows: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    """{the rule in words: rows it left out}"""
    repeated: int = 0
    """Rows that went into a record together with an earlier row."""
    arriving: bool = False
    """Whether they are documents, which come as history."""
    problem_count: int = 0
    problems: list[Problem] = field(default_factory=list)

    @classmethod
    def of(cls, reading: Reading, plan: Plan) -> Outcome:
        """The counts a file alone gives; every row is yet a record of its own."""
        return cls(
            rows=reading.rows,
            skipped={skip.words(): reading.skipped[skip] for skip in plan.skips},
            repeated=reading.taken,
            problem_count=reading.problem_count,
            problems=list(reading.problems),
        )

    def refuse(self, problems: Sequence[Problem]) -> None:
        """Note problems beside those of the file."""
        self.problem_count += len(problems)
        self.problems.extend(problems[: max(0, 10_000 - len(self.problems))])

    def as_json(self, shown: int = 50) -> dict[str, Any]:
        """What a job row and REST keep."""
        return {
            "rows": self.rows, "new": self.new, "changed": self.changed, "unchanged": self.unchanged,
            "skipped": self.skipped, "repeated": self.repeated, "problem_count": self.problem_count,
            "problems": [each.as_json() for each in self.problems[:shown]],
        }  # fmt: skip


@dataclass
class Chunk:
    """Items of one transaction, ready to be written."""

    new: list[tuple[Item, dict[str, Any]]] = field(default_factory=list)
    changed: list[tuple[Item, Any, dict[str, Any]]] = field(default_factory=list)
    """(item, its record, the fields that differ)"""
    unchanged: int = 0
    problems: list[Problem] = field(default_factory=list)
    size: int = 0
    """Items it was made of."""

    def tell(self, outcome: Outcome) -> None:
        """Add this chunk's counts."""
        outcome.repeated -= self.size
        outcome.new += len(self.new)
        outcome.changed += len(self.changed)
        outcome.unchanged += self.unchanged
        outcome.refuse(self.problems)


class Matcher:
    """Knows a plan's type, and finds and compares its records."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.kind: DocumentType = importable(plan.type)
        known = {entry.name: entry for entry in importable_fields(self.kind)}
        self.fields = [known[name] for name in plan.sources]
        self.required = [entry for entry in known.values() if entry.required and entry.default is None]
        self.key_field = known[plan.key]
        self._initial = {entry.name: entry.initial for entry in self.fields}
        self._linked = {
            f"{entry.name}_id": entry.initial
            for name, entry in known.items()
            if entry.kind is Kind.LINK and name not in plan.sources and entry.default is not None
        }
        self._words = {entry.name: _labels(entry) for entry in self.fields if entry.kind is Kind.CHOICE}
        self._links: dict[tuple[str, str], int | None] = {}

    def match(self, items: Sequence[Item], *, lock: bool = False) -> Chunk:
        """What becomes of these items; with `lock` the records there are cannot be changed by others meanwhile."""
        chunk = Chunk(size=len(items))
        self._find_links(items)
        typed = [(item, values) for item in items if (values := self._typed(item, chunk)) is not None]
        present = self._present([values[self.plan.key] for _item, values in typed], lock=lock)
        for item, values in typed:
            rows = present.get(values[self.plan.key], [])
            if len(rows) > 1:
                said = _("%(count)s records have this value; which is meant?", count=len(rows))
                chunk.problems.append(Problem(item.row, self._column(self.key_field), item.key, said))
            elif rows:
                self._compare(item, rows[0], values, chunk)
            else:
                self._add(item, values, chunk)
        return chunk

    def _column(self, entry: Field) -> str:
        return self.plan.sources[entry.name].column or str(entry.label)

    def _typed(self, item: Item, chunk: Chunk) -> dict[str, Any] | None:
        """The item's values in their types, None when some are wrong; empty ones are left out."""
        values: dict[str, Any] = {}
        found: list[Problem] = []
        for entry in self.fields:
            picked = item.fields.get(entry.name)
            if picked is None:
                continue
            try:
                values[entry.name] = self._value(entry, picked.text)
            except ValueError as error:
                found.append(Problem(picked.row, self._column(entry), picked.text, str(error)))
        chunk.problems.extend(found)
        return None if found else values

    def insert(self, rows: Sequence[dict[str, Any]]) -> None:
        """Write new records; flushed when it returns."""
        session().execute(sa.insert(self.kind.cls), list(rows))

    def _value(self, entry: Field, text: str) -> Any:
        if text in ERRORS:
            raise ValueError(_("“%(text)s” is an error of the sheet's own formula.", text=text))
        if text == UNSOLVED:
            raise ValueError(_("This formula has no value yet. Open the file, save it, and bring it again."))
        if entry.kind in {Kind.DATE, Kind.DATETIME} and text.replace(".", "", 1).isdecimal():
            raise ValueError(
                _("“%(text)s” is a number. Write a date, or give the column the form of a date.", text=text)
            )
        if entry.kind is Kind.LINK:
            linked = self._links[(entry.name, text)]
            if linked is None:
                raise ValueError(_("There is nothing called “%(text)s”, or more than one.", text=text[:60]))
            return linked
        if entry.kind is Kind.CHOICE:
            text = self._words[entry.name].get(text.casefold(), text)
        return entry.parse(text)

    def _find_links(self, items: Sequence[Item]) -> None:
        """Look the linked records of these items up by what people call them."""
        for entry in self.fields:
            if entry.kind is not Kind.LINK:
                continue
            texts = {picked.text for item in items for picked in _said(item, entry.name)}
            unknown = {text for text in texts if (entry.name, text) not in self._links}
            found: dict[str, set[int]] = {text: set() for text in unknown}
            for column in _names(declared()[entry.target].cls) if unknown else ():
                cls = declared()[entry.target].cls
                for row_id, text in session().execute(sa.select(cls.id, column).where(column.in_(unknown))):
                    found[str(text)].add(row_id)
            for text, ids in found.items():
                self._links[(entry.name, text)] = next(iter(ids)) if len(ids) == 1 else None

    def _present(self, keys: Sequence[Any], *, lock: bool) -> dict[Any, list[Record]]:
        cls = self.kind.cls
        column = getattr(cls, self.plan.key)
        statement = sa.select(cls).where(column.in_(keys)).order_by(cls.id)
        if lock:
            statement = statement.with_for_update().execution_options(populate_existing=True)
        found: dict[Any, list[Record]] = {}
        for row in session().scalars(statement):
            found.setdefault(getattr(row, self.plan.key), []).append(row)
        return found

    def _compare(self, item: Item, row: Record, values: Mapping[str, Any], chunk: Chunk) -> None:
        entries = {entry.name: entry for entry in self.fields}
        different = {name: value for name, value in values.items() if self.kind.value(row, entries[name]) != value}
        if different:
            chunk.changed.append((item, row, different))
        else:
            chunk.unchanged += 1

    def _add(self, item: Item, values: dict[str, Any], chunk: Chunk) -> None:
        missing = [entry for entry in self.required if values.get(entry.name) is None]
        for entry in missing:
            column = self._column(entry) if entry.name in self.plan.sources else str(entry.label)
            chunk.problems.append(Problem(item.row, column, "", _("Fill this in.")))
        if missing:
            return
        try:
            chunk.new.append((item, derived(self.kind.cls, self._stored(values))))
        except Invalid as error:
            chunk.problems.append(Problem(item.row, "", item.key, told(error)))

    def _stored(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """A new record's columns, the same for every record of the plan."""
        now, actor = clock.now(), context.current().name
        row: dict[str, Any] = {"created_at": now, "updated_at": now, "created_by": actor, "updated_by": actor}
        row |= {"extra": {}, **self._linked}
        for entry in self.fields:
            value = values.get(entry.name)
            if value is None:
                value = self._initial[entry.name]
            if entry.extra:
                row["extra"][entry.name] = entry.to_json(value)
            else:
                row[f"{entry.name}_id" if entry.kind is Kind.LINK else entry.name] = value
        return row


def derived(cls: type[Record], columns: dict[str, Any]) -> dict[str, Any]:
    """A new record's columns with those that follow from them; raises Invalid."""
    if cls.recompute is Record.recompute:
        return columns
    row = cls(**columns)
    row.recompute()
    known = sa.inspect(cls).column_attrs
    return columns | {name: value for name, value in vars(row).items() if name in known}


def told(error: ErpError) -> str:
    """What is wrong, in one sentence."""
    return next(iter(error.fields.values()), error.message)


def _labels(entry: Field) -> dict[str, str]:
    """What people may write for a choice: its value or its label, in any case."""
    found = {str(label).casefold(): value for value, label in entry.choices}
    return found | {value.casefold(): value for value, _label in entry.choices}


def _names(cls: type[Record]) -> list[Any]:
    """The columns a record is called by: its number, its code, its title."""
    names = [name for name in ("number", "code", cls.title_field) if name in sa.inspect(cls).columns]
    return [getattr(cls, name) for name in dict.fromkeys(names)]


def _said(item: Item, name: str) -> list[Picked]:
    """What an item says for a field, or its lines for theirs."""
    own = [item.fields[name]] if name in item.fields else []
    return own + [line[name] for line in item.lines if name in line]
