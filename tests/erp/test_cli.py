"""The command line: what an operator types, and what they are told."""

from __future__ import annotations

import json
import re
import secrets
from pathlib import Path

import pytest
from flask import Flask

from erp import cli
from erp.config import Settings
from tests.erp.decisions.rules import data, file, formula, table

FACTS = ["--currency", "KES", "--country", "KE", "--timezone", "Africa/Nairobi"]


@pytest.fixture
def command(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs a command against the database under test; its exit code and what it said."""
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("MILLRACE_VAR", str(settings.var))

    def run(*words: str) -> tuple[int, str]:
        code = cli.main(words)
        said = capsys.readouterr()
        return code, (said.out + said.err).strip()

    return run


def test_a_company_of_ones_own_can_be_signed_in_to(command, app: Flask):
    name, owner = f"Rift Repairs {secrets.token_hex(3)}", f"anne-{secrets.token_hex(3)}"
    code, said = command("company", name, *FACTS, "--owner", owner)
    assert code == 0
    password = said.rpartition(" ")[2]
    browser = app.test_client()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get("/login/").text)
    answer = browser.post("/login/", data={"username": owner, "password": password, "csrf_token": token[1]})
    assert answer.status_code == 302
    page = browser.get("/repair_order/")
    assert page.status_code == 200
    assert name in page.text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"--currency": "shillings"}, "three capital letters"),
        ({"--country": "Kenya"}, "the country as two"),
        ({"--timezone": "Nairobi"}, "There is no time zone Nairobi."),
    ],
)
def test_facts_that_make_no_sense_are_a_sentence(command, changes, sentence):
    facts = dict(zip(FACTS[::2], FACTS[1::2], strict=True)) | changes
    code, said = command("company", "Rift", *(word for pair in facts.items() for word in pair), "--owner", "rift")
    assert code == 1
    assert sentence in said


def test_nothing_is_made_twice(command):
    name, owner = f"Twice {secrets.token_hex(3)}", f"twice-{secrets.token_hex(3)}"
    assert command("company", name, *FACTS, "--owner", owner)[0] == 0
    assert command("company", name, *FACTS, "--owner", "other") == (1, f"There is a company called {name} already.")
    code, said = command("company", f"{name} Two", *FACTS, "--owner", owner)
    assert (code, said) == (1, f"Somebody signs in as {owner} already. Choose another user name.")


def test_a_decision_answers_from_its_file(command, tmp_path):
    model = tmp_path / "fee.dmn"
    rules = [('"gold"', '< date("2026-07-01")', "0"), ('"gold"', "-", "2.50"), ("-", "-", "5")]
    inputs = {"tier": ("string", ""), "day": ("date", "")}
    model.write_bytes(file(data("day", "date"), table(inputs, {"fee": ("number", "")}, rules, policy="FIRST")))
    code, said = command(
        "decision", "evaluate", str(model), "--decision", "rules", "--input", '{"tier": "gold", "day": "2026-08-01"}'
    )
    answer = json.loads(said)
    assert (code, answer["value"]) == (0, 2.5)
    assert answer["rulings"][0]["rules"] == [2]
    for wrong, sentence in [
        ("[]", "The input is JSON like"),
        ("{", "is not JSON"),
        ('{"day": "soon"}', "should be of the type date"),
    ]:
        code, said = command("decision", "evaluate", str(model), "--decision", "rules", "--input", wrong)
        assert code == 1
        assert sentence in said
    code, said = command("decision", "evaluate", str(tmp_path / "none.dmn"), "--decision", "rules")
    assert (code, "cannot be read" in said) == (1, True)


CASE = """<testCases xmlns="http://www.omg.org/spec/DMN/20160719/testcase" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xmlns:xsd="http://www.w3.org/2001/XMLSchema"><modelName>doubled.dmn</modelName><testCase id="001"><inputNode name="n">
 <value xsi:type="xsd:decimal">2</value></inputNode><resultNode name="twice"><expected><value xsi:type="xsd:decimal">%s</value>
 </expected></resultNode></testCase></testCases>"""


def test_cases_of_a_decision_are_played(command, tmp_path):
    (tmp_path / "doubled.dmn").write_bytes(file(data("n", "number"), formula("twice", "n * 2")))
    (tmp_path / "cases.xml").write_text(CASE % 4)
    assert command("decision", "test", str(tmp_path)) == (0, "1 of 1 cases answer as they should.")
    (tmp_path / "more.xml").write_text(CASE % 5)
    code, said = command("decision", "test", str(tmp_path))
    assert code == 1
    assert said.splitlines() == [
        "doubled 001: twice: It answers 4, and should answer 5.",
        "1 of 2 cases answer as they should.",
    ]
    (tmp_path / "odd.xml").write_text("<not xml")
    assert command("decision", "test", str(tmp_path))[0] == 1


PROCESS = Path(__file__).parents[2] / "workflows" / "repairs" / "repair_order.bpmn"
CASES = PROCESS.with_name("repair_order.cases.yaml")


def test_a_process_is_rehearsed_from_its_file(command, tmp_path):
    code, said = command("workflow", "run", str(PROCESS))
    assert code == 0, said
    assert said.count(": as expected") == 3
    changed = tmp_path / "cases.yaml"
    changed.write_text(CASES.read_text().replace("state: delivered", "state: returned"))
    code, said = command("workflow", "run", str(PROCESS), "--cases", str(changed), "--json")
    first, *others = [json.loads(line) for line in said.splitlines()]
    assert code == 1
    assert first["problems"] == ["state: delivered instead of returned."]
    assert (first["state"], first["ended"], first["data"]["coverage"]) == ("delivered", True, "none")
    assert first["trace"][:3] == ["received", "inspect", "decide_warranty"]
    assert all(other["ok"] for other in others)


def test_every_shipped_process_goes_as_its_cases_say(command):
    for cases in sorted(PROCESS.parents[1].glob("*/*.cases.yaml")):
        code, said = command("workflow", "run", str(cases).replace(".cases.yaml", ".bpmn"))
        assert code == 0, f"{cases.name}: {said}"


@pytest.mark.parametrize(
    ("cases", "sentence"),
    [
        ("a: [", "is not YAML"),
        ("just words", "should hold a list of cases"),
        ("- {step: 1}", "Case 1: “step” means nothing in a case"),
    ],
)
def test_cases_that_cannot_be_read_are_a_sentence(command, tmp_path, cases, sentence):
    (tmp_path / "cases.yaml").write_text(cases)
    code, said = command("workflow", "run", str(PROCESS), "--cases", str(tmp_path / "cases.yaml"))
    assert code == 1
    assert sentence in said


def test_a_process_without_the_one_it_calls_is_a_sentence(command, tmp_path):
    (tmp_path / "calling.bpmn").write_bytes(
        PROCESS.read_bytes().replace(b'"repair_warranty"', b'"nowhere"').replace(b">repair_warranty<", b">nowhere<")
    )
    (tmp_path / "cases.yaml").write_text("- {}")
    code, said = command("workflow", "run", str(tmp_path / "calling.bpmn"), "--cases", str(tmp_path / "cases.yaml"))
    assert (code, said) == (1, "repair_order asks the decision nowhere, and there is no nowhere.dmn.")


def test_diagrams_are_judged_from_their_files(command, tmp_path):
    assert command("workflow", "lint", str(PROCESS)) == (0, f"{PROCESS}: nothing is wrong")
    broken = tmp_path / "repair_order.bpmn"
    broken.write_bytes(
        PROCESS.read_bytes().replace(b'serviceTaskOperator id="note_work"', b'serviceTaskOperator id="note_wrok"')
    )
    (tmp_path / "words.bpmn").write_text("no diagram at all")
    files = [str(PROCESS), str(broken), str(tmp_path / "words.bpmn"), str(tmp_path / "none.bpmn")]
    code, said = command("workflow", "lint", *files, "--json")
    lines = [json.loads(line) for line in said.splitlines()]
    assert code == 1
    assert [(line["file"], line["ok"]) for line in lines] == list(zip(files, (True, False, False, False), strict=True))
    (problem,) = lines[1]["problems"]
    assert (problem["element"], problem["severity"]) == ("note_work", "error")
    assert problem["message"] == "There is no action “note_wrok”."
    assert [line["problems"][0]["rule"] for line in lines[2:]] == ["file", "file"]
    code, said = command("workflow", "lint", str(broken))
    assert (code, said) == (1, f"{broken}: note_work: error: There is no action “note_wrok”. ({problem['rule']})")
