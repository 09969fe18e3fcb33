"""Looking after processes by REST: suspended, resumed, moved; incidents read and decided, with rights, reasons, audit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from erp.data.audit import AuditEntry
from erp.data.base import session
from erp.testing.pytest_plugin import Company, Person
from tests.erp.rest.conftest import Program
from tests.repairs.conftest import Shop, unsent

Sign = Callable[[Person], Program]


@pytest.fixture
def shop(company: Company) -> Shop:
    """A shop whose workers do nothing by themselves."""
    return Shop(company.person("Counter", name="Grace Njeri"), company.person("Technician"), lambda: 0)


@pytest.fixture
def inspected(shop: Shop) -> Shop:
    """With an order that waits for its quote."""
    shop.receive()
    shop.inspect()
    return shop


@pytest.fixture
def peter(company: Company, program: Sign) -> Program:
    return program(company.person("TENANT_MANAGER", name="Peter Kariuki"))


def audited(shop: Shop, kind: str) -> list[dict[str, Any]]:
    with shop.grace.acting("system"):
        found = sa.select(AuditEntry.changes).where(AuditEntry.kind == kind, AuditEntry.subject_id == shop.order_id)
        return list(session().scalars(found))


def test_a_process_is_suspended_and_resumed_once_with_reasons(inspected: Shop, peter: Program):
    path = f"repair_order/{inspected.order_id}"
    for _again in range(2):
        held = peter.post(f"{path}/suspend", {"reason": "She asked us to wait"}, headers={"Idempotency-Key": "hold-1"})
        assert (held.status_code, held.json["status"]) == (200, "suspended"), held.text
    again = peter.post(f"{path}/suspend", {"reason": "Once more"})
    assert (again.status_code, again.json["error"]["code"]) == (409, "conflict")
    assert "Peter Kariuki" in again.json["error"]["message"]
    assert peter.post(f"{path}/resume", {"reason": " "}).json["error"]["detail"]["fields"] == {"reason": "Say why."}
    assert peter.post(f"{path}/resume", {"reason": "She called"}).json["status"] == "running"
    assert audited(inspected, "suspended") == [{"reason": [None, "She asked us to wait"]}]


def test_a_token_goes_to_one_of_its_targets(inspected: Shop, peter: Program):
    path = f"repair_order/{inspected.order_id}/move"
    (here,) = peter.get(path).json["rows"]
    assert here["element"] == "prepare_quote"
    assert "inspect" in {each["element"] for each in here["targets"]}
    wrong = peter.post(path, {"token": here["token"], "to": "the moon", "reason": "Why not"})
    assert (wrong.status_code, wrong.json["error"]["code"]) == (409, "no_target")
    moved = peter.post(path, {"token": here["token"], "to": "inspect", "reason": "Look at it once more"})
    assert moved.status_code == 200, moved.text
    assert [task["element"] for task in moved.json["tasks"]] == ["inspect"]
    stale = peter.post(path, {"token": here["token"], "to": "inspect", "reason": "Again"})
    assert set(stale.json["error"]["detail"]["fields"]) == {"token"}
    assert audited(inspected, "moved")[-1]["reason"] == [None, "Look at it once more"]


@pytest.mark.parametrize("deed", ["suspend", "resume", "move"])
def test_only_who_looks_after_processes_may(inspected: Shop, company: Company, program: Sign, deed: str):
    technician = program(company.person("Technician"))
    answer = technician.post(f"repair_order/{inspected.order_id}/{deed}", {"reason": "I like to"})
    assert answer.status_code == 403
    assert technician.get("incident/").status_code == 403


def test_what_is_stuck_is_read_put_right_and_tried_again(shop: Shop, peter: Program):
    unsent(shop, "amina@exmaple.com")
    (row,) = peter.get("incident/?process=repair_order").json["rows"]
    assert (row["document_id"], row["status"], row["cause"]) == (
        shop.order_id, "open", "RuntimeError: # #.#.# There is no host for #",
    )  # fmt: skip
    one = peter.get(f"incident/{row['id']}").json
    assert (one["may_retry"], one["values"]["to"]) == (True, "amina@exmaple.com")
    path = f"incident/{row['id']}/correct"
    assert set(peter.post(path, {"values": {"to": "nobody"}}).json["error"]["detail"]["fields"]) == {"to"}
    done = peter.post(path, {"values": {"to": "amina@example.com"}})
    assert (done.json["status"], done.json["resolution"], done.json["closed_by"]) == (
        "done", "corrected", "Peter Kariuki",
    )  # fmt: skip
    assert peter.get("incident/").json == {"rows": [], "next": None}
    assert [each["id"] for each in peter.get("incident/?status=done").json["rows"]] == [row["id"]]
    assert peter.post(f"incident/{row['id']}/retry").status_code == 409


def test_what_is_stuck_is_left_out_with_a_reason(shop: Shop, peter: Program):
    unsent(shop, "amina@exmaple.com")
    (row,) = peter.get("incident/").json["rows"]
    path = f"incident/{row['id']}/skip"
    assert set(peter.post(path, {}).json["error"]["detail"]["fields"]) == {"reason"}
    left = peter.post(path, {"reason": "Told on the phone"})
    assert (left.json["resolution"], left.json["note"]) == ("skip", "Told on the phone")
    assert audited(shop, "incident_skip")


@pytest.mark.parametrize(
    ("asked", "field"), [("status=old", "status"), ("process=nothing", "process"), ("before=x", "before")]
)
def test_an_argument_that_is_none_is_said(peter: Program, asked: str, field: str):
    assert set(peter.get(f"incident/?{asked}").json["error"]["detail"]["fields"]) == {field}
