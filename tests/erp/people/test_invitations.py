"""A colleague is invited by mail, opens the link, and works; a link opens once and gives nobody more than was meant."""

from __future__ import annotations

from datetime import timedelta

import pytest

from erp import clock
from erp.errors import Conflict, Forbidden, Invalid
from erp.people import accounts, colleagues, invitations
from erp.people.invitations import Wish
from erp.testing.pytest_plugin import PASSWORD
from tests.erp.people.conftest import House

NEW = {"username": "joyce", "password": "four words of hers", "again": "four words of hers"}
GONE = 404


def new(username: str) -> dict[str, str]:
    return {**NEW, "username": username}


def test_from_the_invitation_to_the_first_page(house: House):
    browser = house.browser(house.peter)
    mombasa = str(house.wanja.place.branch_ids["Mombasa"])
    sent = {"name": "Joyce Achieng", "email": "joyce.one@example.com", "language": "en", "roles": ["Counter"]}
    assert browser.post("/people/invite", {**sent, "branches": [mombasa]}).status_code == 302
    page = browser.get("/people/").text
    assert "joyce.one@example.com" in page
    assert "Invited" in page
    link = house.link()
    hers = house.stranger()
    first = hers.get(link)
    assert (first.status_code, first.headers["Cache-Control"]) == (200, "private, no-store")
    assert "Peter Kariuki invites you, Joyce Achieng" in first.text
    assert hers.get(link).status_code == 200, "looking uses nothing up"
    refused = hers.post(link, {**new("joyce.one"), "again": "something else"})
    assert refused.status_code == 422
    assert "This is not the same password." in refused.text
    assert 'value="joyce.one"' in refused.text
    assert hers.post(link, new("joyce.one")).headers["Location"] == "/"
    assert "Joyce Achieng" in hers.get("/").text
    assert hers.get("/people/").status_code == 403
    member = house.member("Joyce Achieng")
    assert member.branch_id == int(mombasa)
    assert house.history(member.id) == [
        ("changed", {"roles": [[], ["Counter"]]}),
        ("changed", {"branches": [[], ["Mombasa"]]}),
        ("joined", {"invited_by": [None, "Peter Kariuki"]}),
    ]
    assert house.stranger().get(link).status_code == GONE
    assert house.stranger().post(link, new("joyce.two")).status_code in {GONE, 400}


def test_who_has_an_account_joins_with_it(house: House, make_company):
    elsewhere = make_company("Coast Films").person("Counter", name="Amina Hassan")
    house.invite(house.wanja, "TENANT_MANAGER", email="whoever@example.com")
    link, browser = house.link(), house.stranger()
    browser.get(link)
    wrong = browser.post(f"{link}/known", {"name": elsewhere.username, "old": "not her password"})
    assert wrong.status_code == 401
    assert "Name or password is wrong" in wrong.text
    assert browser.post(f"{link}/known", {"name": elsewhere.username, "old": PASSWORD}).status_code == 302
    assert "People" in browser.get("/").text
    assert "Savanna Repairs" in browser.get("/").text


def test_who_is_signed_in_joins_with_a_click_and_not_twice(house: House, make_company):
    elsewhere = make_company("Coast Films").person("Counter", name="Amina Hassan")
    house.invite(house.wanja, "Counter")
    link = house.link()
    browser = house.browser(elsewhere)
    assert "Join as Amina Hassan" in browser.get(link).text
    assert browser.post(f"{link}/me", {}).status_code == 302
    house.invite(house.wanja, "Technician")
    link = house.link()
    browser.get(link)
    again = browser.post(f"{link}/me", {})
    assert (again.status_code, "You work here already" in again.text) == (409, True)


def test_a_link_dies_with_time_withdrawal_and_its_successor(house: House):
    found = house.invite(house.wanja)
    first = house.link()
    with house.wanja.acting():
        invitations.resend(found)
    second = house.link()
    assert first != second
    assert house.stranger().get(first).status_code == GONE
    assert house.stranger().get(second).status_code == 200
    with clock.frozen(clock.now() + timedelta(days=8)):
        assert house.stranger().get(second).status_code == GONE
    with house.wanja.acting():
        invitations.withdraw(found)
    assert house.stranger().get(second).status_code == GONE
    for made_up in ("", "x", "x" * 48, f"{second.removeprefix('/join/')}x"):
        assert house.stranger().get(f"/join/{made_up}").status_code == GONE, made_up
    assert house.stranger().get(second.replace("/join/", "/link/")).status_code == GONE, "of another purpose"


def test_the_mail_of_a_withdrawn_invitation_is_not_sent(house: House):
    house.run_jobs()
    with house.wanja.acting():
        found = invitations.invite(Wish("Otto", "otto@example.com", ("Counter",))).id
        invitations.withdraw(found)
    assert not [mail for mail in house.mails() if mail.to == "otto@example.com"]


def test_nobody_gives_what_they_have_not(house: House):
    for roles in (("TENANT_OWNER",), ("Technician",), ("PLATFORM_ADMIN",), ("Counter", "Accountant")):
        with house.peter.acting(), pytest.raises(Forbidden, match="more than you may do yourself"):
            invitations.invite(Wish("Eve", "eve@example.com", roles))
    with house.peter.acting():
        with pytest.raises(Forbidden):
            colleagues.change(house.peter.member_id, ("TENANT_MANAGER", "Counter", "TENANT_OWNER"), ())
        with pytest.raises(Forbidden):
            colleagues.change(house.wanja.member_id, ("Counter",), ())
        with pytest.raises(Forbidden):
            colleagues.end(house.wanja.member_id)
        with pytest.raises(Invalid):
            invitations.invite(Wish("Eve", "eve@example.com", ("Ghost",)))
    with house.wanja.acting(), pytest.raises(Forbidden):
        invitations.invite(Wish("Eve", "eve@example.com", ("PLATFORM_ADMIN",)))
    counter = house.company.person("Counter")
    browser = house.browser(counter)
    for url in ("/people/invite", f"/people/{counter.member_id}", f"/people/{house.peter.member_id}/end"):
        assert browser.post(url, {"roles": ["TENANT_OWNER"], "name": "x", "email": "x@y.zz"}).status_code == 403, url


def test_a_manager_of_one_branch_gives_no_other(house: House):
    salim = house.company.person("TENANT_MANAGER", "Counter", name="Salim Bakari", only_at="Mombasa")
    westlands, mombasa = (house.wanja.place.branch_ids[name] for name in ("Westlands", "Mombasa"))
    with salim.acting():
        for branches in ((), (westlands,), (westlands, mombasa)):
            with pytest.raises(Forbidden, match="your own branches"):
                invitations.invite(Wish("Eve", "eve@example.com", ("Counter",), branches=branches))
        with pytest.raises(Forbidden, match="not yours"):
            colleagues.end(house.peter.member_id)
        assert invitations.invite(Wish("Eve", "eve@example.com", ("Counter",), branches=(mombasa,))).branches == [
            mombasa
        ]


def test_the_last_owner_stays(house: House):
    with house.wanja.acting():
        for change in (
            lambda: colleagues.end(house.wanja.member_id),
            lambda: colleagues.change(house.wanja.member_id, ("TENANT_MANAGER",), ()),
        ):
            with pytest.raises(Conflict, match="Nobody else owns this company"):
                change()
        with pytest.raises(Invalid) as refused:
            colleagues.change(house.wanja.member_id, ("TENANT_OWNER",), (house.wanja.place.branch_ids["Mombasa"],))
        assert refused.value.fields == {"branches": "An owner works at all branches."}
        colleagues.change(house.peter.member_id, ("TENANT_OWNER",), ())
        colleagues.change(house.wanja.member_id, ("TENANT_OWNER", "Counter"), ())
        colleagues.end(house.wanja.member_id)


def test_an_ended_membership_is_out_at_once_and_comes_back_as_it_was(house: House):
    grace = house.company.person("Counter", name="Grace Njeri")
    hers, his = house.browser(grace), house.browser(house.peter)
    with grace.acting():
        pass
    assert hers.get("/inbox/").status_code == 200
    assert his.post(f"/people/{grace.member_id}/end", {}).status_code == 302
    assert hers.get("/inbox/").status_code == 302
    assert "Has left" in his.get("/people/").text
    assert his.post(f"/people/{grace.member_id}/back", {}).status_code == 302
    with grace.acting() as acting:
        assert acting.roles == {"Counter"}
    assert [changes for _kind, changes in house.history(grace.member_id)] == [
        {"is_active": [True, False]}, {"is_active": [False, True]},
    ]  # fmt: skip


def test_who_leaves_takes_their_open_invitations_along(house: House):
    house.invite(house.peter)
    link = house.link()
    with house.wanja.acting():
        colleagues.end(house.peter.member_id)
    assert house.stranger().get(link).status_code == GONE


def test_inviting_tells_nothing_of_who_has_an_account(house: House, make_company):
    known = make_company("Coast Films").person("Counter", name="Amina Hassan")
    browser, told = house.browser(house.peter), []
    for email in (f"{known.username}@example.com", "nobody-at-all@example.com"):
        sent = {"name": "Amina", "email": email, "language": "en", "roles": ["Counter"]}
        answer = browser.post("/people/invite", sent)
        page = browser.get("/people/").text
        told.append((answer.status_code, page.count("Link expired"), email in page))
    assert told[0] == told[1]
    assert accounts.find(f"{known.username}@example.com") == known.user_id
