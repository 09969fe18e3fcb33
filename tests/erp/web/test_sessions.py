"""A session begins with signing in, is seen while it is used, and opens nothing once it is over."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event

from erp import clock, sessions
from erp.testing.pytest_plugin import PASSWORD, Company, Person
from erp.web.devices import named
from tests.erp.web.conftest import Browser

LOGIN, REFRESH = "/api/v1/security/login", "/api/v1/security/refresh"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0"
Truth = Callable[..., list[Any]]


@pytest.fixture
def grace(company: Company) -> Person:
    return company.person("Counter", name="Grace Njeri")


@pytest.fixture
def rows(truth: Truth, grace: Person) -> Callable[[], list[Any]]:
    return lambda: truth("select * from user_session where user_id = :u order by id", u=grace.user_id)


@pytest.fixture
def kinds(truth: Truth, grace: Person) -> Callable[[], list[str]]:
    """Of what the audit of her company keeps, in its order."""
    statement = "select kind from audit_entry where tenant_id = :t order by id"
    return lambda: [row.kind for row in truth(statement, t=grace.place.tenant_id)]


def holds(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_signing_in_is_a_row_whose_token_only_the_browser_knows(app: Flask, grace: Person, rows, truth: Truth):
    browser = Browser(app.test_client())
    browser.get("/login/")
    headers = {"User-Agent": FIREFOX}
    sent = {"username": grace.username, "password": PASSWORD}
    assert (
        browser.post("/login/", sent, headers=headers, environ_base={"REMOTE_ADDR": "203.0.113.7"}).status_code == 302
    )
    (row,) = rows()
    assert (row.tenant_id, row.kind, row.device) == (grace.place.tenant_id, "browser", "Firefox, Windows")
    assert (row.address, row.ended_at) == ("203.0.113.7", None)
    with browser.client.session_transaction() as cookie:
        token = cookie["session"]
    assert len(token) >= 43
    assert token not in str(tuple(row))
    (entry,) = truth("select * from audit_entry where tenant_id = :t", t=grace.place.tenant_id)
    told = (entry.kind, entry.actor, entry.address, entry.way, entry.item)
    assert told == ("signed_in", "Grace Njeri", "203.0.113.7", f"session:{row.id}", "Firefox, Windows")


def test_ended_sessions_open_nothing_and_others_go_on(signed_in, grace: Person, rows):
    here, there = signed_in(grace), signed_in(grace)
    ended, kept = (row.id for row in rows())
    with grace.acting():
        sessions.end(ended)
    assert (here.get("/").status_code, there.get("/").status_code) == (302, 200)
    assert sessions.end_all(grace.user_id, but=kept) == 0
    assert sessions.end_all(grace.user_id) == 1
    assert there.get("/").status_code == 302


def test_nobody_ends_the_session_of_another(company: Company, signed_in, grace: Person, rows):
    signed_in(grace)
    with company.person("TENANT_OWNER").acting(), pytest.raises(sessions.NotFound):
        sessions.end(rows()[0].id)


def test_a_made_up_token_opens_nothing(signed_in, grace: Person, company: Company):
    browser = signed_in(grace)
    for token in ("", "x" * 43, signed_token(signed_in(company.person("Counter")))):
        with browser.client.session_transaction() as cookie:
            cookie["session"] = token
        assert browser.get("/").status_code == 302


def signed_token(browser: Browser) -> str:
    with browser.client.session_transaction() as cookie:
        return str(cookie["session"])


def test_sessions_expire_after_twelve_idle_hours_and_thirty_busy_days(signed_in, grace: Person, rows):
    begun, busy, idle = clock.now(), signed_in(grace), signed_in(grace)
    for turn in range(1, 60):
        with clock.frozen(begun + turn * timedelta(hours=11, minutes=55)):
            assert busy.get("/inbox/").status_code == 200, turn
    with clock.frozen(begun + timedelta(hours=12, minutes=1)):
        assert idle.get("/inbox/").status_code == 302
    with clock.frozen(begun + timedelta(days=30, seconds=5)):
        assert busy.get("/inbox/").status_code == 302
    assert sessions.forget(begun + timedelta(days=90)) >= 2
    assert rows() == []


def test_being_seen_is_written_once_a_minute_and_costs_no_statement_besides(signed_in, grace: Person, rows):
    browser, begun = signed_in(grace), clock.now()
    statements: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        statements.append(statement)

    event.listen(sa.Engine, "before_cursor_execute", count)
    try:
        with clock.frozen(begun + timedelta(seconds=30)):
            browser.get("/inbox/")
        assert [text for text in statements if "user_session" in text and "tenant_member" not in text] == []
        assert len([text for text in statements if "user_session" in text]) == 1
        with clock.frozen(begun + timedelta(minutes=2)):
            browser.get("/inbox/")
            browser.get("/inbox/")
        assert len([text for text in statements if text.startswith("UPDATE user_session")]) == 1
    finally:
        event.remove(sa.Engine, "before_cursor_execute", count)
    assert rows()[0].last_seen_at == begun + timedelta(minutes=2)


def test_signing_out_asks_first_and_ends_the_session(signed_in, grace: Person, rows, kinds):
    browser = signed_in(grace)
    page = browser.get("/logout/")
    assert "Sign out?" in page.text
    assert browser.get("/").status_code == 200
    assert browser.client.post("/logout/").status_code == 400
    token = signed_token(browser)
    assert browser.post("/logout/", {}).headers["Location"] == "/login/"
    assert rows()[0].ended_at is not None
    assert kinds() == ["signed_in", "signed_out"]
    with browser.client.session_transaction() as cookie:
        cookie.update(_user_id=str(grace.user_id), _fresh=True, tenant=grace.place.tenant_id, session=token)
    assert browser.get("/").status_code == 302
    assert browser.get("/logout/").headers["Location"] == "/login/"


# -- pages -----------------------------------------------------------------------------------------------


def test_everybody_sees_and_ends_their_own(app: Flask, signed_in, grace: Person, rows):
    here, there = signed_in(grace), signed_in(grace)
    signed_program(app, grace)
    page = here.get("/sessions/").text
    assert page.count("this one") == 1
    assert page.count('action="/sessions/') == 4
    assert "python-httpx/0.28.1" in page
    assert "Sessions of the company" not in page
    assert here.get("/sessions/company").status_code == 403
    assert here.post(f"/sessions/{rows()[1].id}/end", {}).status_code == 302
    assert there.get("/").status_code == 302
    assert here.post("/sessions/end-others", {}).status_code == 302
    assert [row.ended_at is None for row in rows()] == [True, False, False]
    assert "1 other sessions were ended" in here.get("/sessions/").text
    assert here.post(f"/sessions/{rows()[0].id}/end", {}).headers["Location"] == "/login/"
    assert here.get("/sessions/").status_code == 302


def test_a_manager_ends_sessions_of_members_of_their_company_only(
    company: Company, signed_in, make_company: Callable[..., Company], grace: Person, rows, kinds
):
    theirs, manager = signed_in(grace), signed_in(company.person("TENANT_MANAGER", name="Mary Wambui"))
    stranger = make_company("Elsewhere Ltd").person("Counter", name="Nobody of ours")
    signed_in(stranger)
    page = manager.get("/sessions/company").text
    assert "Grace Njeri" in page
    assert "Nobody of ours" not in page
    (foreign,) = [row.id for row in rows_of(stranger)]
    assert manager.post(f"/sessions/company/{foreign}/end", {}).status_code == 404
    assert manager.post(f"/sessions/company/{rows()[0].id}/end", {}).status_code == 302
    assert manager.post(f"/sessions/company/{rows()[0].id}/end", {}).status_code == 404
    assert theirs.get("/").status_code == 302
    assert kinds()[-1] == "session_ended"


def rows_of(person: Person) -> list[Any]:
    with person.acting():
        return sessions.own()


# -- programs --------------------------------------------------------------------------------------------


def signed_program(app: Flask, person: Person) -> dict[str, Any]:
    sent = {"username": person.username, "password": PASSWORD}
    answer = app.test_client().post(LOGIN, json=sent, headers={"User-Agent": "python-httpx/0.28.1"})
    return dict(answer.json)


def test_a_refresh_token_works_once_and_a_second_use_ends_its_session(app: Flask, grace: Person, rows, kinds):
    program, first = app.test_client(), signed_program(app, grace)
    second = program.post(REFRESH, headers=holds(first["refresh_token"])).json
    assert second["refresh_token"] != first["refresh_token"]
    third = program.post(REFRESH, headers=holds(second["refresh_token"])).json
    assert program.get("/api/v1/party/", headers=holds(third["access_token"])).status_code == 200
    stolen = program.post(REFRESH, headers=holds(first["refresh_token"]))
    assert (stolen.status_code, stolen.json["error"]["code"]) == (401, "sign_in_required")
    for token in (first, second, third):
        assert program.get("/api/v1/party/", headers=holds(token["access_token"])).status_code == 401
        assert program.post(REFRESH, headers=holds(token["refresh_token"])).status_code == 401
    (row,) = rows()
    assert (row.kind, row.device) == ("program", "python-httpx/0.28.1")
    assert kinds() == ["signed_in", "token_reused"]


def test_an_ended_session_stops_its_access_tokens_at_once(app: Flask, grace: Person, rows):
    program, tokens = app.test_client(), signed_program(app, grace)
    assert program.get("/api/v1/party/", headers=holds(tokens["access_token"])).status_code == 200
    with grace.acting():
        sessions.end(rows()[0].id)
    assert program.get("/api/v1/party/", headers=holds(tokens["access_token"])).status_code == 401


# -- failures --------------------------------------------------------------------------------------------


def test_failures_are_kept_with_the_name_but_never_the_password(browser: Browser, grace: Person, truth: Truth):
    nobody = f"nobody-{secrets.token_hex(4)}"
    browser.sign_in(grace.username, "hunter2-not-hers")
    browser.sign_in(nobody, "hunter2-not-hers")
    (entry,) = truth("select * from audit_entry where tenant_id = :t", t=grace.place.tenant_id)
    assert (entry.kind, entry.actor, entry.source, entry.address) == (
        "sign_in_failed", grace.username, "web", "127.0.0.1",
    )  # fmt: skip
    names = [grace.username, nobody]
    kept = truth("select * from platform_entry where name = any(:n) order by id", n=names)
    assert [(row.name, row.user_id) for row in kept] == [(grace.username, grace.user_id), (nobody, None)]
    assert "hunter2" not in str(kept) + str(entry)


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox, Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Version/18.6 Safari/604.1",
            "Safari, iPhone",
        ),
        ("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/141.0 Mobile Safari/537.36", "Chrome, Android"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/141.0 Safari/537.36 Edg/141.0", "Edge, Windows"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("<script>alert(1)</script>", "scriptalert1/script"),
        ("", "unknown device"),
    ],
)
def test_devices_are_called_what_people_call_them(agent: str, words: str):
    assert named(agent) == words
