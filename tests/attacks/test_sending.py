"""What changes things says so: with a token of our own page, by a method that may, and to addresses of ours."""

from __future__ import annotations

from zlib import crc32

import pytest
from flask import Flask

from tests.attacks.ways import MADE, SEEN, Address, Truth, Way, changed, sampled
from tests.attacks.worlds import World

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
LOGGED = {"Audit.export_csv": {"audit_entry"}, "Portal.show": {"audit_entry"}}
"""What looking leaves behind: every opening of a customer's link is written down."""
FORM = {"name": "planted", "kind": "person", "findings": "planted", "verdict": "repairable", "reason": "planted"}


ELSEWHERE = {
    "/api/v1/docs/openapi.json": {401},  # asked with a cookie alone, which the page for programmers does not do
    "/audit/export/<int:job_id>": {404},
    "/bank_account/<int:row_id>/entry": {409},
    "/bank_account/<int:row_id>/payment": {409},
    "/audit/export/<int:job_id>/file": {404},
    "/audit/export/<int:job_id>/progress": {404},
    "/join/<token>": {404},
    "/journal_entry/settle/<int:party_id>": {409},
    "/metrics": {404},
    "/transfer/<int:row_id>/settle": {409},
    "/password/<token>": {404},
    "/approve/<token>": {404},
    "/reports/<report>/file/<int:job_id>": {404},
    "/reports/<report>/file/<int:job_id>/content": {404},
    "/reports/<report>/file/<int:job_id>/progress": {404},
    "/stock_count/<int:row_id>/edit": {403},
    "/studio/<key>/publish": {404},
    "/till/state": {403, 409},
    "/till/catalogue": {403, 409},
    "/till/pictures/<int:file_id>/<mark>": {403, 409},
    "/till/lots": {403, 409},
    "/till/search": {403, 409},
    "/till/sessions/current/x": {403, 409},
    "/till/holds": {403, 409},
    "/till/receipts/<code>": {403, 409},
    "/till/receipts/<code>/paper": {403, 409},
    "/till/receipts/<code>/pdf": {403, 409},
    "/translations/<language>": {404},
    "/translations/<language>/messages.po": {404},
}
"""What answers otherwise: it asks for another token, job or language than the table's, or for a draft nobody began;
nothing of the party is open on both sides; no line is picked; the browser is no till, or one that was revoked; the count is under way, so nothing of it can be edited."""


STEPS = [pytest.param(32, id="sample"), pytest.param(1, id="all", marks=pytest.mark.soak)]


@pytest.fixture(params=STEPS)
def everywhere(request: pytest.FixtureRequest, app: Flask) -> list[Address]:
    """Where each of these is sent: all that is written by hand; of what is made for types a sample, all in the long run."""
    return sampled(app, request.param, crc32(request.function.__name__.encode()))


@pytest.fixture(params=STEPS)
def here_and_there(request: pytest.FixtureRequest, app: Flask) -> list[Address]:
    """Where that is sent which one rule answers for all addresses alike: all written by hand, of a sample's every fifth.

    Five, because a type has 21 addresses of REST: each type is met at other ones than the type before.
    """
    part = crc32(request.function.__name__.encode())
    found = sampled(app, request.param, part)
    if request.param == 1:
        return found
    made = [each for each in found if each.view in MADE]
    return [*(each for each in found if each.view not in MADE), *made[part % 5 :: 5]]


BY_THEIR_STEPS = {"payment", "refund", "payment_review", "month_end", "year_end", "dunning_case"}
"""Documents of which nothing is edited by hand."""


def test_looking_changes_nothing(everywhere: list[Address], b: World, ways: list[Way], seen: Truth):
    boss, wrong = ways[0], []
    token = ways[2]
    boss._token()
    before = seen.whole()
    for each in everywhere:
        if "GET" not in (each.rule.methods or ()) or each.name == "logout":
            continue
        way = token if each.rule.rule.startswith("/api/") else boss
        name = f"{each.view}.{each.name}"
        answer = way.ask("GET", each.url(b), query_string={"once": "1"} if name == "Inbox.stream" else {})
        known = {403} if each.verb and (each.verb, each.type_name) not in boss.permissions else {200, 302, 304}
        if each.view in {"page", "rest", "Assets", "Begin", "Pay"} or each.name == "logo":
            known |= {400, 404} if each.name.startswith("import") else {404}
        known |= ELSEWHERE.get(each.rule.rule, set())
        if (each.name, each.type_name) in {("edit", "invoice"), ("edit", "transfer")}:
            known |= {403}  # it is issued or done, so nothing of it can be edited
        if each.type_name in BY_THEIR_STEPS:
            known |= {403}
        after = seen.whole()
        left = changed(before, after) - SEEN - LOGGED.get(name, set())
        if answer.status_code not in known or left:
            wrong.append(f"{each.url(b)}: {answer.status_code}, changed {left}")
        before = after
    assert wrong == [], "\n".join(wrong)


def test_a_head_is_a_look_even_with_a_form_in_it(here_and_there: list[Address], b: World, ways: list[Way], seen: Truth):
    boss, wrong = ways[0], []
    before = seen.whole()
    for each in here_and_there:
        if each.view == "rest" or not {"GET", "POST"} <= (each.rule.methods or set()) or each.view == "Portal":
            continue
        form = {
            **FORM,
            "code": "planted",
            "item": "planted",
            "fault": "planted",
            "customer": b.rows["party"],
            "go": "1",
        }
        answer = boss.ask("HEAD", each.url(b), data=form)
        after = seen.whole()
        if answer.status_code >= 500 or changed(before, after) - SEEN:
            wrong.append(f"HEAD {each.url(b)}: {answer.status_code}, changed {changed(before, after)}")
        before = after
    assert wrong == []


def test_without_a_token_nothing_is_done(here_and_there: list[Address], b: World, ways: list[Way], seen: Truth):
    boss, wrong = ways[0], []
    before = seen.whole()
    for each in here_and_there:
        if each.view == "Hooks":
            continue  # no form sends these: they ask for the address's token and a signature
        for method in sorted(set(UNSAFE) & (each.rule.methods or set())):
            answer = boss.ask(method, each.url(b), with_token=False, data=FORM)
            is_api = each.rule.rule.startswith("/api/")
            known = {400, 401} if is_api else {400}
            if answer.status_code not in known:
                wrong.append(f"{method} {each.url(b)}: {answer.status_code}")
    assert wrong == []
    assert changed(before, seen.whole()) <= SEEN


def test_a_token_of_somebody_else_is_none(app: Flask, b: World, ways: list[Way], seen: Truth):
    boss, other = ways[0], ways[1]
    other._token()
    before = seen.whole()
    answer = boss.ask("POST", "/party/new", with_token=False, data=FORM, headers={"X-CSRFToken": other.token})
    assert answer.status_code == 400
    assert changed(before, seen.whole()) <= SEEN


def test_other_methods_are_refused(app: Flask, here_and_there: list[Address], b: World, ways: list[Way], seen: Truth):
    before, wrong = seen.whole(), []
    known = app.url_map.bind("localhost")
    for url in dict.fromkeys(each.url(b) for each in here_and_there):
        methods = set(known.allowed_methods(url))  # of every rule this address fits, not of its own alone
        way = ways[2] if url.startswith("/api/") else ways[0]
        others = {"TRACE", "POST", "PUT", "PATCH"} if "/payment/" in url else set()
        for method in ({"DELETE", "GET"} | others) - methods:
            answer = way.ask(method, url, data=FORM)
            if answer.status_code != 405:
                wrong.append(f"{method} {url}: {answer.status_code}")
    assert wrong == []
    assert changed(before, seen.whole()) <= SEEN


def test_options_tell_methods_only(here_and_there: list[Address], a: World, ways: list[Way], seen: Truth):
    before, wrong = seen.whole(), []
    for each in here_and_there:
        for way in (ways[0], ways[4]):
            answer = way.ask("OPTIONS", each.url(a))
            if answer.status_code not in {200, 401} or (answer.status_code == 200 and answer.get_data()):
                wrong.append(f"{way.name}: {each.url(a)}: {answer.status_code}")
    assert wrong == []
    assert changed(before, seen.whole()) <= SEEN | {"api_key"}
