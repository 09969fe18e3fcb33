"""What stands around every page, in whose language, and how a member changes it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import event

from erp.data.base import engine
from erp.provision import Provision
from erp.testing.pytest_plugin import Company, Person
from erp.web.shell import initials
from tests.erp.web.conftest import Browser, Quote

SignedIn = Callable[[Person], Browser]


def menu(page: str) -> list[str]:
    found = re.search(r"<nav aria-label=.*?</nav>", page, re.DOTALL)
    assert found is not None
    return re.findall(r'class="mr-nav" href="([^"]+)"', found[0])


def test_the_menu_holds_what_may_be_listed(company: Company, signed_in: SignedIn):
    technician = menu(signed_in(company.person("Technician")).get("/").text)
    assert "/repair_order/" in technician
    assert "/mailbox/" not in technician
    assert menu(signed_in(company.person()).get("/").text) == ["/", "/inbox/"]


def test_the_inbox_count_stands_in_the_menu(quote: Quote, company: Company, signed_in: SignedIn):
    page = signed_in(company.person("Technician")).get("/").text
    assert re.search(r"data-inbox-count[^>]*></b>", page)


def test_the_overview_counts_states(quote: Quote, signed_in: SignedIn):
    page = signed_in(quote.owner).get("/").text
    assert "Quoted" in page
    assert "/repair_order/?state__eq=quoted" in page


@dataclass
class Count:
    statements: int = 0

    def __call__(self, *_args: object) -> None:
        self.statements += 1


def test_the_shell_takes_few_statements(company: Company, signed_in: SignedIn):
    member = signed_in(company.person("TENANT_MANAGER"))
    member.get("/nothing/here")
    count = Count()
    event.listen(engine(), "before_cursor_execute", count)
    try:
        assert member.get("/nothing/here").status_code == 404
    finally:
        event.remove(engine(), "before_cursor_execute", count)
    assert count.statements <= 4


def test_language_is_saved_on_the_member(company: Company, signed_in: SignedIn):
    person = company.person("TENANT_MANAGER")
    member = signed_in(person)
    member.get("/")
    assert member.post("/settings/language", {"language": "fa", "next": "/mailbox/"}).headers["Location"] == "/mailbox/"
    assert 'lang="fa" dir="rtl"' in signed_in(person).get("/").text


def test_signed_out_pages_follow_the_browser_then_the_cookie(browser: Browser):
    assert 'lang="fa" dir="rtl"' in browser.get("/login/", headers={"Accept-Language": "fa-IR,fa;q=0.9"}).text
    browser.get("/login/")
    browser.post("/settings/language", {"language": "fa", "next": "/login/"})
    assert 'lang="fa"' in browser.get("/login/").text


@pytest.mark.parametrize("language", ["", "xx", "../fa"])
def test_a_language_nobody_offers_is_refused(browser: Browser, language: str):
    browser.get("/login/")
    assert browser.post("/settings/language", {"language": language}).status_code == 400


def test_theme_is_saved_on_the_member(company: Company, signed_in: SignedIn):
    person = company.person("TENANT_MANAGER")
    member = signed_in(person)
    member.get("/")
    member.post("/settings/theme", {"theme": "dark", "next": "/"})
    assert 'data-bs-theme="dark"' in signed_in(person).get("/").text


def test_a_member_moves_to_another_branch(company: Company, signed_in: SignedIn):
    person = company.person("TENANT_MANAGER")
    member = signed_in(person)
    assert "Westlands" in member.get("/").text
    mombasa = company.place.branch_ids["Mombasa"]
    member.post("/settings/place", {"place": f"{company.place.tenant_id}.{mombasa}", "next": "/"})
    page = member.get("/").text
    assert re.search(rf'value="{company.place.tenant_id}.{mombasa}" aria-current="true"', page)


def test_a_person_in_two_companies_switches_with_other_roles(
    company: Company, make_company: Callable[..., Company], signed_in: SignedIn, database: str
):
    person = company.person("TENANT_MANAGER")
    other = make_company("Mwangi Motors")
    with Provision(database) as owner:
        owner.member(person.user_id, other.place, "G. Njeri", ("Technician",))
    member = signed_in(person)
    assert "Mwangi Motors" in member.get("/").text
    member.post("/settings/place", {"place": f"{other.place.tenant_id}."})
    page = member.get("/").text
    assert "G. Njeri" in page
    assert ", Mwangi Motors" not in page


@pytest.mark.parametrize("place", ["", "x", "1.x", "999999999999999999999", "-1."])
def test_a_place_that_is_none_is_refused(company: Company, signed_in: SignedIn, place: str):
    member = signed_in(company.person("TENANT_MANAGER"))
    member.get("/")
    assert member.post("/settings/place", {"place": place}).status_code in {400, 404}


def test_nobody_enters_a_company_they_do_not_belong_to(
    company: Company, make_company: Callable[..., Company], signed_in: SignedIn
):
    other = make_company("Mwangi Motors")
    member = signed_in(company.person("TENANT_MANAGER"))
    member.get("/")
    assert member.post("/settings/place", {"place": f"{other.place.tenant_id}."}).status_code == 404
    branch = other.place.branch_ids["Mombasa"]
    assert member.post("/settings/place", {"place": f"{company.place.tenant_id}.{branch}"}).status_code == 404
    assert "Mwangi" not in member.get("/").text


@pytest.mark.parametrize(
    ("name", "letters"), [("Grace Njeri", "GN"), ("Amina", "A"), ("J. R. R. Tolkien", "JT"), ("", "")]
)
def test_initials(name: str, letters: str):
    assert initials(name) == letters
