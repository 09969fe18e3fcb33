"""Each element in SpiffWorkflow as it comes and in ours: same elements, same data, or the name of what stock gets wrong.

Ours is saved and loaded at every wait; stock stays in memory.
"""

import itertools
import re
from io import BytesIO

import pytest
from SpiffWorkflow.bpmn.exceptions import WorkflowDataException
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.spiff.parser import SpiffBpmnParser
from SpiffWorkflow.util.task import TaskState

from erp.decisions import read
from erp.workflow.errors import ProcessError
from tests.erp.decisions.rules import file, table
from tests.erp.workflow.engine_tools import Caller, Running, files, spec
from tests.erp.workflow.stock import Answers, in_ours, in_stock, stock_workflow
from tests.erp.workflow.test_rules import XML as DECIDING

ORDERS = ([], [1, 0, 1, 0, 1, 0, 1, 0], [0, 1, 1, 2, 0, 3, 1, 1, 0, 2])
"""Which of the open tasks is done next, and what is answered."""
COUNTED_TWICE = ("all_done", "met")
"""Stock counts a joining gateway once for each token."""

CASES = [
    ("choosing", {"is_dirty": True, "is_dull": True}, {"clean": "is_clean", "polish": "is_bright"}),
    ("choosing", {"is_dirty": False, "is_dull": True}, {"polish": "is_bright"}),
    ("choosing", {"is_dirty": False, "is_dull": False}, {"wrap": "is_wrapped"}),
    ("choosing_again", {"is_dirty": True, "is_dull": True, "is_broken": False, "rounds": 1}, {}),
    ("choosing_again", {"is_dirty": True, "is_dull": True, "is_broken": True, "rounds": 1}, {}),
    ("ticking", {}, {}),
    ("asking_on", {}, {"ask": "is_done"}),
    ("counting_on", {"n": 0, "limit": 5}, {}),
    ("counting_on", {"n": 5, "limit": 5}, {}),
    ("in_turn", {"people": ["Ali", "Bea", "Cem"]}, {"ask": "answer"}),
    ("in_turn", {"people": []}, {}),
    ("in_turn", {"people": {"x": "Ali", "y": "Bea"}}, {"ask": "answer"}),
    ("at_once", {"people": ["Ali", "Bea", "Cem"]}, {"ask": "answer"}),
    ("at_once", {"people": []}, {}),
    ("scripts_at_once", {"numbers": [3, 1, 2]}, {}),
    ("parcels", {"parcels": [5, 6]}, {}),
    ("stopping", {}, {"look": "is_seen", "report": "is_told"}),
    ("stopping_all", {}, {"look": "is_seen"}),
    ("orders", {"n": 0, "ordered": 0, "limit": 3}, {"ask": "is_done"}),
    ("lines", {"lines": ["a", "b"], "size": 2, "weight": 3}, {}),
]


@pytest.mark.parametrize("order", ORDERS, ids=["first", "changing", "mixed"])
@pytest.mark.parametrize(("key", "values", "by_task"), CASES)
def test_an_element_does_what_it_does_in_stock(key, values, by_task, order):
    theirs, ours = in_stock(key, values, Answers(order, by_task)), in_ours(key, values, Answers(order, by_task))
    for name in COUNTED_TWICE:
        theirs[0].pop(name, None)
        ours[0].pop(name, None)
    theirs[1].pop("data_objects", None)
    assert ours == theirs


COVER = [('"dropped"', "false", "false"), ('"wet"', "true", "false"), ('"worn"', "true", "true")]


@pytest.mark.parametrize("fault", ["dropped", "wet", "worn"])
def test_a_decision_gives_what_it_gives_in_stock(fault):
    rules = file(
        table({"fault": ("string", "")}, {"labour": ("boolean", ""), "parts": ("boolean", "")}, COVER, name="warranty")
    )
    ids = itertools.count()
    # stock wants an id everywhere, and cells in Python
    theirs = re.sub(rb"<(\w+)(?![^>]*\bid=)(?=[ >])", lambda tag: b'<%s id="n%d"' % (tag[1], next(ids)), rules)
    parser = SpiffBpmnParser()
    parser.add_bpmn_io(BytesIO(DECIDING))
    parser.add_dmn_io(BytesIO(theirs.replace(b">true<", b">True<").replace(b">false<", b">False<")))
    stock = BpmnWorkflow(parser.get_spec("deciding"))
    stock.task_tree.data["fault"] = fault
    stock.do_engine_steps()
    caller = Caller()
    caller.decide = lambda decision, values: read(rules).decide(decision, values, caller.moment.date())
    ours = Running("deciding", {"fault": fault}, caller, {"deciding": DECIDING})
    assert ours.instance.result == {name: value for name, value in stock.data.items() if name != "data_objects"}
    finished = stock.get_tasks(state=TaskState.COMPLETED)
    assert {event.element_id for event in ours.changes.events if event.element_id} == {
        task.task_spec.bpmn_id for task in finished if task.task_spec.bpmn_id
    }


@pytest.mark.parametrize("key", [key for key, xml in files().items() if b"<bpmn:laneSet" in xml])
def test_lanes_are_those_of_stock(key):
    stock = {
        spec.bpmn_id: spec.lane
        for process in (stock_workflow(key).spec, *stock_workflow(key).subprocess_specs.values())
        for spec in process.task_specs.values()
        if spec.manual and spec.bpmn_id
    }
    diagrams = spec(key).diagrams.values()
    ours = {e.id: e.lane or None for d in diagrams for e in d.elements.values() if e.kind in ("userTask", "manualTask")}
    assert ours == stock


# where stock is wrong


def test_stock_falls_over_an_inclusive_gateway_it_comes_to_again():
    values = {"is_dirty": True, "is_dull": True, "is_broken": False, "rounds": 3}
    with pytest.raises(AttributeError):
        in_stock("choosing_again", values, Answers([], {}))
    done, result, ended = in_ours("choosing_again", values, Answers([], {}))
    assert (done["met"], result["rounds"], ended) == (3, 0, True)


def test_stock_takes_an_error_nobody_catches_for_a_normal_end():
    assert in_stock("failing", {}, Answers([0, 0], {"look": "is_whole"}))[2]
    with pytest.raises(ProcessError):
        in_ours("failing", {}, Answers([0, 0], {"look": "is_whole"}))


def test_stock_takes_the_item_of_the_last_body_for_a_variable_of_the_process():
    values = {"limit": 4, "total": 0}
    with pytest.raises(WorkflowDataException, match="input item i already exists"):
        in_stock("scripts_in_turn", values, Answers([], {}))
    assert in_ours("scripts_in_turn", values, Answers([], {}))[1:] == ({"limit": 4, "total": 6}, True)


def test_stock_puts_results_in_the_order_in_which_they_came():
    order, by_task = [1, 0, 0, 0, 1, 2], {"ask": "answer"}
    values = {"people": ["Ali", "Bea", "Cem"]}
    assert in_stock("at_once", values, Answers(order, by_task))[1]["answers"] == [True, False, True]
    assert in_ours("at_once", values, Answers(order, by_task))[1]["answers"] == [False, True, True]


def test_stock_begins_an_event_subprocess_for_an_error_that_never_happened():
    by_task = {"work": "is_good", "mend": "is_mended", "tell": "is_told"}
    went_well, failed = [], [1, 0, 1, 0, 0, 0]
    assert in_stock("caught_inside", {}, Answers(went_well, by_task))[0]["mend"] == 1
    done, result, ended = in_ours("caught_inside", {}, Answers(went_well, by_task))
    assert (done["mend"], result, ended) == (0, {"is_good": True, "is_told": True}, True)
    done, result, ended = in_ours("caught_inside", {}, Answers(failed, by_task))
    assert (done["mend"], result, ended) == (1, {"is_good": False, "is_mended": True, "is_told": True}, True)


def test_stock_never_ends_while_an_event_subprocess_could_still_begin():
    assert in_stock("reminding", {}, Answers([], {"work": "is_worked"}))[1:] == ({}, False)
    assert in_ours("reminding", {}, Answers([], {"work": "is_worked"}))[1:] == ({"is_worked": True}, True)
