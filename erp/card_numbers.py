"""Card numbers in texts: recognised so that they are neither kept nor logged, wherever somebody types one."""

from __future__ import annotations

import re

FOUND = re.compile(r"(?<![\w.])\d(?:[ -]?\d){13,18}(?![\w])")
"""14 to 19 digits, in groups or not, that are no part of a longer word or number."""
SCHEMES = re.compile(
    r"4\d{15}(?:\d{3})?|5[1-5]\d{14}|2(?:2[2-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|35\d{14,17}|62\d{14,17}"
    r"|(?:6011|65\d\d|64[4-9]\d)\d{12,15}|(?:50|5[6-8]|6[0-9])\d{14,17}|3(?:0[0-5]|[68]\d)\d{11}"
)
"""How the numbers of Visa, Mastercard, American Express, JCB, UnionPay, Discover, Maestro and Diners begin."""
MASK = "•••• card number ••••"


def is_card_number(text: str) -> bool:
    """Whether the digits of a text are a card's number by length, scheme and check digit (ISO/IEC 7812).

    A phone's IMEI keeps the same check digit, but no scheme's numbers begin and are as long as those.
    """
    digits = "".join(each for each in text if each.isdecimal())
    return SCHEMES.fullmatch(digits) is not None and _keeps_luhn(digits)


def _keeps_luhn(digits: str) -> bool:
    total = 0
    for place, each in enumerate(reversed(digits)):
        value = int(each)
        total += value if place % 2 == 0 else sum(divmod(2 * value, 10))
    return total % 10 == 0


def holds_card_number(text: str) -> bool:
    """Whether a card's number stands somewhere in a text."""
    return any(is_card_number(found[0]) for found in FOUND.finditer(text))


def without_card_numbers(text: str) -> str:
    """The text with every card's number masked."""
    return FOUND.sub(lambda found: MASK if is_card_number(found[0]) else found[0], text)
