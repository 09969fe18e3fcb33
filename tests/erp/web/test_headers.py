"""What every answer carries, what cookies are called, and that no form is taken without the token of its page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import flask
import pytest
from flask import Flask

from erp.config import Settings
from erp.testing.pytest_plugin import PASSWORD, Company, Person
from erp.web import headers
from erp.web.guard import PUBLIC
from tests.erp.web.conftest import Browser
from tests.erp.web.test_guard import asked

PEOPLE = "/api/v1/docs"
"""Pages for people who write programs."""


def is_for_programs(rule: str) -> bool:
    """Whether no browser's cookie opens it: a credential of its own is asked for."""
    return rule.startswith(("/api/", "/hooks/")) and not rule.startswith(PEOPLE)


@pytest.mark.parametrize("address", ["/login/", "/link/nothing", "/nothing/here", "/health/live", "/api/v1/party/"])
def test_every_answer_shuts_what_is_not_used(app: Flask, address: str):
    told = app.test_client().get(address).headers
    policy = {part.split()[0]: part for part in told["Content-Security-Policy"].split(";") if part.strip()}
    assert "'nonce-" in policy["script-src"] or "text/html" not in told["Content-Type"]
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*"} & set(policy["script-src"].split())
    assert policy["object-src"].endswith("'none'")
    assert policy["base-uri"].strip().endswith("'none'")
    assert told["X-Frame-Options"] == "DENY"
    assert told["X-Content-Type-Options"] == "nosniff"
    assert told["Referrer-Policy"] == "same-origin"
    assert "camera=()" in told["Permissions-Policy"]
    assert told["Cross-Origin-Opener-Policy"] == told["Cross-Origin-Resource-Policy"] == "same-origin"


def cookies_of(answer: flask.Response | object) -> dict[str, str]:
    """{name: the whole line} of the cookies an answer sets."""
    lines = answer.headers.getlist("Set-Cookie")  # type: ignore[attr-defined]
    return {line.partition("=")[0]: line for line in lines}


def test_behind_tls_cookies_belong_to_this_host_alone(settings: Settings):
    app = Flask(__name__)
    app.secret_key = "of this test"
    headers.init_app(app, replace(settings, secure_cookies=True))

    @app.get("/")
    def page() -> str:
        flask.session["kept"] = "something"
        return "here"

    client = app.test_client()
    answer = client.get("/", base_url="https://erp.example")
    ((name, line),) = cookies_of(answer).items()
    assert name == "__Host-millrace"
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in line
    assert "Domain" not in line
    assert "max-age=31" in answer.headers["Strict-Transport-Security"]
    assert client.get("/", base_url="http://erp.example").headers["Location"].startswith("https://")


def test_without_tls_cookies_are_still_hidden_from_scripts_and_other_sites(app: Flask, company: Company):
    browser = Browser(app.test_client())
    answer = browser.sign_in(company.person("Counter").username, PASSWORD)
    for name, line in cookies_of(answer).items():
        assert "HttpOnly" in line, name
        assert "SameSite=Lax" in line, name
    assert "millrace" in cookies_of(answer)


STEPS = pytest.mark.parametrize(
    "step", [pytest.param(16, id="sample"), pytest.param(1, id="all", marks=pytest.mark.soak)]
)
"""Of so many addresses one is asked in each run; those of attacks/test_sending.py and test_http.py are others."""


@STEPS
def test_no_form_is_taken_without_the_token_of_its_page(
    app: Flask, company: Company, signed_in: Callable[[Person], Browser], step: int
):
    client = signed_in(company.person("TENANT_OWNER", "PLATFORM_ADMIN")).client
    taken = []
    for rule in list(app.url_map.iter_rules())[::step]:
        for method in sorted((rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}):
            if is_for_programs(rule.rule):
                continue
            answer = client.open(asked(rule), method=method, data={"name": "planted"})
            if answer.status_code != 400 or "stood open too long" not in answer.text:
                taken.append(f"{method} {rule.rule}: {answer.status_code}")
    assert taken == []


@STEPS
def test_programs_are_asked_for_a_credential_whatever_cookie_they_bring(
    app: Flask, company: Company, signed_in: Callable[[Person], Browser], step: int
):
    client = signed_in(company.person("TENANT_OWNER", "PLATFORM_ADMIN")).client
    let_in, views = [], app.view_functions
    for rule in list(app.url_map.iter_rules())[5 % step :: step]:
        if not is_for_programs(rule.rule) or getattr(views[rule.endpoint], PUBLIC, False):
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            answer = client.open(asked(rule), method=method)
            if answer.status_code not in {401, 429}:
                let_in.append(f"{method} {rule.rule}: {answer.status_code}")
    assert let_in == []
