"""What templates need to draw a form: every text translated, every value as it stands in its box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Choice:
    """One value somebody may pick."""

    value: str
    label: str
    sub: str = ""
    current: bool = False


@dataclass(frozen=True)
class Total:
    """A sum under lines. key: '' | net | tax | gross, counted again in the browser while editing."""

    label: str
    text: str
    strong: bool = False
    key: str = ""


@dataclass(frozen=True)
class Submit:
    """A button that sends the form with name=value."""

    label: str
    name: str = "answer"
    value: str = ""
    icon: str = ""
    primary: bool = False
    danger: bool = False


@dataclass(frozen=True)
class Input:
    """One field of a form with what was typed; a boolean's value is "1" or '', a link's its id and `text` its name."""

    name: str
    label: str
    kind: str = "text"
    value: str = ""
    text: str = ""
    required: bool = False
    hint: str = ""
    error: str = ""
    unit: str = ""
    placeholder: str = ""
    choices: Sequence[Choice] = ()
    readonly: bool = False
    wide: bool = False
    max_length: int = 0
    search_url: str = ""
    add_url: str = ""
    """link: where one is made beside the form."""
    multiple: bool = False
    accept: str = ""
    files: Sequence[Any] = ()
    """file: those already kept."""
    factor: str = ""
    """In lines: '' | times | percent_off | percent_tax | result."""
    hide: str = ""
    """When to hide it, one condition a line: `key=value`, `key!=value` or `!key`."""


@dataclass(frozen=True)
class Tick:
    """A box of a group; one that is fixed is shown as it is and not sent."""

    value: str
    label: str
    sub: str = ""
    is_ticked: bool = False
    is_fixed: bool = False


@dataclass(frozen=True)
class Ticks:
    """Boxes of which several may be ticked."""

    name: str
    label: str
    ticks: Sequence[Tick]
    hint: str = ""
    error: str = ""


@dataclass(frozen=True)
class LineInput:
    """One row of lines; `error` is a sentence about the row as a whole."""

    id: str
    fields: Sequence[Input]
    error: str = ""


@dataclass(frozen=True)
class LinesInput:
    """Rows edited in place; `blank` is the row a browser clones, its names with `__i__` for the index."""

    name: str
    label: str
    columns: Sequence[Input]
    rows: Sequence[LineInput]
    blank: LineInput
    totals: Sequence[Total] = ()
    exponent: int = 2
    currency: str = ""
    terms: str = ""
    """How the browser counts, as JSON of `money.Terms`."""
    around: str = "{}"
    """What stands around the rows, as JSON {type: id}: records picked into a row are asked for with it."""
    add_label: str = ""
    error: str = ""
    tag: str = ""


@dataclass(frozen=True)
class Static:
    """A text, heading or rule between fields; `html` is safe to print as it is. kind: text | separator."""

    kind: str
    html: str = ""
    hide: str = ""


@dataclass(frozen=True)
class Section:
    """Fields under one heading ('' = none); `items` has the texts between them too."""

    fields: Sequence[Input]
    label: str = ""
    items: Sequence[Input | Static] = ()
    hide: str = ""
