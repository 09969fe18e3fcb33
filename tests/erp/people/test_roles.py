"""Roles of a company's own, rules that narrow any role, and the page that says why somebody may or may not."""

from __future__ import annotations

import re

import pytest

from erp import operations
from erp.access import OWN
from erp.documents.conditions import Filter
from erp.documents.types import document_type
from erp.errors import Conflict, ErpError, Forbidden, Invalid
from erp.people import colleagues, roles
from erp.screens import may
from tests.erp.people.conftest import House


def made(house: House, *pairs: tuple[str, str], name: str = "Front desk", lanes: tuple[str, ...] = ()) -> str:
    with house.wanja.acting():
        return roles.save(None, name, "", frozenset(pairs), lanes).key


def test_a_role_is_ticked_together_and_played(house: House):
    browser = house.browser(house.wanja)
    page = browser.get("/roles/new").text
    assert "Repair orders: Export" in page
    sent = {
        "name": "Front desk",
        "note": "Answers the phone",
        "rights": ["list party", "show party"],
        "lanes": ["Counter"],
    }
    assert browser.post("/roles/new", sent).status_code == 302
    again = browser.post("/roles/new", sent)
    assert again.status_code == 422
    assert "There is a role of this name already." in again.text
    key = re.search(rf'/roles/({OWN}\d+)"', browser.get("/roles/").text)[1]
    joyce = house.company.person(name="Joyce Achieng")
    assert browser.post(f"/people/{joyce.member_id}", {"roles": [key]}).status_code == 302
    with joyce.acting() as acting:
        assert (acting.permissions, acting.roles) == ({("list", "party"), ("show", "party")}, {"Counter"})
    assert browser.post(f"/roles/{key}", {**sent, "rights": ["list party"], "lanes": []}).status_code == 302
    with joyce.acting() as acting:
        assert (acting.permissions, acting.roles) == ({("list", "party")}, frozenset())
    assert "Somebody plays this role" in browser.post(f"/roles/{key}/drop", {}, follow_redirects=True).text
    assert browser.post("/roles/Counter", sent).status_code == 409


def test_nobody_ticks_what_they_may_not_do_themselves(house: House):
    key = made(house, ("list", "party"))
    with house.wanja.acting(), pytest.raises(Invalid):
        roles.save(None, "Lead", "", frozenset({("edit", "role")}), ())
    for pairs, lanes in (({("edit", "party")}, ()), ({("list", "party")}, ("Counter",))):
        with house.peter.acting(), pytest.raises(Forbidden):
            roles.save(None, "Mine", "", frozenset(pairs), lanes)
    with house.wanja.acting(), pytest.raises(Invalid):
        roles.save(None, "Mine", "", frozenset({("edit", "installation")}), ())
    with house.wanja.acting(), pytest.raises(Invalid):
        roles.save(None, "Mine", "", frozenset(), ("TENANT_OWNER",))
    assert house.browser(house.company.person("Counter")).get(f"/roles/{key}").status_code == 403


def test_two_companies_have_roles_of_one_name_and_see_neither(house: House, make_company):
    key = made(house, ("list", "party"))
    there = make_company("Coast Films").person("TENANT_OWNER")
    with there.acting():
        roles.save(None, "Front desk", "", frozenset({("list", "product")}), ())
        with pytest.raises(Invalid):
            colleagues.change(there.member_id, ("TENANT_OWNER", key), ())
    assert house.browser(there).get(f"/roles/{key}").status_code == 404


def test_a_rule_is_made_in_three_steps_and_told_in_words(house: House):
    browser = house.browser(house.wanja)
    assert "On which kind of rows?" in browser.get("/roles/Counter/rule").text
    assert "Who made it" in browser.get("/roles/Counter/rule?type=party").text
    wrong = {"type": "party", "field": "country", "verb": "edit", "operator": "gt", "value": "x"}
    assert browser.post("/roles/Counter/rule", wrong).status_code == 422
    right = {"type": "party", "field": "@creator", "verb": "edit"}
    assert browser.post("/roles/Counter/rule", right).status_code == 302
    page = browser.get("/roles/Counter").text
    assert "only where: made by themselves" in page
    rule = re.search(r"/roles/rule/(\d+)/drop", page)[1]
    assert browser.post(f"/roles/rule/{rule}/drop", {}).status_code == 302
    assert "only where" not in browser.get("/roles/Counter").text
    with house.wanja.acting(), pytest.raises(Conflict):
        roles.add_rule("TENANT_OWNER", "party", "edit", Filter("@creator", "eq", "me"))
    with house.peter.acting(), pytest.raises(Forbidden):
        roles.add_rule("Counter", "party", "edit", Filter("@creator", "eq", "me"))


def chain(
    house: House, member_id: int, verb: str, row_id: int, type_name: str = "repair_order"
) -> list[tuple[str, bool]]:
    with house.wanja.acting():
        kind = document_type(type_name)
        return [
            (reason.text, reason.holds)
            for reason in may.explain(colleagues.one(member_id), verb, kind, operations.get(type_name, row_id))
        ]


def test_why_is_answered_by_the_functions_that_decide(house: House):
    grace = house.company.person("Counter", name="Grace Njeri", only_at="Westlands")
    salim = house.company.person("Counter", name="Salim Bakari", only_at="Mombasa")
    daniel = house.company.person("Technician", name="Daniel Otieno")
    asha = house.company.person("Cashier", name="Asha Ali")
    with grace.acting():
        customer = operations.create("party", {"name": "Amina"}).id
        order = operations.create("repair_order", {"customer": customer, "item": "Canon", "fault": "Fell"}).id
    told = chain(house, daniel.member_id, "edit", order)
    assert all(holds is not False for _text, holds in told)
    assert "a lane they play" in told[-2][0]
    with daniel.acting():
        fields = operations.editable_fields(operations.get("repair_order", order))
    assert told[-1] == (f"They may edit now: {', '.join(str(each.label) for each in fields)}.", True)
    assert "a lane they do not play" in chain(house, grace.member_id, "edit", order)[-2][0]
    assert chain(house, grace.member_id, "edit", order)[-1][1] is False
    assert "limited to other branches" in chain(house, salim.member_id, "show", order)[-1][0]
    assert "does not give" in chain(house, asha.member_id, "show", order)[-1][0]
    with house.wanja.acting():
        roles.add_rule("Counter", "party", "edit", Filter("@creator", "eq", "me"))
    assert "made by themselves" in chain(house, salim.member_id, "edit", customer, "party")[-1][0]
    assert chain(house, grace.member_id, "edit", customer, "party")[-1][1] is True
    for person in (grace, salim, daniel, asha):
        for verb in ("show", "edit"):
            with person.acting():
                try:
                    row = operations.get("repair_order", order)
                    truly = verb == "show" or bool(operations.editable_fields(row))
                except ErpError:
                    truly = False
            assert all(holds is not False for _t, holds in chain(house, person.member_id, verb, order)) == truly
    with house.wanja.acting():
        colleagues.end(daniel.member_id)
    assert chain(house, daniel.member_id, "edit", order) == [
        ("Daniel Otieno has left, or their account is closed.", False)
    ]
    page = house.browser(house.wanja).get(
        f"/people/why?member={grace.member_id}&verb=show&type=repair_order&row={order}"
    )
    assert "– yes." in page.text
