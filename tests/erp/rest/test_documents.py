"""Documents and master data as JSON."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from erp import api_keys
from erp.data.base import transaction
from erp.testing.pytest_plugin import Company, Person
from tests import painted
from tests.erp.rest.conftest import CAMERA, Program


@pytest.fixture
def amina(counter: Program) -> int:
    return int(counter.post("party/", {"name": "Amina Hassan", "phone": "+254 700 553 218"}).json["id"])


@pytest.fixture
def order(counter: Program, amina: int) -> dict[str, Any]:
    answer = counter.post("repair_order/", {**CAMERA, "customer": amina})
    assert answer.status_code == 201, answer.text
    return answer.json


def test_a_made_row_says_where_it_is_and_its_version(manager: Program):
    answer = manager.post("product/", {"code": "CG2-4410", "name": "Lens mount ring", "unit_price": "6400.00"})
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/v1/product/{answer.json['id']}"
    assert answer.headers["ETag"] == '"1"'
    assert answer.json["unit_price"] == "6400"
    assert answer.json["kind"] == "goods"
    again = manager.get(f"product/{answer.json['id']}")
    assert again.json == answer.json
    assert manager.get(f"product/{answer.json['id']}", headers={"If-None-Match": '"1"'}).status_code == 304


def test_a_made_document_has_its_number_currency_and_state(order: dict[str, Any]):
    assert order["number"].startswith("RO-")
    assert (order["currency"], order["state"], order["lines"]) == ("KES", "received", [])


def test_what_is_wrong_is_said_at_its_field(counter: Program):
    answer = counter.post(
        "repair_order/", {"customer": 999_999, "promised_on": "soon", "colour": "red", "lines": [{"quantity": 0}]}
    )
    assert answer.status_code == 422
    assert answer.json["error"]["code"] == "invalid"
    assert answer.json["error"]["detail"]["fields"] == {
        "colour": "There is no such field.",
        "customer": "Choose one of the list.",
        "fault": "Fill this in.",
        "item": "Fill this in.",
        "lines-0-description": "Fill this in.",
        "lines-0-quantity": "At least 0.001.",
        "promised_on": "“soon” is not a date. Write it as year-month-day.",
    }


def test_related_rows_are_never_made_and_never_foreign(
    counter: Program, make_company: Callable[..., Company], program: Callable[[Person], Program], truth: Any
):
    stranger = program(make_company("Other Ltd").person("Counter"))
    theirs = stranger.post("party/", {"name": "Theirs"}).json["id"]
    for sent in (theirs, {"name": "New"}, [theirs], "Theirs", str(theirs)):
        answer = counter.post("repair_order/", {**CAMERA, "customer": sent})
        assert answer.status_code == 422
        assert list(answer.json["error"]["detail"]["fields"]) == ["customer"]
    assert truth("select count(*) from repair_order where customer_id = :c", c=theirs)[0][0] == 0


def test_only_sent_fields_are_patched(manager: Program):
    made = manager.post("party/", {"name": "Amina", "country": "Kenya"}).json
    answer = manager.patch(f"party/{made['id']}", {"country": "Uganda"}, 1)
    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"2"'
    assert (answer.json["name"], answer.json["country"], answer.json["version"]) == ("Amina", "Uganda", 2)


def test_a_put_sets_everything_and_takes_back_what_was_read(manager: Program):
    made = manager.post("party/", {"name": "Amina", "country": "Kenya"}).json
    same = manager.put(f"party/{made['id']}", made, 1)
    assert same.status_code == 200, same.text
    bare = manager.put(f"party/{made['id']}", {"name": "Amina H."}, same.json["version"])
    assert (bare.json["name"], bare.json["country"]) == ("Amina H.", None)
    assert manager.put(f"party/{made['id']}", {"country": "Kenya"}, bare.json["version"]).status_code == 422


def test_a_stale_version_shows_the_others_change(counter: Program, manager: Program):
    made = counter.post("party/", {"name": "Amina", "country": "Kenya"}).json
    assert manager.patch(f"party/{made['id']}", {"country": "Uganda"}, 1).status_code == 200
    answer = counter.patch(f"party/{made['id']}", {"country": "Rwanda"}, 1)
    assert answer.status_code == 412
    detail = answer.json["error"]["detail"]
    assert detail["version"] == 2
    (change,) = detail["changes"]
    assert (change["field"], change["before"], change["after"], change["actor"]) == (
        "country",
        "Kenya",
        "Uganda",
        "Wanjiru Kamau",
    )


def test_a_change_needs_the_version_it_was_made_from(manager: Program):
    made = manager.post("party/", {"name": "Amina"}).json
    path = f"party/{made['id']}"
    assert manager.ask("PATCH", path, {"name": "B"}).status_code == 428
    assert manager.ask("PATCH", path, {"name": "B"}, headers={"If-Match": "*"}).status_code == 400
    assert manager.ask("PATCH", path, {"name": "B", "version": 7}, headers={"If-Match": '"1"'}).status_code == 400
    assert manager.ask("PATCH", path, {"name": "B", "version": "1"}).status_code == 422
    assert manager.ask("PATCH", path, {"name": "B", "version": 1}).status_code == 200


def test_lines_are_changed_added_and_removed(order: dict[str, Any], technician: Program, counter: Program):
    task = technician.get("task/").json["rows"][0]["id"]
    done = technician.post(f"task/{task}/complete", {"answers": {"findings": "Mount bent", "verdict": "repairable"}})
    assert done.status_code == 200, done.text
    path = f"repair_order/{order['id']}"
    version = counter.get(path).json["version"]
    lines = [
        {"description": "Inspect", "kind": "labour", "quantity": 1, "unit_price": 2500},
        {"description": "Ring", "quantity": "2", "unit_price": "10.50"},
    ]
    first = counter.patch(path, {"lines": lines}, version)
    assert first.status_code == 200, first.text
    assert [line["total"] for line in first.json["lines"]] == ["2500", "21"]
    assert (first.json["subtotal"], first.json["total"]) == ("2521", "2924.36")
    kept = first.json["lines"][1]
    second = counter.patch(
        path, {"lines": [kept | {"quantity": 3}, {"description": "Screw", "unit_price": 1}]}, first.json["version"]
    )
    assert second.status_code == 200, second.text
    assert [(line["description"], line["quantity"]) for line in second.json["lines"]] == [("Ring", "3"), ("Screw", "1")]
    assert second.json["lines"][0]["id"] == kept["id"]
    gone = counter.patch(path, {"lines": [first.json["lines"][0]]}, second.json["version"])
    assert gone.status_code == 422
    stale = counter.patch(path, {"lines": []}, first.json["version"])
    assert stale.status_code == 412
    assert (
        "quantity" in {change["field"] for change in stale.json["error"]["detail"]["changes"]}
        or stale.json["error"]["detail"]["changes"]
    )


def test_what_the_process_does_not_open_now_cannot_be_edited(
    order: dict[str, Any], counter: Program, technician: Program
):
    path = f"repair_order/{order['id']}"
    assert counter.patch(path, {"item": "Another"}, order["version"]).status_code == 403
    assert technician.patch(path, {"item": "Another"}, order["version"]).status_code in {403, 422}
    assert counter.get(path).json["item"] == CAMERA["item"]


def test_a_list_is_narrowed_sorted_and_paged(manager: Program):
    for place in range(7):
        manager.post("product/", {"code": f"P{place}", "name": f"Part {place}", "unit_price": place, "kind": "part"})
    page = manager.get("product/?unit_price__ge=2&sort=-unit_price&size=3&columns=code,unit_price").json
    assert [row["code"] for row in page["rows"]] == ["P6", "P5", "P4"]
    assert set(page["rows"][0]) == {"id", "version", "code", "unit_price"}
    assert page["count"] == 5
    assert page["count_is_capped"] is False
    rest = manager.get(f"product/?unit_price__ge=2&sort=-unit_price&size=3&after={page['next']}").json
    assert [row["code"] for row in rest["rows"]] == ["P3", "P2"]
    assert rest["next"] is None
    assert manager.get("product/?q=part 4").json["rows"][0]["code"] == "P4"
    assert manager.get("product/?kind__eq=goods").json["count"] == 0


@pytest.mark.parametrize(
    "arguments",
    ["nmae=x", "name__like=x", "nothing__eq=1", "columns=code,nothing", "sort=nothing", "unit_price__ge=cheap"],
)
def test_an_argument_that_is_not_understood_does_not_widen_the_list(manager: Program, arguments: str):
    assert manager.get(f"product/?{arguments}").status_code == 422


def test_others_rows_are_not_found(
    manager: Program, order: dict[str, Any], make_company: Callable[..., Company], program: Callable[[Person], Program]
):
    stranger = program(make_company("Other Ltd").person("TENANT_MANAGER"))
    path = f"repair_order/{order['id']}"
    for answer in (
        stranger.get(path), stranger.patch(path, {"item": "x"}, 1), stranger.put(path, {"item": "x"}, 1), stranger.get(f"{path}/process"),
        stranger.get(f"{path}/files"), stranger.post(f"{path}/cancel", {"reason": "x"}),
        stranger.post(f"{path}/files", data={"file": (io.BytesIO(b"%PDF-1.7"), "a.pdf")}),
    ):  # fmt: skip
        assert answer.status_code == 404, answer.text
    assert stranger.get("repair_order/").json["rows"] == []
    assert manager.get(path).status_code == 200


def test_without_the_right_nothing_is_told(technician: Program, amina: int):
    assert technician.get(f"party/{amina}").status_code == 200
    assert technician.post("party/", {"name": "x"}).status_code == 403
    assert technician.patch(f"party/{amina}", {"name": "x"}, 1).status_code == 403


def test_without_a_token_nobody_is_let_in(app: Flask, sign_in: Callable[[Person], Any], company: Company, amina: int):
    person = company.person("TENANT_MANAGER")
    browser = sign_in(person)
    for client in (app.test_client(), browser):
        for path in ("party/", f"party/{amina}", "task/", "openapi.json", "party/schema"):
            answer = client.get(f"/api/v1/{path}")
            assert answer.status_code == 401
            assert answer.json["error"]["code"] == "sign_in_required"
    assert browser.post("/api/v1/party/", json={"name": "x"}).status_code == 401


def test_a_key_acts_for_its_member_until_it_is_revoked(app: Flask, company: Company):
    person = company.person("Counter", name="Grace Njeri")
    with person.acting(), transaction():
        token = api_keys.issue("Web shop")
    program = Program(app, {"Authorization": f"Bearer {token}"})
    made = program.post("party/", {"name": "Amina"})
    assert (made.status_code, made.json["created_by"]) == (201, "Grace Njeri")
    with person.acting(), transaction() as current:
        api_keys.revoke(current.scalars(api_keys.sa.select(api_keys.ApiKey)).one().id)
    assert program.get("party/").status_code == 401


def test_files_come_and_go(counter: Program, manager: Program, order: dict[str, Any]):
    path = f"repair_order/{order['id']}/files"
    png = painted.png()
    added = counter.post(
        path, data={"file": [(io.BytesIO(png), "../../front.png"), (io.BytesIO(b"%PDF-1.7"), "a.pdf")]}
    )
    assert added.status_code == 201, added.text
    assert [row["name"] for row in counter.get(path).json["rows"]] == ["front.png", "a.pdf"]
    got = manager.get(f"{path}/{added.json['rows'][0]['id']}")
    assert (got.data[:4], got.mimetype, got.headers["X-Content-Type-Options"]) == (b"\x89PNG", "image/png", "nosniff")
    refused = counter.post(path, data={"file": (io.BytesIO(b"<script>"), "a.html")})
    assert (refused.status_code, list(refused.json["error"]["detail"]["fields"])) == (422, ["files"])
    assert counter.post(path).status_code == 422
    assert manager.get(f"{path}/999999").status_code == 404
    assert manager.get(f"repair_order/999999/files/{added.json['rows'][0]['id']}").status_code == 404


def test_a_process_is_told_and_stopped(manager: Program, order: dict[str, Any]):
    path = f"repair_order/{order['id']}"
    running = manager.get(f"{path}/process").json
    assert (running["status"], running["state"], [task["element"] for task in running["tasks"]]) == (
        "running",
        "received",
        ["inspect"],
    )
    assert [event["kind"] for event in running["events"]] == ["started", "passed", "entered"]
    assert manager.post(f"{path}/cancel", {"reason": " "}).status_code == 422
    assert manager.post(f"{path}/cancel", {"reason": "Taken back"}).status_code == 200
    over = manager.get(f"{path}/process").json
    assert (over["status"], over["tasks"]) == ("cancelled", [])
    assert manager.post(f"{path}/cancel", {"reason": "Again"}).status_code == 409


def test_master_data_has_no_process(manager: Program, amina: int):
    assert manager.get(f"party/{amina}/process").status_code == 404


def test_a_type_describes_itself(technician: Program):
    found = technician.get("repair_order/schema").json
    assert (found["title"], found["plural"], found["has_process"]) == ("Repair order", "Repair orders", True)
    fields = {field["name"]: field for field in found["fields"]}
    assert (fields["customer"]["kind"], fields["customer"]["target"], fields["customer"]["required"]) == (
        "link",
        "party",
        True,
    )
    assert fields["total"]["readonly"]
    assert "quantity" in {field["name"] for field in found["line_fields"]}


def test_an_answer_speaks_the_askers_language(app: Flask, company: Company, program: Callable[[Person], Program]):
    grace = program(company.person("Counter", language="fa"))
    assert grace.post("party/", {}).status_code == 422


@pytest.mark.parametrize("method", ["DELETE", "POST"])
def test_other_methods_are_refused_in_the_same_shape(manager: Program, amina: int, method: str):
    answer = manager.ask(method, f"party/{amina}")
    assert answer.status_code == 405
    assert answer.json["error"]["code"] == "method_not_allowed"
