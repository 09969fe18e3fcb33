"""Barcodes: what was scanned or typed is checked, told apart and drawn; reportlab knows how bars look."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from erp import _, _l, i18n, late

if TYPE_CHECKING:
    from reportlab.graphics import barcode, renderSVG
else:
    barcode = late.module("reportlab.graphics.barcode")
    renderSVG = late.module("reportlab.graphics.renderSVG")  # noqa: N816 - the name of reportlab's own

KINDS: Mapping[str, str] = {
    "ean13": "EAN-13", "ean8": "EAN-8", "upca": "UPC-A", "code128": _l("Code 128"), "qr": _l("QR code"),
}  # fmt: skip
LENGTHS: Mapping[str, int] = {"ean13": 13, "ean8": 8, "upca": 12}
"""Digits of the kinds that end in a check digit."""
DRAWN: Mapping[str, str] = {"ean13": "EAN13", "ean8": "EAN8", "upca": "UPCA", "code128": "Code128", "qr": "QR"}
"""What reportlab calls them."""
LONGEST = 48
"""Characters of a Code 128 that a scanner still reads from a label."""
GLOBAL_DIGITS = 14
"""Digits of a GTIN with the zeros that stand before shorter ones."""


def check_digit(digits: str) -> str:
    """The digit that ends an EAN or UPC whose other digits these are."""
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-weighted % 10)


def plain(text: str) -> str:
    """What was scanned or typed: Latin digits, no blanks around, none and no hyphens between the digits of a number."""
    text = text.translate(i18n.LATIN).strip()
    bare = re.sub(r"[\s-]", "", text)
    return bare if bare.isascii() and bare.isdigit() else text


def kind_of(code: str) -> str:
    """The kind a code is most likely of."""
    if code.isascii() and code.isdigit():
        for kind, length in LENGTHS.items():
            if len(code) == length:
                return kind
    return "code128" if len(code) <= LONGEST and code.isascii() else "qr"


def problem(kind: str, code: str) -> str:
    """What is wrong with a code of this kind, in a sentence that says how it is mended; empty when nothing is."""
    if kind in LENGTHS:
        return _numeric_problem(kind, code, LENGTHS[kind])
    if kind == "code128" and not (code.isascii() and code.isprintable()):
        return _("A Code 128 holds Latin letters, digits and signs. Choose QR for other letters.")
    if kind == "code128" and len(code) > LONGEST:
        return _("A Code 128 holds at most %(count)s characters. Choose QR for more.", count=LONGEST)
    return ""


def _numeric_problem(kind: str, code: str, length: int) -> str:
    name = KINDS[kind]
    if not (code.isascii() and code.isdigit()):
        return _("%(kind)s holds digits only.", kind=name)
    if len(code) == length - 1:
        return _(
            "%(kind)s has %(count)s digits; this has %(found)s. With its check digit it would be %(right)s.",
            kind=name, count=length, found=len(code), right=code + check_digit(code),
        )  # fmt: skip
    if len(code) != length:
        return _("%(kind)s has %(count)s digits; this has %(found)s.", kind=name, count=length, found=len(code))
    right = check_digit(code[:-1])
    if code[-1] == right:
        return ""
    return _(
        "The last digit of %(code)s should be %(right)s, not %(found)s. One of the digits is wrong.",
        code=code, right=right, found=code[-1],
    )  # fmt: skip


def key(kind: str, code: str) -> str:
    """What tells a code apart: an EAN-8, UPC-A or EAN-13 with or without leading zeros is the same article."""
    return code.zfill(GLOBAL_DIGITS) if kind in LENGTHS else code


def keys(text: str) -> set[str]:
    """The keys that what was scanned or typed may stand for, with or without leading zeros."""
    code = plain(text)
    return {code} | ({code.lstrip("0").zfill(GLOBAL_DIGITS)} if code.isdigit() else set())


def made_in_store(prefix: str, count: int) -> str:
    """The EAN-13 of a number given in the house: its prefix (20 to 29), ten digits of the count, the check digit."""
    digits = f"{prefix}{count:010d}"
    return digits + check_digit(digits)


def svg(kind: str, code: str) -> str:
    """The code as a drawing that a browser shows at any size."""
    options: dict[str, Any] = {} if kind == "qr" else {"barHeight": 42}
    if kind == "code128":
        options |= {"humanReadable": True, "barWidth": 1.1}
    drawing = barcode.createBarcodeDrawing(DRAWN[kind], value=code, **options)
    return str(renderSVG.drawToString(drawing))
