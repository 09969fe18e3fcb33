"""What a till sends, read field by field: each wrong one gets a sentence at its own name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from erp import Invalid, UserError, _

MOST_LINES = 500
LARGEST = Decimal(10) ** 11
NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,6})?", re.ASCII)


class Sent:
    """A JSON object with the place it stands at, such as `lines-0-`."""

    def __init__(self, found: object, at: str = "") -> None:
        if not isinstance(found, Mapping):
            raise UserError(_("Send a JSON object."))
        self.found: Mapping[str, Any] = found
        self.at = at

    def wrong(self, name: str, said: str) -> Invalid:
        """The refusal of one field."""
        return Invalid(fields={f"{self.at}{name}": said})

    def text(self, name: str, *, most: int = 200, required: bool = False) -> str:
        """A line of text, stripped."""
        value = self.found.get(name)
        if value is None and not required:
            return ""
        if not isinstance(value, str) or (required and not value.strip()):
            raise self.wrong(name, _("Fill this in."))
        if len(value.strip()) > most or "\x00" in value:
            raise self.wrong(name, _("This is too long."))
        return value.strip()

    def one_of(self, name: str, known: Mapping[str, object], default: str = "") -> str:
        """One of a few words."""
        value = self.found.get(name, default)
        if not isinstance(value, str) or value not in known:
            raise self.wrong(name, _("Choose one of the list."))
        return value

    def key(self, name: str, *, required: bool = False) -> int | None:
        """The id of a row."""
        value = self.found.get(name)
        if value is None and not required:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**63:
            raise self.wrong(name, _("Choose one of the list."))
        return value

    def number(self, name: str) -> Decimal | None:
        """An exact number, sent as text or as a whole one; None where it is left out."""
        value = self.found.get(name)
        if value is None or value == "":
            return None
        text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
        if not NUMBER.fullmatch(text):
            raise self.wrong(name, _("This is not a number."))
        try:
            found = Decimal(text)
        except InvalidOperation as error:
            raise self.wrong(name, _("This is not a number.")) from error
        if abs(found) >= LARGEST:
            raise self.wrong(name, _("This number is too large."))
        return found

    def uuid(self, name: str) -> str:
        """The browser's own number of what it sends."""
        value = self.found.get(name)
        try:
            return str(UUID(value)) if isinstance(value, str) else self._refused(name)
        except ValueError as error:
            raise self.wrong(name, _("Load the page again.")) from error

    def _refused(self, name: str) -> str:
        raise self.wrong(name, _("Load the page again."))

    def rows(self, name: str) -> Sequence[Sent]:
        """The objects of a list."""
        value = self.found.get(name, [])
        if not isinstance(value, list) or len(value) > MOST_LINES:
            raise self.wrong(name, _("There are too many lines."))
        return [Sent(each, f"{self.at}{name}-{place}-") for place, each in enumerate(value)]
