"""What the demo company planned for this year."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

import sqlalchemy as sa

from erp import clock, session
from plugins.accounting.models import Account, FiscalYear

TYPE = "budget"
ANSWERS: dict[str, Any] = {}
WHO = "Wanjiku Kamau"
PLANNED = (("4000", 420_000), ("5000", 160_000), ("6000", 120_000), ("6100", 45_000), ("6210", 8_000), ("6600", 11_700))
"""(account, each month)"""


def load(stage: Any, _rng: Random) -> None:
    """The same every month."""
    today = clock.now().date()
    year = session().scalar(sa.select(FiscalYear.id).where(FiscalYear.starts_on <= today, FiscalYear.ends_on >= today))
    accounts = {code: key for key, code in session().execute(sa.select(Account.id, Account.code))}
    lines = [
        {"account": accounts[code], **{f"month_{month}": Decimal(planned) for month in range(1, 13)}}
        for code, planned in PLANNED
    ]
    if year is not None:
        stage.create(WHO, TYPE, {"name": "Plan of the year", "year": year, "lines": lines})
