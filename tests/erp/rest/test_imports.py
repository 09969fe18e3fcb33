"""Programs bring files in: the plan is guessed or sent, tried, run by a worker, and what was left out comes back."""

from __future__ import annotations

import io
import json
from typing import Any

import openpyxl
import pytest

from erp.documents.types import declared
from tests.erp.rest.conftest import Program

CUSTOMERS = b"CustomerID,Name,Country\n17850.0,Lakeside Clinic,KE\n13047.0,Amina Hassan,KE\n,Nobody,KE\n99.0,,KE\n"
PLAN = {
    "key": "number", "tidy": {"CustomerID": "whole"},
    "sources": {"number": {"column": "CustomerID"}, "name": {"column": "Name"}, "country": {"column": "Country"}},
    "skips": [{"column": "CustomerID", "test": "empty"}],
}  # fmt: skip


def bring(program: Program, type_name: str = "party", content: bytes = CUSTOMERS, **more: Any) -> Any:
    form = {"file": (io.BytesIO(content), "customers.csv"), **more.pop("form", {})}
    return program.post(f"{type_name}/import", data=form, content_type="multipart/form-data", **more)


def test_a_file_is_tried_brought_in_once_and_its_wrong_rows_come_back(manager: Program, run_jobs):
    form = {"plan": json.dumps(PLAN), "dry_run": "1"}
    tried = bring(manager, form=form)
    assert tried.status_code == 200
    assert {name: tried.json["outcome"][name] for name in ("rows", "new", "problem_count")} == {
        "rows": 4, "new": 2, "problem_count": 1,
    }  # fmt: skip
    assert manager.get("party/").json["count"] == 0

    key = {"Idempotency-Key": "customers-of-march"}
    started = bring(manager, form={"plan": json.dumps(PLAN)}, headers=key)
    again = bring(manager, form={"plan": json.dumps(PLAN)}, headers=key)
    assert (started.status_code, again.status_code, again.json) == (202, 202, started.json)
    assert bring(manager, form={"plan": json.dumps({**PLAN, "skips": []})}, headers=key).status_code == 422
    url = started.headers["Location"].removeprefix("/api/v1/")
    assert (manager.get(url).json["state"], manager.get(f"{url}/left-out.xlsx").status_code) == ("waiting", 404)
    run_jobs()

    ended = manager.get(url).json
    assert (ended["state"], ended["percent"], ended["outcome"]["new"]) == ("done", 100, 2)
    assert [row["name"] for row in manager.get("party/?sort=number").json["rows"]] == [
        "Amina Hassan",
        "Lakeside Clinic",
    ]
    sheet = openpyxl.load_workbook(io.BytesIO(manager.get(ended["left_out"].removeprefix("/api/v1/")).data)).worksheets[
        0
    ]
    assert sheet["A2"].value == "99.0"
    assert manager.post(f"{url}/stop").json["state"] == "done"
    remembered = bring(manager, form={"dry_run": "1"}).json
    assert remembered["plan"]["skips"] == [{"column": "CustomerID", "test": "empty", "value": ""}]
    assert (remembered["outcome"]["new"], remembered["outcome"]["unchanged"]) == (0, 2)


def test_an_import_that_waits_can_be_stopped(manager: Program, run_jobs):
    url = bring(manager, form={"plan": json.dumps(PLAN)}).headers["Location"].removeprefix("/api/v1/")
    assert manager.post(f"{url}/stop").json["state"] == "cancelled"
    run_jobs()
    assert manager.get("party/").json["count"] == 0
    assert manager.get(url.replace("party", "product")).status_code == 404


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"plan": "{"}, "plan"),
        ({"plan": "[1]"}, "plan"),
        ({"plan": "[" * 100_000}, "plan"),
        ({"dry_run": "maybe"}, "dry_run"),
        ({"plan": json.dumps({**PLAN, "key": "colour"})}, "key"),
        ({"plan": json.dumps({**PLAN, "sources": {"number": {"column": "Colour"}}})}, "number"),
        ({"file": ""}, "file"),
        ({"file": (io.BytesIO(b"PK\x03\x04"), "a.xlsx")}, "file"),
    ],
)
def test_what_does_not_fit_is_told_at_its_field(manager: Program, form: dict[str, Any], field: str):
    refused = bring(manager, form=form)
    assert refused.status_code == 422
    assert field in refused.json["error"]["detail"]["fields"]


def test_only_what_files_may_be_brought_into_takes_them_and_only_of_who_may(manager: Program, technician: Program):
    assert bring(technician).status_code == 403
    never = [name for name, kind in declared().items() if kind.is_document and not kind.cls.takes_history]  # type: ignore[attr-defined]
    assert never
    assert {bring(manager, name).status_code for name in never} <= {400, 403}
