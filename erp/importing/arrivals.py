"""Documents come in as history: in a final state, under their old numbers, and without anything being set going.

They are saved and marked, and that is all: no process begins, no job is left behind, nothing outside is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from erp import clock, context
from erp.data.base import session
from erp.data.organisation import company
from erp.documents.arrivals import arrived, mark
from erp.documents.base import Document
from erp.documents.fields import Field, Kind
from erp.documents.types import declared, line_value
from erp.errors import ErpError
from erp.i18n import _
from erp.importing.matching import Chunk, Matcher, told
from erp.importing.plans import LINES, STATE, Plan, passed_before
from erp.importing.readings import Item, Problem


class Arrivals(Matcher):
    """Documents of one plan."""

    def __init__(self, plan: Plan, file_name: str) -> None:
        super().__init__(plan)
        self.file_name = file_name
        self.entries = {entry.name: entry for entry in self.fields}
        self.of_lines = [entry for entry in self.fields if entry.name.startswith(LINES)]
        self.required = [entry for entry in self.required if not entry.name.startswith(LINES)]
        self.line_required = [entry.name for entry in self.kind.line_fields if entry.required and entry.default is None]
        self.passed = lru_cache(maxsize=100)(lambda state: passed_before(plan.type, state))

    def _typed(self, item: Item, chunk: Chunk) -> dict[str, Any] | None:
        values = super()._typed(item, chunk)
        lines, found = self._lines(item)
        chunk.problems.extend(found)
        return None if values is None or found else {**values, "lines": lines}

    def _lines(self, item: Item) -> tuple[list[dict[str, Any]], list[Problem]]:
        """The lines in their types, and what is wrong with them."""
        lines: list[dict[str, Any]] = []
        found: list[Problem] = []
        for given in item.lines:
            row, values = next(iter(given.values())).row, dict[str, Any]()
            for entry in self.of_lines:
                if entry.name not in given:
                    continue
                try:
                    values[entry.name.removeprefix(LINES)] = self._value(entry, given[entry.name].text)
                except ValueError as error:
                    found.append(Problem(row, self._column(entry), given[entry.name].text, str(error)))
            missing = [name for name in self.line_required if values.get(name) is None]
            found += [Problem(row, LINES + name, "", _("Fill this in.")) for name in missing]
            lines.append(values)
        return lines, found

    def _compare(self, item: Item, row: Any, values: Mapping[str, Any], chunk: Chunk) -> None:
        """The same file again changes nothing; whatever differs is told, and nothing is written over."""
        if not arrived(self.kind.name, [row.id]):
            said = _("There is a document of your own with this number already.")
        elif self._differs(row, values):
            said = _("This document is here already and says something else. Imported history is not written over.")
        else:
            chunk.unchanged += 1
            return
        chunk.problems.append(Problem(item.row, self._column(self.key_field), item.key, said))

    def _differs(self, row: Any, values: Mapping[str, Any]) -> bool:
        own = {entry.name: entry for entry in self.kind.line_fields}
        heads = ((name, value) for name, value in values.items() if name != "lines")
        if any(self._held(row, name) != value for name, value in heads):
            return True
        if not self.of_lines:
            return False
        return len(row.lines) != len(values["lines"]) or any(
            line_value(line, own[name]) != value
            for line, given in zip(row.lines, values["lines"], strict=True)
            for name, value in given.items()
        )

    def _held(self, row: Any, name: str) -> Any:
        return self.kind.value(row, self.entries[name])

    def _add(self, item: Item, values: dict[str, Any], chunk: Chunk) -> None:
        missing = [entry for entry in self.required if values.get(entry.name) is None]
        for entry in missing:
            chunk.problems.append(Problem(item.row, self._column(entry), "", _("Fill this in.")))
        if missing:
            return
        try:
            self._made(values)
        except ErpError as error:
            said = told(error)
            chunk.problems.append(Problem(item.row, "", item.key, said))
        else:
            chunk.new.append((item, values))

    def insert(self, rows: Sequence[dict[str, Any]]) -> None:
        """Write documents with their lines, each marked as brought in; flushed when it returns."""
        made = [self._made(values) for values in rows]
        session().add_all(made)
        session().flush()
        for document in made:
            document.arrived()
        session().flush()
        mark([(self.kind.name, document.id) for document in made], self.file_name)

    def _made(self, values: Mapping[str, Any]) -> Document:
        """The document as it will be saved; what the file does not say follows from its lines."""
        cls: Any = self.kind.cls
        document: Document = cls()
        heads = {name: value for name, value in values.items() if name not in {"lines", STATE}}
        with session().no_autoflush:
            document.company_id, document.branch_id = context.current().company_id or 0, context.current().branch_id
            document.currency, document.extra, document.passed_states = company().currency, {}, []
            self._fill(document, heads)
            for entry in self.kind.fields:
                if entry.name not in values and not entry.extra and entry.kind is not Kind.LINK:
                    setattr(document, entry.name, entry.initial)
            own = {entry.name: entry for entry in self.kind.line_fields}
            lines = [(self.kind.line_cls(position=place), given) for place, given in enumerate(values["lines"])]
            for line, given in lines:
                _fill_line(line, own, {**{n: e.initial for n, e in own.items() if e.kind is not Kind.LINK}, **given})
            if self.kind.line_cls is not None:
                document.lines = [line for line, _given in lines]  # type: ignore[attr-defined]
                document.recompute()
                # what the file says of sums and taxes counts, whatever they would come to today
                self._fill(document, heads)
                for line, given in lines:
                    _fill_line(line, own, given)
            state = str(values.get(STATE) or "")
            document.state, document.passed_states = state, self.passed(state) if state else []
            document.created_at = values.get("created_at") or clock.now()
            document.state_at = document.created_at if state else None
            document.arrive()
        return document

    def _fill(self, document: Any, heads: Mapping[str, Any]) -> None:
        for name, value in heads.items():
            entry = self.entries[name]
            if entry.kind is Kind.LINK and not entry.extra:
                setattr(document, entry.name, _linked(entry, value))
            self.kind.put(document, entry, value)


def _fill_line(line: Any, own: Mapping[str, Field], values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if own[name].kind is Kind.LINK:
            setattr(line, name, _linked(own[name], value))
        setattr(line, f"{name}_id" if own[name].kind is Kind.LINK else name, value)


def _linked(entry: Field, value: int | None) -> Any:
    return None if value is None else session().get(declared()[entry.target].cls, value)
