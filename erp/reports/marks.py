"""What a sheet remembers of the list it was, signed, so that it is known again when somebody brings it back."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from erp import config, context
from erp.errors import Invalid
from erp.i18n import _

KEY, VERSION = "#id", "#version"
"""Heads of the two hidden columns."""
TOTAL = "total"
"""Stands as the key of a row of sums."""
PART = "Millrace {}"
SIGNATURE = "Millrace signature"
LONGEST = 240
"""Characters of one custom property; Excel keeps 255."""


@dataclass(frozen=True)
class Mark:
    """The list a sheet was written from."""

    type: str
    columns: tuple[str, ...]
    language: str
    timezone: str
    currency: str
    at: str
    """When it was written, ISO 8601."""

    @property
    def written_at(self) -> datetime:
        """The moment it was written."""
        return datetime.fromisoformat(self.at)


def properties(mark: Mark) -> dict[str, str]:
    """The custom properties of a workbook that hold the mark of a list of the acting tenant."""
    text = json.dumps({**asdict(mark), "tenant": _tenant()}, separators=(",", ":"))
    parts = [text[place : place + LONGEST] for place in range(0, len(text), LONGEST)]
    return {**{PART.format(place): part for place, part in enumerate(parts, 1)}, SIGNATURE: _signed(text)}


def read(found: Mapping[str, str], type_name: str) -> Mark:
    """The mark of a sheet of this type and tenant; raises Invalid at `file` saying what else it is."""
    text, place = "", 1
    while (part := found.get(PART.format(place))) is not None:
        text, place = text + str(part), place + 1
    if not text:
        raise _refused(_("This workbook is no sheet of a list. Export the list, edit that sheet, and bring it back."))
    if not hmac.compare_digest(_signed(text), str(found.get(SIGNATURE, ""))):
        raise _refused(_("This sheet was not written here, or its hidden marks were changed. Export the list again."))
    known = json.loads(text)
    if known.pop("tenant") != _tenant():
        raise _refused(_("This sheet belongs to another company."))
    mark = Mark(**{**known, "columns": tuple(known["columns"])})
    if mark.type != type_name:
        raise _refused(_("This sheet is of another list."))
    return mark


def _refused(sentence: str) -> Invalid:
    return Invalid(fields={"file": sentence})


def _tenant() -> str:
    """Tells tenants apart and says nothing about them."""
    return _signed(f"tenant {context.current().tenant_id}")[:16]


def _signed(text: str) -> str:
    key = hashlib.sha256(f"sheet {config.settings().secret_key}".encode()).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
