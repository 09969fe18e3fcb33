"""A process rehearsed with scripted answers, simulated actions and a clock that only the script moves."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from erp.decisions import read
from erp.workflow import engine
from erp.workflow.rehearsal.cases import CaseInvalid, case_of, dump, load
from erp.workflow.rehearsal.rehearsing import rehearse
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
        ({"steps": [{"answer": "book", "result": 1, "error": "no"}]}, "a result or an error"),
        ({"steps": [{"complete": {"a": 1}}]}, "“complete” in step 1 is a text"),
        ({"steps": [{"complete": "a", "answers": "yes"}]}, "“answers” holds names and values"),
        ({"expect": {"waiting": "inspect"}}, "“waiting” is a list"),
        ({"steps": [{"wait": "P1D"}] * 501}, "at most 500 steps"),
        ({"data": {"n": 10**2000}}, "too large"),
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


PARCEL = {"data": ORDER, "document": {"number": "R-7"}, "actions": {"reserve": None}}


def test_an_action_a_step_answers_waits_for_it():
    booked = [{"answer": "book", "result": "DHL", "document": {"carrier": "DHL"}}, {"wait": "P1D"}]
    found = played(
        "delivery", **PARCEL, steps=booked, expect={"state": "delivered", "passes": ["ordered", "delivered"]}
    )
    assert found.problems == []
    assert found.document == {"number": "R-7", "carrier": "DHL", "state": "delivered"}
    assert [[event.element_id for event in part if event.kind == "passed"] for part in found.happened[:2]] == [
        ["ordered"],
        ["on_its_way"],
    ]
    refused = played("delivery", **PARCEL, steps=[{"answer": "book", "error": "no_carrier"}])
    assert refused.trace[-2:] == ["no_carrier", "not_delivered"]


def test_time_passes_until_a_timer_fires():
    waits = played("delivery", **PARCEL, steps=[{"answer": "book"}, {"fire": "wait_a_day"}])
    assert (waits.ended, waits.moment) == (True, datetime(2026, 1, 6, 9, tzinfo=UTC))
    late = played("delivery", **PARCEL, steps=[{"fire": "no_answer"}, {"answer": "book"}])
    assert late.problems == ["Step 2: No action waits at “book” here."]


def test_who_walks_stops_at_every_action_and_sees_what_it_is_told():
    written = case_of({**PARCEL, "actions": {}})
    stopped = rehearse(spec("delivery"), {}, written, stops=True)
    (wait,) = stopped.waits
    assert (wait.kind, wait.place.element_id, dict(wait.parameters)) == (
        "action",
        "reserve",
        {"quantity": 1, "note": "For R-7"},
    )
    stuck = played("delivery", **{**PARCEL, "actions": {}}, steps=[{"answer": "reserve", "error": "flood"}])
    assert "Nothing catches the error “flood” at “Reserve”" in stuck.problems[0]


def test_a_step_is_done_by_the_role_it_is_for():
    assert played("repair_order", steps=[{"complete": "inspect", "by": "Technician"}]).trace[1] == "inspect"
    wrong = played("repair_order", steps=[{"complete": "inspect", "by": "Counter"}])
    assert wrong.problems == ["Step 1: “Inspect” is for Technician, not for Counter."]
    assert wrong.waiting == ["inspect"]


def test_the_order_of_what_is_passed_counts():
    found = played("counting", data={"n": 0, "limit": 1}, expect={"passes": ["counted", "begun"]})
    assert found.problems == ["passes: it does not come to “begun” in this order."]
    assert [fault.where for fault in found.faults] == ["passes"]


def test_a_process_that_never_waits_is_ended():
    endless = case_of({"data": {"n": 0, "limit": 10**9}})
    found = rehearse(spec("counting"), {}, endless, limits=engine.Limits(steps=200, seconds=1))
    assert [fault.where for fault in found.faults] == ["start"]


def test_cases_are_read_as_they_were_written():
    text = """
    - name: Twelve and a half
      at: 2026-03-01T09:00:00Z
      document: &parcel {price: 12.50, sent_on: 2026-02-27, note: "no", tags: [a, b]}
      steps: [{complete: agree, answers: {ok: yes}}]
      expect: {ended: false}
    - {name: again, document: *parcel}
    """
    found = load(text)
    assert found[0].document == found[1].document
    assert found[0].document["price"] == Decimal("12.50")
    assert found[0].document["sent_on"] == date(2026, 2, 27)
    assert load(dump(found)) == found
    assert "&" not in dump(found)


BOMB = """
a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]
b: &b [*a, *a, *a, *a, *a, *a, *a, *a]
c: &c [*b, *b, *b, *b, *b, *b, *b, *b]
d: &d [*c, *c, *c, *c, *c, *c, *c, *c]
cases: [{data: {e: [*d, *d, *d, *d, *d, *d, *d, *d]}}]
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- !!python/object/apply:os.getcwd []", "This is not YAML"),
        ("- {at: 2026-13-45}", "This is not YAML"),
        ("- &a {data: {a: *a}}", "too large"),
        (BOMB, "too large"),
        ("- {data: {a: .inf}}", "not a finite number"),
        ("- {data: {a: !!binary aGk=}}", "cannot keep"),
        ("-\n" * 201, "at most 200 cases"),
        ("#" * 600_000, "at most 512 KB"),
        ("{" * 5_000, "This is not YAML"),
    ],
)  # fmt: skip
def test_files_that_hold_no_cases_are_refused(text, said):
    with pytest.raises(CaseInvalid, match=said):
        load(text)
