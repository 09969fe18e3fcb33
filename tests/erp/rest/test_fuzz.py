"""Whatever is sent, the answer is a sentence, never a breakdown."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from erp.documents.lists import OPERATORS
from erp.rest.sent import LARGEST
from tests.erp.rest.conftest import CAMERA, Program

FIELDS = [
    "id", "version", "number", "state", "customer", "item", "serial", "fault", "promised_on", "email", "under_warranty",
    "decline_reason", "quote_revision", "total", "lines", "created_at", "name", "code", "unit_price", "kind", "is_supplier",
]  # fmt: skip
LINE_FIELDS = ["id", "kind", "product", "description", "quantity", "unit_price", "discount", "total", "position"]
ODD = [
    "", " ", "0", "-0", "1e5", "1E400", "9" * 30, "-99999999999999", "99999999999", "2147483648", "NaN", "Infinity", "-Infinity", "½", "²", "١٢٣",
    "2026-02-30", "0001-01-01", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "1405-01-01", "\ud800", "\x00",
    "a\x00b", "\u202e", "=1+1", "' or 1=1 --", "%", "_", "\\", "x" * 5000, "a@b.c", "+254 700 553 218", "true", "null", "\ufeff", "🦄",
    0, -1, 2**31, 2**63, 2**70, -(2**70), 1.5, 1e308, 1e-300, 0.1, True, False, None, [], {}, [[]], [None], {"id": 1}, {"": ""},
]  # fmt: skip
odd = st.sampled_from(ODD) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
lines = st.lists(st.dictionaries(st.sampled_from(LINE_FIELDS), odd, max_size=5) | odd, max_size=3)
bodies = st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=8), odd | lines, max_size=6) | odd
many = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)


@pytest.fixture
def party(counter: Program) -> int:
    return int(counter.post("party/", {"name": "Amina"}).json["id"])


def assert_told(answer: TestResponse) -> None:
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert set(answer.json["error"]) == {"code", "message", "detail"}
        assert answer.json["error"]["message"]


@many
@given(sent=bodies)
def test_any_json_for_a_new_row(counter: Program, party: int, sent: Any):
    assert_told(counter.post("repair_order/", sent))
    if isinstance(sent, dict):
        assert_told(counter.post("repair_order/", {**CAMERA, "customer": party, **sent}))
        assert_told(counter.post("party/", {"name": "x", **sent}))


@many
@given(sent=bodies, version=st.sampled_from(['"1"', '"0"', '"99999999999999999999"', "1", 'W/"1"', "", "x"]))
def test_any_json_for_a_change(manager: Program, party: int, sent: Any, version: str):
    for method in ("PUT", "PATCH"):
        assert_told(manager.ask(method, f"party/{party}", sent, headers={"If-Match": version}))


@many
@given(sent=bodies)
def test_any_json_for_a_task(counter: Program, technician: Program, party: int, sent: Any):
    rows = technician.get("task/").json["rows"]
    if not rows:
        counter.post("repair_order/", {**CAMERA, "customer": party})
        rows = technician.get("task/").json["rows"]
    assert_told(technician.post(f"task/{rows[0]['id']}/complete", sent))
    assert_told(technician.post(f"task/{rows[0]['id']}/complete", {"answers": sent, "verdict": "repairable"}))
    assert_told(
        technician.post(f"task/{rows[0]['id']}/complete", {"answers": {"verdict": "repairable", "findings": sent}})
    )
    assert_told(technician.post(f"task/{rows[0]['id']}/delegate", {"member": sent}))


texts = st.sampled_from([str(each).encode("utf-8", "ignore").decode() for each in ODD]) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=12
)
arguments = st.sampled_from([f"{field}__{operator}" for field in FIELDS for operator in OPERATORS]) | st.sampled_from(
    ["q", "sort", "after", "before", "size", "columns", "view", "__eq", "x"]
)


@many
@given(asked=st.dictionaries(arguments, texts | st.sampled_from(FIELDS), max_size=3))
def test_any_argument_of_a_list(manager: Program, asked: dict[str, str]):
    query = "&".join(f"{name}={quote(value)}" for name, value in asked.items())
    assert_told(manager.get(f"repair_order/?{query}"))
    assert_told(manager.get(f"product/?{query}"))


@many
@given(content=st.binary(max_size=60))
def test_any_bytes(manager: Program, content: bytes):
    for kind in (
        "application/json",
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
    ):
        assert_told(manager.ask("POST", "party/", data=content, content_type=kind))
        assert_told(manager.ask("POST", "repair_order/1/files", data=content, content_type=kind))


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"name": NaN}', 400),
        (b'{"name": Infinity}', 400),
        (b'{"name": "a", "name": "b"}', 400),
        (b'{"name": "\\ud800"}', 400),
        (b'{"name": "a\\u0000b"}', 400),
        (b'{"name": ' + b"9" * 5000 + b"}", 400),
        (b'{"name": 1e99999999999999999999}', 400),
        (b"[" * 100_000, 400),
        (b'{"name": ' + b"[" * 30 + b"]" * 30 + b"}", 400),
        (b'"name"', 422),
        (b"[1]", 422),
        (b"null", 422),
        (b'{"name": "' + b"x" * LARGEST + b'"}', 413),
        (b"\xff\xfe\xff", 400),
    ],
)
def test_what_is_not_plain_json_is_refused(manager: Program, content: bytes, status: int):
    answer = manager.ask("POST", "party/", data=content, content_type="application/json")
    assert_told(answer)
    assert answer.status_code in {status, 422} if status == 422 else answer.status_code == status


def test_another_kind_of_content_is_refused(manager: Program):
    answer = manager.ask("POST", "party/", data=json.dumps({"name": "x"}), content_type="text/plain")
    assert answer.status_code == 415
    assert_told(answer)


@pytest.mark.parametrize("row_id", ["0", "-1", "1.5", "x", str(2**63), str(2**200), "1%00", "%F0%28", "../1"])
def test_any_id(manager: Program, row_id: str):
    for path in (
        f"party/{row_id}",
        f"repair_order/{row_id}/process",
        f"repair_order/1/files/{row_id}",
        f"task/{row_id}",
    ):
        answer = manager.get(path)
        assert_told(answer)
        assert answer.status_code in {404, 308, 405}


@pytest.mark.parametrize(
    "token", ["", "x", "a.b.c", "mrk_x", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", "\x7f", "x" * 5000]
)
def test_any_token(manager: Program, token: str):
    for header in (f"Bearer {token}", f"Basic {token}", token):
        answer = Program(manager.app, {"Authorization": header}).get("party/")
        assert answer.status_code == 401
        assert_told(answer)


@pytest.mark.parametrize(
    "token", ["x", "W10", "WzEsIDFlNDAwXQ", "W251bGwsIDEuNV0", "W" * 6000, "W251bGwsOTk5OTk5OTk5OTk5OTk5OTk5OTk5XQ"]
)
def test_a_damaged_page_token_is_said(manager: Program, token: str):
    for name in ("after", "before"):
        answer = manager.get(f"product/?{name}={token}")
        assert answer.status_code == 400
        assert_told(answer)


@pytest.mark.parametrize(
    ("field", "value"),
    [("quantity", "1000000000000"), ("unit_price", "100000000000000"), ("quantity", "1.0001"), ("discount", 100.5)],
)
def test_a_number_too_large_for_its_column_is_said_at_its_field(counter: Program, party: int, field: str, value: Any):
    answer = counter.post("repair_order/", {**CAMERA, "customer": party, "lines": [{"description": "x", field: value}]})
    assert answer.status_code == 422
    assert list(answer.json["error"]["detail"]["fields"]) == [f"lines-0-{field}"]


def test_a_total_too_large_to_be_stored_is_said(counter: Program, party: int):
    line = {"description": "x", "quantity": "99999999999", "unit_price": "99999999999999"}
    answer = counter.post("repair_order/", {**CAMERA, "customer": party, "lines": [line]})
    assert answer.status_code == 422
    assert "too large" in answer.json["error"]["message"]
