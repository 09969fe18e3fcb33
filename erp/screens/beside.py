"""What a plugin adds to the pages of every document, whose type it need not know."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from erp.screens.heads import Opened, TaskButton
from erp.web.shapes import LinesShown


class Beside:
    """Base of what a plugin's `views.py` declares for that; asked for each document somebody opens."""

    def buttons(self, _it: Opened) -> Sequence[TaskButton]:
        """What else may be done now."""
        return ()

    def tables(self, _it: Opened) -> Sequence[LinesShown]:
        """What else is shown below the lines."""
        return ()

    def above(self, _it: Opened, _element: str) -> Sequence[LinesShown]:
        """What is shown above the form of a task, named by its place in the drawing."""
        return ()


_all: list[Beside] = []


def collect(found: Iterable[type[Beside]]) -> None:
    """Take what plugins declare, in their order."""
    _all[:] = [each() for each in found]


def buttons(it: Opened) -> list[TaskButton]:
    """What all plugins add to the tasks of a document."""
    return [button for each in _all for button in each.buttons(it)]


def tables(it: Opened) -> list[LinesShown]:
    """What all plugins show below a document."""
    return [table for each in _all for table in each.tables(it)]


def above(it: Opened, element: str) -> list[LinesShown]:
    """What all plugins show above the form of a task."""
    return [table for each in _all for table in each.above(it, element)]
