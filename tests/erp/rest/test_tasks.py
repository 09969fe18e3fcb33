"""Tasks as JSON: a repair goes its way without a screen."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from erp import operations
from erp.testing.pytest_plugin import Company, Person
from tests.erp.rest.conftest import CAMERA, Program

FOUND = {"findings": "Mount bent", "verdict": "repairable"}


@pytest.fixture
def order(counter: Program) -> int:
    customer = counter.post("party/", {"name": "Amina Hassan"}).json["id"]
    return int(counter.post("repair_order/", {**CAMERA, "customer": customer}).json["id"])


def only_task(program: Program) -> int:
    (task,) = program.get("task/").json["rows"]
    return int(task["id"])


def test_the_inbox_holds_what_i_may_do(order: int, counter: Program, technician: Program):
    assert counter.get("task/").json == {"rows": [], "count": 0}
    (task,) = technician.get("task/").json["rows"]
    assert (task["element"], task["document_type"], task["document_id"], task["may_do"]) == (
        "inspect",
        "repair_order",
        order,
        True,
    )


def test_a_task_says_what_it_asks_and_what_stands_there(order: int, technician: Program):
    answer = technician.get(f"task/{only_task(technician)}")
    assert answer.headers["ETag"] == f'"{answer.json["version"]}"'
    form = answer.json["form"]
    fields = {field["name"]: field for field in form["fields"]}
    assert fields["findings"]["required"]
    assert fields["findings"]["document_field"] == "findings"
    assert form["values"]["condition"] == CAMERA["condition"]


def test_what_is_not_sent_stays(order: int, technician: Program, counter: Program):
    done = technician.post(f"task/{only_task(technician)}/complete", {"answers": FOUND})
    assert (done.status_code, done.json["status"], done.json["closed_by"]) == (200, "done", "Daniel Otieno")
    row = counter.get(f"repair_order/{order}").json
    assert (row["findings"], row["condition"]) == ("Mount bent", CAMERA["condition"])


def test_wrong_answers_are_said_at_their_fields(order: int, technician: Program):
    task = only_task(technician)
    answer = technician.post(
        f"task/{task}/complete", {"answers": {"verdict": "maybe", "price": 1, "under_warranty": "no"}}
    )
    assert answer.status_code == 422
    assert set(answer.json["error"]["detail"]["fields"]) == {"verdict", "price", "under_warranty"}
    empty = technician.post(f"task/{task}/complete", {"answers": {}})
    assert set(empty.json["error"]["detail"]["fields"]) == {"verdict", "findings"}
    assert only_task(technician) == task


def test_a_task_that_is_done_says_who_and_when(
    order: int, technician: Program, company: Company, program: Callable[[Person], Program]
):
    task = only_task(technician)
    other = program(company.person("Technician", name="Otieno the Second"))
    assert technician.post(f"task/{task}/complete", {"answers": FOUND}).status_code == 200
    late = other.post(f"task/{task}/complete", {"answers": {}})
    assert late.status_code == 409
    assert late.json["error"]["code"] == "done_already"
    assert "Daniel Otieno" in late.json["error"]["message"]


def test_a_task_is_done_only_from_the_version_that_was_read(order: int, technician: Program):
    task = only_task(technician)
    version = technician.get(f"task/{task}").json["version"]
    stale = technician.post(f"task/{task}/complete", {"answers": FOUND, "version": version - 1})
    assert stale.status_code == 412
    assert (
        technician.post(f"task/{task}/complete", {"answers": FOUND}, headers={"If-Match": f'"{version}"'}).status_code
        == 200
    )


def test_tasks_of_other_roles_are_refused(order: int, technician: Program, counter: Program):
    task = only_task(technician)
    seen = counter.get(f"task/{task}")
    assert (seen.status_code, seen.json["may_do"]) == (200, False)
    for action in ("complete", "claim", "release"):
        assert counter.post(f"task/{task}/{action}", {"answers": FOUND}).status_code == 403


def test_a_claimed_task_is_nobody_elses(
    order: int, technician: Program, company: Company, program: Callable[[Person], Program]
):
    task = only_task(technician)
    second = company.person("Technician", name="Mary Achieng")
    other = program(second)
    assert technician.post(f"task/{task}/claim").json["assignee"] == "Daniel Otieno"
    assert other.get("task/").json["count"] == 0
    taken = other.post(f"task/{task}/complete", {"answers": FOUND})
    assert (taken.status_code, "Daniel Otieno" in taken.json["error"]["message"]) == (409, True)
    assert technician.post(f"task/{task}/release").json["assignee"] == ""
    assert technician.post(f"task/{task}/delegate", {"member": second.member_id}).json["assignee"] == "Mary Achieng"
    assert other.post(f"task/{task}/complete", {"answers": FOUND}).status_code == 200


@pytest.mark.parametrize("member", [None, "7", True, 0, -1, 2**70, 987654321])
def test_a_task_goes_to_members_only(order: int, technician: Program, member: Any):
    answer = technician.post(f"task/{only_task(technician)}/delegate", {"member": member})
    assert answer.status_code in {404, 422}


def test_tasks_of_others_are_not_found(
    order: int, technician: Program, make_company: Callable[..., Company], program: Callable[[Person], Program]
):
    stranger = program(make_company("Other Ltd").person("Technician"))
    task = only_task(technician)
    assert stranger.get("task/").json["rows"] == []
    assert stranger.get(f"task/{task}").status_code == 404
    for action in ("complete", "claim", "release", "delegate"):
        assert stranger.post(f"task/{task}/{action}", {"answers": FOUND, "member": 1}).status_code == 404
    assert only_task(technician) == task


def test_a_change_made_meanwhile_is_not_undone(
    order: int, technician: Program, counter: Program, monkeypatch: pytest.MonkeyPatch
):
    technician.post(f"task/{only_task(technician)}/complete", {"answers": FOUND})
    (task,) = counter.get("task/").json["rows"]
    fields = {field["name"]: field for field in counter.get(f"task/{task['id']}").json["form"]["fields"]}
    assert fields["lines"]["document_field"] == "lines"
    version = counter.get(f"repair_order/{order}").json["version"]
    complete, late = operations.complete, []

    def slow(*args: Any, **values: Any) -> Any:
        if not late:
            with ThreadPoolExecutor(1) as thread:
                change = {"lines": [{"description": "Ring", "unit_price": 10}]}
                late.append(thread.submit(counter.patch, f"repair_order/{order}", change, version).result())
        return complete(*args, **values)

    monkeypatch.setattr(operations, "complete", slow)
    done = counter.post(f"task/{task['id']}/complete", {"answers": {"promised_on": "2027-01-05"}})
    assert late[0].status_code == 200, late[0].text
    assert done.status_code == 200, done.text
    row = counter.get(f"repair_order/{order}").json
    assert ([line["description"] for line in row["lines"]], row["promised_on"]) == (["Ring"], "2027-01-05")
