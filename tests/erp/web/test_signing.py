"""People and programs sign in: by name or mail, counted and limited, and only where they belong."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import jwt
import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from werkzeug.security import generate_password_hash

from erp import api_keys
from erp.data.base import transaction
from erp.provision import Provision
from erp.testing.pytest_plugin import PASSWORD, Company, Person
from erp.web.addresses import local_path
from tests.erp.web.conftest import Browser

Truth = Callable[..., list]


@pytest.fixture
def grace(company: Company) -> Person:
    return company.person("Counter", name="Grace Njeri")


def change(database: str, statement: str, **values: object) -> None:
    """As the superuser: what an administrator would do."""
    engine = create_engine(database)
    with engine.begin() as connection:
        connection.execute(text(statement), values)
    engine.dispose()


def test_a_name_and_a_password_open_the_overview(browser: Browser, grace: Person):
    assert browser.get("/").headers["Location"] == "/login/?next=/"
    assert browser.sign_in(grace.username, PASSWORD).headers["Location"] == "/"
    page = browser.get("/")
    assert page.status_code == 200
    assert "Grace Njeri" in page.text
    assert "Savanna Repairs Ltd" in page.text


def test_the_mail_address_works_too_whatever_its_case(browser: Browser, grace: Person):
    assert browser.sign_in(f" {grace.username.upper()}@EXAMPLE.com ", PASSWORD).status_code == 302


def test_a_wrong_password_is_told_and_the_name_is_kept(browser: Browser, grace: Person, truth: Truth):
    page = browser.sign_in(grace.username, "not this one")
    assert page.status_code == 401
    assert "Name or password is wrong" in page.text
    assert f'value="{grace.username}"' in page.text
    (row,) = truth("select fail_login_count, login_count from ab_user where id = :id", id=grace.user_id)
    assert tuple(row) == (1, 0)


def test_an_unknown_name_is_told_the_same(browser: Browser, grace: Person):
    assert "Name or password is wrong" in browser.sign_in("nobody", PASSWORD).text


def test_an_empty_form_says_what_is_missing(browser: Browser):
    assert browser.sign_in("", "").status_code == 422


def test_signing_in_is_counted(browser: Browser, grace: Person, truth: Truth):
    browser.sign_in(grace.username, "wrong")
    browser.sign_in(grace.username, PASSWORD)
    (row,) = truth("select fail_login_count, login_count, last_login from ab_user where id = :id", id=grace.user_id)
    assert (row.fail_login_count, row.login_count) == (0, 1)
    assert row.last_login is not None


def test_five_attempts_a_minute_on_both_ways_in_together(browser: Browser, grace: Person, app: Flask):
    for _turn in range(3):
        assert browser.sign_in(grace.username, "wrong").status_code == 401
    program = app.test_client()
    for _turn in range(2):
        sent = {"username": grace.username.upper(), "password": "wrong"}
        assert program.post("/api/v1/security/login", json=sent).status_code == 401
    page = browser.sign_in(grace.username, PASSWORD)
    assert page.status_code == 429
    assert 1 <= int(page.headers["Retry-After"]) <= 61
    answer = program.post("/api/v1/security/login", json={"username": grace.username, "password": PASSWORD})
    assert answer.status_code == 429
    assert answer.json["error"]["code"] == "too_many_requests"
    assert browser.sign_in("somebody else", "wrong").status_code == 401


def test_an_older_hash_opens_once_and_is_replaced(browser: Browser, grace: Person, database: str, truth: Truth):
    old = generate_password_hash(PASSWORD, "pbkdf2:sha256:1000")
    change(database, "update ab_user set password = :old where id = :id", old=old, id=grace.user_id)
    assert browser.sign_in(grace.username, PASSWORD).status_code == 302
    (row,) = truth("select password from ab_user where id = :id", id=grace.user_id)
    assert row.password.startswith("$argon2id$")
    browser.get("/")
    browser.post("/logout/", {})
    assert browser.sign_in(grace.username, PASSWORD).status_code == 302


def test_signing_out_forgets(browser: Browser, grace: Person):
    browser.sign_in(grace.username, PASSWORD)
    browser.get("/")
    browser.post("/logout/", {})
    assert browser.get("/").status_code == 302


def test_a_deactivated_user_is_out_at_once(browser: Browser, grace: Person, database: str):
    browser.sign_in(grace.username, PASSWORD)
    change(database, "update ab_user set active = false where id = :id", id=grace.user_id)
    assert browser.get("/").status_code == 302
    assert browser.sign_in(grace.username, PASSWORD).status_code == 401


@pytest.mark.parametrize(
    "statement",
    [
        "update tenant_member set is_active = false where id = :member",
        "update tenant set status = 'suspended' where id = :tenant",
    ],
)
def test_who_belongs_to_no_active_company_is_out_at_once(
    browser: Browser, grace: Person, database: str, statement: str
):
    browser.sign_in(grace.username, PASSWORD)
    values = {"member": grace.member_id, "tenant": grace.place.tenant_id}
    change(database, statement, **{name: value for name, value in values.items() if f":{name}" in statement})
    assert browser.get("/").status_code == 302
    page = browser.sign_in(grace.username, PASSWORD)
    assert page.status_code == 403
    assert "You belong to no company here" in page.text


def test_a_suspended_company_does_not_keep_a_person_out_of_another(
    browser: Browser, grace: Person, database: str, make_company: Callable[..., Company]
):
    other = make_company("Mwangi Motors")
    with Provision(database) as owner:
        owner.member(grace.user_id, other.place, "G. Njeri", ("Technician",))
    change(database, "update tenant set status = 'suspended' where id = :id", id=grace.place.tenant_id)
    assert browser.sign_in(grace.username, PASSWORD).status_code == 302
    page = browser.get("/").text
    assert "Mwangi Motors" in page
    assert "Savanna" not in page


@pytest.mark.parametrize(
    ("wished", "reached"),
    [
        ("/inbox/?kind=a", "/inbox/?kind=a"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/\n/evil.example", "/"),
        ("", "/"),
        (None, "/"),
    ],
)
def test_nobody_is_sent_to_another_host(wished: str | None, reached: str):
    assert local_path(wished) == reached


def test_a_program_gets_tokens_and_renews_them(app: Flask, grace: Person):
    program = app.test_client()
    answer = program.post("/api/v1/security/login", json={"username": grace.username, "password": PASSWORD})
    assert answer.status_code == 200
    assert answer.json["tenant"] == grace.place.tenant_id
    tokens = answer.json
    assert program.get("/api/v1/repair_order/", headers=bearer(tokens["access_token"])).status_code == 200
    renewed = program.post("/api/v1/security/refresh", headers=bearer(tokens["refresh_token"]))
    assert program.get("/api/v1/repair_order/", headers=bearer(renewed.json["access_token"])).status_code == 200


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_token_is_for_its_own_use_only(app: Flask, grace: Person):
    program = app.test_client()
    tokens = program.post("/api/v1/security/login", json={"username": grace.username, "password": PASSWORD}).json
    assert program.get("/api/v1/repair_order/", headers=bearer(tokens["refresh_token"])).status_code == 401
    assert program.post("/api/v1/security/refresh", headers=bearer(tokens["access_token"])).status_code == 401
    assert program.get("/api/v1/repair_order/", headers=bearer(tokens["access_token"] + "x")).status_code == 401
    for wrong in ("", "x", "a.b.c", "mrk_nothing"):
        assert program.get("/api/v1/repair_order/", headers=bearer(wrong)).status_code == 401


def _ends(token: str) -> float:
    return jwt.decode(token, options={"verify_signature": False})["exp"]


def test_a_token_that_was_used_expires_as_any_other(app: Flask, grace: Person, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(app.config, "JWT_ACCESS_TOKEN_EXPIRES", timedelta(seconds=5))
    program = app.test_client()
    tokens = program.post("/api/v1/security/login", json={"username": grace.username, "password": PASSWORD}).json
    assert program.get("/api/v1/repair_order/", headers=bearer(tokens["access_token"])).status_code == 200
    time.sleep(max(0, _ends(tokens["access_token"]) - time.time()) + 0.1)
    assert program.get("/api/v1/repair_order/", headers=bearer(tokens["access_token"])).status_code == 401


def test_a_token_ends_with_the_membership(app: Flask, grace: Person, database: str):
    program = app.test_client()
    tokens = program.post("/api/v1/security/login", json={"username": grace.username, "password": PASSWORD}).json
    change(database, "update tenant_member set is_active = false where id = :id", id=grace.member_id)
    assert program.get("/api/v1/repair_order/", headers=bearer(tokens["access_token"])).status_code == 401
    assert program.post("/api/v1/security/refresh", headers=bearer(tokens["refresh_token"])).status_code == 401


@pytest.mark.parametrize(
    "sent", ["text", [], {}, {"username": 1, "password": None}, {"username": "a", "password": "b", "tenant": "c"}]
)
def test_a_crooked_sign_in_is_refused(app: Flask, sent: object):
    answer = app.test_client().post("/api/v1/security/login", json=sent)
    assert answer.status_code in {400, 422}
    assert answer.json["error"]["message"]


def test_a_program_cannot_choose_a_company_it_does_not_belong_to(
    app: Flask, grace: Person, make_company: Callable[..., Company]
):
    other = make_company("Other Ltd")
    sent = {"username": grace.username, "password": PASSWORD, "tenant": other.place.tenant_id}
    assert app.test_client().post("/api/v1/security/login", json=sent).status_code == 401


def test_a_browsers_cookie_opens_nothing_of_the_api(signed_in: Callable[[Person], Browser], grace: Person):
    answer = signed_in(grace).get("/api/v1/repair_order/")
    assert answer.status_code == 401
    assert answer.json["error"]["code"] == "sign_in_required"


def test_a_key_acts_for_its_member_until_it_is_revoked(app: Flask, grace: Person, truth: Truth):
    with grace.acting(), transaction():
        key = api_keys.issue("Web shop")
    program = app.test_client()
    assert program.get("/api/v1/repair_order/", headers=bearer(key)).status_code == 200
    (row,) = truth("select id, token_hash, last_used_at from api_key where member_id = :id", id=grace.member_id)
    assert key not in row.token_hash
    assert row.last_used_at is not None
    with grace.acting(), transaction():
        api_keys.revoke(row.id)
    assert program.get("/api/v1/repair_order/", headers=bearer(key)).status_code == 401


def test_an_expired_key_opens_nothing(app: Flask, grace: Person):
    with grace.acting(), transaction():
        key = api_keys.issue("Old", days=-1)
    assert app.test_client().get("/api/v1/repair_order/", headers=bearer(key)).status_code == 401


def test_nobody_revokes_a_colleagues_key(company: Company, grace: Person, truth: Truth):
    with grace.acting(), transaction():
        api_keys.issue("Mine")
    (row,) = truth("select id from api_key where member_id = :id", id=grace.member_id)
    with company.person("TENANT_MANAGER").acting(), pytest.raises(Exception, match="not yours"), transaction():
        api_keys.revoke(row.id)
