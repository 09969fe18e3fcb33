"""Modules that are loaded when something of them is first asked for: few processes print, read sheets, ask a bucket."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_named: list[str] = []


class Late:
    """Stands for a module; whatever is asked of it is asked of the module, which the first question loads."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(import_module(self._name), attribute)


def module(name: str) -> Any:
    """What stands for the module of this name; `if TYPE_CHECKING` the module itself is imported beside it."""
    _named.append(name)
    return Late(name)


def load() -> None:
    """Load all of them now, for a process whose forks would each load them anew."""
    for name in _named:
        import_module(name)
