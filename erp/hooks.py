"""Extension points: a lower plugin declares a typed Hook, a higher plugin answers it in its `hooks.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., object])


class Hook(Generic[P, R]):
    """A question a plugin asks of whoever is above it; calling it returns the answers in load order."""

    def __init__(self, signature: Callable[P, R]) -> None:
        self.name = signature.__name__
        self.__doc__ = signature.__doc__
        self._answers: list[Callable[P, R]] = []

    def answer(self, function: Callable[P, R]) -> Callable[P, R]:
        """Decorator: `function` answers this hook; the same function is kept once."""
        if function not in self._answers:
            self._answers.append(function)
        return function

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> list[R]:
        """What everybody answers."""
        return [answer(*args, **kwargs) for answer in self._answers]


def hook(signature: Callable[P, R]) -> Hook[P, R]:
    """Decorator: make an extension point of a function; its docstring says when it is asked."""
    return Hook(signature)


def mark(function: F, kind: str, value: object) -> F:
    """Leave a mark on a function for `init_app` to collect; marking has no other effect."""
    marks: dict[str, object] = getattr(function, "__millrace__", {})
    function.__millrace__ = {**marks, kind: value}  # type: ignore[attr-defined]
    return function


CHECK = "check"


def check(function: F) -> F:
    """Decorator in a plugin's `checks.py`: `erp check` calls it for each tenant; it yields a sentence for what differs.

    The differences come the most telling first; the docstring's first line says what is held.
    """
    return mark(function, CHECK, function.__name__)


def marked(module: object, kind: str) -> list[tuple[str, object, object]]:
    """(name, object, mark) of everything in a module that carries a mark of this kind."""
    found = []
    for name, item in vars(module).items():
        if getattr(item, "__module__", None) != getattr(module, "__name__", None):
            continue
        marks = vars(item).get("__millrace__", {}) if isinstance(item, type) else getattr(item, "__millrace__", {})
        if kind in marks:
            found.append((name, item, marks[kind]))
    return found
