"""Decision tables in the studio: which a process asks, files brought and taken, and what is refused."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from erp.modelling import drafts, tables
from erp.testing.pytest_plugin import Company, Person
from erp.workflow import definitions
from tests.erp.decisions.rules import file, formula, table

SignIn = Callable[[Person], FlaskClient]
PLACE = "/studio/repair_order/tables"


@pytest.fixture
def mary(company: Company) -> Person:
    return company.person("TENANT_ANALYST", name="Mary Wanjiru")


@pytest.fixture
def analyst(mary: Person, sign_in: SignIn) -> FlaskClient:
    client = sign_in(mary)
    found = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/studio/").text)
    assert found is not None
    client.environ_base["HTTP_X_CSRFTOKEN"] = found[1]
    return client


def bring(client: FlaskClient, content: bytes, **more: str) -> Any:
    data = {"file": (io.BytesIO(content), "rules.dmn"), "saved": "0", **more}
    return client.post(f"{PLACE}/import", data=data, content_type="multipart/form-data", follow_redirects=True)


def discount(answer: str = "5") -> bytes:
    return file(table({"total": ("number", "")}, {"percent": ("number", "")}, [("> 100", answer)], name="Decision_9aB"))


def test_the_tables_a_process_asks_are_listed_with_who_asks(analyst: FlaskClient):
    page = analyst.get(PLACE).text
    assert "Warranty" in page
    assert "Deposit" in page
    assert "Check the warranty" in page or "arranty" in page
    assert 'href="/studio/repair_order/tables" aria-current="page"' in page
    assert f'href="{PLACE}"' in analyst.get("/studio/repair_order").text
    taken = analyst.get(f"{PLACE}/repair_warranty/file?download=1")
    assert taken.text == definitions.shipped_decision("repair_warranty")
    assert taken.headers["Content-Disposition"] == 'attachment; filename="repair_warranty.dmn"'
    assert analyst.get(f"{PLACE}/nothing/file").status_code == 404
    assert analyst.get("/studio/repair_order/tables/..%2f..%2fconfig/file").status_code == 404


def test_a_file_becomes_a_table_of_the_draft(analyst: FlaskClient, mary: Person):
    assert "This file holds no decisions." in bring(analyst, b"<p/>").text
    assert "There is no such table." in bring(analyst, discount(), table="../x").text
    assert "The table is in the draft now." in bring(analyst, discount()).text
    with mary.acting():
        assert set(drafts.present("repair_order").decisions) == {"decision_9ab"}
    assert "changed this draft in another window" in bring(analyst, discount("7"), table="repair_deposit").text
    assert "No step asks it" in analyst.get(PLACE).text
    assert "The table is in the draft now." in bring(analyst, discount("7"), table="repair_deposit", saved="1").text
    assert "<text>7</text>" in analyst.get(f"{PLACE}/repair_deposit/file").text


def test_a_file_is_asked_for_by_the_key_and_keeps_all_else():
    graph = file(formula("deposit", "risk * 2", ["Decision_1"]), formula("Decision_1", "3"))
    key, dmn = tables.brought(graph, "Decision_1".lower())
    assert key == "decision_1"
    assert 'id="decision_1" name="deposit"' in dmn
    assert tables.brought(graph) == ("deposit", graph.decode())
    swapped = tables.brought(file(formula("a", "b", ["b"]), formula("b", "1")), "b")[1]
    assert 'id="b" name="a"' in swapped
    assert 'href="#a"' in swapped
