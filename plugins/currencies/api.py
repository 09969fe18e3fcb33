"""Amounts in other currencies, and the rules by which amounts are rounded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, localcontext
from functools import cache

import sqlalchemy as sa

from erp import Conflict, _, company, i18n, money, prepared, session
from plugins.currencies.models import ExchangeRate, RoundingRule

PLACES = Decimal(1).scaleb(-12)


class RateMissing(Conflict):
    """There is no exchange rate for this day."""

    code = "rate_missing"


def rate(base: str, quote: str, on: date) -> Decimal:
    """What one `base` costs in `quote` on a day, to twelve decimals; raises RateMissing saying which rate to add.

    It is the newest rate not after the day, either way round, else one by way of the company's currency.
    """
    base, quote = money.checked(base), money.checked(quote)
    if base == quote:
        return Decimal(1)
    own = company().currency
    found = _direct(base, quote, on)
    if found is None and own not in {base, quote}:
        first, second = _direct(base, own, on), _direct(own, quote, on)
        found = first * second if first is not None and second is not None else None
    if found is None:
        day = i18n.format_date(on)
        raise RateMissing(_("There is no rate for %(base)s in %(quote)s on %(day)s: add it under Exchange rates.",
                            base=base, quote=quote, day=day))  # fmt: skip
    with localcontext(prec=50):
        return found.quantize(PLACES)


def converted(amount: Decimal, base: str, quote: str, on: date) -> Decimal:
    """The amount in another currency, rounded by that currency's rule; raises RateMissing."""
    return money.rounded(amount * rate(base, quote, on), quote, rules_for(quote).mode)


def converted_each(amounts: Sequence[Decimal], base: str, quote: str, on: date) -> list[Decimal]:
    """Parts of one amount in another currency: together exactly what `converted` makes of their sum.

    Raises RateMissing.
    """
    price, mode = rate(base, quote, on), rules_for(quote).mode
    found, sum_, before = [], Decimal(0), Decimal(0)
    for amount in amounts:
        sum_ += amount
        after = money.rounded(sum_ * price, quote, mode)
        found.append(after - before)
        before = after
    return found


def rules_for(currency: str, *, cash: bool = False) -> money.Rules:
    """How amounts of the currency are rounded; in `cash` a document is paid in the coins there are."""
    for mode, tax_per, step in prepared.rows(_rule(), {"currency": currency}):
        return money.Rules(money.Mode(mode), money.TaxPer(tax_per), step if cash else Decimal(0))
    return money.Rules()


@cache
def _rule() -> sa.Select[str, str, Decimal]:
    """How a `currency` is rounded, where a company says so."""
    asked = (RoundingRule.mode, RoundingRule.tax_per, RoundingRule.cash_step)
    return sa.select(*asked).where(RoundingRule.currency == sa.bindparam("currency"))


def _direct(base: str, quote: str, on: date) -> Decimal | None:
    """The newest rate of a pair either way round; what was published for the pair itself wins over its inverse."""
    pairs = sa.tuple_(ExchangeRate.base_currency, ExchangeRate.quote_currency).in_([(base, quote), (quote, base)])
    is_inverse = ExchangeRate.base_currency == quote
    statement = (
        sa.select(ExchangeRate)
        .where(pairs, ExchangeRate.valid_on <= on)
        .order_by(ExchangeRate.valid_on.desc(), is_inverse)
        .limit(1)
    )
    row = session().scalar(statement)
    if row is None:
        return None
    with localcontext(prec=50):
        return row.rate if row.base_currency == base else 1 / row.rate
