from __future__ import annotations

from typing import Any

from erp import acting, complete, job, session, tasks
from plugins.invoices.api import OPEN, SETTLE, standing
from plugins.invoices.models import Invoice


@job(SETTLE)
def settle(claim: Any) -> str:
    """Let an invoice's process go on when nothing is left to pay; gives how the invoice stands."""
    invoice = session().get_one(Invoice, claim.request["invoice"])
    found, task = standing(invoice), tasks.open_task(invoice, "collect")
    if task is not None and found != OPEN:
        # whoever has claimed the task need not do it any more
        with acting(source="system"):
            complete(task.id, {"outcome": "check", "tendered": None})
    return found
