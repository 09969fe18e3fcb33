"""Decision tables in the studio: which a process asks, files brought and taken, and what is refused."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from erp.config import ROOT
from erp.decisions import read
from erp.decisions.tables import Table
from erp.modelling import drafts, tables
from erp.studio.table_texts import WORDS
from erp.testing.pytest_plugin import Company, Person
from erp.workflow import definitions
from erp.workflow.diagrams.diagram import parse
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
    assert "Decide warranty" in page
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


def xml(**changes: str) -> bytes:
    """The shipped deposit table with some texts put in the place of others."""
    text = definitions.shipped_decision("repair_deposit") or ""
    for old, new in changes.values():
        assert old in text
        text = text.replace(old, new)
    return text.encode()


def test_a_table_is_kept_in_the_draft_as_it_is_written(analyst: FlaskClient, mary: Person):
    page = analyst.get(f"{PLACE}/repair_deposit").text
    assert 'data-saved="0"' in page
    half = xml(a=("<text>&lt; 500</text>", "<text>&lt; 500 5</text>"))
    kept = analyst.post(f"{PLACE}/repair_deposit/draft?saved=0", data=half)
    assert (kept.status_code, kept.json["saved"], kept.json["label"]) == (200, 1, "Draft")
    assert b"500 5" in analyst.get(f"{PLACE}/repair_deposit/file").data
    behind = analyst.post(f"{PLACE}/repair_deposit/draft?saved=0", data=half)
    assert behind.status_code == 412
    assert behind.json["error"]["message"].startswith("You changed this draft in another window.")
    refused = analyst.get("/studio/repair_order/publish").text
    assert "“Deposit, rule 6”, “&lt; 500 5”: “5” does not belong here." in refused
    assert analyst.post("/studio/repair_order/publish", data={"saved": "1", "note": "x"}).status_code == 422
    for wrong in (b"", b"<a/>", file(formula("other", "1"))):
        assert analyst.post(f"{PLACE}/repair_deposit/draft?saved=1", data=wrong).status_code == 422
    assert analyst.post(f"{PLACE}/unheard_of/draft?saved=1", data=half).status_code == 404
    gone = analyst.post(f"{PLACE}/repair_deposit/remove", data={"saved": "1"}, follow_redirects=True)
    assert "no table of its own of this name any more" in gone.text
    with mary.acting():
        assert drafts.present("repair_order").decisions == {}


def test_what_colleagues_wrote_is_set_aside_with_its_tables(analyst: FlaskClient, mary: Person):
    analyst.post(f"{PLACE}/repair_deposit/draft?saved=0", data=xml(a=("<text>30</text>", "<text>31</text>")))
    again = analyst.post(f"{PLACE}/repair_deposit/draft?saved=0&replace=1", data=xml())
    assert again.json["saved"] == 2
    with mary.acting():
        aside = drafts.set_aside("repair_order", 0)
        assert "<text>31</text>" in aside.decisions["repair_deposit"]


def test_what_the_editor_is_told(analyst: FlaskClient):
    rows = '[{"document.currency": "KES", "document.total": "60000"}, {"document.total": "x"}]'
    space = 'xmlns:millrace="https://millrace.example/dmn/trials"'
    kept = f"<extensionElements {space}><millrace:trials>{rows}</millrace:trials></extensionElements><decisionTable"
    sent = xml(a=("<text>&lt; 2000</text>", "<text>&lt; 2000 +</text>"), b=("<decisionTable", kept))
    found = analyst.post(f"{PLACE}/repair_deposit/look", data=sent).json
    assert [(each["rule"], each["place"]) for each in found["complaints"]] == [(7, 1)]
    assert found["questions"][1] == {"key": "document.total", "label": "Total", "type": "number", "choices": []}
    assert found["outputs"] == ["Percent"]
    first, second = found["trials"]
    assert (first["outputs"], first["fitting"], first["deciding"]) == (["30"], [2, 3, 8], [2])
    assert second["error"] == "“Total” should be of the type number, not “x”."
    assert first["before"] is None
    changed = xml(a=("<text>30</text>", "<text>33</text>"), b=("<decisionTable", kept))
    first = analyst.post(f"{PLACE}/repair_deposit/look", data=changed).json["trials"][0]
    assert (first["before"], first["outputs"]) == (["30"], ["33"])
    gap = xml(a=('<inputEntry id="repair_deposit_r8_in1">\n          <text>-</text>',
                 '<inputEntry id="repair_deposit_r8_in1">\n          <text>&gt; 2000</text>'))  # fmt: skip
    found = analyst.post(f"{PLACE}/repair_deposit/look", data=gap).json
    loud = [each for each in found["findings"] if not each["quiet"]]
    assert [(each["message"], each["cells"]) for each in loud] == [
        (
            "Nothing answers when Currency is none of “KES”, “IRR” and Total is 2,000.",
            ['not("KES", "IRR", null)', "2000"],
        )
    ]
    warranty = analyst.post(f"{PLACE}/repair_warranty/look", data=definitions.shipped_decision("repair_warranty")).json
    assert "accident" in warranty["questions"][0]["choices"]
    nothing = analyst.post(f"{PLACE}/repair_deposit/look?decision=unheard", data=xml()).json
    assert nothing["problem"] == "There is no decision “unheard” in “Deposit”."


def test_a_new_table_is_asked_by_its_step(analyst: FlaskClient, mary: Person):
    page = analyst.get(f"{PLACE}/new?step=decide_deposit").text
    assert "document.total" in page
    assert 'value="verdict"' in page
    empty = analyst.post(f"{PLACE}/new", data={"title": "…", "saved": "0"})
    assert empty.status_code == 422
    for said in (
        "Give it a name of letters.",
        "Choose at least one thing it asks.",
        "Name at least one thing it answers",
    ):
        assert said in empty.text
    wanted = {
        "title": "Discount, by total", "policy": "UNIQUE", "input": ["document.total", "verdict", "os.system"],
        "own": "is_holiday", "own_type": "boolean", "output0": "Percent off", "output0_type": "number", "saved": "0",
    }  # fmt: skip
    assert "Write one name" in analyst.post(f"{PLACE}/new", data={**wanted, "own": "is holiday"}).text
    lost = analyst.post(f"{PLACE}/new", data={**wanted, "step": "gone"})
    assert "There is no such step any more." in lost.text
    made = analyst.post(f"{PLACE}/new", data={**wanted, "step": "decide_deposit"})
    assert made.headers["Location"] == f"{PLACE}/discount_by_total"
    with mary.acting():
        drawing = drafts.present("repair_order")
    asked = parse(drawing.bpmn).elements["decide_deposit"]
    assert asked.decision == "discount_by_total"
    table = read(drawing.decisions["discount_by_total"].encode()).find("discount_by_total").logic
    assert isinstance(table, Table)
    assert [(each.label, each.text, each.type.name) for each in table.columns] == [
        ("Total", "document.total", "number"),
        ("Can it be repaired?", "verdict", "string"),
        ("is_holiday", "is_holiday", "boolean"),
    ]
    assert [(each.name, each.type.name) for each in table.outputs] == [("percent_off", "number")]
    assert analyst.get(f"{PLACE}/discount_by_total").status_code == 200
    again = analyst.post(f"{PLACE}/new", data={**wanted, "saved": "1"})
    assert "There is a table of this name already." in again.text
    assert analyst.post(f"{PLACE}/new", data={**wanted, "title": "Repair deposit", "saved": "1"}).status_code == 422


def test_who_may_only_look_changes_nothing(company: Company, sign_in: SignIn):
    client = sign_in(company.person("TENANT_MANAGER"))
    page = client.get(f"{PLACE}/repair_deposit").text
    assert 'data-edits="0"' in page
    assert "Take it in place of this" not in page
    assert "New table" not in client.get(PLACE).text
    assert client.get(f"{PLACE}/new").status_code == 403


def test_every_word_of_the_scripts_can_be_translated():
    folder = ROOT / "erp" / "frontend" / "src"
    scripts = [folder / "tables.js", folder / "studio" / "saving.js", *sorted((folder / "tables").glob("*.js"))]
    said = {
        found.replace("\\'", "'")
        for script in scripts
        for found in re.findall(r"\bt\('((?:[^'\\]|\\.)*)'\)", script.read_text())
    }
    assert said - set(WORDS) == set()
