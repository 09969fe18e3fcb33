"""Approvals: who is asked, when it is decided, and what becomes of votes when the document changes."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from erp import clock, complete, edit, operations
from erp.data.base import session, transaction
from erp.data.organisation import Branch
from erp.documents.types import document_type
from erp.errors import Conflict, ErpError, Forbidden, Invalid, StaleVersion
from erp.notifications.models import Notification
from erp.testing.pytest_plugin import Person
from erp.workflow import history, steps
from erp.workflow.models import WorkflowTask
from erp.workflow.people import approvals, lateness, reopening, tasks
from tests.erp.workflow.test_people import Office, office

__all__ = ["office"]
THREE = "'Counter, Technician, TENANT_MANAGER'"


def approve(**more: str) -> dict[str, str]:
    return {"id": "approve_it", "lane": "Counter", "approvers": THREE, **more}


def vote(person: Person, task: WorkflowTask, decision: str = "approve", comment: str = "", **more: Any) -> None:
    with person.acting():
        complete(task.id, {"decision": decision, "comment": comment}, **more)


def look(office: Office, task: WorkflowTask) -> WorkflowTask:
    with office.grace.acting(source="system"):
        return tasks.get(task.id)


def told(office: Office, order: int) -> list[tuple[str, str]]:
    with office.grace.acting():
        instance = steps.instance_of(session().get_one(document_type("repair_order").cls, order))
        assert instance is not None
        return [(each.kind, each.actor) for each in history.of(instance.id)]


def test_it_is_decided_as_soon_as_the_quorum_is_there(office: Office):
    office.draws(approve(quorum="2"), {"id": "after"})
    order = office.order()
    task = office.task(order)
    assert office.doers(task) == {"Grace", "Anne", "Peter"}
    vote(office.anne, task)
    assert office.doers(look(office, task)) == {"Grace", "Peter"}
    with office.anne.acting(), pytest.raises(Forbidden):
        complete(task.id, {"decision": "approve"})
    with office.peter.acting():
        assert "1 more must approve, of: Technician, Manager" in approvals.missing(tasks.get(task.id))
    vote(office.peter, task)
    assert office.task(order).element == "after"
    with office.grace.acting():
        heard = list(session().scalars(sa.select(Notification)))
        assert len(heard) == 3
        assert all(each.read_at is not None for each in heard), "nobody need read what asks for a vote any more"
    kinds = [kind for kind, _actor in told(office, order)]
    assert [kind for kind in kinds if kind in {"asked", "voted", "approval"}] == ["asked", "voted", "voted", "approval"]
    assert set(look(office, task).closed_by_ids) == {office.anne.member_id, office.peter.member_id}


def test_it_is_rejected_when_the_quorum_can_no_longer_be(office: Office):
    office.draws(approve(quorum="2"), {"id": "after", "candidates": "'Technician' if rejected else 'Counter'"})
    order = office.order()
    task = office.task(order)
    with pytest.raises(Invalid) as refused:
        vote(office.anne, task, "reject")
    assert refused.value.fields == {"comment": "Say why."}
    vote(office.anne, task, "reject", "Too dear")
    vote(office.peter, task, "reject", "No parts")
    after = office.task(order)
    assert (after.element, after.candidates) == ("after", ["Technician"])


@pytest.mark.parametrize(("rule", "yes"), [("any", 1), ("all", 3), ("wanted", 2)])
def test_a_quorum_is_any_all_or_what_process_data_says(office: Office, rule: str, yes: int):
    office.draws({"id": "set", "script": "wanted = 2"}, approve(quorum=rule))
    order = office.order()
    task = office.task(order)
    for count, person in enumerate((office.anne, office.peter, office.grace)):
        if count < yes:
            assert look(office, task).status == "open"
            vote(person, task)
    assert look(office, task).status == "done"


def test_one_after_the_other_and_sent_back(office: Office):
    office.draws(approve(order="ordered"), {"id": "after", "candidates": "'Technician' if returned else 'Counter'"})
    order = office.order()
    task = office.task(order)
    assert office.doers(task) == {"Grace", "Anne"}
    vote(office.anne, task)
    assert office.doers(look(office, task)) == {"Peter"}
    vote(office.peter, task, "return", "The fault is not described")
    assert office.task(order).candidates == ["Technician"]


def test_nobody_approves_their_own_not_even_by_another(office: Office):
    anne, peter = office.anne.member_id, office.peter.member_id
    office.draws(approve(approvers=f"[{anne}, {peter}]", not_by="creator", quorum="all"))
    order = office.order(by=office.anne)
    task = office.task(order)
    assert task.approval is not None
    assert [seat["name"] for seat in task.approval["seats"]] == ["Peter"]
    office.away(office.anne, office.peter)
    assert office.doers(task) == set()
    with pytest.raises(Forbidden, match="of whom they stand in for"):
        vote(office.peter, task)


def test_a_stand_in_votes_once_in_both_names(office: Office):
    anne, peter = office.anne.member_id, office.peter.member_id
    office.draws(approve(approvers=f"[{anne}, {peter}, 'TENANT_MANAGER']", quorum="2"))
    task = office.task(office.order())
    office.away(office.anne, office.peter)
    vote(office.peter, task)
    assert office.doers(look(office, task)) == {"Grace", "Anne"}
    with office.peter.acting():
        (own,) = approvals.votes(tasks.get(task.id))
        assert (own.member, own.for_name) == ("Peter", "")


def test_a_vote_for_somebody_who_is_away(office: Office):
    office.draws(approve(approvers=f"[{office.anne.member_id}, 'TENANT_MANAGER']", quorum="all"))
    order = office.order()
    task = office.task(order)
    office.away(office.anne, office.peter)
    vote(office.peter, task)
    with office.peter.acting():
        (own,) = approvals.votes(tasks.get(task.id))
        assert (own.member, own.for_name, own.way) == ("Peter", "Anne", "web")
    assert ("voted", "Peter for Anne") in told(office, order)
    # Anne's voice is spent too
    assert office.doers(look(office, task)) == {"Grace"}


def test_a_seat_is_handed_on_to_who_may_approve(office: Office):
    zainab = office.company.person("Counter", name="Zainab")
    office.draws(approve(approvers=f"[{office.anne.member_id}, {office.peter.member_id}]", quorum="all"))
    task = office.task(office.order())
    with office.anne.acting():
        operations.delegate(task.id, zainab.member_id, "You know them")
    assert office.doers(look(office, task)) == {"Peter"}
    vote(zainab, task)
    with office.peter.acting(), pytest.raises(Conflict):
        operations.delegate(task.id, zainab.member_id)


def test_a_change_opens_the_votes_again_and_shows_what_changed(office: Office, sign_in: Callable[[Person], Any]):
    office.draws(approve(quorum="2"), {"id": "amend", "edits": "item,lines"})
    order = office.order()
    task = office.task(order)
    vote(office.anne, task)
    with office.grace.acting(source="system"):
        row = session().get_one(document_type("repair_order").cls, order)
        version = row.version
    _amend(office, order, item="Two cameras")
    again = look(office, task)
    assert again.voted == []
    assert office.doers(again) == {"Grace", "Anne", "Peter"}
    with pytest.raises(StaleVersion):
        vote(office.peter, task, version=version)
    page = sign_in(office.peter).get(f"/inbox/{task.id}").get_data(as_text=True)
    assert "votes were cast" in page
    assert "Camera" in page
    assert "Two cameras" in page
    # what it said before counts again
    _amend(office, order, item="Camera")
    assert office.doers(look(office, task)) == {"Grace", "Peter"}
    vote(office.peter, task)
    assert office.task(order).element == "amend"


def test_a_change_after_the_decision_holds_the_process_until_it_is_approved_again(office: Office):
    office.draws(approve(quorum="any"), {"id": "amend", "edits": "item,lines"}, {"id": "hand_out"})
    order = office.order()
    approved = office.task(order)
    vote(office.anne, approved)
    line = {"kind": "part", "description": "Shutter", "quantity": 1, "unit_price": 900}
    with office.grace.acting():
        row = session().get_one(document_type("repair_order").cls, order)
        edit(order, "repair_order", {"lines": [line]}, version=row.version)
    assert look(office, approved).status == "open"
    with office.grace.acting(), pytest.raises(Conflict, match="changed after it was approved"):
        complete(office.task(order, "amend").id, {})
    with office.peter.acting():
        (difference,) = reopening.changes(
            tasks.get(approved.id), session().get_one(document_type("repair_order").cls, order)
        )
        assert (difference.line, difference.before) == ("Shutter", None)
    vote(office.peter, approved)
    assert look(office, approved).status == "done"
    with office.grace.acting():
        complete(office.task(order, "amend").id, {})
    assert office.task(order).element == "hand_out"
    assert ("reopened", "Grace") in told(office, order)


def _amend(office: Office, order: int, **values: Any) -> None:
    """Somebody changes the document although an approval is open, as an action or an import would."""
    with office.grace.acting(source="system"):
        _changed(order, values)


def _changed(order: int, values: dict[str, Any]) -> None:
    with transaction():
        row = session().get_one(document_type("repair_order").cls, order)
        for name, value in values.items():
            setattr(row, name, value)
        session().flush()
        reopening.look_again(row)


def test_a_late_approval_is_reminded_of_and_escalated_in_open_hours(office: Office):
    with office.grace.acting(source="system"), transaction():
        branch = session().get_one(Branch, office.company.place.branch_ids["Westlands"])
        branch.hours = {"fri": ["08:00", "17:00"], "mon": ["08:00", "17:00"]}
    office.draws(
        approve(approvers=f"{office.peter.member_id}", escalate_to="'TENANT_MANAGER'", remind="PT2H", due="P1D")
    )
    friday = datetime(2026, 11, 27, 13, 30, tzinfo=UTC)  # 16:30 in Nairobi, half an hour before the doors close
    with clock.frozen(friday):
        task = office.task(office.order())
    assert task.remind_at == datetime(2026, 11, 30, 6, 30, tzinfo=UTC)
    assert task.due_at == datetime(2026, 11, 30, 13, 30, tzinfo=UTC)
    assert office.doers(task) == {"Peter"}
    with clock.frozen(datetime(2026, 11, 30, 7, tzinfo=UTC)):
        lateness.tell_late()
        lateness.tell_late()
    assert office.doers(look(office, task)) == {"Peter"}
    with clock.frozen(datetime(2026, 11, 30, 13, 31, tzinfo=UTC)):
        lateness.tell_late()
        lateness.tell_late()
    assert office.doers(look(office, task)) == {"Grace", "Peter"}
    with office.grace.acting():
        heard = [(each.member_id, each.kind) for each in session().scalars(sa.select(Notification))]
    assert heard.count((office.peter.member_id, "task_reminder")) == 1
    assert heard.count((office.grace.member_id, "approval_late")) == 1
    vote(office.grace, task)
    assert look(office, task).status == "done"


def test_votes_in_any_order_and_at_once_give_one_outcome(office: Office):
    """Three people decide at one time, again and again; whoever comes too late is told so."""
    office.draws(approve(quorum="2"), {"id": "after", "candidates": "'Technician' if approved else 'Counter'"})
    chance = random.Random(7)
    people = (office.grace, office.anne, office.peter)
    for _round in range(6):
        order = office.order()
        task = office.task(order)
        decisions = [chance.choice(("approve", "reject")) for _each in people]
        wishes = list(zip(people, decisions, strict=True)) * 2
        chance.shuffle(wishes)
        with ThreadPoolExecutor(6) as pool:
            outcomes = list(pool.map(_tried, *zip(*((who, task.id, what) for who, what in wishes), strict=True)))
        assert outcomes.count("voted") in {2, 3}, outcomes
        kinds = [kind for kind, _actor in told(office, order)]
        assert kinds.count("approval") == 1, (outcomes, wishes)
        assert kinds.count("voted") == outcomes.count("voted")
        expected = "Technician" if decisions.count("approve") >= 2 else "Counter"
        assert office.task(order).candidates == [expected]


def _tried(person: Person, task_id: int, decision: str) -> str:
    try:
        with person.acting():
            complete(task_id, {"decision": decision, "comment": "as said"})
    except ErpError as error:
        return error.code
    return "voted"
