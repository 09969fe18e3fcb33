"""A field is made in the browser; it stands in forms, lists, filters, files, imports and REST, and retires with its values."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import pytest

from erp import operations
from erp.documents import types
from erp.documents.types import document_type
from erp.importing import Plan, keep, start
from erp.testing.pytest_plugin import Company, Person


@pytest.fixture(autouse=True)
def always_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(types, "REMEMBERED", 0.0)


@pytest.fixture
def boss(company: Company) -> Person:
    return company.person("TENANT_OWNER", "TENANT_MANAGER", name="Grace Njeri")


class Browser:
    """Somebody at the pages."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def page(self, url: str) -> str:
        return str(self.client.get(url).get_data(as_text=True))

    def post(self, url: str, **typed: str) -> Any:
        token = re.search(r'name="csrf-token" content="([^"]+)"', self.page("/fields/"))
        assert token is not None
        return self.client.post(url, data={"csrf_token": token[1], **typed})


@pytest.fixture
def browser(boss: Person, sign_in: Callable[[Person], Any]) -> Browser:
    return Browser(sign_in(boss))


def test_a_field_made_in_the_browser_stands_everywhere(browser: Browser, boss: Person, run_jobs: Any, truth: Any):
    answer = browser.post("/fields/product/new", label="Shelf life", kind="integer", help="In days.", is_listed="1")
    assert answer.status_code == 302
    assert "Shelf life" in browser.page("/fields/product")
    assert "Shelf life" in browser.page("/fields/")
    form = browser.page("/product/new")
    assert "Shelf life" in form
    assert "In days." in form
    with boss.acting():
        operations.create("product", {"code": "T-1", "name": "Tea", "shelf_life": 90})
    assert "Shelf life" in browser.page("/product/?shelf_life__eq=90")
    assert "T-1" in browser.page("/product/?shelf_life__gt=80")
    assert "T-1" not in browser.page("/product/?shelf_life__gt=90")
    exported = browser.client.get("/product/export.csv?columns=code,shelf_life").get_data().decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(exported))) == [["Code", "Shelf life"], ["T-1", "90"]]
    sources = {"code": {"column": "code"}, "name": {"column": "name"}, "shelf_life": {"column": "days"}}
    with boss.acting():
        plan = Plan.from_json({"type": "product", "key": "code", "sources": sources})
        start(plan, keep("a.csv", b"code,name,days\nT-2,Coffee,365\nT-3,Milk,soon\n").id)
    run_jobs()
    kept = truth(
        "select extra ->> 'shelf_life' from product where code = 'T-2' and tenant_id = :t", t=boss.place.tenant_id
    )
    assert kept[0][0] == "365"
    with boss.acting():
        rows = operations.get("product", _id(truth, boss, "T-1"))
        assert document_type("product").as_json(rows)["shelf_life"] == 90


def _id(truth: Any, boss: Person, code: str) -> int:
    found = truth("select id from product where code = :c and tenant_id = :t", c=code, t=boss.place.tenant_id)
    return int(found[0][0])


def test_what_does_not_fit_is_told_and_kept_as_typed(browser: Browser):
    browser.post("/fields/party/new", label="Colour", kind="choice", choices="Red\nBlue")
    for typed, said in (
        ({"label": "", "kind": "text"}, "Fill this in."),
        ({"label": "colour", "kind": "text"}, "There is a field called so already"),
        ({"label": "Size", "kind": "choice", "choices": "Only one"}, "Write at least two choices"),
        ({"label": "Size", "kind": "choice", "choices": "A\na"}, "The same choice stands there twice."),
        ({"label": "Size", "kind": "spaceship"}, "Choose one of the list."),
    ):
        answer = browser.post("/fields/party/new", help="A hint I typed", **typed)
        assert answer.status_code == 422
        page = answer.get_data(as_text=True)
        assert said in page
        assert "A hint I typed" in page
    assert browser.client.get("/fields/nothing").status_code == 404


def test_names_never_meet_those_there_are_and_other_letters_are_fine(browser: Browser, boss: Person):
    for label in ("Name", "رنگ", "ID", "3rd"):
        assert browser.post("/fields/party/new", label=label, kind="text").status_code == 302
    with boss.acting():
        names = [entry.name for entry in document_type("party").fields if entry.extra]
    assert names == ["name_2", "own_field", "id_2", "own_field_2"]


def test_a_retired_field_keeps_its_values_and_comes_back_with_them(browser: Browser, boss: Person, truth: Any):
    browser.post("/fields/party/new", label="Colour", kind="choice", choices="Red\nBlue")
    browser.post("/fields/party/new", label="Size", kind="text", is_required="1")
    with boss.acting():
        row = operations.create("party", {"name": "Amina", "colour": "Red", "size": "Extra large"})
    ids = [
        each[0] for each in truth("select id from extra_field where tenant_id = :t order by id", t=boss.place.tenant_id)
    ]
    browser.post(f"/fields/party/{ids[1]}/up")
    with boss.acting():
        assert [each.name for each in document_type("party").fields if each.extra] == ["size", "colour"]
    browser.post(f"/fields/party/{ids[0]}", label="Paint", choices="Red\nGreen")
    browser.post(f"/fields/party/{ids[1]}/retire")
    page = browser.page(f"/party/{row.id}")
    assert "Paint" in page
    assert "Extra large" not in page
    with boss.acting():
        operations.edit(row.id, "party", {"name": "Amina H."}, version=1)
    browser.post(f"/fields/party/{ids[1]}/restore")
    assert "Extra large" in browser.page(f"/party/{row.id}")
    entries = truth("select kind from audit_entry where tenant_id = :t and subject = 'extra_field' order by id",
                    t=boss.place.tenant_id)  # fmt: skip
    assert [each[0] for each in entries] == ["created", "created", "changed", "retired", "brought_back"]


def test_who_may_not_edit_settings_makes_none(company: Company, sign_in: Callable[[Person], Any]):
    counter = sign_in(company.person("Counter"))
    assert counter.get("/fields/").status_code == 403
    assert counter.get("/fields/party/new").status_code == 403
