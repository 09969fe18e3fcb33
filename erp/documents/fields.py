"""One description of a field, read by screens, forms, lists, REST, import and export alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from erp import context, i18n
from erp.card_numbers import holds_card_number
from erp.i18n import _


class Kind(StrEnum):
    """What a field holds; every room that shows or stores a value decides by this alone."""

    TEXT = "text"
    LONG_TEXT = "longtext"
    INTEGER = "integer"
    DECIMAL = "decimal"
    MONEY = "money"
    DATE = "date"
    DATETIME = "datetime"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    EMAIL = "email"
    PHONE = "phone"
    LINK = "link"
    FILES = "files"
    LINES = "lines"


@dataclass(frozen=True)
class Field:
    """A field of a document, a line or a form; labels are lazy texts in the reader's language."""

    name: str
    kind: Kind = Kind.TEXT
    label: str = ""
    help: str = ""
    required: bool = False
    readonly: bool = False
    """Set by actions and rules only; shown, never typed."""
    search: bool = False
    listed: bool = False
    """A column of the list unless the reader chose others."""
    choices: tuple[tuple[str, str], ...] = ()
    target: str = ""
    """LINK: the document type it points to."""
    anywhere: str = ""
    """LINK: whoever may add this type, whose field it is, may name rows of other people's branches too."""
    unit: str = ""
    length: int = 200
    places: int = 6
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    default: Any = None
    extra: bool = False
    """Made in the browser: stored in the row's `extra`."""
    fields: tuple[Field, ...] = ()
    """LINES: the fields of one line."""
    accept: str = "image/*"
    """FILES: what the picker offers."""
    total: bool = False
    """MONEY or DECIMAL: lists and sheets add it up."""
    beside: bool = False
    """MONEY: a fact of the document, no sum under its lines."""
    hides_zero: bool = False
    """A line shows nothing where it is nought, as one side of an entry."""
    right: str = ""
    """The verb on its type one must be allowed to see it at all; empty for whoever sees the row."""

    @property
    def is_number(self) -> bool:
        """Whether values are aligned and summed as numbers."""
        return self.kind in {Kind.INTEGER, Kind.DECIMAL, Kind.MONEY}

    @property
    def initial(self) -> Any:
        """The default of a new row, asked for now where it is a function."""
        return self.default() if callable(self.default) else self.default

    def renamed(self, name: str) -> Field:
        """The same field under another name."""
        return replace(self, name=name)

    def parse(self, text: str) -> Any:
        """The typed value of what a person typed; None when empty; ValueError with a sentence when wrong."""
        text = text.strip() if self.kind is not Kind.LONG_TEXT else text.strip("\r\n")
        if not text:
            if self.kind is Kind.BOOLEAN:
                return False
            if self.required:
                raise ValueError(_("Fill this in."))
            return None
        return self.check(PARSERS[self.kind](self, text))

    def check(self, value: Any) -> Any:
        """The value if it keeps the field's bounds; ValueError with a sentence otherwise."""
        if value is None:
            if self.required:
                raise ValueError(_("Fill this in."))
            return None
        if self.required and isinstance(value, str) and not value.strip():
            raise ValueError(_("Fill this in."))
        if self.is_number:
            self._check_bounds(value)
        if isinstance(value, str) and len(value) > self.length and self.kind is not Kind.LONG_TEXT:
            raise ValueError(
                _("At most %(count)s characters; this has %(found)s.", count=self.length, found=len(value))
            )
        if self.kind in {Kind.TEXT, Kind.LONG_TEXT} and holds_card_number(str(value)):
            raise ValueError(
                _("This holds a card's number, which is never written down here. Its last four digits are enough.")
            )
        return value

    def _check_bounds(self, value: Decimal | int) -> None:
        number = Decimal(value)
        if self.minimum is not None and number < self.minimum:
            raise ValueError(_("At least %(bound)s.", bound=i18n.format_number(self.minimum)))
        if self.maximum is not None and number > self.maximum:
            raise ValueError(_("At most %(bound)s.", bound=i18n.format_number(self.maximum)))
        if number.adjusted() > DIGITS[self.kind] or (self.kind is Kind.INTEGER and not -(2**31) <= number < 2**31):
            raise ValueError(_("This number is too large."))
        if self.kind is not Kind.INTEGER and -int(number.normalize().as_tuple().exponent) > self.places:
            raise ValueError(_("At most %(count)s decimal places.", count=self.places))

    def from_json(self, value: Any) -> Any:
        """The typed value of a JSON value; raises ValueError with a sentence."""
        if value is None or value == "":
            return self.check(None)
        if self.kind is Kind.BOOLEAN:
            if not isinstance(value, bool):
                raise ValueError(_("Must be true or false."))
            return value
        if self.kind in {Kind.LINES, Kind.FILES}:
            return value
        if isinstance(value, bool | dict | list):
            raise ValueError(_("“%(text)s” does not fit here.", text=str(value)[:40]))  # noqa: TRY004 - told to people
        if self.kind is Kind.DATETIME:
            return moment(str(value))
        return self.check(PARSERS[self.kind](self, str(value)))

    def to_json(self, value: Any) -> Any:
        """The JSON form: numbers with decimals as text, days and moments in ISO 8601."""
        if isinstance(value, Decimal):
            return format(value.normalize(), "f")
        if isinstance(value, datetime):
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        if isinstance(value, date):
            return value.isoformat()
        return value

    def typed_back(self, value: Any) -> str:
        """The value as it stands in an input box."""
        if value is None:
            return ""
        if self.kind is Kind.MONEY or self.kind is Kind.DECIMAL:
            # what the column stores has four places; a price is typed with none or two
            text = format(value.normalize(), "f")
            return i18n.digits(f"{text}0" if self.kind is Kind.MONEY and text[-2:-1] == "." else text)
        if self.kind is Kind.INTEGER:
            return i18n.digits(str(value))
        if self.kind is Kind.DATE:
            return i18n.input_date(value)
        if self.kind is Kind.DATETIME:
            here = i18n.local(value)
            return f"{i18n.input_date(here.date())} {i18n.digits(f'{here:%H:%M}')}"
        return str(value)

    def shown(self, value: Any, currency: str = "") -> str:
        """The value as people read it."""
        if value is None or value == "":
            return "–"
        if self.kind is Kind.BOOLEAN:
            return _("Yes") if value else _("No")
        if self.kind is Kind.CHOICE:
            return str(dict(self.choices).get(value, value))
        formatter = SHOWN.get(self.kind)
        if self.kind is Kind.MONEY:
            return i18n.format_money(value, currency)
        return formatter(value) if formatter else str(value)


DIGITS: Mapping[Kind, int] = {Kind.INTEGER: 9, Kind.DECIMAL: 11, Kind.MONEY: 13}
"""Digits before the point, less one, that the columns of these kinds hold."""


def moment(text: str) -> datetime:
    """An aware moment from ISO 8601 text; raises ValueError with a sentence."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(_("“%(text)s” is not a date and time.", text=text)) from None
    if found.tzinfo is None:
        raise ValueError(_("Say the time zone of “%(text)s”, for example 2026-11-21T09:30:00Z.", text=text))
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise ValueError(_("“%(text)s” is not a date and time.", text=text)) from None


def _integer(field: Field, text: str) -> int:
    number = i18n.parse_decimal(text)
    if number != number.to_integral_value():
        raise ValueError(_("Write a whole number."))
    return int(number)


def _typed_moment(field: Field, text: str) -> datetime:
    day, _space, clock = text.replace("T", " ").partition(" ")
    plain = clock.strip().translate(i18n.LATIN) or "00:00"
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", plain)
    if found is None:
        raise ValueError(_("“%(text)s” is not a time of day. Write it as 14:30.", text=clock))
    zone = ZoneInfo(context.current().timezone)
    on = i18n.parse_date(day)
    return datetime(on.year, on.month, on.day, int(found[1]), int(found[2]), tzinfo=zone).astimezone(UTC)


def _choice(field: Field, text: str) -> str:
    if text not in dict(field.choices):
        raise ValueError(_("Choose one of the list."))
    return text


def _email(field: Field, text: str) -> str:
    if not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>.]+", text):
        raise ValueError(_("“%(text)s” is not an e-mail address.", text=text))
    return text


def _phone(field: Field, text: str) -> str:
    plain = text.translate(i18n.LATIN)
    if not re.fullmatch(r"\+?[\d\s()/.-]{5,24}", plain):
        raise ValueError(_("“%(text)s” is not a phone number.", text=text))
    return plain


def _link(field: Field, text: str) -> int:
    plain = text.translate(i18n.LATIN)
    if not plain.isdigit() or len(plain) > 18:
        raise ValueError(_("Choose one of the list."))
    return int(plain)


def _text(field: Field, text: str) -> str:
    if "\x00" in text:
        raise ValueError(_("This text holds characters that cannot be stored."))
    return text


PARSERS: Mapping[Kind, Callable[[Field, str], Any]] = {
    Kind.TEXT: _text,
    Kind.LONG_TEXT: _text,
    Kind.INTEGER: _integer,
    Kind.DECIMAL: lambda _field, text: i18n.parse_decimal(text),
    Kind.MONEY: lambda _field, text: i18n.parse_decimal(text),
    Kind.DATE: lambda _field, text: i18n.parse_date(text),
    Kind.DATETIME: _typed_moment,
    Kind.BOOLEAN: lambda _field, text: text.lower() in {"1", "true", "yes", "on", "y"},
    Kind.CHOICE: _choice,
    Kind.EMAIL: _email,
    Kind.PHONE: _phone,
    Kind.LINK: _link,
}
SHOWN: Mapping[Kind, Callable[[Any], str]] = {
    Kind.INTEGER: i18n.format_number,
    Kind.DECIMAL: i18n.format_number,
    Kind.DATE: i18n.format_date,
    Kind.DATETIME: i18n.format_datetime,
}
