"""Who comes in, and who no longer does: cookies, tokens, keys and links of those who lost their right, and guesses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask

from erp import api_keys
from erp.data.base import transaction
from erp.testing.pytest_plugin import PASSWORD, Company, Person
from tests.attacks.ways import Truth, Way, changed, said
from tests.attacks.worlds import ORDER, PLACE, SECRET, World, other_link

LOGIN, REFRESH = "/api/v1/security/login", "/api/v1/security/refresh"


def holds(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def tokens(app: Flask) -> Callable[[Person], dict[str, str]]:
    def sign(person: Person) -> dict[str, str]:
        sent = {"username": person.username, "password": PASSWORD, "tenant": person.place.tenant_id}
        return dict(app.test_client().post(LOGIN, json=sent).json)

    return sign


# -- memberships -----------------------------------------------------------------------------------------


LOSSES = {
    "membership": ("update tenant_member set is_active = {} where id = :member", "false", "true"),
    "tenant": ("update tenant set status = {} where id = :tenant", "'suspended'", "'active'"),
    "user": ("update ab_user set active = {} where id = :user", "false", "true"),
}


@contextmanager
def lost(told: Callable[..., None], person: Person, what: str) -> Iterator[None]:
    statement, off, on = LOSSES[what]
    names = {"member": person.member_id, "tenant": person.place.tenant_id, "user": person.user_id}
    values = {name: value for name, value in names.items() if f":{name}" in statement}
    told(statement.format(off), **values)
    try:
        yield
    finally:
        told(statement.format(on), **values)


@pytest.mark.parametrize("what", LOSSES)
def test_who_lost_their_right_is_out_at_the_next_request(what: str, app: Flask, b: World, told, tokens, browser):
    person = b.company.person("Counter")
    way, had = browser(person), tokens(person)
    with person.acting(), transaction():
        key = api_keys.issue("mine")
    client = app.test_client()

    def renewed() -> int:
        """A refresh token is good for once, so the next is kept."""
        answer = client.post(REFRESH, headers=holds(had["refresh_token"]))
        had.update(answer.json if answer.status_code == 200 else {})
        return answer.status_code

    def statuses() -> list[int]:
        return [
            way.ask("GET", "/party/").status_code,
            client.get("/api/v1/party/", headers=holds(had["access_token"])).status_code,
            renewed(),
            client.get("/api/v1/party/", headers=holds(key)).status_code,
            client.get(b.link).status_code if b.link.startswith("/") else client.get(f"/link/{b.link}").status_code,
        ]

    assert statuses() == [200] * 5
    with lost(told, person, what):
        links = 404 if what == "tenant" else 200
        assert statuses() == [302, 401, 401, 401, links]
        sent = {"username": person.username, "password": PASSWORD}
        assert client.post(LOGIN, json=sent).status_code == 401
    assert statuses() == [200] * 5


def test_a_right_that_is_taken_is_gone_at_the_next_request(b: World, told, browser):
    person = b.company.person("Counter")
    way = browser(person)
    assert way.ask("GET", "/party/new").status_code == 200
    told("delete from member_role where member_id = :m", m=person.member_id)
    assert way.ask("GET", "/party/new").status_code == 403


# -- one person in both ----------------------------------------------------------------------------------


def test_the_rights_of_one_company_do_not_reach_into_the_other(
    app: Flask, b: World, joyce, browser, tokens, seen: Truth
):
    there, here = joyce
    asked = {
        "/party/new": (200, 403),
        "/mailbox/": (200, 403),
        f"/{ORDER}/export.csv": (200, 403),
        "/payment/": (200, 403),
    }
    for url, statuses in asked.items():
        assert (browser(there).ask("GET", url).status_code, browser(here).ask("GET", url).status_code) == statuses, url
    way, token = browser(here), holds(tokens(here)["access_token"])
    before = seen.of_tenant(b.tenant)
    form = {"promised_on": "2099-01-01", "email": "x@example.com"}
    for url in (f"/inbox/{b.counter_task}", f"/task/{b.counter_task}", f"/inbox/{b.counter_task}/claim"):
        assert way.ask("POST", url, data=form).status_code == 403, url
    client = app.test_client()
    for name, body in {"complete": {"answers": {}}, "claim": None, "release": None, "delegate": {"member": 1}}.items():
        url = f"/api/v1/task/{b.counter_task}/{name}"
        assert client.post(url, json=body or {}, headers=token).status_code == 403, url
    assert client.post("/api/v1/party/", json={"name": "planted"}, headers=token).status_code == 403
    assert seen.of_tenant(b.tenant) == before


def test_switching_the_company_switches_the_rights(b: World, a: World, joyce, browser):
    way = browser(joyce[1])
    assert way.ask("GET", "/mailbox/").status_code == 403
    assert way.ask("POST", "/settings/place", data={"place": f"{a.tenant}."}).status_code == 302
    page = way.ask("GET", "/mailbox/")
    assert (page.status_code, SECRET.lower() in page.text) == (200, True)
    way.token = ""
    assert way.ask("POST", "/settings/place", data={"place": f"{b.tenant}."}).status_code == 302
    assert way.ask("GET", "/mailbox/").status_code == 403
    assert SECRET not in said(way.ask("GET", "/party/"))


def test_a_membership_that_ended_is_no_way_over(a: World, b: World, joyce, browser, told):
    way = browser(joyce[1])
    with lost(told, joyce[0], "membership"):
        assert PLACE not in way.ask("GET", "/party/").text
        assert way.ask("POST", "/settings/place", data={"place": f"{a.tenant}."}).status_code == 404
        assert way.ask("GET", "/party/").status_code == 200


@pytest.mark.parametrize(
    "place", ["{a}.", "{a}.{branch}", "{b}.{branch}", "0.", "-1.", "{a}", "99999999999999999999.", "٣.", "x", ""]
)
def test_nobody_goes_where_they_do_not_belong(place: str, a: World, b: World, ways: list[Way], seen: Truth):
    wished = place.format(a=a.tenant, b=b.tenant, branch=a.branch)
    before = seen.of_tenant(b.tenant)
    answer = ways[0].ask("POST", "/settings/place", data={"place": wished})
    assert answer.status_code in {400, 404}
    assert PLACE not in said(answer)
    assert changed(before, seen.of_tenant(b.tenant)) <= {"user_session"}
    assert SECRET not in said(ways[0].ask("GET", "/party/"))


@pytest.mark.parametrize("tenant", ["a", "0", "-1", "true", "text", "list", "large"])
def test_no_token_for_where_one_does_not_belong(tenant: str, app: Flask, a: World, b: World):
    wished = {"a": a.tenant, "0": 0, "-1": -1, "true": True, "text": str(a.tenant), "list": [a.tenant], "large": 2**70}
    sent = {"username": b.boss.username, "password": PASSWORD, "tenant": wished[tenant]}
    answer = app.test_client().post(LOGIN, json=sent)
    assert answer.status_code in {401, 422}
    assert "access_token" not in answer.text


# -- tokens and keys -------------------------------------------------------------------------------------


def test_tokens_serve_what_they_are_for_and_nothing_else(app: Flask, b: World, tokens, told):
    had, client = tokens(b.boss), app.test_client()
    access, refresh = had["access_token"], had["refresh_token"]
    assert client.get("/api/v1/party/", headers=holds(refresh)).status_code == 401
    assert client.post(REFRESH, headers=holds(access)).status_code == 401
    assert client.post(REFRESH, headers=holds(b.key)).status_code == 401
    head, body, signature = access.split(".")
    for bad in (
        f"{head}.{body}.", f"{head}.{body}.{signature[::-1]}", f"eyJhbGciOiJub25lIn0.{body}.", "x.y.z", "", "mrk_",
        b.key[:-1], b.key + "x", f"{b.key}\u00e9", "mrk_' or 1=1 --",
    ):  # fmt: skip
        assert client.get("/api/v1/party/", headers=holds(bad)).status_code == 401, bad
    for url in ("/party/", "/inbox/"):
        for good in (access, b.key):
            assert client.get(url, headers=holds(good)).status_code == 302, "programs have the API only"
    assert client.get("/api/v1/party/", query_string={"jwt": access, "access_token": access}).status_code == 401


@pytest.mark.parametrize("change", ["expires_at = now() - interval '1 minute'", "revoked_at = now()"])
def test_a_key_that_is_over_opens_nothing(change: str, app: Flask, b: World, told):
    with b.boss.acting(), transaction():
        key = api_keys.issue("short")
    client = app.test_client()
    assert client.get("/api/v1/party/", headers=holds(key)).status_code == 200
    told(f"update api_key set {change} where hint = :h and name = 'short'", h=key[-4:])
    assert client.get("/api/v1/party/", headers=holds(key)).status_code == 401


def test_nobody_revokes_the_key_of_another(a: World, b: World, seen: Truth):
    before = seen.of_tenant(a.tenant)
    with b.boss.acting(), transaction(), pytest.raises(api_keys.NotFound):
        api_keys.revoke(a.key_id)
    assert seen.of_tenant(a.tenant) == before


# -- links -----------------------------------------------------------------------------------------------


def test_links_that_are_over_open_nothing(app: Flask, b: World, seen: Truth):
    client = app.test_client()
    over = [
        other_link(b, days=-1),
        other_link(b, revoked=True),
        b.link[:-1],
        b.link + "0",
        b.link.upper(),
        "%00",
        "' or 1=1",
    ]
    before = seen.of_tenant(b.tenant)
    for token in over:
        for url in (f"/link/{token}", f"/link/{token}/file/{b.paper}"):
            answer = client.get(url)
            assert answer.status_code == 404, url
            assert b.mark not in said(answer)
    assert seen.of_tenant(b.tenant) == before


def test_a_link_opens_its_own_papers_only(app: Flask, a: World, b: World):
    client = app.test_client()
    assert client.get(f"/link/{b.link}/file/{b.paper}").status_code == 200
    own = [b.files[ORDER], b.files["party"], b.files["receipt"], b.upload]
    for file_id in [*own, a.paper, a.files[ORDER], 0, 2**62]:
        assert client.get(f"/link/{b.link}/file/{file_id}").status_code == 404, file_id


def test_a_link_is_no_membership(app: Flask, b: World):
    client = app.test_client()
    assert client.get(f"/link/{b.link}").status_code == 200
    for url in (f"/{ORDER}/{b.quoted}", "/inbox/", f"/task/{b.customer_task}"):
        assert client.get(url).status_code == 302
    assert client.get("/api/v1/task/", headers=holds(b.link)).status_code == 401


def test_what_a_link_sends_beyond_its_question_is_left_out(app: Flask, b: World, seen: Truth):
    client = app.test_client()
    page = client.get(f"/link/{b.link}").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    sent = {
        "csrf_token": token, "decision": "maybe", "total": "1", "state": "paid", "item": "planted", "task": str(b.inspect),
        "lines-0-unit_price": "1", "tenant_id": "1", "customer": "1",
    }  # fmt: skip
    before = seen.of_tenant(b.tenant)
    assert client.post(f"/link/{b.link}", data=sent).status_code == 422
    assert seen.of_tenant(b.tenant) == before


def test_only_the_counter_answers_for_the_customer(app: Flask, b: World, browser, tokens, seen: Truth):
    workshop = b.company.person("Technician")
    way, client, token = browser(workshop), app.test_client(), holds(tokens(workshop)["access_token"])
    way.ask("GET", "/inbox/")
    before, answers = seen.of_tenant(b.tenant), {"decision": "accept"}
    for url in (f"/inbox/{b.customer_task}", f"/task/{b.customer_task}", f"/inbox/{b.customer_task}/claim"):
        assert way.ask("POST", url, data=answers).status_code == 403
    for name, body in {"complete": {"answers": answers}, "claim": {}, "delegate": {"member": b.boss.member_id}}.items():
        assert client.post(f"/api/v1/task/{b.customer_task}/{name}", json=body, headers=token).status_code == 403
    assert changed(before, seen.of_tenant(b.tenant)) <= {"user_session", "audit_entry"}


# -- guessing --------------------------------------------------------------------------------------------


def test_guessing_is_slowed_on_both_ways_in(app: Flask, company: Company):
    person, other = company.person("Counter"), company.person("Counter")
    client, page = app.test_client(), app.test_client()
    token = page.get("/login/").text.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    wrong: dict[str, Any] = {"username": person.username, "password": "guess"}
    right = {**wrong, "password": PASSWORD}
    assert [client.post(LOGIN, json=wrong).status_code for _turn in range(5)] == [401] * 5
    spoofed = {"X-Forwarded-For": "10.9.8.7", "X-Real-IP": "10.9.8.7"}
    stopped = [
        client.post(LOGIN, json=right),
        client.post(LOGIN, json=right, headers=spoofed),
        client.post(LOGIN, json={**right, "username": f"  {person.username.upper()} "}),
        page.post("/login/", data={**right, "csrf_token": token}),
    ]
    for answer in stopped:
        assert answer.status_code == 429
        assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert client.post(LOGIN, json={**right, "username": other.username}).status_code == 200


def test_links_are_not_guessed_in_numbers(app: Flask):
    client = app.test_client()
    assert {client.get(f"/link/guess{turn}").status_code for turn in range(30)} == {404}
    stopped = client.get("/link/guess")
    assert stopped.status_code == 429
    assert int(stopped.headers["Retry-After"]) > 0


def test_names_are_not_told(app: Flask, b: World):
    client = app.test_client()
    known = client.post(LOGIN, json={"username": b.boss.username, "password": "guess"})
    unknown = client.post(LOGIN, json={"username": "nobody at all", "password": "guess"})
    assert (known.status_code, known.json) == (unknown.status_code, unknown.json)
