"""Currencies, rounding, taxes and prices: pure arithmetic on Decimal, the same on the server and in the browser."""

from __future__ import annotations

from erp.money.currencies import CURRENCIES as CURRENCIES
from erp.money.currencies import UnknownCurrency as UnknownCurrency
from erp.money.currencies import checked as checked
from erp.money.currencies import exponent as exponent
from erp.money.currencies import is_currency as is_currency
from erp.money.currencies import quantum as quantum
from erp.money.pricing import Discount as Discount
from erp.money.pricing import Item as Item
from erp.money.pricing import Priced as Priced
from erp.money.pricing import PricedLine as PricedLine
from erp.money.pricing import Terms as Terms
from erp.money.pricing import price as price
from erp.money.rounding import Mode as Mode
from erp.money.rounding import Rules as Rules
from erp.money.rounding import TaxPer as TaxPer
from erp.money.rounding import portion as portion
from erp.money.rounding import rounded as rounded
from erp.money.rounding import to_step as to_step
from erp.money.taxes import Tax as Tax
from erp.money.taxes import TaxKind as TaxKind
from erp.money.taxes import TaxTotal as TaxTotal
