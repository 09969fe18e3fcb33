"""The plan of an import: which column or text fills which field, what is tidied, and which rows are left out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from typing import Any

import sqlalchemy as sa

from erp.documents.fields import Field, Kind
from erp.documents.types import EXTENSION_MARK, DocumentType, document_type
from erp.errors import Invalid, UserError
from erp.i18n import _, _l
from erp.importing.tables import Table
from erp.workflow import definitions
from erp.workflow.diagrams.diagram import Diagram

PICKS: Mapping[str, str] = {
    "first": _l("The first value"),
    "last": _l("The last value"),
    "most": _l("The most frequent value"),
}
"""Whose value counts where several rows have one key; empty values never do."""
TESTS: Mapping[str, str] = {
    "empty": _l("is empty"),
    "filled": _l("is filled in"),
    "equals": _l("is"),
    "differs": _l("is not"),
    "begins": _l("begins with"),
    "contains": _l("contains"),
}
TIDIES: Mapping[str, str] = {
    "upper": _l("In capital letters"),
    "lower": _l("In small letters"),
    "whole": _l("Without “.0” at the end"),
}
PLACE = re.compile(r"\{([^{}]+)\}")
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")
MOST_SKIPS = 20
LINES = "lines."
"""Begins the names of a line's fields."""
STATE = "state"
LONGEST = 400


@dataclass(frozen=True)
class Source:
    """Where a field's value comes from: a column, or a text with columns in braces."""

    column: str = ""
    text: str = ""
    """A constant, or a template such as `Customer {CustomerID}`."""
    pick: str = "first"
    positive: bool = False
    """Numbers of zero and below do not count."""

    def columns(self) -> list[str]:
        """The columns it reads."""
        return [self.column] if self.column else PLACE.findall(self.text)


@dataclass(frozen=True)
class Skip:
    """A visible rule: rows of which it is true are left out."""

    column: str
    test: str = "empty"
    value: str = ""

    def words(self) -> str:
        """The rule as people read it."""
        said = f"“{self.column}” {TESTS[self.test]}"
        return said if self.test in {"empty", "filled"} else f"{said} “{self.value}”"


@dataclass(frozen=True)
class Plan:
    """How a file becomes records of one type; rows of the same `key` are the same record."""

    type: str
    key: str
    sources: Mapping[str, Source]
    skips: tuple[Skip, ...] = ()
    tidy: Mapping[str, str] = field(default_factory=dict)
    """{column: how its values are tidied before anything else}"""

    def as_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        return asdict(self) | {"skips": [asdict(each) for each in self.skips]}

    @classmethod
    def from_json(cls, sent: Any) -> Plan:
        """A plan from what a form or program sent; raises Invalid for a wrong shape. `checked` looks at the names."""
        try:
            sources = {str(name): _made(Source, each) for name, each in dict(sent["sources"]).items()}
            skips = tuple(_made(Skip, each) for each in list(sent.get("skips", ())))
            tidy = {str(column): str(how) for column, how in dict(sent.get("tidy", {})).items() if how}
            return cls(str(sent["type"]), str(sent["key"]), sources, skips, tidy)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Invalid(_("This plan of an import is not complete.")) from None

    def checked(self, table: Table) -> Plan:
        """The plan if it fits the type and the file; raises Invalid with a sentence at each field."""
        errors: dict[str, str] = {}
        known = {entry.name: entry for entry in importable_fields(importable(self.type))}
        for name, source in self.sources.items():
            said = _wrong(source, table) if name in known else _("There is no such field.")
            if said:
                errors[name] = said
        if self.key not in known or self.key not in self.sources:
            errors["key"] = _("Choose the field that tells the records apart.")
        elif document_type(self.type).is_document and self.key != "number":
            errors["key"] = _("Documents are told apart by their numbers.")
        elif _is_no_key(known[self.key]):
            errors["key"] = _("Records cannot be told apart by “%(field)s”.", field=known[self.key].label)
        if STATE in known and STATE not in self.sources:
            errors[STATE] = _("Say in which state they arrive: a column, or one of these: %(states)s.",
                              states=_(", ").join(label for _value, label in known[STATE].choices))  # fmt: skip
        if len(self.skips) > MOST_SKIPS or any(not _fits(each, table) for each in self.skips):
            errors["skips"] = _("A rule names a column or a test that is not there.")
        if any(column not in table.columns or how not in TIDIES for column, how in self.tidy.items()):
            errors["tidy"] = _("Only columns of the file can be tidied.")
        if errors:
            raise Invalid(_("The plan does not fit the file."), fields=errors)
        return self


def _made(cls: type[Any], sent: Any) -> Any:
    known = {name: value for name, value in dict(sent).items() if name in cls.__dataclass_fields__}
    made = cls(**{name: bool(value) if name == "positive" else str(value)[:LONGEST] for name, value in known.items()})
    if isinstance(made, Skip) and made.test not in TESTS:
        raise ValueError(made.test)
    return made


def _wrong(source: Source, table: Table) -> str:
    if not source.column and not source.text:
        return _("Choose a column or write a text.")
    missing = [column for column in source.columns() if column not in table.columns]
    if missing:
        return _("The file has no column “%(column)s”.", column=missing[0])
    return "" if source.pick in PICKS else _("Choose one of the list.")


def _fits(skip: Skip, table: Table) -> bool:
    return skip.column in table.columns and skip.test in TESTS


def _is_no_key(entry: Field) -> bool:
    return entry.kind in {Kind.LINK, Kind.BOOLEAN, Kind.LONG_TEXT} or entry.extra or entry.name.startswith(LINES)


def importable(type_name: str) -> DocumentType:
    """The type, if files may be brought into it; raises UserError for documents that are never history."""
    kind = document_type(type_name)
    if kind.is_document and not getattr(kind.cls, "takes_history", False):
        raise UserError(_("%(type)s cannot be imported.", type=kind.plural))
    return kind


def importable_fields(kind: DocumentType) -> list[Field]:
    """The fields a file may fill; of documents, which come as history, those too that are else worked out."""
    own = [
        entry
        for entry in kind.fields
        if entry.kind not in {Kind.LINES, Kind.FILES} and EXTENSION_MARK not in entry.name
    ]
    if not kind.is_document:
        return [entry for entry in own if not entry.readonly]
    found = [Field("number", label=_l("Number"), required=True, length=40), *(replace(e, readonly=False) for e in own)]
    states = final_states(kind.name)
    if states:
        found.insert(1, Field(STATE, Kind.CHOICE, _l("State"), choices=tuple(states.items())))
    found.append(Field("created_at", Kind.DATETIME, _l("Made on")))
    return found + [
        replace(entry, name=LINES + entry.name, label=_("Line: %(field)s", field=str(entry.label)), readonly=False)
        for entry in kind.line_fields
        if entry.kind is not Kind.FILES
    ]


def final_states(type_name: str) -> dict[str, str]:
    """The states of a type's diagram after which nothing is left to do, {id: what it is called}."""
    diagram = definitions.diagram_of(type_name, definitions.newest_id(type_name))
    if diagram is None:
        return {}
    return {
        element.id: _(element.label)
        for element in diagram.elements.values()
        if element.is_milestone and not element.inside and _is_final(diagram, element.id, set())
    }


def _is_final(diagram: Diagram, element_id: str, seen: set[str]) -> bool:
    """Whether nothing but states and ends can follow."""
    seen.add(element_id)
    return all(
        element.kind == "endEvent"
        or (element.is_milestone and (element.id in seen or _is_final(diagram, element.id, seen)))
        for element in diagram.next_steps(element_id)
    )


def passed_before(type_name: str, state: str) -> list[str]:
    """The states every way through the diagram to one leads by, itself the last: what a document there has passed."""
    diagram = definitions.diagram_of(type_name, definitions.newest_id(type_name))
    start = diagram.start() if diagram is not None else None
    if diagram is None or start is None:
        return []
    milestones = [element.id for element in diagram.elements.values() if element.is_milestone and element.id != state]
    return [each for each in milestones if state not in _reached(diagram, start.id, without=each)] + [state]


def _reached(diagram: Diagram, start: str, without: str) -> set[str]:
    """Everything that can follow a start if one element did not let anything by."""
    found: set[str] = {without}
    pending = [start]
    while pending:
        here = pending.pop()
        if here not in found:
            found.add(here)
            pending += [flow.target for flow in diagram.outgoing.get(here, ())]
            pending += [event.id for event in diagram.boundaries.get(here, ())]
    return found


def choices(kind: DocumentType) -> list[tuple[str, str]]:
    """(name, label) of the fields a column may go to."""
    return [(entry.name, str(entry.label)) for entry in importable_fields(kind)]


def guess(kind: DocumentType, table: Table) -> Plan:
    """A first plan by names and labels; whoever imports mends it."""
    sources: dict[str, Source] = {}
    taken: set[str] = set()
    fields = importable_fields(kind)
    pairs = [
        (_likeness(entry, column), -place, entry.name, column)
        for place, column in enumerate(table.columns)
        for entry in fields
    ]
    for score, _place, name, column in sorted(pairs, reverse=True):
        if score and name not in sources and column not in taken:
            sources[name] = Source(column)
            taken.add(column)
    exact = {entry.name for entry in fields if entry.kind in {Kind.DECIMAL, Kind.MONEY}}
    kept = {source.column for name, source in sources.items() if name in exact}
    tidy = {column: "whole" for column in _wholes(table) if column not in kept}
    return Plan(kind.name, _key_of(kind, sources), sources, (), tidy)


def _words(text: str) -> list[str]:
    return [word.lower() for word in WORD.findall(text)]


def _likeness(entry: Field, column: str) -> int:
    """3 the same words, 2 the column ends with the field's words, 0 nothing in common."""
    words = _words(column)
    for name in (_words(entry.name), _words(str(entry.label))):
        if name and "".join(name) == "".join(words):
            return 3
        if name and words[-len(name) :] == name:
            return 2
    return 0


def _wholes(table: Table) -> list[str]:
    """Columns of whole numbers that a spreadsheet wrote with “.0”."""
    seen: dict[str, bool] = {}
    for _number, cells in islice(table.rows(), 500):
        for column, cell in zip(table.columns, cells, strict=False):
            if cell.strip():
                seen[column] = seen.get(column, True) and re.fullmatch(r"\d+\.0", cell.strip()) is not None
    return [column for column, whole in seen.items() if whole]


def _key_of(kind: DocumentType, sources: Mapping[str, Source]) -> str:
    """The mapped field that tells records apart: a unique one, else a number, a code or the title."""
    if kind.is_document:
        return "number" if "number" in sources else ""
    unique = _unique_columns(kind)
    wanted = [name for name in sources if name in unique] + ["number", "code", kind.cls.title_field]
    return next((name for name in wanted if name in sources), "")


def _unique_columns(kind: DocumentType) -> set[str]:
    table: Any = kind.cls.__table__
    found: set[str] = set()
    groups: Sequence[Any] = [
        *(each for each in table.constraints if isinstance(each, sa.UniqueConstraint)),
        *(each for each in table.indexes if each.unique),
    ]
    for group in groups:
        names = {column.name for column in group.columns} - {"tenant_id"}
        if len(names) == 1:
            found |= names - {"id"}
    return found
