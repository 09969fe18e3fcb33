"""The one way lines become sums; `frontend/src/pricing.js` does the same, held to it by tests/vectors/pricing.

Lines after their discounts are rounded to the currency; the document's discount is spread over them; taxes are rounded
for each line, or for the whole document and then spread. So lines add up to the total, always.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from erp.money.rounding import Rules, TaxPer, amount_of, in_units, spread, to_step, whole
from erp.money.taxes import Tax, TaxTotal, parts

HUNDRED = Fraction(100)
USUAL = Rules()


@dataclass(frozen=True)
class Item:
    """A line to be priced; `discount` is a percentage, `discount_amount` is taken off after it."""

    quantity: Decimal
    unit_price: Decimal
    discount: Decimal = Decimal(0)
    discount_amount: Decimal = Decimal(0)
    taxes: tuple[Tax, ...] = ()


@dataclass(frozen=True)
class Discount:
    """What is taken off the whole document, before tax."""

    percent: Decimal = Decimal(0)
    amount: Decimal = Decimal(0)


NOTHING_OFF = Discount()


@dataclass(frozen=True)
class PricedLine:
    """A line's sums: `amount` as it stands on paper, its share of the document's discount, net, tax and gross."""

    amount: Decimal
    discount: Decimal
    net: Decimal
    taxes: tuple[TaxTotal, ...]
    gross: Decimal

    @property
    def tax(self) -> Decimal:
        """All taxes of the line."""
        return self.gross - self.net


@dataclass(frozen=True)
class Priced:
    """A document's sums; `payable` is the total in the steps it is paid in, `rounding` what that adds or takes."""

    lines: tuple[PricedLine, ...]
    discount: Decimal
    net: Decimal
    tax: Decimal
    taxes: tuple[TaxTotal, ...]
    total: Decimal
    rounding: Decimal
    payable: Decimal


@dataclass(frozen=True)
class Terms:
    """What a form must know to count as the server does; `tax_field` names the line's field that chooses its taxes."""

    rules: Rules = USUAL
    taxes: tuple[Tax, ...] = ()
    """Of every line that chooses none."""
    choices: Mapping[str, tuple[Tax, ...]] = field(default_factory=dict)
    """{what the line's field holds: its taxes}"""
    tax_field: str = ""
    discount_field: str = ""
    """Field of the document that holds its discount in percent."""
    free_field: str = ""
    """The line's field that says whether it is free of charge, as it is where it holds one of `free_values`."""
    free_values: tuple[str, ...] = ()

    def taxes_of(self, chosen: object) -> tuple[Tax, ...]:
        """The taxes of a line."""
        return self.choices.get(str(chosen), self.taxes) if chosen else self.taxes

    def is_free(self, value: object) -> bool:
        """Whether a line whose `free_field` holds this value costs nothing."""
        return str(value) in self.free_values

    def as_json(self) -> dict[str, Any]:
        """The same for the browser, numbers as text."""
        return {
            "rules": {"mode": self.rules.mode, "tax_per": self.rules.tax_per, "step": f"{self.rules.step:f}"},
            "taxes": [_told(tax) for tax in self.taxes],
            "choices": {key: [_told(tax) for tax in taxes] for key, taxes in self.choices.items()},
            "tax_field": self.tax_field,
            "discount_field": self.discount_field,
            "free_field": self.free_field if self.free_values else "",
            "free_values": list(self.free_values),
        }


def _told(tax: Tax) -> dict[str, Any]:
    return {
        "name": tax.name,
        "rate": f"{tax.rate:f}",
        "is_inclusive": tax.is_inclusive,
        "is_compound": tax.is_compound,
        "kind": tax.kind,
    }


def price(items: Sequence[Item], currency: str, *, discount: Discount = NOTHING_OFF, rules: Rules = USUAL) -> Priced:
    """The sums of a document's lines, all rounded to the currency by `rules`."""
    amounts = [whole(_exact_amount(item, currency), rules.mode) for item in items]
    shares = _shared_discount(amounts, discount, currency, rules)
    left = [amount - share for amount, share in zip(amounts, shares, strict=True)]
    taxed = _taxed(items, left, rules)
    lines = tuple(
        _line(item, taken, rest, taxes, currency)
        for item, taken, rest, taxes in zip(items, shares, left, taxed, strict=True)
    )
    total = sum((line.gross for line in lines), amount_of(0, currency))
    net = sum((line.net for line in lines), amount_of(0, currency))
    payable = to_step(total, rules.step, rules.mode)
    return Priced(
        lines=lines,
        discount=amount_of(sum(shares), currency),
        net=net,
        tax=total - net,
        taxes=_tax_totals(lines),
        total=total,
        rounding=payable - total,
        payable=payable,
    )


def _exact_amount(item: Item, currency: str) -> Fraction:
    """A line's amount after its own discounts, in smallest units."""
    full = in_units(Fraction(item.quantity) * Fraction(item.unit_price), currency)
    return full * (HUNDRED - Fraction(item.discount)) / 100 - in_units(item.discount_amount, currency)


def _shared_discount(amounts: Sequence[int], discount: Discount, currency: str, rules: Rules) -> list[int]:
    """The document's discount in smallest units, as each line bears it: in percent of itself, an amount by size."""
    percent = Fraction(discount.percent) / 100
    taken = spread(whole(sum(amounts) * percent, rules.mode), [amount * percent for amount in amounts])
    if not discount.amount or not amounts:
        return taken
    more = whole(in_units(discount.amount, currency), rules.mode)
    weights = [abs(amount) for amount in amounts]
    weights = weights if any(weights) else [1] * len(amounts)
    spread_amount = spread(more, [Fraction(more * weight, sum(weights)) for weight in weights])
    return [one + other for one, other in zip(taken, spread_amount, strict=True)]


def _taxed(items: Sequence[Item], left: Sequence[int], rules: Rules) -> list[list[int]]:
    """Each line's taxes in smallest units, rounded where the rules say."""
    exact: list[list[Fraction]] = []
    for item, amount in zip(items, left, strict=True):
        each, inside = parts(item.taxes)
        exact.append([part * amount / (1 + inside) for part in each])
    if rules.tax_per is TaxPer.LINE:
        return [[whole(value, rules.mode) for value in line] for line in exact]
    found = [[0] * len(line) for line in exact]
    places: dict[Tax, list[tuple[int, int]]] = {}
    for line, item in enumerate(items):
        for column, tax in enumerate(item.taxes):
            places.setdefault(tax, []).append((line, column))
    for where in places.values():
        shares = [exact[line][column] for line, column in where]
        total = whole(sum(shares, Fraction(0)), rules.mode)
        for (line, column), units in zip(where, spread(total, shares), strict=True):
            found[line][column] = units
    return found


def _line(item: Item, taken: int, rest: int, taxes: Sequence[int], currency: str) -> PricedLine:
    inside = sum(units for tax, units in zip(item.taxes, taxes, strict=True) if tax.is_inclusive)
    net, before, found = rest - inside, 0, []
    for tax, units in zip(item.taxes, taxes, strict=True):
        base = net + before if tax.is_compound else net
        found.append(TaxTotal(tax, amount_of(base, currency), amount_of(units, currency)))
        before += units
    return PricedLine(
        amount=amount_of(rest + taken, currency),
        discount=amount_of(taken, currency),
        net=amount_of(net, currency),
        taxes=tuple(found),
        gross=amount_of(net + before, currency),
    )


def _tax_totals(lines: Sequence[PricedLine]) -> tuple[TaxTotal, ...]:
    """Base and amount of every tax, in the order they first appear."""
    found: dict[Tax, TaxTotal] = {}
    for each in (each for line in lines for each in line.taxes):
        known = found.get(each.tax)
        found[each.tax] = (
            each if known is None else TaxTotal(each.tax, known.base + each.base, known.amount + each.amount)
        )
    return tuple(found.values())
