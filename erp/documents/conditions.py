"""The conditions of lists: which operators a field knows, and what they mean in SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import ge, gt, le, lt
from typing import Any

import sqlalchemy as sa

from erp.documents.fields import Field, Kind
from erp.documents.periods import days_of, moments_of
from erp.documents.types import EXTENSION_MARK, DocumentType
from erp.errors import UserError
from erp.i18n import _

COMPARED: Mapping[str, Callable[[Any, Any], Any]] = {"lt": lt, "gt": gt, "le": le, "ge": ge}
OPERATORS = ("eq", "ne", "lt", "gt", "le", "ge", "in", "not_in", "empty", "contains", "within")
TEXTS = frozenset({Kind.TEXT, Kind.LONG_TEXT, Kind.EMAIL, Kind.PHONE})
MANY = 200
"""Most values one condition may name."""


@dataclass(frozen=True)
class Filter:
    """One condition; `value` is as typed, `in` and `not_in` take values parted by commas.

    `empty` with `no` means filled in; `within` takes a period such as `last_30_days`.
    """

    field: str
    operator: str
    value: str = ""

    @property
    def name(self) -> str:
        """Its URL argument."""
        return f"{self.field}__{self.operator}"


def operators_of(field: Field) -> tuple[str, ...]:
    """The operators that make sense for a field, the usual one first; none where lists cannot be narrowed by it."""
    if EXTENSION_MARK in field.name or field.kind in {Kind.LINES, Kind.FILES}:
        return ()
    if field.kind is Kind.BOOLEAN:
        return ("eq",)
    if field.kind in {Kind.CHOICE, Kind.LINK}:
        return ("in", "not_in", "empty")
    if field.kind is Kind.DATE:
        return ("within", "eq", "ne", "ge", "le", "gt", "lt", "empty")
    if field.kind is Kind.DATETIME:
        return ("within", "ge", "lt", "le", "gt", "empty")
    if field.is_number:
        return ("eq", "ne", "gt", "ge", "lt", "le", "in", "not_in", "empty")
    return ("contains", "eq", "ne", "in", "not_in", "empty")


def means_empty(value: str) -> bool:
    """Whether `empty` asks for what is empty, not for what is filled in."""
    return value.lower() in {"", "1", "true", "yes"}


def values_in(text: str) -> list[str]:
    """The values of `in` and `not_in`; ValueError with a sentence when they are too many."""
    found = [part.strip() for part in text.split(",") if part.strip()]
    if len(found) > MANY:
        raise ValueError(_("At most %(count)s values.", count=MANY))
    return found


def checked(field: Field, entry: Filter) -> None:
    """Raise ValueError with a sentence when the typed value does not fit its field."""
    if entry.operator == "within":
        if field.kind not in {Kind.DATE, Kind.DATETIME}:
            raise ValueError(_("Only days and moments lie within a period."))
        days_of(entry.value)
    elif entry.operator in {"in", "not_in"}:
        for part in values_in(entry.value):
            typed(field, part)
    elif entry.operator not in {"empty", "contains"} and typed(field, entry.value) is None:
        raise ValueError(_("Give a value to compare with."))


def typed(field: Field, text: str) -> Any:
    """The value of a condition; ValueError with a sentence."""
    return text if field.kind is Kind.CHOICE else field.parse(text)


def column_of(document_type: DocumentType, entry: Field) -> Any:
    """What a field is narrowed and sorted by; raises UserError for a field of an extension."""
    if entry.extra:
        text = document_type.cls.extra[entry.name].astext
        casts: dict[Kind, Any] = {
            Kind.INTEGER: sa.Integer, Kind.DECIMAL: sa.Numeric, Kind.MONEY: sa.Numeric, Kind.DATE: sa.Date,
            Kind.DATETIME: sa.DateTime(timezone=True), Kind.BOOLEAN: sa.Boolean,
        }  # fmt: skip
        return sa.cast(text, casts[entry.kind]) if entry.kind in casts else text
    if EXTENSION_MARK in entry.name:
        raise UserError(_("Lists cannot be narrowed or sorted by “%(field)s”.", field=entry.label))
    return getattr(document_type.cls, f"{entry.name}_id" if entry.kind is Kind.LINK else entry.name)


def condition(document_type: DocumentType, entry: Filter) -> sa.ColumnElement[bool]:
    """A filter in SQL; ValueError with a sentence when the value does not fit, NotFound for an unknown field."""
    field = document_type.field(entry.field)
    column = column_of(document_type, field)
    if entry.operator == "empty":
        return _empty(field, column, wanted=means_empty(entry.value))
    if entry.operator == "contains":
        return contains(column, entry.value)
    if entry.operator == "within":
        return _within(field, column, entry)
    if entry.operator in {"in", "not_in"}:
        values = [typed(field, part) for part in values_in(entry.value)]
        found: sa.ColumnElement[bool] = column.in_(values)
        return found if entry.operator == "in" else sa.or_(column.not_in(values), column.is_(None))
    value = typed(field, entry.value)
    if entry.operator == "eq":
        equal: sa.ColumnElement[bool] = column == value
        return equal
    if entry.operator == "ne":
        return sa.or_(column != value, column.is_(None))
    if value is None or isinstance(value, bool):
        raise ValueError(_("Give a value to compare with."))
    compared: sa.ColumnElement[bool] = COMPARED[entry.operator](column, value)
    return compared


def _empty(field: Field, column: Any, *, wanted: bool) -> sa.ColumnElement[bool]:
    blank: sa.ColumnElement[bool] = column.is_(None)
    if field.kind in TEXTS or field.kind is Kind.CHOICE:
        blank = sa.or_(blank, column == "")
    return blank if wanted else sa.not_(blank)


def _within(field: Field, column: Any, entry: Filter) -> sa.ColumnElement[bool]:
    checked(field, entry)
    first, following = moments_of(entry.value) if field.kind is Kind.DATETIME else days_of(entry.value)
    return sa.and_(column >= first, column < following)


def contains(column: Any, word: str) -> sa.ColumnElement[bool]:
    """Whether a text holds a word anywhere, capitals or not."""
    escaped = word.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return sa.cast(column, sa.Text).ilike(f"%{escaped}%", escape="\\")
