"""The JSON way in as HTTP: tags, packing, other origins, one shape of errors."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from erp.config import Settings, from_env
from erp.errors import SetupError
from erp.testing.pytest_plugin import Company, Person
from tests.erp.rest.conftest import CAMERA, Program
from tests.erp.web.conftest import Browser, signed_in

__all__ = ["signed_in"]
SHOP = "https://shop.example.com"
GZIP = {"Accept-Encoding": "gzip, br"}


@pytest.fixture
def shop(app: Flask, settings: Settings) -> Iterator[str]:
    """The scripts of another site that may come in."""
    app.config["MILLRACE"] = replace(settings, cors_origins=(SHOP,))
    yield SHOP
    app.config["MILLRACE"] = settings


# -- tags ------------------------------------------------------------------------------------------------


def test_whatever_is_read_has_a_tag_that_saves_reading_it_again(manager: Program):
    row = manager.post("party/", {"name": "Amina"}).json["id"]
    for path in ("party/", f"party/{row}", "party/schema", f"party/{row}/files", "task/", "openapi.json"):
        first = manager.get(path)
        again = manager.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b""), path
    manager.patch(f"party/{row}", {"note": "new"}, 1)
    assert manager.get("party/", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_every_change_may_name_the_version_it_was_made_from(counter: Program, technician: Program):
    customer = counter.post("party/", {"name": "Amina"}).json["id"]
    order = counter.post("repair_order/", {**CAMERA, "customer": customer}).json
    task = technician.get("task/").json["rows"][0]["id"]
    stale, fresh = {"If-Match": '"99"'}, {"If-Match": technician.get(f"task/{task}").headers["ETag"]}
    for path, sent in (
        (f"task/{task}/claim", {}),
        (f"task/{task}/release", {}),
        (f"task/{task}/delegate", {"member": 1}),
    ):
        assert technician.post(path, sent, headers=stale).status_code == 412, path
    assert technician.post(f"task/{task}/claim", {}, headers=fresh).status_code == 200
    path = f"repair_order/{order['id']}"
    refused = counter.post(f"{path}/cancel", {"reason": "Sold"}, headers=stale)
    assert (refused.status_code, refused.json["error"]["code"]) == (412, "stale_version")
    assert counter.get(f"{path}/process").json["status"] == "running"
    assert (
        counter.post(
            f"{path}/cancel", {"reason": "Sold"}, headers={"If-Match": counter.get(path).headers["ETag"]}
        ).status_code
        == 200
    )


# -- tokens of pages -------------------------------------------------------------------------------------


def test_a_pages_token_is_good_for_its_list_its_order_and_its_company_alone(
    manager: Program, make_company: Callable[..., Company], program: Callable[[Person], Program]
):
    for name in ("Amina", "Bahati", "Chege"):
        manager.post("party/", {"name": name})
        manager.post("product/", {"code": name, "name": name, "unit_price": 1})
    first = manager.get("party/?sort=name&size=1").json
    assert [row["name"] for row in manager.get(f"party/?sort=name&size=1&after={first['next']}").json["rows"]] == [
        "Bahati"
    ]
    manager.post("party/", {"name": "Aaron"})
    assert [row["name"] for row in manager.get(f"party/?sort=name&size=1&after={first['next']}").json["rows"]] == [
        "Bahati"
    ]
    other = program(make_company("Other").person("TENANT_MANAGER"))
    told = first["next"]
    turned = told[:-1] + ("A" if told[-1] != "A" else "B")
    for who, path in (
        (manager, f"party/?sort=-name&after={told}"), (manager, f"product/?sort=name&after={told}"),
        (other, f"party/?sort=name&after={told}"), (manager, f"party/?sort=name&after={turned}"),
    ):  # fmt: skip
        answer = who.get(path)
        assert answer.status_code == 400, path
        assert "start from the first page" in answer.json["error"]["message"]


# -- packing ---------------------------------------------------------------------------------------------


def test_what_is_long_is_packed_for_who_takes_it(manager: Program):
    for number in range(12):
        manager.post("party/", {"name": f"Customer {number}"})
    plain, packed = manager.get("party/"), manager.get("party/", headers=GZIP)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 3
    for answer in (plain, packed):
        assert "Accept-Encoding" in answer.headers["Vary"]
    short = manager.get("party/?size=1&columns=name", headers=GZIP)
    assert "Content-Encoding" not in short.headers
    assert manager.get("party/", headers={"Accept-Encoding": "gzip;q=0"}).data == plain.data


def test_a_packed_rows_tag_is_its_version_all_the_same(manager: Program):
    row = manager.post("party/", {"name": "Amina", "note": "x" * 2000}).json["id"]
    tag = manager.get(f"party/{row}", headers=GZIP).headers["ETag"]
    assert tag == 'W/"1"'
    assert manager.ask("PATCH", f"party/{row}", {"note": "y"}, headers={"If-Match": tag}).status_code == 200


def test_pages_and_sheets_are_packed_but_not_for_a_stranger_who_steers_the_browser(
    company: Company, signed_in: Callable[[Person], Browser]
):
    member = signed_in(company.person("TENANT_OWNER"))
    for address in ("/party/", "/party/export.csv", "/search"):
        assert (
            member.get(address, headers=GZIP | {"Sec-Fetch-Site": "cross-site"}).headers.get("Content-Encoding") is None
        )
    page = member.client.get("/party/", headers=GZIP | {"Sec-Fetch-Site": "same-origin"})
    assert page.headers["Content-Encoding"] == "gzip"
    assert b"</html>" in gzip.decompress(page.data)
    sheet = member.client.get("/party/export.csv", headers=GZIP)
    assert sheet.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(sheet.data) == member.client.get("/party/export.csv").data
    with member.client.get("/inbox/stream", headers=GZIP | {"Accept": "text/event-stream"}) as stream:
        assert "Content-Encoding" not in stream.headers


def test_the_token_of_a_form_looks_different_on_every_page_and_is_taken(
    company: Company, signed_in: Callable[[Person], Browser]
):
    member = signed_in(company.person("TENANT_MANAGER"))
    member.get("/")
    first = member.token
    member.get("/")
    assert member.token != first
    for token in (first, member.token):
        assert member.client.post("/settings/theme", data={"csrf_token": token, "theme": "dark"}).status_code == 302
    for token in (first[:-4] + "AAAA", "", "x" * 600, "é", first[: len(first) // 2]):
        assert member.client.post("/settings/theme", data={"csrf_token": token, "theme": "dark"}).status_code == 400


# -- other origins ---------------------------------------------------------------------------------------


def test_a_named_site_may_ask_and_read(app: Flask, shop: str, manager: Program):
    asked = {
        "Origin": shop,
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization",
    }
    ahead = app.test_client().options("/api/v1/party/1", headers=asked)
    assert ahead.status_code == 204
    assert ahead.headers["Access-Control-Allow-Origin"] == shop
    assert "PATCH" in ahead.headers["Access-Control-Allow-Methods"]
    assert {"Authorization", "If-Match", "Idempotency-Key"} <= set(
        ahead.headers["Access-Control-Allow-Headers"].split(", ")
    )
    answer = manager.get("party/", headers={"Origin": shop})
    assert answer.headers["Access-Control-Allow-Origin"] == shop
    assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
    assert "Origin" in answer.headers["Vary"]
    refused = app.test_client().get("/api/v1/party/", headers={"Origin": shop})
    assert (refused.status_code, refused.headers["Access-Control-Allow-Origin"]) == (401, shop)
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize(
    "origin", ["https://evil.example.com", "https://shop.example.com.evil.com", "null", SHOP + ":444", SHOP.upper()]
)
def test_no_other_site_may(app: Flask, shop: str, manager: Program, origin: str):
    asked = {"Origin": origin, "Access-Control-Request-Method": "GET"}
    assert app.test_client().options("/api/v1/party/", headers=asked).status_code == 401
    for answer in (
        app.test_client().options("/api/v1/party/", headers=asked),
        manager.get("party/", headers={"Origin": origin}),
    ):
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_pages_are_for_no_other_site(app: Flask, shop: str):
    answer = app.test_client().get("/login/", headers={"Origin": shop})
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    "text", ["*", "shop.example.com", "https://shop.example.com/", "https://Shop.example.com", "null"]
)
def test_only_whole_origins_can_be_named(text: str):
    with pytest.raises(SetupError, match="CORS_ORIGINS must read like"):
        from_env({"CORS_ORIGINS": text})
    assert from_env({"CORS_ORIGINS": f"{SHOP}, http://localhost:3000"}).cors_origins == (SHOP, "http://localhost:3000")


# -- errors ----------------------------------------------------------------------------------------------


def test_every_error_has_one_shape_and_says_where_its_code_is_explained(manager: Program, app: Flask):
    asked: list[tuple[int, str, Any]] = [
        (401, "sign_in_required", app.test_client().get("/api/v1/party/")),
        (404, "not_found", manager.get("nothing")),
        (404, "not_found", manager.get("party/999999999")),
        (405, "method_not_allowed", manager.ask("DELETE", "party/1")),
        (415, "unsupported_media_type", manager.post("party/", data="name=Amina")),
        (400, "bad_request", manager.post("party/", data="{", content_type="application/json")),
        (400, "bad_request", app.test_client().post("/api/v1/security/login", data="x", content_type="application/json")),
        (413, "too_large", manager.post("party/", data=b" " * (2 * 1024 * 1024 + 1), content_type="application/json")),
        (422, "invalid", manager.post("party/", {})),
        (428, "version_required", manager.ask("PATCH", f"party/{manager.post('party/', {'name': 'A'}).json['id']}", {})),
        (400, "bad_request", manager.get("party/?q=%00")),
    ]  # fmt: skip
    for status, code, answer in asked:
        told = (status, code, answer.text)
        assert answer.status_code == status, told
        assert set(answer.json) == {"error"}, told
        assert set(answer.json["error"]) == {"code", "message", "detail"}, told
        assert answer.json["error"]["code"] == code, told
        assert answer.json["error"]["message"], told
        assert answer.headers["Link"] == f'</api/v1/errors#{code}>; rel="help"', told
        assert answer.headers["X-Request-ID"], told
