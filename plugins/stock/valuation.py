"""What goods cost: one product's pool, by moving average or first in, first out. Pure; amounts are exact.

Every amount leaves the pool whole: parts are rounded to the currency's smallest unit and the last one takes the rest.
Below nothing the pool owes what it gave out at the last cost; the next receipt settles the difference.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from erp import money

ZERO = Decimal(0)
FIFO, AVERAGE = "fifo", "average"
PLACES = Decimal("0.000000000001")
"""Of what one unit cost last."""


def part(amount: Decimal, of: Decimal, whole: Decimal, currency: str) -> Decimal:
    """What falls on `of` out of `whole`, rounded and never more than there is; all of it where that is all."""
    if of == whole:
        return amount
    return min(money.rounded(Fraction(amount) * Fraction(of) / Fraction(whole), currency), amount)


@dataclass(eq=False)
class Layer:
    """What is left of one receipt; `id` is None while it is not written."""

    quantity: Decimal
    value: Decimal
    id: int | None = None
    move: int | None = None
    """Place of the move it came with among those posted now."""
    is_changed: bool = False

    def take(self, quantity: Decimal, currency: str) -> Decimal:
        """Take so many out; their value."""
        value = part(self.value, quantity, self.quantity, currency)
        self.quantity, self.value, self.is_changed = self.quantity - quantity, self.value - value, True
        return value


@dataclass(frozen=True)
class Taken:
    """What a move carried out of the pool, and by how much what stays must be revalued with it."""

    value: Decimal
    revalued: Decimal = ZERO


@dataclass
class Pool:
    """All of one product in our places; `layers` are those of a FIFO product, the first to go in front."""

    currency: str
    method: str = AVERAGE
    quantity: Decimal = ZERO
    value: Decimal = ZERO
    last_cost: Decimal = ZERO
    layers: list[Layer] = field(default_factory=list)

    def change_method(self, method: str) -> bool:
        """Value by another method from now on, at the same value; whether the layers there were are void."""
        if method == self.method:
            return False
        self.method, self.layers = method, []
        if method == FIFO and self.quantity > 0:
            self.layers.append(Layer(self.quantity, self.value))
        return True

    def cost_of(self, quantity: Decimal) -> Decimal:
        """What so many would cost now: their share of what there is, else as much as the last ones."""
        if quantity == self.quantity:
            return self.value
        if self.quantity > 0:
            return money.rounded(Fraction(self.value) * Fraction(quantity) / Fraction(self.quantity), self.currency)
        return money.rounded(Fraction(self.last_cost) * Fraction(quantity), self.currency)

    def put(self, quantity: Decimal, value: Decimal, move: int | None = None) -> Decimal:
        """Take a receipt in; by how much what is there must be revalued, where it settles what was owed."""
        revalued, left, rest = ZERO, quantity, value
        if self.quantity < 0:
            settled = min(-self.quantity, quantity)
            owed = part(-self.value, settled, -self.quantity, self.currency)
            cost = part(value, settled, quantity, self.currency)
            revalued, left, rest = owed - cost, quantity - settled, value - cost
            self.quantity, self.value = self.quantity + settled, self.value + owed
        self.quantity, self.value = self.quantity + left, self.value + rest
        if left and self.method == FIFO:
            self.layers.append(Layer(left, rest, move=move))
        self._remember(Fraction(value) / Fraction(quantity))
        return revalued

    def take(self, quantity: Decimal, value: Decimal | None = None, *, first: Iterable[Layer] = ()) -> Taken:
        """Give so many out, at what they cost or, where an earlier receipt is taken back, at exactly this value.

        `first` are the layers to take before all others.
        """
        if value is not None and self.method == AVERAGE and quantity < self.quantity and value <= self.value:
            self.quantity, self.value = self.quantity - quantity, self.value - value
            return Taken(value)
        held = max(min(self.quantity, quantity), ZERO)
        cost = self._out(held, first) if held else ZERO
        owed = money.rounded(Fraction(self.last_cost) * Fraction(quantity - held), self.currency)
        self.quantity, self.value = self.quantity - quantity, self.value - cost - owed
        return Taken(cost + owed) if value is None else Taken(value, value - cost - owed)

    def _out(self, quantity: Decimal, first: Iterable[Layer]) -> Decimal:
        if self.method == AVERAGE:
            return part(self.value, quantity, self.quantity, self.currency)
        chosen = list(first)
        value, left = ZERO, quantity
        for layer in [*chosen, *(each for each in self.layers if each not in chosen)]:
            if not left:
                break
            count = min(layer.quantity, left)
            value += layer.take(count, self.currency) if count else ZERO
            left -= count
        self.layers = [layer for layer in self.layers if layer.quantity or layer.is_changed]
        assert not left, "the layers are less than the pool"
        return value

    def revalue(self, by: Decimal) -> None:
        """What is there costs so much more, or less; spread over the layers by what they cost."""
        whole, counts, left = self.value, self.quantity, by
        self.value += by
        for layer in (each for each in self.layers if each.quantity):
            own = left if layer.quantity == counts else self._share(left, layer, whole, counts)
            whole, counts, left = whole - layer.value, counts - layer.quantity, left - own
            layer.value, layer.is_changed = layer.value + own, True
        self._remember(Fraction(self.value) / Fraction(self.quantity))

    def _share(self, by: Decimal, layer: Layer, whole: Decimal, counts: Decimal) -> Decimal:
        """A layer's part of a revaluation, so that neither it nor those behind it come to less than nothing."""
        weight = Fraction(layer.value) / Fraction(whole) if whole else Fraction(layer.quantity) / Fraction(counts)
        share = money.rounded(Fraction(by) * weight, self.currency)
        return min(max(share, -layer.value), by + whole - layer.value) if by < 0 else share

    def _remember(self, cost: Fraction) -> None:
        self.last_cost = (Decimal(cost.numerator) / Decimal(cost.denominator)).quantize(PLACES)
