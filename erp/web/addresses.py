"""Addresses people may be sent back to."""

from __future__ import annotations

from urllib.parse import urlsplit

HOME = "/"


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
