"""Rounding: how, of what, and to which coins; every way is symmetric, so that a credit mirrors what it credits.

Union law leaves the method to each state and does not ask for rounding down (CJEU C-484/06, Ahold, 2008).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from erp.money.currencies import exponent

EXACT = Decimal | Fraction | int


class Mode(StrEnum):
    """What becomes of half a unit; `DOWN` drops every part of one, as HMRC VAT Notice 700 §17.5 lets invoices do."""

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    DOWN = "down"


class TaxPer(StrEnum):
    """Where tax is rounded: on each line, or once for each tax of a document (EN 16931, rule BR-CO-17)."""

    LINE = "line"
    DOCUMENT = "document"


@dataclass(frozen=True)
class Rules:
    """How one document is rounded; `step` is the smallest amount it is paid in (coins, a provider's whole units)."""

    mode: Mode = Mode.HALF_UP
    tax_per: TaxPer = TaxPer.DOCUMENT
    step: Decimal = Decimal(0)


def whole(value: Fraction, mode: Mode = Mode.HALF_UP) -> int:
    """The value as a whole number."""
    units, rest = divmod(abs(value.numerator), value.denominator)
    if mode is Mode.HALF_UP:
        units += 2 * rest >= value.denominator
    elif mode is Mode.HALF_EVEN:
        units += 2 * rest > value.denominator or (2 * rest == value.denominator and units % 2)
    return units if value >= 0 else -units


def in_units(amount: EXACT, currency: str) -> Fraction:
    """The exact amount counted in the currency's smallest units."""
    units: int = 10 ** exponent(currency)
    return Fraction(amount) * units


def amount_of(units: int, currency: str) -> Decimal:
    """Smallest units as an amount with the currency's decimal places."""
    return Decimal(units).scaleb(-exponent(currency))


def rounded(amount: EXACT, currency: str, mode: Mode = Mode.HALF_UP) -> Decimal:
    """The amount in the currency's smallest unit, half up unless another way is asked for."""
    return amount_of(whole(in_units(amount, currency), mode), currency)


def to_step(amount: Decimal, step: Decimal, mode: Mode = Mode.HALF_UP) -> Decimal:
    """The amount as whole steps of 0.05, 1 or 5; a step of nothing leaves it as it is."""
    return whole(Fraction(amount) / Fraction(step), mode) * step if step else amount


def portion(amount: Decimal, before: Decimal, after: Decimal, of: Decimal, currency: str) -> Decimal:
    """The part of an amount that falls on what lies between `before` and `after` out of `of`.

    Parts taken one after another add up to the whole amount, whatever their sizes.
    """
    exact = Fraction(amount) / Fraction(of)
    return rounded(exact * Fraction(after), currency) - rounded(exact * Fraction(before), currency)


def spread(total: int, shares: Sequence[Fraction]) -> list[int]:
    """Whole units that add up to `total` and lie within one of their exact shares; the largest rests come first.

    The exact shares must add up to less than one unit for each of them away from `total`.
    """
    found = [whole(share, Mode.DOWN) for share in shares]
    left = total - sum(found)
    sign = 1 if left > 0 else -1
    order = sorted(range(len(shares)), key=lambda place: (found[place] - shares[place]) * sign)
    for place in order[: abs(left)]:
        found[place] += sign
    return found
