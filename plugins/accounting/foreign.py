"""Amounts in foreign currencies, as the books keep them: in the company's own."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from plugins.accounting.posting import own_company
from plugins.currencies.api import converted


def in_books(amount: Decimal, currency: str, on: date) -> Decimal:
    """The amount in the company's currency by the rate of a day, rounded; raises RateMissing naming the rate to add."""
    own = own_company().currency
    return amount if currency in {"", own} else converted(amount, currency, own, on)
