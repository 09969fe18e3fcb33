from __future__ import annotations

from typing import Any

from erp import acting, complete, job, session, tasks
from plugins.purchasing import ordering, progress
from plugins.purchasing.models import ASK, PurchaseOrder
from plugins.purchasing.receiving import SETTLE, expect_rest, is_over, locked


@job(SETTLE)
def close_what_is_settled(claim: Any) -> str:
    """Close an order of which all came and all was billed, if that is so still; gives its state."""
    order = session().get_one(PurchaseOrder, claim.request["order"])
    if _is_followed(order) and not order.is_unapproved and is_over(progress.of_order(order.id)):
        _follow_up(order, "close")
    return order.state


@job(ASK)
def look_at_what_was_changed(claim: Any) -> str:
    """Have a change approved about which nobody was asked whom the table names for it; gives the order's state.

    Of what is approved, other goods are expected from now on.
    """
    order = session().get_one(PurchaseOrder, claim.request["order"])
    ordering.weigh(order)
    if not _is_followed(order):
        return order.state
    if order.verdict is None:
        _follow_up(order, "ask")
    elif not order.is_unapproved and is_over(expect_rest(locked(order.id))):
        _follow_up(order, "close")
    return order.state


def _is_followed(order: PurchaseOrder) -> bool:
    """Whether it may be decided what becomes of it: the supplier has it, and nobody is asked to approve a change."""
    return tasks.open_task(order, "follow_up") is not None and tasks.open_task(order, "decide") is None


def _follow_up(order: PurchaseOrder, decision: str) -> None:
    task = tasks.open_task(order, "follow_up")
    assert task is not None
    with acting(source="system"):
        complete(task.id, {"decision": decision})
