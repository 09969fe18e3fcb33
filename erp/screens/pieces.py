"""Small pieces pages are made of; every text arrives translated, every address as text ('' = absent)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from erp.forms.inputs import Total


@dataclass(frozen=True)
class Link:
    """A link or a menu entry; `post` makes it a one-button form."""

    label: str
    url: str
    icon: str = ""
    sub: str = ""
    post: bool = False
    confirm: str = ""
    danger: bool = False


@dataclass(frozen=True)
class Tab:
    """A view or a tab of a document."""

    label: str
    url: str
    count: str = ""
    late: bool = False
    current: bool = False


@dataclass(frozen=True)
class State:
    """A badge; kind: idle | move | wait | good | bad | done."""

    kind: str
    label: str


@dataclass(frozen=True)
class Empty:
    """Why a page is empty and the one button that fills it."""

    text: str
    label: str = ""
    url: str = ""


@dataclass(frozen=True)
class Face:
    """Initials of a person or an icon of a role, a customer, a machine; `me` tints it."""

    initials: str = ""
    icon: str = ""
    me: bool = False


@dataclass(frozen=True)
class Shown:
    """A field as it is read; the kind says which filter writes its typed value."""

    label: str
    value: object
    kind: str = "text"
    url: str = ""
    currency: str = ""
    unit: str = ""
    sub: str = ""
    late: bool = False
    wide: bool = False


@dataclass(frozen=True)
class Cell:
    """One cell, already written. kind: id | text | number | date | state | where; mark: kind of badge, or a face."""

    text: str
    kind: str = "text"
    sub: str = ""
    url: str = ""
    mark: str = ""
    late: bool = False


@dataclass(frozen=True)
class Column:
    """role decides its place on a phone: title | who | what | state | where | amount | due | more."""

    name: str
    label: str
    role: str = "more"
    number: bool = False
    sort_url: str = ""
    sorted: str = ""


@dataclass(frozen=True)
class Row:
    """Cells in the order of the columns; the label is what the row's check box is called."""

    id: str
    label: str
    cells: Sequence[Cell]


@dataclass(frozen=True)
class LinesShown:
    """A table inside a document's page."""

    label: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    totals: Sequence[Total] = ()
    tag: str = ""
    empty: str = ""


@dataclass(frozen=True)
class FileRow:
    """A kept file."""

    name: str
    url: str
    size: int = 0
    by: str = ""
    at: datetime | None = None
    is_image: bool = False
    thumb_url: str = ""
    id: str = ""
    remove_url: str = ""


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
    """A step that is to come."""

    label: str
    sub: str = ""
    now: bool = False
