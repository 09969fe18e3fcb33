"""Addresses: which ids they may name, and where people may be sent back to."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from werkzeug.routing import IntegerConverter

HOME = "/"
LARGEST_ID = 2**63 - 1


class IdConverter(IntegerConverter):
    """`<int:…>` of every rule: an id the database cannot hold is not found."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **({"max": LARGEST_ID} | options))


def local_path(wished: str | None) -> str:
    """The wished address if it lies on this installation, else the overview."""
    plain = (wished or "").strip()
    if not plain.startswith("/") or plain[1:2] in {"/", "\\"} or any(ord(sign) < 32 for sign in plain):
        return HOME
    try:
        parts = urlsplit(plain)
    except ValueError:
        return HOME
    return HOME if parts.scheme or parts.netloc else plain
