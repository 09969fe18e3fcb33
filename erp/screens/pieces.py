"""Small pieces of the document and form pages; the general ones are `erp.web.shapes`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class TheirChange:
    """A field somebody else changed meanwhile."""

    label: str
    old: str
    new: str
    yours: str = ""


@dataclass(frozen=True)
class Stale:
    """What somebody else saved while this form was open."""

    by: str
    at: datetime
    changes: Sequence[TheirChange]


@dataclass(frozen=True)
class NextStep:
    """A step that is to come; `now` for one that waits already."""

    label: str
    sub: str = ""
    now: bool = False
