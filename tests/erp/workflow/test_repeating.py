"""Loops and activities with a body for each item: in turn, at once, by thousands."""

from uuid import UUID

import pytest

from erp.workflow.engine import Instance
from erp.workflow.engine.bodies import DONE, FOLDED, WAITING, Bodies
from erp.workflow.errors import NotWaiting, ScriptError, ScriptLimit
from tests.erp.workflow.engine_tools import Caller, Running, files, spec


def bodies(run, element):
    """The open tasks at an element, by the number of their body."""
    return {task.place.number: task.id for task in run.instance.open_tasks() if task.element.id == element}


def complete(run, element, number, **values):
    run.instance.complete(bodies(run, element)[number], values)
    run._keep()
    return run


def test_a_loop_asks_again_while_its_condition_holds():
    asking = Running("asking_on")
    asking.complete("ask", is_done=False, first=1).complete("ask", is_done=False)
    assert asking.waiting == ["ask"]
    asking.complete("ask", is_done=True)
    assert asking.instance.ended
    assert asking.instance.result == {"is_done": True, "first": 1}


def test_a_loop_ends_at_its_maximum():
    asking = Running("asking_on")
    for _ in range(4):
        asking.complete("ask", is_done=False)
    assert asking.instance.ended


def test_a_loop_that_asks_first_may_do_nothing():
    assert Running("counting_on", {"n": 7, "limit": 7}).instance.result == {"n": 7, "limit": 7}
    counted = Running("counting_on", {"n": 0, "limit": 3000})
    assert counted.instance.result == {"n": 3000, "limit": 3000}
    assert counted.events.count("script count") == 3000


def test_one_after_the_other_each_with_its_item():
    asking = Running("in_turn", {"people": ["Ali", "Bea", "Cem"]})
    for number, person in enumerate(["Ali", "Bea", "Cem"], 1):
        (task,) = asking.instance.open_tasks()
        assert task.place.number == number
        assert asking.instance.values(task.id) == {"people": ["Ali", "Bea", "Cem"], "person": person}
        asking.complete("ask", answer=f"{person}: yes")
    assert asking.instance.ended
    assert asking.instance.result == {
        "people": ["Ali", "Bea", "Cem"], "answers": ["Ali: yes", "Bea: yes", "Cem: yes"]
    }  # fmt: skip


def test_all_at_once_in_any_order_the_results_in_the_order_of_the_items():
    asking = Running("at_once", {"people": ["Ali", "Bea", "Cem"]})
    assert sorted(bodies(asking, "ask")) == [1, 2, 3]
    (entered,) = [
        event for event in asking.changes.events if event.kind == "entered" and not event.values.get("number")
    ]
    assert entered.values == {"count": 3}
    complete(asking, "ask", 3, answer="c")
    complete(asking, "ask", 1, answer="a", note="not kept")
    assert sorted(bodies(asking, "ask")) == [2]
    complete(asking, "ask", 2, answer="b")
    assert asking.instance.ended
    assert asking.instance.result == {"people": ["Ali", "Bea", "Cem"], "answers": ["a", "b", "c"]}


def test_items_of_a_dictionary_give_a_dictionary():
    asking = Running("at_once", {"people": {"x": "Ali", "y": "Bea"}})
    complete(complete(asking, "ask", 2, answer=2), "ask", 1, answer=1)
    assert asking.instance.result["answers"] == {"x": 1, "y": 2}


def test_nothing_to_do_is_done_at_once():
    assert Running("at_once", {"people": []}).instance.result == {"people": [], "answers": []}
    assert Running("in_turn", {"people": []}).instance.ended


def test_a_timer_on_the_boundary_ends_all_of_them():
    asking = Running("at_once", {"people": ["Ali", "Bea", "Cem"]})
    complete(asking, "ask", 2, answer=2)
    ids = set(bodies(asking, "ask").values())
    asking.caller.later(hours=8)
    asking.fire("late")
    assert {closed.id for closed in asking.changes.closed} == ids
    assert asking.changes.state.id == "too_late"
    assert asking.instance.result == {"people": ["Ali", "Bea", "Cem"]}


@pytest.mark.parametrize(("votes", "is_over"), [([True], False), ([True, True], True), ([False], True)])
def test_it_is_over_as_soon_as_its_condition_holds(votes, is_over):
    voting = Running("quorum", {"voters": 3})
    for number, vote in enumerate(votes, 1):
        complete(voting, "vote", number, is_for=vote)
    assert voting.instance.ended is is_over
    if is_over:
        assert voting.instance.result == {"voters": 3, "votes": votes}
        assert len(voting.changes.closed) == 4 - len(votes)


def test_what_bodies_write_goes_on_where_no_results_are_collected():
    assert Running("scripts_in_turn", {"limit": 4, "total": 0}).instance.result == {"limit": 4, "total": 6}


def test_a_subprocess_for_each_line():
    lines = Running("lines", {"lines": ["a", "b", "c"]})
    assert lines.waiting == ["measure"] * 3 + ["slow"] * 3 + ["weigh"] * 3
    for number in (2, 1, 3):
        complete(lines, "measure", number, size=number * 10)
    for number in (3, 2):
        complete(lines, "weigh", number, weight=number)
    # the timers went with their tasks; one may not see what another wrote
    assert lines.waiting == ["weigh"]
    (task,) = lines.instance.open_tasks()
    assert lines.instance.values(task.id) == {"lines": ["a", "b", "c"], "line": "a"}
    complete(lines, "weigh", 1, weight=1)
    assert lines.instance.result == {
        "lines": ["a", "b", "c"],
        "checks": [
            {"line": "a", "is_fine": True}, {"line": "b", "is_fine": True}, {"line": "c", "is_fine": True}
        ],
    }  # fmt: skip


def test_timers_inside_a_body_fire():
    lines = Running("lines", {"lines": ["a", "b"]})
    lines.caller.later(hours=1)
    lines.fire("slow")
    assert lines.events == ["timer_fired slow", "completed told"]
    assert lines.waiting.count("slow") == 1


def test_a_called_process_for_each_parcel_answered_in_any_order():
    parcels = Running("parcels", {"parcels": [5, 6, 7]}, Caller("carrier.book"))
    assert [call.parameters["price"] for call in parcels.changes.calls_requested] == [5, 6, 7]
    assert {event.scope for event in parcels.changes.events if event.element_id == "book"} == {("send",)}
    calls = {call.place.number: call.id for call in parcels.instance.calls()}
    for number in (3, 1, 2):
        parcels.instance.answer(calls[number], f"L-{number}")
        parcels._keep()
    assert parcels.instance.result["labels"] == ["L-1", "L-2", "L-3"]


def test_an_error_in_one_body_ends_all_of_them():
    parcels = Running("parcels", {"parcels": [5, 6, 7]}, Caller("carrier.book"))
    calls = {call.place.number: call.id for call in parcels.instance.calls()}
    assert parcels.instance.fail(calls[2], "refused", "no")
    parcels._keep()
    assert set(parcels.changes.calls_cancelled) == {calls[1], calls[3]}
    assert parcels.changes.state.id == "not_sent"
    assert parcels.instance.ended


def test_cancelling_closes_every_body():
    asking = Running("at_once", {"people": list(range(50))})
    asking.instance.cancel()
    assert len(asking.instance.changes.closed) == 50
    with pytest.raises(NotWaiting):
        asking.instance.complete(UUID(int=3))


@pytest.mark.parametrize("element", ["times", "condition", "loop"])
@pytest.mark.parametrize(
    ("hostile", "error"),
    [
        ("10**10**8", ScriptLimit),
        ("'x' * 10**9", ScriptLimit),
        ("[0] * 10**9", ScriptLimit),
        ("[a for a in range(10**9)]", ScriptLimit),
        ("(lambda f: f(f))(lambda f: f(f))", ScriptError),
    ],
)
def test_hostile_expressions_are_stopped_wherever_they_stand(element, hostile, error):
    key, old = {
        "times": ("scripts_in_turn", b">limit<"),
        "condition": ("quorum", b">nrOfCompletedInstances &gt;= 2 or not all(votes)<"),
        "loop": ("counting_on", b">n &lt; limit<"),
    }[element]
    xml = files()[key]
    assert old in xml
    xml = xml.replace(old, b">" + hostile.replace("<", "&lt;").encode() + b"<")
    with pytest.raises(error) as caught:
        run = Running(key, {"limit": 1, "n": 0, "total": 0, "voters": 3}, xmls={key: xml})
        complete(run, "vote", 1, is_for=True)
    assert caught.value.detail["element"] in {"add", "vote", "count"}


@pytest.mark.parametrize(("limit", "says"), [(-1, "whole number"), ("3", "whole number"), (10**6, "more than")])
def test_a_number_of_times_is_a_whole_number(limit, says):
    with pytest.raises(ScriptError, match=says):
        Running("scripts_in_turn", {"limit": limit, "total": 0})


def test_what_is_no_collection_and_what_leaves_no_result_is_said():
    with pytest.raises(ScriptError, match="“people” is no list"):
        Running("in_turn", {"people": "Ali"})
    with pytest.raises(ScriptError, match="leaves no “answer”"):
        Running("in_turn", {"people": ["Ali"]}).complete("ask")


def test_thousands_at_once_are_one_small_snapshot():
    count, caller = 5000, Caller()
    asking = Instance.start(spec("quorum"), {"voters": count}, caller)
    ids = [task.id for task in asking.changes.opened]
    assert len(set(ids)) == count
    saved = asking.snapshot()
    assert len(saved) < 50_000
    for task_id in reversed(ids[1:]):
        asking = Instance.load(spec("quorum"), saved, caller)
        asking.complete(task_id, {"is_for": True})
        saved = asking.snapshot()
        if asking.ended:
            break
    assert asking.result["votes"] == [True, True]


def test_what_bodies_leave_behind_is_swept_out():
    kept, count = {}, 300
    bodies_ = Bodies(count)
    for step in range(5000):
        number = step * 7 % count
        kept[number] = str(step).encode() * 20
        bodies_.put(number, DONE if step % 2 else FOLDED, kept[number])
        if step % 500 == 0:
            bodies_ = Bodies(count, b"".join(bodies_.pieces()))
    assert {number: bodies_.get(number) for number in bodies_.all_in(FOLDED, DONE)} == kept
    assert len(b"".join(bodies_.pieces())) < 2 * sum(map(len, kept.values())) + 70_000
    bodies_.put(3, WAITING)
    assert (bodies_.state(3), bodies_.get(3)) == (WAITING, b"")
