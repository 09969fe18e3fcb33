"""What the shilling cost in the demo year: three currencies, each month."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

from erp import clock

TYPE = "exchange_rate"
ANSWERS: dict[str, Any] = {}
WHO = "Wanjiku Kamau"
AROUND = {"USD": Decimal("129.30"), "EUR": Decimal("150.80"), "GBP": Decimal("172.40")}
MONTHS = 13


def load(stage: Any, rng: Random) -> None:
    """Rates of thirteen months, and shillings without cents in cash."""
    stage.create(WHO, "rounding_rule", {"currency": "KES", "cash_step": Decimal(1), "provider_step": Decimal(1)})
    rates = dict(AROUND)
    first = clock.now().date() - timedelta(days=30 * (MONTHS - 1))
    for month in range(MONTHS):
        for code, rate in rates.items():
            rates[code] = (rate * Decimal(rng.randrange(985, 1016)) / 1000).quantize(Decimal("0.0001"))
            day = first + timedelta(days=30 * month)
            told = {"base_currency": code, "quote_currency": "KES", "rate": rates[code], "valid_on": day}
            stage.create(WHO, TYPE, {**told, "source": "Central Bank of Kenya"})
