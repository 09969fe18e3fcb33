"""A drawer that does not hold what it should is closed all the same; whoever looks after the tills explains it later."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from erp import Invalid, complete, session, tasks
from plugins.accounting.api import balance
from plugins.pos.models import CashDifference, CashSession

pytestmark = pytest.mark.usefixtures("books")


@pytest.fixture
def close(till, run_jobs):
    """Opens with 1,000 and closes with something else; the worker does what waits."""

    def close_with(count):
        till.open()
        answer = till.post("sessions/current/close", {"counted": count})
        assert answer.status_code == 200, answer.text
        run_jobs()
        return answer.json["difference"]

    return close_with


def the_one():
    return session().scalars(sa.select(CashDifference)).one()


def test_little_is_nobodys_task(close, manager):
    assert close({"500": 1, "200": 2}) == "-100.00"
    with manager.acting():
        assert the_one().passed("within_limit")
        assert tasks.inbox() == []


def test_much_is_explained_by_the_manager_and_what_turns_up_is_posted_back(close, manager, sign_in):
    assert close({"200": 1}) == "-800.00"
    with manager.acting():
        assert (balance("cash_difference"), balance("cash")) == (800, -800)
        (task,) = tasks.inbox()
        said = {"explanation": "It lay below the drawer", "decision": "correct"}
        with pytest.raises(Invalid) as refused:
            complete(task.id, {**said, "found_amount": 900})
        assert list(refused.value.fields) == ["found_amount"]
        complete(task.id, {**said, "found_amount": 500})
        assert the_one().passed("explained")
        assert (balance("cash_difference"), balance("cash")) == (300, -300)
        key = session().scalars(sa.select(CashSession.id)).one()
    page = sign_in(manager).get(f"/cash_session/{key}").text
    assert "It lay below the drawer" in page
    assert "500.00" in page


def test_what_is_too_much_is_told_the_same_way_round(close, manager):
    assert close({"1000": 2}) == "1000.00"
    with manager.acting():
        (task,) = tasks.inbox()
        complete(
            task.id, {"explanation": "A customer came for her change", "found_amount": 1000, "decision": "correct"}
        )
        assert (balance("cash_difference"), balance("cash")) == (0, 0)
