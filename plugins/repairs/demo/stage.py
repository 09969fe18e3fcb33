"""What the demo year needs from whoever stages it: people who act, calls that are answered, timers that fire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Stage(Protocol):
    """Every step happens at the clock's frozen moment, through `operations`, in the named person's name."""

    def create(self, who: str, type_name: str, values: Mapping[str, Any]) -> int:
        """Somebody makes a document; returns its id."""

    def complete(self, who: str, order_id: int, element: str, answers: Mapping[str, Any]) -> None:
        """Somebody completes an open task of a repair order; a name ending in (link) is its customer."""

    def work(self, order_id: int, *, fails: str = "", papers: bool = True) -> bool:
        """The outside calls of a repair order that wait are carried out; True when one, the action `fails`, was not.

        Without `papers` they are answered as if they had been: nothing is printed or mailed.
        """

    def fire(self, order_id: int, element: str) -> None:
        """A timer of a repair order is due."""

    def open(self, order_id: int) -> list[str]:
        """Elements of the open tasks of a repair order."""

    def look(self, order_id: int, field: str) -> Any:
        """A field of a repair order as it is now."""
