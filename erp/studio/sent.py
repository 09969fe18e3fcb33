"""What a request brings to the studio."""

from __future__ import annotations

from flask import request

from erp.errors import Invalid
from erp.i18n import _

LARGEST = 4 * 1024 * 1024


def file() -> bytes:
    """The file of a form, one byte more than is allowed at most; raises Invalid at `file` where there is none."""
    given = request.files.get("file")
    if given is None or not given.filename:
        raise Invalid(fields={"file": _("Choose a file first.")})
    return bytes(given.read(LARGEST + 1))


def body() -> bytes:
    """Everything that was sent."""
    return bytes(request.get_data(cache=False))


def number(name: str) -> int:
    """A whole number of the address or a form; 0 for anything else."""
    text = request.values.get(name, "")
    return int(text) if text.isdecimal() and len(text) <= 18 else 0
