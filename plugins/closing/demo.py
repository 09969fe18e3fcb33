"""The month the demo company is closing: opened, and looked through by nobody yet."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import sqlalchemy as sa

from erp import clock, session
from plugins.accounting.models import FiscalPeriod

TYPE = "month_end"
ANSWERS: dict[str, Any] = {}
WHO = "Wanjiku Kamau"


def load(stage: Any, _rng: Random) -> None:
    """Last month is to be closed."""
    last = clock.now().date().replace(day=1) - timedelta(days=1)
    period = session().scalar(sa.select(FiscalPeriod.id).where(FiscalPeriod.ends_on == last))
    if period is not None:
        stage.create(WHO, TYPE, {"period": period, "note": "Told to the bank by the tenth"})
