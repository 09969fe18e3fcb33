"""What an order, bill or credit note comes to: its lines by the taxes of a day, on top of what suppliers ask."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from erp import Document, company, money, today
from plugins.currencies.api import rules_for
from plugins.taxes.api import on_day, told


def terms(document: Document | None) -> money.Terms:
    """Taxes by category as they hold today, for a form that counts as the server does."""
    rules = rules_for(document.currency if document is not None else company().currency)
    return on_day(today()).on_top().terms(rules)


def add_up(paper: Any, on: date) -> Sequence[money.PricedLine]:
    """Set net, taxes and total of a paper from its lines; gives each line as it is priced."""
    taxes = on_day(on).on_top()
    items = [line.item(taxes.of(line.chosen_category())) for line in paper.lines]
    sums = money.price(items, paper.currency, rules=rules_for(paper.currency))
    paper.tax_totals = told(sums.taxes)
    paper.subtotal, paper.tax, paper.total = sums.net, sums.tax, sums.total
    return sums.lines


def add_up_with_taxes(paper: Any, on: date) -> None:
    """The same of what is posted line by line: each line keeps its net and its taxes."""
    for line, priced in zip(paper.lines, add_up(paper, on), strict=True):
        line.net, line.tax, line.taxes = priced.net, priced.tax, told(priced.taxes)
