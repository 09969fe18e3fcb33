from __future__ import annotations

from typing import Any

from erp import acting, complete, job, session, tasks
from plugins.purchasing import ordering, progress
from plugins.purchasing.models import ASK, PurchaseOrder
from plugins.purchasing.receiving import SETTLE, is_over


@job(SETTLE)
def close_what_is_settled(claim: Any) -> str:
    """Close an order of which all came and all was billed, if that is so still; gives its state."""
    order = session().get_one(PurchaseOrder, claim.request["order"])
    if order.is_unapproved:
        return order.state
    if is_over(progress.of_order(order.id)) and (task := tasks.open_task(order, "follow_up")) is not None:
        with acting(source="system"):
            complete(task.id, {"decision": "close"})
    return order.state


@job(ASK)
def ask_about_what_was_changed(claim: Any) -> str:
    """Have a change approved that those whom the table names for it were not asked about; gives its state."""
    order = session().get_one(PurchaseOrder, claim.request["order"])
    ordering.weigh(order)
    if order.verdict is not None or tasks.open_task(order, "decide") is not None:
        return order.state
    if (task := tasks.open_task(order, "follow_up")) is not None:
        with acting(source="system"):
            complete(task.id, {"decision": "ask"})
    return order.state
