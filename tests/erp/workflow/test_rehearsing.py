"""A process rehearsed with scripted answers, simulated actions and a clock that only the script moves."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from erp.decisions import read
from erp.workflow import engine
from erp.workflow.rehearsing import CaseInvalid, case_of, rehearse
from tests.erp.workflow.engine_tools import spec
from tests.erp.workflow.test_rules import WARRANTY, XML

ORDER = {"quantity": 1, "price": 10}


def played(key: str, **written):
    return rehearse(spec(key), {}, case_of(written))


def test_the_trace_names_what_was_passed_and_the_data_what_came_of_it():
    found = played("counting", data={"n": 0, "limit": 2})
    assert (found.ended, found.waiting, found.problems) == (True, [], [])
    assert found.trace[0] == "begun"
    assert found.trace[-1] == "counted"
    assert found.data["n"] == found.trace.count("count")


def test_what_is_not_as_expected_is_said():
    found = played(
        "counting", data={"n": 0, "limit": 2}, expect={"ended": False, "state": "counted", "data": {"n": 7, "m": 1}}
    )
    assert not found.holds
    assert len(found.problems) == 3
    assert "data: there is no “m”." in found.problems


def test_actions_answer_as_the_case_says():
    named = {"reserve": None, "carrier.book": {"error": "no_carrier"}}
    failed = played("delivery", data=ORDER, document={"number": "R-7"}, actions=named)
    assert failed.trace[-2:] == ["no_carrier", "not_delivered"]
    assert failed.ended


def test_the_clock_moves_when_the_case_says_so():
    case = {"data": ORDER, "document": {"number": "R-7"}, "steps": [{"wait": "PT23H"}]}
    assert played("delivery", **case).waiting == ["wait_a_day"]
    case["steps"].append({"wait": "PT1H"})
    assert played("delivery", **case).ended


def test_messages_come_when_the_case_says_so():
    case = {"data": {"number": "R-7", "quantity": 2}}
    assert played("enquiry", **case).waiting == ["get_price", "no_answer"]
    price = {"message": "price_named", "key": "R-7", "values": {"price": 12.5}}
    found = played("enquiry", **case, steps=[price])
    assert (found.waiting, found.data["price"]) == (["agree"], Decimal("12.5"))
    wrong = played("enquiry", **case, steps=[{**price, "key": "R-8"}])
    assert wrong.problems == ["Step 1: Nobody waits for the message “price_named” here."]


def test_decisions_are_asked_on_the_day_the_case_plays():
    case = {
        "data": {"fault": "does not start"},
        "document": {"bought_on": date(2025, 3, 1)},
        "at": "2025-06-01T09:00:00Z",
    }
    from_file = engine.compile({"deciding": XML}, "deciding")
    assert rehearse(from_file, {"warranty": read(WARRANTY)}, case_of(case)).data["parts"] is True
    later = rehearse(from_file, {"warranty": read(WARRANTY)}, case_of({**case, "at": datetime(2026, 9, 1, tzinfo=UTC)}))
    assert later.data["parts"] is False
    assert "no decision “warranty”" in rehearse(from_file, {}, case_of(case)).problems[0]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("no case", "A case has parts"),
        ({"step": []}, "“step” means nothing in a case"),
        ({"steps": {"a": 1}}, "The steps of a case are a list"),
        ({"steps": [{"do": "it"}]}, "Step 1 is one of these"),
        ({"steps": [{"wait": "P1D", "message": "m"}]}, "Step 1 is one of these"),
        ({"steps": [{"wait": "P1D", "until": "noon"}]}, "“until” means nothing in step 1"),
        ({"expect": {"end": True}}, "“end” means nothing in expect"),
        ({"data": [1]}, "“data” holds names and values"),
        ({"at": "noon"}, "is not a moment"),
        ({"at": 7}, "is a moment like"),
    ],
)
def test_what_is_no_case_is_refused(written, said):
    with pytest.raises(CaseInvalid, match=said):
        case_of(written)


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"complete": "count"}, "Nobody is asked for “count” here."),
        ({"signal": "stop"}, "Nobody waits for the signal “stop” here."),
        ({"wait": "a day"}, "is not a duration"),
    ],
)
def test_a_step_that_cannot_be_taken_is_a_problem(step, said):
    found = played("counting", data={"n": 0, "limit": 1}, steps=[step])
    assert said in found.problems[0]
    assert found.trace
