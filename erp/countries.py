"""What a country suggests to a new company: currency, time zone, week, holidays and standard rate of tax."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import holidays
import pytz
from babel import Locale, UnknownLocaleError
from babel.languages import get_official_languages
from babel.numbers import get_territory_currencies

STANDARD_RATES: Mapping[str, str] = {
    "AE": "5", "BD": "15", "BE": "21", "BH": "10", "CH": "8.1", "DE": "19", "EG": "14", "ES": "21", "ET": "15",
    "FR": "20", "GB": "20", "GH": "15", "IE": "23", "IN": "18", "IR": "10", "IT": "22", "KE": "16", "NG": "7.5",
    "NL": "21", "OM": "5", "PK": "18", "PT": "23", "RW": "18", "SA": "15", "SE": "25", "TR": "20", "TZ": "18",
    "UG": "18", "ZA": "15", "ZM": "16",
}  # fmt: skip
"""Standard rates of value added tax in percent as of 2026: a suggestion the owner confirms, never a rule."""
SEVEN = 7


@dataclass(frozen=True)
class Suggestion:
    """What is filled in beforehand once the country is known."""

    currency: str
    timezone: str
    tax_rate: Decimal
    closed: frozenset[int]
    """Days of the weekend, 0 for Monday."""


def names(language: str) -> dict[str, str]:
    """{ISO 3166 code: name in this language} of the countries there are, by name."""
    territories = Locale.parse(language).territories
    found = {code: territories[code] for code in pytz.country_names if code in territories}
    return dict(sorted(found.items(), key=lambda pair: pair[1]))


def suggested(country: str) -> Suggestion:
    """What the country suggests; neutral values where nothing is known."""
    currencies, zones = get_territory_currencies(country), pytz.country_timezones.get(country, ["UTC"])
    return Suggestion(
        currency=currencies[0] if currencies else "USD",
        timezone=zones[0],
        tax_rate=Decimal(STANDARD_RATES.get(country, "0")),
        closed=_weekend(country),
    )


def _weekend(country: str) -> frozenset[int]:
    for language in (*get_official_languages(country), "en"):
        try:
            locale = Locale.parse(f"{language}_{country}")
        except (UnknownLocaleError, ValueError):
            continue
        length = (locale.weekend_end - locale.weekend_start) % SEVEN + 1
        return frozenset((locale.weekend_start + day) % SEVEN for day in range(length))
    return frozenset({5, 6})


def holidays_of(country: str, years: list[int]) -> dict[date, str]:
    """The public holidays of a country by day, in its own language; none where they are not known."""
    try:
        found = holidays.country_holidays(country, years=years)
    except NotImplementedError:
        return {}
    return dict(sorted(found.items()))
