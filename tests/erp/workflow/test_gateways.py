"""Inclusive gateways, ends that stop their scope, and errors nobody catches."""

from itertools import permutations

import pytest

from erp.workflow.errors import NoPath, ProcessError
from tests.erp.workflow.engine_tools import Running, files


@pytest.mark.parametrize(
    ("is_dirty", "is_dull", "tasks"),
    [
        (True, True, ["clean", "polish"]),
        (True, False, ["clean"]),
        (False, True, ["polish"]),
        (False, False, ["wrap"]),
    ],
)
def test_every_way_whose_condition_holds_is_taken_and_waited_for(is_dirty, is_dull, tasks):
    for order in permutations(tasks):
        work = Running("choosing", {"is_dirty": is_dirty, "is_dull": is_dull})
        assert work.waiting == tasks
        for task in order:
            assert not work.instance.ended
            work.complete(task, **{f"{task}_done": True})
        assert work.instance.ended
        assert work.instance.result == {
            "is_dirty": is_dirty, "is_dull": is_dull, **{f"{task}_done": True for task in tasks}
        }  # fmt: skip


def test_an_inclusive_gateway_explains_its_decision():
    work = Running("choosing", {"is_dirty": True, "is_dull": True})
    (decided,) = [event for event in work.changes.events if event.kind == "decided"]
    assert decided.values == {
        "conditions": [
            {"flow": "what_else_to_clean", "condition": "is_dirty", "holds": True},
            {"flow": "what_else_to_polish", "condition": "is_dull", "holds": True},
        ],
        "inputs": {"is_dirty": True, "is_dull": True},
        "flow": "what_else_to_clean",
        "outcome": "Clean, Polish",
        "flows": ["what_else_to_clean", "what_else_to_polish"],
    }


def test_a_gateway_goes_on_when_what_it_waited_for_went_elsewhere():
    work = Running("choosing_again", {"is_dirty": True, "is_dull": True, "rounds": 1, "is_broken": True})
    work.complete("polish")
    assert work.waiting == ["clean"]  # polish has come, clean may still come
    work.complete("clean")
    assert "completed thrown_away" in work.events
    assert "passed done" in work.events
    assert work.instance.ended


def test_rounds_do_not_wait_for_one_another():
    work = Running("choosing_again", {"is_dirty": True, "is_dull": True, "rounds": 3, "is_broken": False})
    for number in range(3):
        assert work.waiting == ["clean", "polish"]
        first, second = ("clean", "polish") if number % 2 else ("polish", "clean")
        work.complete(first).complete(second)
    assert work.instance.ended
    assert work.instance.result["rounds"] == 0


def test_no_condition_holds_and_nothing_is_the_default():
    xml = files()["choosing"].replace(b' default="what_else_to_wrap"', b"")
    xml = xml.replace(
        b'sourceRef="what_else" targetRef="wrap" />',
        b'sourceRef="what_else" targetRef="wrap"><bpmn:conditionExpression>False</bpmn:conditionExpression></bpmn:sequenceFlow>',
    )
    with pytest.raises(NoPath, match="What else"):
        Running("choosing", {"is_dirty": False, "is_dull": False}, xmls={"choosing": xml})


def test_a_terminating_end_stops_its_own_subprocess_only():
    work = Running("stopping").complete("look", seen=1)
    assert [closed.place.element_id for closed in work.changes.closed] == ["look", "ask"]
    assert work.waiting == ["report"]
    assert Running("stopping").complete("ask", said=1).complete("look").waiting == ["report"]


def test_a_terminating_end_stops_the_process_with_its_timers():
    work = Running("stopping_all")
    (timer,) = work.instance.timers()
    work.complete("look", seen=1)
    assert work.changes.ended
    assert work.changes.state.id == "stopped"
    assert work.changes.timers_cleared == (timer.id,)
    assert work.instance.result == {"seen": 1}


def test_a_manual_task_is_ticked_off():
    work = Running("ticking")
    assert [(task.element.id, task.element.form) for task in work.instance.open_tasks()] == [("sweep", "")]
    assert work.complete("sweep").instance.ended


def test_an_error_nobody_catches_is_refused_and_is_no_end():
    work = Running("failing")
    with pytest.raises(ProcessError, match="“Broken”: nothing in the diagram catches the error “broken”"):
        work.complete("look", is_whole=False)
    again = Running("failing")
    assert again.complete("look", is_whole=True).instance.ended
