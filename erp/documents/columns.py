"""Column types of documents: each declares the database column and the field people see in one call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from erp.documents.fields import Field, Kind

MONEY = sa.Numeric(19, 4)
QUANTITY = sa.Numeric(18, 6)
RATE = sa.Numeric(24, 12)


def _column(column_type: Any, kind: Kind, options: dict[str, Any]) -> Mapped[Any]:
    """A mapped column that carries its Field; `index`, `default` and `computed` also reach the column.

    `computed` is the SQL by which the database itself works the value out of the row's other columns.
    """
    index, computed = options.pop("index", None), options.pop("computed", None)
    default = options.get("default")
    field = Field(name="", kind=kind, **options)
    parts = [] if computed is None else [sa.Computed(computed, persisted=True)]
    return mapped_column(column_type, *parts, info={"field": field}, index=index, default=default)


def text(label: str = "", *, length: int = 200, **options: Any) -> Mapped[Any]:
    """One line of text."""
    return _column(sa.String(length), Kind.TEXT, {"label": label, "length": length, **options})


def long_text(label: str = "", **options: Any) -> Mapped[Any]:
    """Several lines of text."""
    return _column(sa.Text(), Kind.LONG_TEXT, {"label": label, **options})


def integer(label: str = "", **options: Any) -> Mapped[Any]:
    """A whole number."""
    return _column(sa.Integer(), Kind.INTEGER, {"label": label, **options})


def quantity(label: str = "", **options: Any) -> Mapped[Any]:
    """An exact number with up to six decimals, in `unit`."""
    return _column(QUANTITY, Kind.DECIMAL, {"label": label, **options})


def rate(label: str = "", **options: Any) -> Mapped[Any]:
    """An exact number with up to twelve decimals, such as an exchange rate."""
    return _column(RATE, Kind.DECIMAL, {"label": label, "places": 12, **options})


def amount(label: str = "", **options: Any) -> Mapped[Any]:
    """Money in the document's currency."""
    return _column(MONEY, Kind.MONEY, {"label": label, "places": 4, **options})


def day(label: str = "", **options: Any) -> Mapped[Any]:
    """A date."""
    return _column(sa.Date(), Kind.DATE, {"label": label, **options})


def moment(label: str = "", **options: Any) -> Mapped[Any]:
    """A moment, kept in UTC, shown in the reader's time zone."""
    return _column(sa.DateTime(timezone=True), Kind.DATETIME, {"label": label, **options})


def flag(label: str = "", **options: Any) -> Mapped[Any]:
    """Yes or no."""
    options.setdefault("default", False)
    return _column(sa.Boolean(), Kind.BOOLEAN, {"label": label, **options})


def choice(label: str, choices: Mapping[str, str], **options: Any) -> Mapped[Any]:
    """One of a few values; `choices` maps what is stored to what people read."""
    return _column(sa.String(40), Kind.CHOICE, {"label": label, "choices": tuple(choices.items()), **options})


def email(label: str = "", **options: Any) -> Mapped[Any]:
    """An e-mail address."""
    return _column(sa.String(200), Kind.EMAIL, {"label": label, **options})


def phone(label: str = "", **options: Any) -> Mapped[Any]:
    """A phone number as people write it."""
    return _column(sa.String(40), Kind.PHONE, {"label": label, "length": 40, **options})


class Link:
    """A declared `link()`, turned into column, key and relationship when its class is made."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options

    def column(self, target: str, *, optional: bool) -> Any:
        """The `<name>_id` column."""
        field = Field(name="", kind=Kind.LINK, target=target, required=not optional, **self.options)
        return mapped_column(sa.BigInteger, nullable=optional, index=True, info={"field": field})


class Lines:
    """A declared `lines()`."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options


def link(label: str = "", **options: Any) -> Mapped[Any]:
    """A link to another document; `Mapped[Party | None]` makes it optional. Stored as `<name>_id`, keyed by tenant."""
    return Link({"label": label, **options})  # type: ignore[return-value]


def lines(label: str = "", **options: Any) -> Mapped[Any]:
    """The lines of a document, edited inside its own form; `quiet` ones are not shown while there are none."""
    return Lines({"label": label, **options})  # type: ignore[return-value]


def relation(owner: str, name: str, target: str) -> Any:
    """The relationship beside a link's column."""
    return relationship(
        target, primaryjoin=f"foreign({owner}.{name}_id) == remote({target}.id)", viewonly=False, lazy="select"
    )
