"""Nothing is shown to who has not signed in, but for a handful of addresses that are named here."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.routing import Rule

from erp import context
from erp.testing.pytest_plugin import Company, Person
from erp.web.guard import PUBLIC
from erp.web.limits import limits
from tests.erp.web.conftest import Browser

OPEN = {
    "/health/live", "/health/ready", "/metrics", "/link/<token>", "/approve/<token>", "/link/<token>/file/<int:file_id>", "/login/", "/logout/",
    "/settings/language", "/begin/<token>", "/begin/<token>/company", "/begin/<token>/you",
    "/hooks/<provider>/<token>", "/pay/<token>", "/static/dist/<path:name>", "/api/v1/security/login",
    "/api/v1/security/refresh", "/join/<token>", "/join/<token>/known", "/join/<token>/me", "/password/forgot",
    "/password/<token>",
    "/api/v1/docs", "/api/v1/docs/openapi.json", "/api/v1/docs/token", "/api/v1/errors",
}  # fmt: skip


def test_only_these_addresses_are_open(app: Flask):
    views = app.view_functions
    found = {rule.rule for rule in app.url_map.iter_rules() if getattr(views[rule.endpoint], PUBLIC, False)}
    assert found == OPEN


def asked(rule: Rule) -> str:
    """An address of this rule."""
    address = re.sub(r"<any\((\w+)[^>]*>", r"\1", rule.rule)
    for name in rule.arguments:
        for kind in ("int:", "path:", "string:", ""):
            address = address.replace(f"<{kind}{name}>", "1")
    return address


@pytest.mark.parametrize("step", [pytest.param(16, id="sample"), pytest.param(1, id="all", marks=pytest.mark.soak)])
def test_every_other_address_asks_to_sign_in(app: Flask, step: int):
    client = app.test_client()
    for rule in list(app.url_map.iter_rules())[::step]:
        if rule.rule in OPEN:
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            limits.connect(None)  # so many strangers are not let ask in an hour
            answer = client.open(asked(rule), method=method)
            told = (rule.rule, method, answer.status_code)
            if rule.rule.startswith("/api/"):
                assert answer.status_code == 401, told
            elif method == "GET":
                assert answer.status_code == 302, told
                assert answer.headers["Location"].startswith("/login/?next="), told
            else:
                assert answer.status_code in {400, 401}, told


def test_who_acted_before_is_forgotten(app: Flask, company: Company, signed_in: Callable[[Person], Browser]):
    signed_in(company.person("TENANT_MANAGER")).get("/")
    assert context.current() == context.NOBODY
    assert app.test_client().get("/").status_code == 302


@pytest.mark.parametrize("address", ["/login/", "/link/nothing", "/nothing/here"])
def test_every_answer_carries_the_headers(app: Flask, address: str):
    answer = app.test_client().get(address)
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src  'nonce-" in policy
    assert "style-src 'self';" in policy
    assert "style-src-attr 'unsafe-inline'" in policy
    assert "unsafe-eval" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Strict-Transport-Security" not in answer.headers
    assert "private" in answer.headers["Cache-Control"] or "no-store" in answer.headers["Cache-Control"]


def test_scripts_carry_the_nonce_of_the_answer(browser: Browser):
    page = browser.get("/login/")
    nonce = page.headers["Content-Security-Policy"].split("'nonce-")[1].split("'")[0]
    assert f'nonce="{nonce}"' in page.text
    assert page.text.count("<script") == page.text.count(f'nonce="{nonce}"')


def test_a_post_without_the_pages_token_is_refused(signed_in: Callable[[Person], Browser], company: Company):
    member = signed_in(company.person("TENANT_MANAGER"))
    page = member.client.post("/settings/theme", data={"theme": "dark"})
    assert page.status_code == 400
    assert "stood open too long" in page.text


def test_bundles_are_kept_for_a_year(browser: Browser):
    answer = browser.get("/static/dist/millrace.css", headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.mimetype == "text/css"
    answer.close()


@pytest.mark.parametrize("name", ["../package.json", "..%2fpackage.json", "nothing.css", "../../config.py"])
def test_bundles_are_all_that_is_served(browser: Browser, name: str):
    assert browser.get(f"/static/dist/{name}").status_code == 404
