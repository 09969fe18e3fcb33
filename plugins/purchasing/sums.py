"""What an order, bill or credit note comes to: its lines by the taxes of a day, on top of what suppliers ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import sqlalchemy as sa

from erp import Document, company, current, marks, money, prepared, today, whole
from plugins.currencies.api import rules_for
from plugins.currencies.models import RoundingRule
from plugins.taxes.api import Known, on_day, told
from plugins.taxes.models import Tax, TaxCategory


@dataclass(frozen=True, slots=True)
class Terms:
    """The taxes of a day, on top of what suppliers ask, and how a currency is rounded."""

    taxes: Known
    rules: money.Rules


Key = tuple[int, str, date, Decimal, str]
_kept = marks.Kept[Key, Terms]()
"""{(tenant, currency, day, the company's own rate, the language it is called in): terms}"""


def terms_of(currency: str, on: date) -> Terms:
    """What papers in a currency are added up by on a day, past the actor's own limits.

    One statement while no tax and no rule was changed.
    """
    key = (current().tenant_id or 0, currency, on, company().tax_rate, current().language)
    with whole():
        (now,) = prepared.rows(_marks(), {})
        return _kept.get(key, now, lambda: Terms(on_day(on).on_top(), rules_for(currency)))


@cache
def _marks() -> sa.Select[*tuple[Any, ...]]:
    read = (TaxCategory, Tax, RoundingRule)
    return sa.select(*(marks.mark(cls).label(cls.__tablename__) for cls in read))


def terms(document: Document | None) -> money.Terms:
    """Taxes by category as they hold today, for a form that counts as the server does."""
    found = terms_of(document.currency if document is not None else company().currency, today())
    return found.taxes.terms(found.rules)


def add_up(paper: Any, on: date) -> Sequence[money.PricedLine]:
    """Set net, taxes and total of a paper from its lines; gives each line as it is priced."""
    by = terms_of(paper.currency, on)
    items = [line.item(by.taxes.of(line.chosen_category())) for line in paper.lines]
    sums = money.price(items, paper.currency, rules=by.rules)
    paper.tax_totals = told(sums.taxes)
    paper.subtotal, paper.tax, paper.total = sums.net, sums.tax, sums.total
    return sums.lines


def add_up_with_taxes(paper: Any, on: date) -> None:
    """The same of what is posted line by line: each line keeps its net and its taxes."""
    for line, priced in zip(paper.lines, add_up(paper, on), strict=True):
        line.net, line.tax, line.taxes = priced.net, priced.tax, told(priced.taxes)
