from __future__ import annotations

from typing import Any

from erp import acting, complete, job, session, tasks
from plugins.purchasing.models import PurchaseOrder
from plugins.purchasing.receiving import SETTLE


@job(SETTLE)
def close_what_is_settled(claim: Any) -> str:
    """Close an order of which all came and all was billed; gives its state."""
    order = session().get_one(PurchaseOrder, claim.request["order"])
    if (task := tasks.open_task(order, "follow_up")) is not None:
        with acting(source="system"):
            complete(task.id, {"decision": "close"})
    return order.state
