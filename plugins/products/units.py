"""Quantities in units: converted exactly, rounded as their unit allows, or refused with a sentence."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from erp import Invalid, _, i18n

if TYPE_CHECKING:
    from plugins.products.models import Unit


def converted(quantity: Decimal, of: Unit, to: Unit, *, field: str = "quantity") -> Decimal:
    """So many `of` as `to`.

    Invalid at `field` where they do not measure the same, or where it comes out uneven in a unit that is never rounded.
    """
    if of.id == to.id:
        return rounded(quantity, to, field=field)
    if not is_measured_as(of, to):
        raise Invalid(fields={field: _("%(of)s cannot be turned into %(to)s.", of=of.name, to=to.name)})
    exact = Fraction(quantity) * of.size / to.size
    return _fitted(exact, to, field, f"{i18n.format_number(quantity)} {of.name}")


def is_measured_as(of: Unit, to: Unit) -> bool:
    """Whether quantities in the one unit can be told in the other."""
    return of.id == to.id or (of.dimension == to.dimension and of.dimension != "other")


def rounded(quantity: Decimal, unit: Unit, *, field: str = "quantity") -> Decimal:
    """A quantity with no more decimals than its unit has; Invalid at `field` where the unit is never rounded."""
    return _fitted(Fraction(quantity), unit, field, f"{i18n.format_number(quantity)} {unit.name}")


def _fitted(exact: Fraction, unit: Unit, field: str, asked: str) -> Decimal:
    scaled = exact * 10**unit.places
    if scaled.denominator == 1:
        return Decimal(scaled.numerator).scaleb(-unit.places)
    about = Decimal(exact.numerator) / Decimal(exact.denominator)
    if unit.is_exact:
        said = _(
            "%(asked)s would be %(count)s %(unit)s, which does not come out even.",
            asked=asked, count=i18n.format_number(about, 4), unit=unit.name,
        )  # fmt: skip
        raise Invalid(fields={field: said})
    return about.quantize(Decimal(1).scaleb(-unit.places), ROUND_HALF_UP)
