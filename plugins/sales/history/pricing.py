"""Lines of a history with their sums: what was paid stands, the tax inside it is worked out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from erp import money
from plugins.currencies.api import rules_for
from plugins.sales.history.judging import Entry
from plugins.sales.history.plans import Plan
from plugins.sales.history.records import Goods
from plugins.sales.ledger import told_with
from plugins.taxes.api import Known, Taxes, on_day

ZERO = Decimal(0)


class Priced(NamedTuple):
    """A line's sums."""

    net: Decimal
    tax: Decimal
    taxes: list[dict[str, Any]]


class Pricer:
    """Prices entries; the taxes of a day are read once."""

    def __init__(self, plan: Plan, currency: str) -> None:
        self.currency = currency
        self.has_tax = plan.choice("tax") == "inside"
        self.rules = rules_for(currency)
        self._known: dict[date, Known] = {}
        self._inside: dict[tuple[date, int | None], Taxes] = {}

    def inside(self, on: date, category_id: int | None) -> Taxes:
        """The taxes of a day, each as a part of the price."""
        key = on, category_id
        found = self._inside.get(key)
        if found is None:
            taxes = self._of(on).of(category_id) if self.has_tax else ()
            found = self._inside[key] = tuple(replace(each, is_inclusive=True) for each in taxes)
        return found

    def _of(self, on: date) -> Known:
        if on not in self._known:
            self._known[on] = on_day(on)
        return self._known[on]

    def price(self, entry: Entry, on: date, goods: Sequence[Goods]) -> list[Priced]:
        """The sums of each line of a sale or refund; together with its tax each is quantity times price."""
        taxes = [self.inside(on, each.tax_category_id) for each in goods]
        if not any(taxes):
            return [Priced(line.amount, ZERO, []) for line in entry.lines]
        together = zip(entry.lines, taxes, strict=True)
        items = [money.Item(line.quantity, line.price, taxes=each) for line, each in together]
        sums = money.price(items, self.currency, rules=self.rules)
        return [
            Priced(line.net, line.tax, told_with(self._of(on).ids_of(each.tax_category_id), line.taxes))
            for line, each in zip(sums.lines, goods, strict=True)
        ]
