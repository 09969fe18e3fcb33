"""A password is changed with the old one or by a link that opens once; nobody else ever sees or sets it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from werkzeug.security import generate_password_hash

from erp import clock, passwords
from erp.errors import Invalid
from erp.people import accounts
from erp.testing.pytest_plugin import PASSWORD
from tests.erp.people.conftest import House

NEW = "a new and longer one"


def ask(house: House, name: str) -> tuple[int, str]:
    browser = house.stranger()
    browser.get("/password/forgot")
    answer = browser.post("/password/forgot", {"name": name})
    return answer.status_code, answer.text.partition("<main")[2].replace(name, "NAME")


def test_a_link_opens_once_within_an_hour(house: House):
    grace = house.company.person("Counter", name="Grace Njeri")
    assert "Forgot password?" in house.stranger().get("/login/").text
    status, _text = ask(house, grace.username)
    assert status == 200
    link, browser = house.link(), house.stranger()
    assert browser.get(link).status_code == 200
    assert "At least 10 characters" in browser.post(link, {"password": "short", "again": "short"}).text
    with clock.frozen(clock.now() + timedelta(minutes=61)):
        assert house.stranger().get(link).status_code == 404
    assert browser.post(link, {"password": NEW, "again": NEW}).headers["Location"] == "/login/"
    assert house.stranger().get(link).status_code == 404
    assert house.stranger().sign_in(grace.username, PASSWORD).status_code == 401
    assert house.stranger().sign_in(grace.username, NEW).status_code == 302
    assert ("password_reset", {}) in house.history(grace.member_id)


def test_a_link_dies_with_a_change_of_the_password(house: House):
    grace = house.company.person("Counter")
    ask(house, grace.username)
    link = house.link()
    with grace.acting():
        accounts.change_password(PASSWORD, NEW, NEW)
    assert house.stranger().get(link).status_code == 404


def test_unknown_names_are_answered_alike_and_asking_is_limited(house: House):
    grace = house.company.person("Counter")
    before = len(house.mails())
    assert ask(house, grace.username) == ask(house, "nobody-at-all")
    assert len(house.mails()) == before + 1
    assert ask(house, grace.username)[0] == 200
    assert ask(house, "somebody-else")[0] == 429, "three an hour from one address"


def test_three_mails_an_hour_for_one_account_by_whatever_name(house: House, monkeypatch):
    from erp.web import joining

    grace, before = house.company.person("Counter"), len(house.mails())
    took = joining.limits.take
    monkeypatch.setattr(
        joining.limits, "take", lambda limit, *whose: None if whose[0] == "address" else took(limit, *whose)
    )
    names = [grace.username] * 2 + [f"{grace.username}@example.com"] * 3
    assert {ask(house, name)[0] for name in names} == {200}
    assert len(house.mails()) == before + 3


def test_who_manages_starts_a_reset_and_reads_no_link(house: House):
    grace = house.company.person("Counter", name="Grace Njeri")
    his = house.browser(house.peter)
    assert his.post(f"/people/{grace.member_id}/reset", {}).status_code == 302
    mail = house.mails()[0]
    assert (mail.to, mail.is_private) == (f"{grace.username}@example.com", True)
    assert his.get(f"/mailbox/{mail.id}").status_code == 404
    assert mail.subject not in his.get("/mailbox/").text
    assert "/password/" not in his.get("/jobs/").text


def test_a_made_up_link_opens_nothing(house: House):
    ask(house, house.company.person("Counter").username)
    token = house.link().rpartition("/")[2]
    for made_up in ("x", token[:-1], f"{token}x", token.replace(".", "..", 1), "WzEsMSwiIl0.AAAA"):
        assert house.stranger().get(f"/password/{made_up}").status_code == 404, made_up


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("short", "At least 10 characters."),
        ("x" * 1025, "At most 1024 characters."),
        ("Grace-Njeri-1", "Choose something else than your name or address."),
        ("password123", "Too many people use this one."),
        ("ababababab", "Too many people use this one."),
    ],
)
def test_what_will_not_do_is_said(house: House, password: str, sentence: str):
    grace = house.company.person("Counter", name="Grace Njeri")
    with grace.acting(), pytest.raises(Invalid) as refused:
        accounts.change_password(PASSWORD, password, password)
    assert sentence in refused.value.fields["password"]


def test_the_old_password_is_asked_for(house: House):
    with house.peter.acting(), pytest.raises(Invalid) as refused:
        accounts.change_password("wrong", NEW, NEW)
    assert refused.value.fields == {"old": "This is not your password."}


def test_old_hashes_are_renewed_at_sign_in(house: House, truth):
    grace = house.company.person("Counter")
    import sqlalchemy as sa
    from flask_appbuilder.security.sqla.models import User

    from erp.data.base import system

    with system() as current:
        old = generate_password_hash(PASSWORD, method="pbkdf2:sha256:1000")
        current.execute(sa.update(User).where(User.id == grace.user_id).values(password=old))
    assert house.stranger().sign_in(grace.username, PASSWORD).status_code == 302
    stored = truth("select password from ab_user where id = :id", id=grace.user_id)[0][0]
    assert stored.startswith("$argon2id$")
    assert not passwords.is_outdated(stored)
