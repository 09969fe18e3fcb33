"""Phone numbers as the whole world dials them, whatever way they were typed."""

from __future__ import annotations

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from erp import i18n


def international(typed: str | None, country: str) -> str | None:
    """The number in E.164, `+254700553218`, read as people of the country dial; None where it is no number in use."""
    if not typed:
        return None
    plain = typed.translate(i18n.LATIN).strip()
    for way in (plain, f"+{plain[2:]}") if plain.startswith("00") else (plain,):
        try:
            found = phonenumbers.parse(way, country)
        except NumberParseException:
            continue
        if phonenumbers.is_valid_number(found):
            return str(phonenumbers.format_number(found, PhoneNumberFormat.E164))
    return None


def local(number: str, country: str) -> str:
    """A number in E.164 as people of the country write it: `0700 553218` at home, with its country from elsewhere."""
    found = phonenumbers.parse(number, country)
    is_home = phonenumbers.region_code_for_number(found) == country
    return str(
        phonenumbers.format_number(found, PhoneNumberFormat.NATIONAL if is_home else PhoneNumberFormat.INTERNATIONAL)
    )
