"""How a form asks about linked records: their names, and the record somebody meant by a name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from erp.documents.fields import Field
from erp.i18n import _


class Lookup(Protocol):
    """What a form must know of the records behind its links; answered by the room that has the database."""

    def texts(self, field: Field, keys: Collection[int], /) -> Mapping[int, str]:
        """The names of those records the actor may choose; a key that is left out is refused."""

    def find(self, field: Field, text: str, /) -> int:
        """The one record somebody meant by this text; ValueError with a sentence when none or several."""

    def search_url(self, field: Field, /) -> str:
        """Where the browser looks for records while somebody types."""

    def add_url(self, field: Field, /) -> str:
        """Where the browser makes one beside the form; '' when the actor may not, or its type asks for too much."""


class Blind:
    """Knows no records: keys are believed and shown as numbers; for tests and for forms without links."""

    def texts(self, _field: Field, keys: Collection[int]) -> Mapping[int, str]:
        """Every key under its own number."""
        return {key: str(key) for key in keys}

    def find(self, _field: Field, _text: str) -> int:
        """Always a ValueError."""
        raise ValueError(_("Choose one of the list."))

    def search_url(self, _field: Field) -> str:
        """Nowhere."""
        return ""

    def add_url(self, _field: Field) -> str:
        """Nowhere."""
        return ""


NOTHING: Lookup = Blind()
