"""What accounts at banks may be, and how their numbers are written."""

from __future__ import annotations

import re

from erp import Invalid, _, _l

KINDS: dict[str, str] = {
    "bank": _l("Bank"),
    "mobile_money": _l("Mobile money"),
    "cash": _l("Cash"),
}
IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
"""ISO 13616: country, two check digits, and the number as that country writes it."""
BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")
"""ISO 9362."""


def tidied(number: str | None) -> str:
    """An account's number without the blanks people write it with, in capitals."""
    return re.sub(r"[\s-]+", "", number or "").upper()


def is_iban(number: str) -> bool:
    """Whether it is written as an IBAN and its check digits agree (ISO 7064, mod 97-10)."""
    if not IBAN.fullmatch(number):
        return False
    turned = number[4:] + number[:4]
    return int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1


def check_number(number: str, bic: str) -> None:
    """Raise Invalid at `number` for what looks like an IBAN and is none, at `bic` for what no bank has."""
    if IBAN.fullmatch(number) and number[:2].isalpha() and not is_iban(number):
        raise Invalid(fields={"number": _("This IBAN has a wrong digit: its check digits do not agree.")})
    if bic and not BIC.fullmatch(bic):
        raise Invalid(fields={"bic": _("A BIC has 8 or 11 signs, such as KCBLKENX.")})
