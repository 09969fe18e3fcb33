"""Currencies and rounding: amounts are Decimal, rounded half up to the currency's exponent (ISO 4217)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from babel.numbers import list_currencies

EXPONENTS = {
    "BHD": 3, "CLP": 0, "IQD": 3, "IRR": 0, "ISK": 0, "JOD": 3, "JPY": 0, "KRW": 0, "KWD": 3, "LYD": 3,
    "OMR": 3, "PYG": 0, "RWF": 0, "TND": 3, "UGX": 0, "VND": 0, "XAF": 0, "XOF": 0,
}  # fmt: skip
"""Decimal places where they are not two."""


def is_currency(code: str) -> bool:
    """Whether this is a currency of ISO 4217."""
    return code in list_currencies()


def exponent(currency: str) -> int:
    """How many decimal places the currency has."""
    return EXPONENTS.get(currency, 2)


def quantum(currency: str) -> Decimal:
    """The currency's smallest unit, e.g. Decimal("0.01")."""
    return Decimal(1).scaleb(-exponent(currency))


def rounded(amount: Decimal, currency: str) -> Decimal:
    """The amount rounded half up to the currency's smallest unit."""
    return amount.quantize(quantum(currency), rounding=ROUND_HALF_UP)


def tax_of(net: Decimal, percent: Decimal, currency: str) -> Decimal:
    """Tax on a net amount at `percent`, rounded to the currency."""
    return rounded(net * percent / 100, currency)
