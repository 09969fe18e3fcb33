"""What a diagram may name: actions, roles, forms, decisions, processes and the fields of its document."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from erp.access import OWN
from erp.data.base import session
from erp.decisions import DecisionInvalid, Model
from erp.decisions import read as read_decisions
from erp.documents import types
from erp.documents.base import Document
from erp.documents.fields import Field, Kind
from erp.errors import Invalid
from erp.forms import Form
from erp.forms import load as load_form
from erp.people import giving
from erp.workflow import actions, definitions
from erp.workflow.actions import ActionType
from erp.workflow.diagrams.spoken import Named

NOTHING: Mapping[str, Any] = MappingProxyType({})
EMPTY: Mapping[Kind, Any] = {
    Kind.BOOLEAN: False, Kind.INTEGER: 0, Kind.DECIMAL: Decimal(0), Kind.MONEY: Decimal(0), Kind.TEXT: "",
}  # fmt: skip
"""What a field holds that is never without a value."""


@dataclass(frozen=True)
class Known:
    """What the diagram of a document may name, as the linter asks for it."""

    actions: Mapping[str, ActionType]
    roles: Collection[str]
    forms: Mapping[str, Form]
    decisions: Mapping[str, Model]
    processes: Collection[str]
    versions: Mapping[str, Mapping[int, str]]
    document_fields: Collection[str]
    branches: Collection[str]
    relies_on: Collection[str]


class Actions(dict[str, ActionType]):
    """The catalogue, in which a former name finds the present action."""

    def __init__(self) -> None:
        super().__init__(actions.catalogue())

    def get(self, name: str, default: Any = None) -> Any:
        """The action of a present or former name."""
        try:
            return actions.find(name)
        except Invalid:
            return default


class Forms(Mapping[str, Form]):
    """The shipped forms and those of a process' own, each read when it is asked for, as its document asks it.

    `own` are form-js schemas, as JSON or as its text.
    """

    def __init__(self, key: str, own: Mapping[str, Any]) -> None:
        self._own = own
        self._names = {*definitions.shipped_forms(), *own}
        self._fields = editable(key)

    def __getitem__(self, name: str) -> Form:
        """The form; raises KeyError."""
        if name not in self._names:
            raise KeyError(name)
        own = self._own.get(name) or definitions.shipped_form_text(name) or ""
        return load_form(own if isinstance(own, str) else json.dumps(own), name).of_document(self._fields)

    def __iter__(self) -> Iterator[str]:
        """Names of all."""
        return iter(sorted(self._names))

    def __len__(self) -> int:
        """How many there are."""
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        """Whether there is one, without reading it."""
        return name in self._names


def title(key: str) -> str:
    """What people call a process."""
    kind = types.declared().get(key)
    return str(kind.title) if kind is not None else key.replace("_", " ").capitalize()


def editable(key: str) -> tuple[Field, ...]:
    """What forms of a process may fill, fields the company made itself included."""
    kind = types.declared().get(key)
    return (*kind.editable, *types.extra_fields(key)) if kind is not None else ()


def fields_of(key: str) -> frozenset[str]:
    """Names a diagram may read of its document; nothing for a process that only others call."""
    kind = types.declared().get(key)
    if kind is None:
        return frozenset()
    return frozenset({"id", "currency"} | {each.name for each in kind.all_fields} | {e.name for e in editable(key)})


def branches_of(key: str) -> frozenset[str]:
    """The branches its document is about, as `at` calls them; those of every type for a process others call."""
    kind = types.declared().get(key)
    classes = [kind.cls] if kind is not None else [each.cls for each in types.declared().values()]
    columns = {name for cls in classes if issubclass(cls, Document) for name in cls.branch_columns}
    return frozenset(name.removesuffix("_id") for name in columns)


def declared(key: str) -> list[Field]:
    """The fields of the process' document, lines and the company's own included; none for one that only others call."""
    kind = types.declared().get(key)
    return list({each.name: each for each in (*editable(key), *kind.all_fields)}.values()) if kind is not None else []


def blank_of(key: str) -> dict[str, Any]:
    """{field: what it holds in a document nobody has filled in}; nothing for a process that only others call."""
    kind = types.declared().get(key)
    if kind is None:
        return {}
    columns = kind.cls.__table__.columns
    empty = {each.name: each for each in kind.all_fields if each.name in columns and not columns[each.name].nullable}
    found = dict.fromkeys(fields_of(key)) | {name: EMPTY.get(each.kind) for name, each in empty.items()}
    return found | {table.name: [] for table in kind.tables}


def names_of(key: str) -> dict[str, Named]:
    """What people call the fields a condition reads of the document."""
    kind = types.declared().get(key)
    found = {each.name: each for each in (*kind.all_fields, *kind.editable)} if kind is not None else {}
    return {
        f"document.{name}": Named(str(each.label) or name, {value: str(text) for value, text in each.choices})
        for name, each in found.items()
    }


def relied_on(key: str) -> frozenset[str]:
    """Milestones the program asks a document for."""
    kind = types.declared().get(key)
    return frozenset(getattr(kind.cls, "relies_on", ())) if kind is not None else frozenset()


def shipped(
    key: str,
    roles: Collection[str],
    *,
    forms: Mapping[str, Any] = NOTHING,
    processes: Collection[str] = (),
    versions: Mapping[str, Mapping[int, str]] = NOTHING,
    decisions: Mapping[str, str] | None = None,
) -> Known:
    """What is shipped for the process of this key, with what there is besides; no company is asked."""
    return Known(
        actions=Actions(),
        roles=roles,
        forms=Forms(key, forms),
        decisions=models(decisions or {}),
        processes={*definitions.shipped_keys(), *processes},
        versions=versions,
        document_fields=fields_of(key),
        branches=branches_of(key),
        relies_on=relied_on(key),
    )


def known(key: str, forms: Mapping[str, Any], decisions: Mapping[str, str]) -> Known:
    """What there is for the process of this key, with the forms and decisions of its own."""
    published = versions()
    return shipped(key, lanes(), forms=forms, processes=published, versions=published, decisions=decisions)


def lanes() -> list[str]:
    """Roles a lane may be of: the shipped ones, by what people call them."""
    return [role for role in giving.every() if not role.startswith(OWN)]


def versions() -> dict[str, dict[int, str]]:
    """{process: {number of a version: its tag}}, the newest last; the file as shipped is the first of its process."""
    found: dict[str, dict[int, str]] = {key: {1: ""} for key in definitions.shipped_keys()}
    for row in session().execute(definitions.numbers()):
        found.setdefault(row.key, {})[row.number] = row.tag
    return found


def known_keys() -> set[str]:
    """Processes that are shipped or published."""
    return {*definitions.shipped_keys(), *session().scalars(definitions.keys())}


def models(own: Mapping[str, str]) -> dict[str, Model]:
    """{key: decision} of the shipped files, over them the process' own; one that cannot be read is left out."""
    found = {key: _model(text) for key, text in tables(own).items()}
    return {key: model for key, model in found.items() if model is not None}


def tables(own: Mapping[str, str]) -> dict[str, str]:
    """{key: DMN} of the shipped files, over them the process' own."""
    return {key: definitions.shipped_decision(key) or "" for key in definitions.shipped_decisions()} | dict(own)


@lru_cache(maxsize=256)
def _model(text: str) -> Model | None:
    try:
        return read_decisions(text.encode())
    except DecisionInvalid:
        return None
