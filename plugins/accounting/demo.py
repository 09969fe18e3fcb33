"""The books of the demo company: the Kenyan chart, opening balances, the rent of each month, wages and depreciation."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import sqlalchemy as sa

from erp import clock, session
from plugins.accounting.charts import choose_chart
from plugins.accounting.models import Account
from plugins.accounting.years import later, make_year

TYPE = "journal_voucher"
ANSWERS: dict[str, Any] = {}
WHO = "Wanjiku Kamau"
OPENING = (
    ("1000", 25_000, 0), ("1100", 7_840_000, 0), ("1530", 420_000, 0), ("2500", 0, 600_000), ("3000", 0, 7_000_000),
    ("3900", 0, 685_000),
)  # fmt: skip
"""Without stock, which is told by its own opening moves."""
INSURANCE = (("6330", 42_000, 0), ("1100", 0, 42_000))
BONUS = (("6000", 30_000, 0), ("2200", 0, 30_000))
MONTHLY = (
    ("6100", 45_000, 0), ("1100", 0, 45_000), ("6000", 120_000, 0), ("2210", 0, 24_000), ("1100", 0, 96_000),
    ("6600", 11_700, 0), ("1590", 0, 11_700),
)  # fmt: skip
"""The rent of both branches, wages, and the depreciation of computers."""


def begin() -> None:
    """The chart, last year and this one, before anything is sold."""
    this = clock.now().date().replace(month=1, day=1)
    choose_chart("kenya", this.replace(year=this.year - 1))
    make_year(this)


def load(stage: Any, _rng: Random, *, every: int = 1) -> None:
    """Opening balances, and what comes each month, or only each so many counted back; a bonus waits to be looked at."""
    accounts = {code: key for key, code in session().execute(sa.select(Account.id, Account.code))}
    today = clock.now().date()
    first = today.replace(month=1, day=1)
    first = first.replace(year=first.year - 1)
    _voucher(stage, accounts, "Opening balances", first, OPENING)
    count = (today.year - first.year) * 12 + today.month - 1
    for month in range((count - 1) % every, count, every):
        on = later(first, month + 1) - timedelta(days=1)
        _voucher(stage, accounts, f"Rent, wages and depreciation of {on:%m/%Y}", on, MONTHLY)
    insurance = {"name": "Insurance of the workshop", "every": "3", "next_on": today + timedelta(days=20)}
    stage.create(WHO, "recurring_entry", {**insurance, "lines": _lines(accounts, INSURANCE)})
    _voucher(stage, accounts, "Bonus of the technicians", today, BONUS, post=False)


def _voucher(
    stage: Any, accounts: dict[str, int], text: str, on: date, rows: tuple[tuple[str, int, int], ...], *,
    post: bool = True,
) -> None:  # fmt: skip
    key = stage.create(WHO, TYPE, {"text": text, "voucher_date": on, "lines": _lines(accounts, rows)})
    if post:
        stage.complete(WHO, key, "check_voucher", {"decision": "post"})


def _lines(accounts: dict[str, int], rows: tuple[tuple[str, int, int], ...]) -> list[dict[str, Any]]:
    return [
        {"account": accounts[code], "debit": Decimal(debit), "credit": Decimal(credit)} for code, debit, credit in rows
    ]
