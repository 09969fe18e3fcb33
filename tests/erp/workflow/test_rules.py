"""Business rule tasks: a decision is asked in the step, what it gives steers the process, and history says why."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from erp.decisions import DecisionFailed, read
from erp.workflow.errors import RulesFailed
from erp.workflow.linting.linter import lint_file
from tests.erp.decisions.rules import file, table
from tests.erp.workflow.engine_tools import Caller, Running, catalogue

XML = (Path(__file__).parent / "deciding" / "deciding.bpmn").read_bytes()
WARRANTY = file(
    table(
        {"document.bought_on": ("date", ""), "fault": ("string", "")},
        {"labour": ("boolean", ""), "parts": ("boolean", "")},
        [
            ('> today() - duration("P365D")', 'not("dropped")', "true", "true"),
            ('> today() - duration("P730D")', 'not("dropped")', "true", "false"),
            ("-", '"dropped"', "false", "false"),
        ],
        name="warranty",
        policy="FIRST",
    )
)


class Shop(Caller):
    """A caller that knows decisions."""

    def decide(self, decision, values):
        if decision != "warranty":
            raise DecisionFailed("There is no such decision.")
        return read(WARRANTY).decide(decision, {**values, "document": self.document}, date(2026, 11, 20))


def running(fault="does not start", bought_on=date(2026, 3, 1), xml=XML):
    return Running("deciding", {"fault": fault}, Shop(document={"bought_on": bought_on}), xmls={"deciding": xml})


def test_what_the_rules_give_steers_the_process():
    free = running()
    assert free.instance.result == {"fault": "does not start", "labour": True, "parts": True}
    assert free.events[-4:] == ["ruled decide_warranty", "decided covered", "completed free", "ended"]
    assert running(bought_on=date(2025, 3, 1)).instance.result["parts"] is False
    assert running(fault="dropped").events[-2] == "completed to_pay"


def test_history_says_which_rule_decided_and_on_what():
    ruled = next(event for event in running(fault="dropped").changes.events if event.kind == "ruled")
    assert ruled.values == {
        "decision": "warranty",
        "rulings": [
            {
                "decision": "warranty",
                "inputs": {"document.bought_on": "2026-03-01", "fault": "dropped"},
                "outputs": {"labour": False, "parts": False},
                "rules": [3],
                "is_default": False,
            }
        ],
    }


def test_a_decision_without_an_answer_stops_the_step_and_says_what_was_asked():
    with pytest.raises(RulesFailed, match=r"“Decide warranty”: No rule of “warranty” matches: .*2020-01-01") as told:
        running(bought_on=date(2020, 1, 1))
    assert told.value.detail == {"element": "decide_warranty", "decision": "warranty"}
    with pytest.raises(RulesFailed, match="no such decision"):
        running(xml=XML.replace(b">warranty<", b">guarantee<"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b">warranty<", b"><", "names no decision"),
        (b">warranty<", b">guarantee<", "no decision “guarantee”"),
        (b">labour<", b">parts<", ""),
    ],
)
def test_the_linter_knows_decisions(old, new, said):
    known = catalogue(decisions={"warranty": read(WARRANTY)}, document_fields={"bought_on"})
    problems = [problem.message for problem in lint_file(XML.replace(old, new), known)]
    assert len(problems) == bool(said)
    assert said in "".join(problems)


def test_the_linter_looks_into_the_rules():
    odd = file(table({"document.colour": ("string", "")}, {"today": ("string", "")}, [("-", '"x"')], name="warranty"))
    problems = lint_file(XML, catalogue(decisions={"warranty": read(odd)}))
    assert sorted(problem.message for problem in problems) == [
        "It reads “document.colour”, which the document does not have.",
        "“today” cannot be the name of a variable.",
    ]
