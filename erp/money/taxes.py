"""Taxes as they lie on a line: several, inside or on top of the price, one counted on another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction


class TaxKind(StrEnum):
    """Why the rate is what it is; zero-rated and exempt both take nothing and are reported apart."""

    STANDARD = "standard"
    REDUCED = "reduced"
    ZERO = "zero"
    EXEMPT = "exempt"


@dataclass(frozen=True)
class Tax:
    """One tax: `rate` percent, inside the price or on top, on the net or also on the taxes before it (compound)."""

    name: str
    rate: Decimal
    is_inclusive: bool = False
    is_compound: bool = False
    kind: TaxKind = TaxKind.STANDARD
    reason: str = ""
    """Why nothing is taken, as the law asks invoices to say."""


@dataclass(frozen=True)
class TaxTotal:
    """What one tax comes to over a document: on which net base, and how much."""

    tax: Tax
    base: Decimal
    amount: Decimal


def parts(taxes: Sequence[Tax]) -> tuple[list[Fraction], Fraction]:
    """Each tax as a multiple of the net, and what the inclusive ones together add to a net of one."""
    found: list[Fraction] = []
    inside = Fraction(0)
    for tax in taxes:
        base = 1 + sum(found, Fraction(0)) if tax.is_compound else Fraction(1)
        part = base * Fraction(tax.rate) / 100
        found.append(part)
        inside += part if tax.is_inclusive else 0
    return found, inside
