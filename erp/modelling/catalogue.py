"""What a diagram may name: actions, roles, forms, decisions, processes and the fields of its document."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from erp.access import OWN
from erp.data.base import session
from erp.decisions import DecisionInvalid, Model
from erp.decisions import read as read_decisions
from erp.documents import types
from erp.errors import Invalid
from erp.people import giving
from erp.workflow import actions, definitions
from erp.workflow.actions import ActionType


@dataclass(frozen=True)
class Known:
    """What the diagram of a document may name, as the linter asks for it."""

    actions: Mapping[str, ActionType]
    roles: Collection[str]
    forms: Collection[str]
    decisions: Mapping[str, Model]
    processes: Collection[str]
    document_fields: Collection[str]
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


def title(key: str) -> str:
    """What people call a process."""
    kind = types.declared().get(key)
    return str(kind.title) if kind is not None else key.replace("_", " ").capitalize()


def fields_of(key: str) -> frozenset[str]:
    """Names a diagram may read of its document; nothing for a process that only others call."""
    kind = types.declared().get(key)
    if kind is None:
        return frozenset()
    return frozenset({"id", "currency"} | {each.name for each in kind.all_fields} | {e.name for e in kind.editable})


def relied_on(key: str) -> frozenset[str]:
    """Milestones the program asks a document for."""
    kind = types.declared().get(key)
    return frozenset(getattr(kind.cls, "relies_on", ())) if kind is not None else frozenset()


def shipped(
    key: str,
    roles: Collection[str],
    *,
    forms: Collection[str] = (),
    processes: Collection[str] = (),
    decisions: Mapping[str, str] | None = None,
) -> Known:
    """What is shipped for the process of this key, with what there is besides; no company is asked."""
    return Known(
        actions=Actions(),
        roles=roles,
        forms={*definitions.shipped_forms(), *forms},
        decisions=models(decisions or {}),
        processes={*definitions.shipped_keys(), *processes},
        document_fields=fields_of(key),
        relies_on=relied_on(key),
    )


def known(key: str, forms: Mapping[str, Any], decisions: Mapping[str, str]) -> Known:
    """What there is for the process of this key, with the forms and decisions of its own."""
    return shipped(key, lanes(), forms=forms, processes=published_keys(), decisions=decisions)


def lanes() -> list[str]:
    """Roles a lane may be of: the shipped ones, by what people call them."""
    return [role for role in giving.every() if not role.startswith(OWN)]


def published_keys() -> list[str]:
    """Processes the tenant has a version of."""
    return list(session().scalars(definitions.keys()))


def known_keys() -> set[str]:
    """Processes that are shipped or published."""
    return {*definitions.shipped_keys(), *published_keys()}


def models(own: Mapping[str, str]) -> dict[str, Model]:
    """{key: decision} of the shipped files, over them the process' own; one that cannot be read is left out."""
    texts = {key: definitions.shipped_decision(key) or "" for key in definitions.shipped_decisions()} | dict(own)
    found = {key: _model(text) for key, text in texts.items()}
    return {key: model for key, model in found.items() if model is not None}


@lru_cache(maxsize=256)
def _model(text: str) -> Model | None:
    try:
        return read_decisions(text.encode())
    except DecisionInvalid:
        return None
