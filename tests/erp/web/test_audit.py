"""Who did what, when and from where: found, read in words, taken out, and kept so long."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from erp import api_keys, clock, context, create, edit
from erp.auditing import files, keeping
from erp.auditing.queries import AuditQuery
from erp.data.audit import AuditEntry
from erp.data.base import transaction
from erp.errors import Forbidden, Invalid
from erp.testing.pytest_plugin import Company, Person
from tests.erp.web.conftest import Browser

Truth = Callable[..., list[Any]]
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def owner(company: Company) -> Person:
    return company.person("TENANT_OWNER", name="Anne Chebet")


@pytest.fixture
def grace(company: Company) -> Person:
    return company.person("Counter", name="Grace Njeri")


@pytest.fixture
def amina(grace: Person) -> int:
    """A customer Grace made at noon and corrected the day after."""
    with grace.acting(), clock.frozen(NOON), context.acting(address="203.0.113.7"):
        party = create("party", {"name": "Amina Hassan", "phone": "+254700553218"})
        with clock.frozen(NOON + timedelta(days=1)):
            edit(party.id, "party", {"phone": "+254711000111"}, version=party.version)
    return int(party.id)


def found(page: str) -> list[str]:
    """What the entries of a page say was done."""
    return re.findall(r"<td class=\"r-title mr-said\"><div><b>([^<]*)</b>", page)


def test_each_entry_reads_in_words_with_before_and_after(
    amina: int, owner: Person, signed_in: Callable[[Person], Browser]
):
    page = signed_in(owner).get("/audit/?type=party").text
    assert found(page) == ["Changed", "Made"]
    assert "+254700553218 → +254711000111" in re.sub(r"<i [^>]*></i>", "→", re.sub(r"</?(?:del|ins|bdi)>", "", page))
    assert f'<a href="/party/{amina}"><bdi>Amina Hassan</bdi></a>' in page
    assert "Grace Njeri" in page
    assert "203.0.113.7" in page


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ("who={grace}", ["Changed", "Made"]),
        ("kind=created&type=party", ["Made"]),
        ("since=2026-03-03&until=2026-03-03", ["Changed"]),
        ("until=2026-03-02&type=party", ["Made"]),
        ("address=203.0.113.7&source=web", ["Changed", "Made"]),
        ("address=203.0.113.8", []),
        ("number=nothing", []),
        ("kind=signed_in", ["Signed in"]),
        ("source=rest", []),
    ],
)
def test_conditions_narrow(
    query: str, kinds: list[str], amina: int, grace: Person, owner: Person, signed_in: Callable[[Person], Browser]
):
    page = signed_in(owner).get(f"/audit/?{query.format(grace=grace.user_id)}")
    assert found(page.text) == kinds
    assert page.text.count('class="mr-chip"') == query.count("=")


def test_a_document_is_found_by_its_number(grace: Person, owner: Person, signed_in: Callable[[Person], Browser]):
    with grace.acting():
        customer = create("party", {"name": "Amina"}).id
        values = {"customer": customer, "item": "Canon EOS R6", "fault": "Lens wobbles"}
        order, other = create("repair_order", values), create("repair_order", values)
    page = signed_in(owner).get(f"/audit/?number={order.number}").text
    assert f"/repair_order/{order.id}" in page
    assert f"/repair_order/{other.id}" not in page


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("since=soon", "not a date"),
        ("since=0001-01-01", "not a date|a year between"),
        ("until=9999-12-31", "a year between"),
        ("since=2026-03-03&until=2026-03-01", "lies before the first"),
        ("within=always", "Choose one of the list"),
    ],
)
def test_what_makes_no_sense_is_said(query: str, sentence: str, owner: Person, signed_in: Callable[[Person], Browser]):
    browser = signed_in(owner)
    page = browser.get(f"/audit/?{query}")
    assert page.status_code == 422
    assert re.search(sentence, page.text)
    assert browser.get(f"/audit/export.csv?{query}").status_code == 422
    assert browser.get("/audit/?who=x&after=~~9&kind=%F0%9F%98%80&number=" + "9" * 900).status_code == 200


def test_the_drawer_makes_and_changes_conditions(
    amina: int, grace: Person, owner: Person, signed_in: Callable[[Person], Browser]
):
    browser = signed_in(owner)
    assert "Document number" in browser.get("/audit/filter").text
    drawer = browser.get("/audit/filter?kind=created&field=who&part=1").text
    assert "Grace Njeri" in drawer
    assert 'name="kind" value="created"' in drawer
    answer = browser.get(f"/audit/filter?kind=created&field=who&value={grace.user_id}&set=1&part=1")
    assert answer.headers["X-Location"] == f"/audit/?who={grace.user_id}&kind=created"
    wrong = browser.get("/audit/filter?field=since&value=soon&set=1&part=1")
    assert (wrong.status_code, "not a date" in wrong.text, 'value="soon"' in wrong.text) == (422, True, True)


def test_pages_follow_one_another_without_gap(owner: Person, grace: Person, signed_in: Callable[[Person], Browser]):
    with grace.acting(), transaction() as current, clock.frozen(NOON):
        rows = [
            {
                "at": NOON,
                "actor": "Grace",
                "source": "web",
                "kind": f"n{turn}",
                "subject": "",
                "subject_id": 0,
                "changes": {},
            }
            for turn in range(120)
        ]
        current.execute(sa.insert(AuditEntry), rows)
    browser, url, seen = signed_in(owner), "/audit/?source=web&until=2026-03-02", []
    while url:
        page = browser.get(url).text
        seen += found(page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        url = following[1].replace("&amp;", "&") if following else ""
    assert seen == [f"N{turn}" for turn in reversed(range(120))]


def test_the_file_holds_exactly_what_is_filtered(
    amina: int, owner: Person, grace: Person, signed_in: Callable[[Person], Browser]
):
    browser = signed_in(owner)
    answer = browser.get(f"/audit/export.csv?who={grace.user_id}&kind=changed")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="audit-')
    rows = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert [(row["Who"], row["What"], row["Number or name"], row["Address"]) for row in rows] == [
        ("Grace Njeri", "Changed", "Amina Hassan", "203.0.113.7"),
    ]  # fmt: skip
    assert "→" in rows[0]["Before → after"]
    assert found(browser.get("/audit/?kind=exported").text) == ["Audit taken out"]


def test_a_long_file_is_written_in_the_background(
    amina: int, owner: Person, signed_in, run_jobs, monkeypatch: pytest.MonkeyPatch, company: Company
):
    monkeypatch.setattr(files, "AT_ONCE", 1)
    browser = signed_in(owner)
    page = browser.get("/audit/export.csv?type=party")
    assert "more than 1 rows" in page.text
    started = browser.post("/audit/export", {"query": "type=party"})
    url = started.headers["Location"]
    assert browser.get(f"{url}/file").status_code == 404
    run_jobs()
    assert "Download the file" in browser.get(url).text
    rows = list(csv.DictReader(io.StringIO(browser.get(f"{url}/file").get_data(as_text=True).lstrip("\ufeff"))))
    assert [row["What"] for row in rows] == ["Changed", "Made"]
    assert signed_in(company.person("TENANT_OWNER")).get(url).status_code == 404


def test_who_may_not_see_a_kind_of_document_is_not_told_what_changed(
    amina: int, company: Company, signed_in: Callable[[Person], Browser]
):
    manager = company.person("TENANT_MANAGER")
    with manager.acting() as acting:
        sees = ("show", "party") in acting.permissions
    page = signed_in(manager).get("/audit/?type=party").text
    assert found(page) == ["Changed", "Made"]
    assert ("711" in page) == sees
    assert ("You may not see such documents" in page) != sees
    assert signed_in(company.person("Counter")).get("/audit/").status_code == 403


def test_writing_over_rest_leaves_the_request_with_its_key_and_address(app: Flask, grace: Person, truth: Truth):
    with grace.acting(), transaction():
        key = api_keys.issue("Web shop")
    program, headers = app.test_client(), {"Authorization": f"Bearer {key}"}
    elsewhere = {"REMOTE_ADDR": "198.51.100.4"}
    sent = {"name": "Otieno"}
    assert program.post("/api/v1/party/", json=sent, headers=headers, environ_base=elsewhere).status_code == 201
    assert program.post("/api/v1/party/", json={}, headers=headers).status_code == 422
    assert program.get("/api/v1/party/", headers=headers).status_code == 200
    (key_id,) = [row.id for row in truth("select id from api_key where member_id = :m", m=grace.member_id)]
    rows = truth(
        "select kind, source, way, address, item from audit_entry where tenant_id = :t and source = 'rest' order by id",
        t=grace.place.tenant_id,
    )
    assert [tuple(row)[1:4] for row in rows] == [("rest", f"key:{key_id}", "198.51.100.4")] * len(rows)
    assert [(row.kind, row.item) for row in rows][-1] == ("api_write", "POST /api/v1/party/")
    assert {row.kind for row in rows} == {"created", "api_write"}


# -- how long ---------------------------------------------------------------------------------------------


def test_what_is_older_than_the_company_chose_goes_in_parts_and_that_is_kept(
    amina: int, owner: Person, signed_in, truth: Truth, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(keeping, "PART", 1)
    browser = signed_in(owner)
    assert "Kept for ever" in browser.get("/audit/").text
    for typed in ("29", "soon", "-1", "36501", "9" * 20):
        page = browser.post("/audit/keep", {"days": typed})
        assert (page.status_code, f'value="{typed}"' in page.text) == (422, True)
    assert browser.post("/audit/keep", {"days": "200"}).status_code == 302
    assert "Kept for 200 days" in browser.get("/audit/").text
    keeping.forget_the_old()
    kinds = [
        row.kind
        for row in truth("select kind from audit_entry where tenant_id = :t order by id", t=owner.place.tenant_id)
    ]
    assert kinds == ["signed_in", "changed", "shortened"]
    assert browser.post("/audit/keep", {"days": ""}).status_code == 302
    keeping.forget_the_old()
    assert len(truth("select 1 from audit_entry where tenant_id = :t", t=owner.place.tenant_id)) == 4


def test_only_who_may_change_settings_says_how_long(company: Company):
    with company.person("TENANT_MANAGER").acting():
        with pytest.raises(Forbidden):
            keeping.keep("200")
        assert AuditQuery.parse({}).page() is not None
    with company.person("Counter").acting(), pytest.raises(Forbidden):
        AuditQuery.parse({}).page()
    with pytest.raises(Invalid):
        AuditQuery.parse({"since": "x"})


def test_failed_sign_ins_are_shown_to_who_looks_after_the_installation(
    app: Flask, company: Company, signed_in: Callable[[Person], Browser]
):
    Browser(app.test_client()).sign_in("<b>mallory</b>", "wrong")
    admin = company.person("PLATFORM_ADMIN", "TENANT_OWNER")
    assert "&lt;b&gt;mallory&lt;/b&gt;" in signed_in(admin).get("/audit/sign-ins").text
    assert signed_in(company.person("TENANT_OWNER")).get("/audit/sign-ins").status_code == 403
