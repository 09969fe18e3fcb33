"""A table named who approves, and the document is changed: it is asked anew, as often as that happens."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from erp import complete, create
from erp.data.base import session, transaction
from erp.documents.types import document_type
from erp.notifications.models import Notification
from erp.workflow.models import WorkflowTask
from erp.workflow.people import reopening
from tests.erp.decisions.rules import file, table
from tests.erp.workflow.drawn import publish
from tests.erp.workflow.test_approvals import look, told, vote
from tests.erp.workflow.test_people import ORDER, Office, office

__all__ = ["office"]
ALL_THREE = ["Counter", "Technician", "TENANT_MANAGER"]
GIVEN = {"approvers": ("string", ""), "quorum": ("number", ""), "drops": ("string", "")}
RULES = file(
    table(
        {"document.subtotal": ("number", "")},
        GIVEN,
        [
            ("< 1000", '""', "1", '""'),
            ("< 10000", '"Technician"', "1", '""'),
            ("-", f'"{", ".join(ALL_THREE)}"', "2", '"lines"'),
        ],
        name="who_approves",
        policy="FIRST",
    )
).decode()


def asked(office: Office, *prices: int, script: str = "", **more: str) -> tuple[int, WorkflowTask]:
    """An order of these prices, and its approval by whom the table names."""
    named = {"approvers": "approvers", "quorum": "quorum", "drops": "drops", **more}
    before = [{"id": "set", "script": script}] if script else []
    drawn = [{"id": "who", "decision": "who_approves"}, {"id": "approve_it", **named}, {"id": "after"}]
    publish(office.grace, *before, *drawn, decisions={"who_approves": RULES})
    lines = [{"kind": "part", "description": f"Part {at}", "unit_price": each} for at, each in enumerate(prices)]
    with office.grace.acting():
        customer = create("party", {"name": "Amina Hassan"}).id
        order = create("repair_order", {**ORDER, "customer": customer, "lines": lines}).id
    return order, office.task(order)


def worth(office: Office, order: int, price: int) -> None:
    """The order comes to another sum."""
    with office.grace.acting(source="system"), transaction():
        row: Any = session().get_one(document_type("repair_order").cls, order)
        row.lines[0].unit_price = Decimal(price)
        row.recompute()
        session().flush()
        reopening.look_again(row)


def test_back_at_what_was_approved_and_then_up_again_everybody_is_asked_again(office: Office):
    order, task = asked(office, 8000)
    vote(office.peter, task)
    worth(office, order, 12_000)
    assert look(office, task).candidates == ALL_THREE
    worth(office, order, 8000)
    again = look(office, task)
    assert (again.status, again.asked["rule"]["outputs"]["approvers"]) == ("done", "Technician")
    worth(office, order, 13_000)
    again = look(office, task)
    assert (again.status, again.candidates, again.approval["quorum"]) == ("open", ALL_THREE, 2)


@pytest.mark.parametrize("between", [500, 8000], ids=["asked of nobody", "approved before"])
def test_what_was_rejected_is_asked_again_when_it_comes_to_more_once_more(office: Office, between: int):
    order, task = asked(office, 8000)
    vote(office.peter, task)
    worth(office, order, 12_000)
    for person in (office.anne, office.peter):
        vote(person, task, "reject", "Too dear")
    worth(office, order, between)
    assert look(office, task).status == "done"
    worth(office, order, 50_000)
    assert (look(office, task).status, look(office, task).candidates) == ("open", ALL_THREE)
    # what was rejected waits for a change, and for nobody's vote
    worth(office, order, between)
    worth(office, order, 12_000)
    assert (look(office, task).status, look(office, task).candidates) == ("open", [])


def test_who_leaves_lines_out_approves_the_rest_though_the_table_would_not_have_asked_them(office: Office):
    order, task = asked(office, 9000, 3000)
    with office.grace.acting(source="system"):
        row: Any = session().get_one(document_type("repair_order").cls, order)
        tick = f"drop_{row.lines[1].id}"
    with office.anne.acting():
        complete(task.id, {"decision": "approve", tick: True, "comment": "One is enough"})
    worth(office, order, 8000)
    assert look(office, task).candidates == ["Technician"]
    worth(office, order, 9000)
    again = look(office, task)
    assert (again.voted, again.candidates) == ([office.anne.member_id], ["Technician", "TENANT_MANAGER"])
    vote(office.peter, task)
    assert office.task(order).element == "after"


def test_what_closes_by_itself_is_in_history_and_nobody_need_read_that_it_was_asked(office: Office):
    order, task = asked(office, 8000)
    vote(office.peter, task)
    worth(office, order, 12_000)
    worth(office, order, 500)
    with office.grace.acting(source="system"):
        waiting = sa.select(Notification).where(Notification.url == f"/inbox/{task.id}", Notification.read_at.is_(None))
        assert not list(session().scalars(waiting))
    kinds = [kind for kind, _actor in told(office, order) if kind in {"asked", "voted", "approval", "reopened"}]
    assert kinds == ["asked", "voted", "approval", "reopened", "asked", "approval"]


def test_who_is_named_by_more_than_the_table_stays(office: Office):
    order, task = asked(office, 8000, script="lead = 'Counter'", approvers="[approvers, lead]")
    vote(office.peter, task)
    worth(office, order, 12_000)
    assert look(office, task).candidates == ["Technician", "Counter"]


def test_an_unknown_role_is_not_nobody(office: Office):
    named = "'Board' if document.subtotal > 9999 else approvers"
    order, task = asked(office, 8000, approvers=named)
    vote(office.peter, task)
    worth(office, order, 12_000)
    assert (look(office, task).status, look(office, task).candidates) == ("open", ["Counter"])


def test_an_approval_whose_element_is_gone_keeps_whom_it_named(office: Office):
    order, task = asked(office, 8000)
    vote(office.peter, task)
    with office.grace.acting(source="system"), transaction():
        session().get_one(WorkflowTask, task.id).element = "gone"
    worth(office, order, 12_000)
    assert (look(office, task).status, look(office, task).candidates) == ("open", ["Technician"])


def test_a_deadline_the_table_does_not_say_stays(office: Office):
    order, task = asked(office, 8000, script="deadline = 'P1D'", deadline="deadline")
    assert task.due_at is not None
    worth(office, order, 12_000)
    again = look(office, task)
    assert (again.candidates, again.due_at) == (ALL_THREE, task.due_at)
