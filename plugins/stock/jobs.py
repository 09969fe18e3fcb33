from __future__ import annotations

from datetime import timedelta

from erp import each_tenant, every
from plugins.stock import shortages


@every(timedelta(minutes=15))
def look_for_shortages() -> None:
    """Tell who keeps the stock what runs low, and settle what is there again."""
    for _tenant in each_tenant():
        shortages.look()
