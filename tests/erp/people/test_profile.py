"""One's own page: nothing of it is anybody else's, and a key is shown once."""

from __future__ import annotations

import re
from datetime import date

from erp import context, i18n, session
from erp.access import Member
from erp.testing.pytest_plugin import PASSWORD
from tests.erp.people.conftest import House

ME = {"name": "Peter K.", "phone": "+254 700 1", "language": "en", "calendar": "jalali", "theme": "dark"}


def test_name_and_calendar_are_ones_own(house: House):
    browser = house.browser(house.peter)
    assert browser.post("/profile/", {**ME, "name": ""}).status_code == 422
    assert browser.post("/profile/", ME).status_code == 302
    with house.peter.acting() as acting:
        member = session().get_one(Member, house.peter.member_id)
        assert (acting.name, acting.calendar, member.phone, member.theme) == (
            "Peter K.",
            "jalali",
            "+254 700 1",
            "dark",
        )
        assert i18n.format_date(date(2020, 3, 20)) == "1 Farvardin 1399"
        assert i18n.input_date(date(2020, 3, 20)) == "1399-01-01"
        with context.acting(language="en"):
            assert i18n.format_date(date(2020, 3, 20)) == "20 Mar 2020", "a letter to somebody else"
    assert ("changed", {"name": ["Peter Kariuki", "Peter K."]}) in house.history(house.peter.member_id)


def test_persian_readers_may_count_by_the_gregorian_calendar():
    with context.acting(language="fa", calendar="gregorian"):
        assert i18n.format_date(date(2020, 3, 20)) == "۲۰ مارس ۲۰۲۰"
    with context.acting(language="fa"):
        assert i18n.format_date(date(2020, 3, 20)) == "۱ فروردین ۱۳۹۹"


def test_days_have_the_month_names_of_the_readers_language():
    with context.acting(language="sw"):
        assert i18n.format_date(date(2020, 3, 20)) == "20 Mac 2020"
        assert i18n.format_date(date(2020, 8, 9)) == "9 Ago 2020"
        assert i18n.format_number(1234567) == "1,234,567"


def test_the_address_needs_the_password_and_tells_nothing(house: House):
    browser, other = house.browser(house.peter), house.company.person("Counter")
    wrong = browser.post("/profile/address", {"email": "new@example.com", "mine": "wrong"})
    assert (wrong.status_code, "This is not your password." in wrong.text) == (422, True)
    taken = browser.post("/profile/address", {"email": f"{other.username}@example.com", "mine": PASSWORD})
    assert "This address cannot be used here." in taken.text
    assert browser.post("/profile/address", {"email": "peter.new@example.com", "mine": PASSWORD}).status_code == 302
    assert house.stranger().sign_in("peter.new@example.com", PASSWORD).status_code == 302


def test_a_changed_password_ends_the_other_sessions(house: House):
    here, there = house.stranger(), house.stranger()
    for browser in (here, there):
        assert browser.sign_in(house.peter.username, PASSWORD).status_code == 302
    here.get("/profile/")
    new = {"old": PASSWORD, "password": "four new words of his", "again": "four new words of his"}
    assert here.post("/profile/password", new).status_code == 302
    assert here.get("/profile/").status_code == 200
    assert there.get("/profile/").status_code == 302


def test_a_key_is_shown_once_and_revoked_by_its_owner_alone(house: House):
    browser = house.browser(house.peter)
    assert browser.post("/profile/key", {"key_name": "", "days": "9", "scope": "all"}).status_code == 422
    made = browser.post("/profile/key", {"key_name": "Till", "days": "30", "scope": "read", "types": ["party"]})
    token = re.search(r"mrk_[\w-]+", made.text)[0]
    assert token not in browser.get("/profile/").text

    def ask(path: str, method: str = "GET") -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return house.app.test_client().open(f"/api/v1/{path}", method=method, headers=headers, json={}).status_code

    assert [ask("party/"), ask("product/"), ask("party/", "POST")] == [200, 403, 403]
    page = browser.get("/profile/").text
    assert "Only reads, on" in page
    url = re.search(r"/profile/key/\d+/revoke", page)[0]
    assert house.browser(house.wanja).post(url, {}).status_code == 404
    assert ask("party/") == 200
    assert browser.post(url, {}).status_code == 302
    assert ask("party/") == 401
