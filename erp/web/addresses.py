"""Addresses: their rules, which ids they may name, and where people may be sent back to."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from werkzeug.routing import IntegerConverter, Rule

HOME = "/"
LARGEST_ID = 2**63 - 1


class IdConverter(IntegerConverter):
    """`<int:…>` of every rule: an id the database cannot hold is not found."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **({"max": LARGEST_ID} | options))


class AddressRule(Rule):
    """A rule that compiles what writes its address at first use: for thousands at once it was most of a start."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compiled = cache(super()._compile_builder)

        def build(rule: Rule, **values: Any) -> tuple[str, str]:
            return compiled(append_unknown)(rule, **values)

        return build


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
