"""What other plugins post: each says in its `hooks.py` which events it has and what their amounts are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from erp import hook


@dataclass(frozen=True, slots=True)
class Amount:
    """One amount of an event; rules name it."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens to goods or money; `title` reads after “When”: “an invoice is issued”."""

    name: str
    title: str
    amounts: tuple[Amount, ...]


@hook
def postable() -> Sequence[Event]:
    """Asked where rules are shown and picked: which events a plugin posts."""
    raise NotImplementedError


def known() -> dict[str, Event]:
    """Every event there is, by its name."""
    return {event.name: event for answer in postable() for event in answer}


def title_of(event: str) -> str:
    """What people call an event; its name where no plugin that is switched on posts it."""
    found = known().get(event)
    return str(found.title) if found is not None else event.replace("_", " ")


def amount_title(event: str, name: str) -> str:
    """What people call an amount of an event."""
    found = known().get(event)
    titles = {each.name: str(each.title) for each in found.amounts} if found is not None else {}
    return titles.get(name, name.replace("_", " "))
