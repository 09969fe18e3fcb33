from __future__ import annotations

from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from erp import Record, _l, amount, choice, company, day, i18n, money, rate, text

CURRENCIES = i18n.currencies()
MODES: dict[str, str] = {
    money.Mode.HALF_UP: _l("Half up"),
    money.Mode.HALF_EVEN: _l("Half to even"),
    money.Mode.DOWN: _l("Down"),
}
TAX_PER: dict[str, str] = {money.TaxPer.DOCUMENT: _l("Once for the document"), money.TaxPer.LINE: _l("On each line")}


class ExchangeRate(Record):
    """Exchange rate. Exchange rates.

    What one unit of a currency costs in another from a day on, until a newer rate is known.
    """

    icon = "arrows-exchange"
    group = _l("Set-up")
    title_field = "base_currency"
    subtitle_field = "quote_currency"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "base_currency", "quote_currency", "valid_on"),
        sa.CheckConstraint("rate > 0", name="exchange_rate_rate_positive"),
        sa.CheckConstraint("base_currency <> quote_currency", name="exchange_rate_quote_currency_differs"),
    )

    base_currency: Mapped[str] = choice(_l("One unit of"), CURRENCIES, default="USD", listed=True, search=True)
    quote_currency: Mapped[str] = choice(_l("Costs in"), CURRENCIES, listed=True, search=True)
    rate: Mapped[Decimal] = rate(
        _l("Rate"), minimum=Decimal("0.000000000001"), listed=True, help=_l("The other way round is worked out.")
    )
    valid_on: Mapped[date] = day(_l("From"), listed=True)
    source: Mapped[str | None] = text(_l("Source"), length=80, listed=True, help=_l("Who published it."))

    @property
    def title(self) -> str:
        """The pair, as traders write it."""
        return f"{self.base_currency}/{self.quote_currency}"


class RoundingRule(Record):
    """Rounding rule. Rounding rules.

    How amounts of one currency are rounded; without a rule half up, tax once for a document, cash to the smallest unit.
    """

    icon = "math-function"
    group = _l("Set-up")
    title_field = "currency"
    __table_args__ = (sa.UniqueConstraint("tenant_id", "currency"),)

    currency: Mapped[str] = choice(
        _l("Currency"), CURRENCIES, default=lambda: company().currency, listed=True, search=True
    )
    mode: Mapped[str] = choice(_l("Half a unit"), MODES, default="half_up", listed=True)
    tax_per: Mapped[str] = choice(_l("Tax is rounded"), TAX_PER, default="document", listed=True)
    cash_step: Mapped[Decimal] = amount(
        _l("Smallest coin"), default=Decimal(0), minimum=Decimal(0), listed=True, help=_l("0.05, 1 or 5; 0 for any.")
    )
    provider_step: Mapped[Decimal] = amount(
        _l("Smallest mobile payment"), default=Decimal(0), minimum=Decimal(0), help=_l("1 where only whole units pass.")
    )
