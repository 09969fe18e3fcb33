from __future__ import annotations

from typing import Any

from erp import acting, complete, job, session, tasks
from plugins.payments.api import due_of, payments_of
from plugins.repairs import charging
from plugins.repairs.models import RepairOrder

MONEY = "repairs.money"


@job(MONEY)
def look_again(claim: Any) -> str:
    """Let an order's process go on where the money it waits for has come; gives the step that was done, or ''."""
    order = session().get_one(RepairOrder, claim.request["order"])
    for element, is_there in _waiting(order):
        task = tasks.open_task(order, element)
        if task is not None and is_there:
            # whoever has claimed the task need not do it any more
            with acting(source="system"):
                complete(task.id, _ANSWERS[element])
            return element
    return ""


_NOTHING = dict.fromkeys(("tendered", "method", "reference"))
_ANSWERS: dict[str, dict[str, Any]] = {
    "collect_deposit": {**_NOTHING, "outcome": "check", "note": None},
    "await_card": {},
    "take_payment": {**_NOTHING, "outcome": "check", "amount": None, "code": None},
}
"""{step: how it is answered by whom nobody asked}"""


def _waiting(order: RepairOrder) -> list[tuple[str, bool]]:
    """The steps that may wait for money, and whether it is there."""
    is_moving = any(each.under_way for each in payments_of(order))
    return [
        ("collect_deposit", charging.open_deposit(order) <= 0),
        ("await_card", not is_moving),
        ("take_payment", due_of(order) <= 0),
    ]
