"""Codes of new products (SKU): by hand, counted on behind a prefix, or by the letters of their category."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from erp import _l, next_of, read_setting, write_setting

KEY = "products.numbering"
WAYS: Mapping[str, str] = {
    "hand": _l("By hand"),
    "sequence": _l("Counted on behind a prefix"),
    "category": _l("By the letters of its category"),
}
MOST_DIGITS = 9
"""Digits a counted code may have behind its prefix."""


@dataclass(frozen=True)
class Numbering:
    """How a company gives codes; a change touches no product there is."""

    way: str = "sequence"
    prefix: str = "P-"
    digits: int = 5
    barcode_prefix: str = "20"
    """The first two digits of barcodes given in the house, 20 to 29."""


def numbering() -> Numbering:
    """How the acting company gives codes."""
    return Numbering(**{**asdict(Numbering()), **read_setting(KEY, {})})


def keep(chosen: Numbering) -> None:
    """Give codes so from now on."""
    write_setting(KEY, asdict(chosen))


def pattern_of(prefix: str) -> str:
    """What PostgreSQL finds the number behind a prefix by."""
    return f"^{re.escape(prefix)}(\\d{{1,{MOST_DIGITS}}})$"


def next_barcode() -> int:
    """The next number of the barcodes given in the house."""
    return next_of(f"barcode/{numbering().barcode_prefix}")
