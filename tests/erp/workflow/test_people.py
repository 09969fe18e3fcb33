"""Who may do a task: whom the diagram names, who stands in for them, who may not, and to whom it may be handed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from erp import clock, complete, create, operations
from erp.data.base import session
from erp.documents.types import document_type
from erp.errors import Conflict, ErpError, Forbidden, Invalid, NotFound
from erp.notifications.models import Notification
from erp.people import absences
from erp.testing.pytest_plugin import Company, Person
from erp.workflow import history, steps
from erp.workflow.linting.linter import lint_file
from erp.workflow.models import WorkflowTask
from erp.workflow.people import tasks
from tests.erp.workflow.drawn import drawn, publish
from tests.erp.workflow.engine_tools import catalogue

ORDER = {"item": "Camera", "fault": "Broken"}


@dataclass
class Office:
    """Grace and Anne at the counter, Peter in the workshop; documents run what a test has drawn."""

    company: Company
    grace: Person
    anne: Person
    peter: Person

    def draws(self, *drawn_tasks: dict[str, str]) -> None:
        publish(self.grace, *drawn_tasks)

    def order(self, by: Person | None = None, **more: Any) -> int:
        with (by or self.grace).acting():
            customer = create("party", {"name": "Amina Hassan"}).id
            return create("repair_order", {**ORDER, "customer": customer, **more}).id

    def task(self, order: int, element: str = "") -> WorkflowTask:
        with self.grace.acting(source="system"):
            found = tasks.open_of("repair_order", [order])
            return next(each for each in found if not element or each.element == element)

    def doers(self, task: WorkflowTask) -> set[str]:
        """Names of who may do it; the row and the inbox say the same."""
        found = set()
        for person in (self.grace, self.anne, self.peter):
            with person.acting():
                one = tasks.get(task.id)
                is_mine, is_listed = tasks.is_for_me(one), one.id in {each.id for each in tasks.inbox()}
                assert is_listed is ((is_mine and one.assignee_id in {None, person.member_id}) or tasks.may_do(one))
                found |= {person.name} if is_mine else set()
        return found

    def away(self, who: Person, stand_in: Person | None, days: int = 3, *, begins: int = 0) -> int:
        with who.acting():
            first = clock.now().date() + timedelta(days=begins)
            other = stand_in.member_id if stand_in else None
            return absences.enter(who.member_id, other, first, first + timedelta(days=days)).id


@pytest.fixture
def office(company: Company) -> Office:
    grace = company.person("Counter", "TENANT_MANAGER", name="Grace")
    anne = company.person("Counter", name="Anne")
    return Office(company, grace, anne, company.person("Technician", name="Peter"))


def test_a_lane_asks_its_role_and_a_diagram_may_ask_others(office: Office):
    office.draws(
        {"id": "look"},
        {"id": "check", "candidates": "'Technician' if document.item == 'Camera' else 'Counter'"},
    )
    order = office.order()
    assert office.doers(office.task(order)) == {"Grace", "Anne"}
    with office.grace.acting():
        complete(office.task(order).id, {})
    check = office.task(order)
    assert office.doers(check) == {"Peter"}
    assert check.asked["inputs"] == {"document.item": "Camera"}
    with office.anne.acting(), pytest.raises(Forbidden, match="is for Technician"):
        complete(check.id, {})


def test_process_data_names_members_and_one_is_given_it_at_once(office: Office):
    office.draws(
        {"id": "name", "script": f"able = [{office.anne.member_id}, 'Technician', 'Tinker']"},
        {"id": "look", "candidates": "able"},
        {"id": "mine", "assign_to": "able[0]"},
    )
    order = office.order()
    look = office.task(order)
    assert office.doers(look) == {"Anne", "Peter"}
    assert look.asked["unknown"] == ["Tinker"]
    with office.grace.acting(source="system"):
        complete(look.id, {})
    task = office.task(order)
    assert (task.assignee, office.doers(task)) == ("Anne", {"Anne"})


def test_who_is_named_nowhere_leaves_it_to_the_lane(office: Office):
    office.draws({"id": "look", "candidates": "nobody", "at": "branch"}, {"id": "unset", "candidates": "None"})
    with pytest.raises(ErpError, match=r"Look.*nobody"):
        office.order()
    office.draws({"id": "unset", "candidates": "None"})
    assert office.doers(office.task(office.order())) == {"Grace", "Anne"}


def test_only_people_of_the_documents_branch(office: Office):
    office.draws({"id": "look", "at": "branch"})
    mombasa = office.company.person("Counter", name="Mwanaisha", only_at="Mombasa")
    order = office.order(by=mombasa)
    assert office.doers(office.task(order)) == set()
    with mombasa.acting():
        assert [each.id for each in tasks.inbox()] == [office.task(order).id]


def test_nobody_checks_what_is_their_own(office: Office):
    office.draws({"id": "look"}, {"id": "check", "not_by": "creator, look"})
    order = office.order(by=office.grace)
    with office.anne.acting():
        complete(office.task(order).id, {})
    assert office.doers(office.task(order)) == set()
    with office.grace.acting(), pytest.raises(Forbidden, match="document of their own"):
        operations.claim(office.task(order).id)
    order = office.order(by=office.grace)
    with office.grace.acting():
        complete(office.task(order).id, {})
    check = office.task(order)
    assert office.doers(check) == {"Anne"}
    # Grace's stand-in is as near to it as she is
    office.away(office.grace, office.anne)
    assert office.doers(check) == set()


def test_a_stand_in_finds_the_tasks_and_does_them_in_both_names(office: Office):
    office.draws({"id": "look"}, {"id": "check", "assign_to": str(office.anne.member_id)})
    order = office.order()
    office.away(office.anne, office.peter)
    look = office.task(order)
    assert office.doers(look) == {"Grace", "Anne", "Peter"}
    with office.peter.acting():
        away = tasks.done_for(tasks.get(look.id))
        assert away is not None
        assert away.name == "Anne"
        complete(look.id, {})
        assert tasks.get(look.id).closed_by == "Peter for Anne"
        assert set(tasks.get(look.id).closed_by_ids) == {office.peter.member_id, office.anne.member_id}
    check = office.task(order)
    assert office.doers(check) == {"Anne", "Peter"}
    with office.peter.acting():
        assert not tasks.is_claimed_by_another(tasks.get(check.id))
        instance = steps.instance_of(session().get_one(document_type("repair_order").cls, order))
        assert instance is not None
        assert "Peter for Anne" in {each.actor for each in history.of(instance.id)}
        told = session().scalars(sa.select(Notification.kind).where(Notification.member_id == office.peter.member_id))
        assert "standing_in" in set(told)
    with clock.frozen(clock.now() + timedelta(days=5)):
        assert office.doers(check) == {"Anne"}


def test_there_is_no_chain_and_no_circle_of_stand_ins(office: Office):
    office.draws({"id": "look", "assign_to": str(office.anne.member_id)})
    task = office.task(office.order())
    office.away(office.anne, office.peter, days=3)
    with pytest.raises(Invalid) as refused:
        office.away(office.peter, office.anne, days=1)
    assert "is away too" in refused.value.fields["stand_in"]
    with pytest.raises(Invalid) as refused:
        office.away(office.peter, office.grace, days=1)
    assert "stands in for Anne then" in refused.value.fields["from_on"]
    with pytest.raises(Invalid) as refused:
        office.away(office.grace, office.anne, days=1)
    assert "is away too" in refused.value.fields["stand_in"]
    with pytest.raises(Invalid) as refused:
        office.away(office.anne, office.grace, begins=2)
    assert "absence already" in refused.value.fields["from_on"]
    later = office.away(office.peter, office.grace, begins=10)
    with clock.frozen(clock.now() + timedelta(days=11)):
        assert office.doers(task) == {"Anne"}
    with office.anne.acting(), pytest.raises(Forbidden):
        absences.end(later)
    with office.grace.acting():  # a manager
        absences.end(later)
        assert absences.of([office.peter.member_id]) == []
        with pytest.raises(Invalid):
            absences.enter(office.peter.member_id, None, date(2020, 1, 1), date(2020, 1, 2))


def test_a_task_is_handed_on_with_a_note_and_back(office: Office):
    office.draws({"id": "look", "not_by": "creator"})
    order = office.order(by=office.company.person("Counter", name="Charles"))
    task = office.task(order)
    with office.grace.acting():
        with pytest.raises(Forbidden, match="it is for Counter"):
            operations.delegate(task.id, office.peter.member_id)
        with pytest.raises(NotFound):
            operations.delegate(task.id, 999_999)
        operations.delegate(task.id, office.anne.member_id, "You know the customer")
    with office.grace.acting(), pytest.raises(Conflict, match="Anne has claimed"):
        operations.complete(task.id, {})
    with office.anne.acting():
        given = tasks.get(task.id)
        assert (given.given_by, given.note) == ("Grace", "You know the customer")
        operations.delegate(task.id, given.given_by_id or 0, "Not me")
    with office.grace.acting():
        operations.release(task.id)
        operations.claim(task.id)
        instance = steps.instance_of(session().get_one(document_type("repair_order").cls, order))
        assert instance is not None
        told = [(each.kind, each.actor) for each in history.of(instance.id) if each.element == "look"]
    assert told[1:] == [("delegated", "Grace"), ("delegated", "Anne"), ("released", "Grace"), ("claimed", "Grace")]


CASES: dict[str, dict[str, str]] = {
    "does not compile": {"candidates": "able +"},
    "does not have": {"assign_to": "document.colour"},
    "from 1 on": {"approvers": "'Counter'", "quorum": "0"},
    "take candidates": {"approvers": "'Counter'", "candidates": "'Counter'"},
    "only read where": {"quorum": "2"},
    "may only be": {"at": "home"},
    "neither": {"not_by": "creator, over"},
    "not a duration": {"remind": "soon"},
}


@pytest.mark.parametrize("told", CASES)
def test_the_linter_judges_whom_a_task_names(told: str):
    found = lint_file(drawn({"id": "look", "form": "counting.count", **CASES[told]}), catalogue())
    assert told in " ".join(each.message for each in found if each.element_id == "look")


def test_names_that_fit_are_no_problem():
    good = {
        "id": "look", "lane": "Counter", "approvers": "approvers or document.number", "quorum": "any",
        "order": "ordered", "not_by": "creator", "remind": "PT4H", "escalate_to": "'Counter'", "due": "P1D",
    }  # fmt: skip
    found = [each.rule for each in lint_file(drawn(good), catalogue()) if each.element_id == "look"]
    assert set(found) <= {"lane-role", "undrawn"}


def test_absences_have_pages(office: Office, sign_in: Callable[[Person], Any]):
    browser = sign_in(office.anne)
    page = browser.get(f"/absences/{office.anne.member_id}").get_data(as_text=True)
    assert "Peter" in page
    sent = {"from_on": "2020-01-05", "until_on": "2020-01-01", "stand_in": "", "note": "Out at sea"}
    answer = browser.post(f"/absences/{office.anne.member_id}", data=sent | {"csrf_token": _token(page)})
    assert answer.status_code == 422
    assert "The last day cannot lie before the first." in answer.get_data(as_text=True)
    assert "Out at sea" in answer.get_data(as_text=True)
    first = clock.now().date()
    sent |= {"from_on": str(first), "until_on": str(first + timedelta(days=2)), "stand_in": str(office.peter.member_id)}
    answer = browser.post(f"/absences/{office.anne.member_id}", data=sent | {"csrf_token": _token(page)})
    assert answer.status_code == 302
    assert "Peter stands in" in browser.get("/profile/").get_data(as_text=True)
    assert browser.get(f"/absences/{office.peter.member_id}").status_code == 403
    manager = sign_in(office.grace)
    assert "Peter stands in" in manager.get("/people/").get_data(as_text=True)
    office.draws({"id": "look", "assign_to": str(office.anne.member_id)})
    task = office.task(office.order())
    inbox = sign_in(office.peter).get(f"/inbox/{task.id}").get_data(as_text=True)
    assert "For Anne, away until" in inbox
    assert "You stand in for Anne" in inbox


def _token(page: str) -> str:
    return page.split('name="csrf-token" content="')[1].split('"', maxsplit=1)[0]
