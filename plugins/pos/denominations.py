"""Coins and notes a drawer is counted in."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from erp import Invalid, _, money

USUAL = ("100", "50", "20", "10", "5", "2", "1", "0.5", "0.2", "0.1", "0.05", "0.01")
BY_CURRENCY: Mapping[str, tuple[str, ...]] = {
    "KES": ("1000", "500", "200", "100", "50", "40", "20", "10", "5", "1"),
    "EUR": ("500", "200", "100", "50", "20", "10", "5", "2", "1", "0.5", "0.2", "0.1", "0.05", "0.02", "0.01"),
    "USD": ("100", "50", "20", "10", "5", "1", "0.25", "0.1", "0.05", "0.01"),
    "GBP": ("50", "20", "10", "5", "2", "1", "0.5", "0.2", "0.1", "0.05", "0.02", "0.01"),
    "INR": ("500", "200", "100", "50", "20", "10", "5", "2", "1"),
    "IRR": ("1000000", "500000", "100000", "50000", "20000", "10000", "5000"),
    "AED": ("1000", "500", "200", "100", "50", "20", "10", "5", "1", "0.5", "0.25"),
}
"""As their central banks have them in circulation."""
MOST = 1_000_000


def of(currency: str) -> tuple[str, ...]:
    """The denominations of a currency, the largest first; what has no place in it is left out."""
    places = money.exponent(currency)
    return tuple(each for each in BY_CURRENCY.get(currency, USUAL) if _places(each) <= places)


def counted(given: object, currency: str, field: str) -> tuple[Decimal, dict[str, int]]:
    """(sum, {denomination: how many}) of what was counted; raises Invalid at the field."""
    if not isinstance(given, Mapping):
        raise Invalid(fields={field: _("Count coins and notes.")})
    known, found = of(currency), dict[str, int]()
    for name, count in given.items():
        if str(name) not in known:
            raise Invalid(fields={field: _("%(name)s is no coin or note here.", name=str(name)[:20])})
        if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= MOST:
            raise Invalid(fields={field: _("Say how many as a whole number.")})
        if count:
            found[str(name)] = count
    return sum((Decimal(name) * count for name, count in found.items()), Decimal(0)), found


def _places(text: str) -> int:
    return len(text.partition(".")[2])
