"""The pages for programmers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from erp.rest.reference import codes
from erp.testing.pytest_plugin import Company, Person
from tests.erp.rest.conftest import Program
from tests.erp.web.conftest import Browser, signed_in

__all__ = ["signed_in"]


def test_the_page_shows_the_members_own_description_and_lends_a_token(
    app: Flask, company: Company, signed_in: Callable[[Person], Browser], program: Callable[[Person], Program]
):
    boss = company.person("TENANT_MANAGER")
    member = signed_in(boss)
    page = member.get("/api/v1/docs")
    assert page.status_code == 200
    assert page.text.count("<script") == page.text.count("nonce=")
    assert "reference.js" in page.text
    assert "reference.js" not in member.get("/").text
    assert member.get("/api/v1/docs/openapi.json").json == program(boss).get("openapi.json").json
    assert member.client.post("/api/v1/docs/token").status_code == 400
    lent = member.post("/api/v1/docs/token", {})
    assert lent.headers["Cache-Control"] == "no-store"
    asked = app.test_client().get("/api/v1/party/", headers={"Authorization": f"Bearer {lent.json['access_token']}"})
    assert asked.status_code == 200
    assert member.client.get("/api/v1/party/").status_code == 401


def test_who_has_not_signed_in_is_sent_to_do_so_and_lent_nothing(app: Flask, browser: Browser):
    assert app.test_client().get("/api/v1/docs").headers["Location"] == "/login/?next=/api/v1/docs"
    assert app.test_client().get("/api/v1/docs/openapi.json").status_code == 401
    browser.get("/login/")
    assert browser.post("/api/v1/docs/token", {}).status_code == 401


@pytest.fixture
def browser(app: Flask) -> Browser:
    return Browser(app.test_client())


def test_every_code_says_what_it_means_and_what_to_do(app: Flask):
    told = {each.code: each for each in codes()}
    assert {
        "bad_request",
        "invalid",
        "stale_version",
        "version_required",
        "idempotency_key_reused",
        "too_many_requests",
        "link_gone",
        "internal",
    } <= set(told)
    for each in told.values():
        assert each.meaning, each.code
        assert each.remedy, each.code
        assert 400 <= each.status < 600
    page = app.test_client().get("/api/v1/errors")
    assert page.status_code == 200
    for code in told:
        assert f'id="{code}"' in page.text
    asked = app.test_client().get("/api/v1/errors", headers={"Accept": "application/json"})
    assert {each["code"] for each in asked.json["codes"]} == set(told)
