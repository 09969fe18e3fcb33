"""Ways in of plugins: a file that becomes more than records of one type comes in as its plugin says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from erp.hooks import hook
from erp.importing.tables import Table
from erp.jobs.models import Job

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Way:
    """What `erp import NAME` needs of a plugin; plans are what their `as_json` gives."""

    name: str
    type: str
    """Whose right to import is asked."""
    plan: Callable[[Table, Json | None], Json]
    """The plan that was given, or the one remembered or guessed; raises Invalid where it does not fit."""
    attempt: Callable[[Json, int], Job]
    """A trial of a kept file, as a job."""
    start: Callable[[Json, int], Job]
    said: Callable[[int], str]
    """What a job that is over did, in words; raises Invalid where it failed."""
    lines: Callable[[int], Iterable[Sequence[str]]]
    """The lines that need a look, the first of them names the cells."""


@hook
def ways() -> Way:
    """Asked by the console for every way in there is."""
    raise NotImplementedError
