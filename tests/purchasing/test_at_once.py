"""Several people at the same order at the same moment: who waits for it finds it as it is then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

from erp.testing.pytest_plugin import Person
from plugins.purchasing import checks
from tests.erp.rest.conftest import Program, program
from tests.erp.rest.test_together import at_once
from tests.purchasing.conftest import Firm

__all__ = ["program"]
ORDERS_GO_TO = None


def receive(anne: Program, receipt: dict[str, Any]) -> Any:
    """All that is on a receipt is taken in."""
    (task,) = receipt["open_tasks"]
    return anne.post(f"task/{task['id']}/complete", {"answers": {"decision": "receive"}})


def differences(firm: Firm) -> list[str]:
    """What the checks find."""
    with firm.people["Ruth"].acting():
        return [*checks.receipts_are_moves(), *checks.what_is_expected_is_to_come()]


def test_of_receipts_posted_at_once_one_takes_in_what_was_ordered(firm: Firm, program: Callable[[Person], Program]):
    order = firm.sent(firm.line(firm.lamp, 10, 100), firm.line(firm.chair, 4, 50))
    anne = program(firm.people["Anne"])
    drawn = [anne.post("goods_receipt/", {"order": order}).json for _each in range(4)]
    answers = at_once(*(partial(receive, anne, each) for each in drawn))
    assert Counter(each.status_code for each in answers) == {200: 1, 422: 3}
    assert firm.counts() == {firm.lamp: 10, firm.chair: 4}
    assert differences(firm) == []


def test_what_is_changed_while_it_comes_is_received_before_or_approved_first(
    firm: Firm, program: Callable[[Person], Program]
):
    anne, brian = program(firm.people["Anne"]), program(firm.people["Brian"])
    came = 0
    for _round in range(3):
        order = firm.sent(firm.line(firm.lamp, 10, 100))
        receipt = anne.post("goods_receipt/", {"order": order}).json
        row = brian.get(f"purchase_order/{order}").json
        more = {"lines": [{"id": row["lines"][0]["id"], "quantity": "80"}]}
        changed, received = at_once(
            partial(brian.patch, f"purchase_order/{order}", more, row["version"]), partial(receive, anne, receipt)
        )
        assert (changed.status_code, received.status_code) in {(200, 200), (200, 409)}
        came += 10 if received.status_code == 200 else 0
        assert firm.counts().get(firm.lamp, 0) == came
        firm.work()
        assert differences(firm) == []
