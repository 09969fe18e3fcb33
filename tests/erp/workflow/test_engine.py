"""How a diagram runs: each test is one thing an analyst may draw."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from erp.workflow import engine
from erp.workflow.engine import Instance, spec_for
from erp.workflow.errors import (
    DiagramRefused,
    Endless,
    EngineError,
    NoPath,
    NotDue,
    NotWaiting,
    ProcessError,
    ScriptError,
)
from tests.erp.workflow.engine_tools import Caller, Running, files, spec


def test_a_process_runs_to_its_first_wait_and_says_what_happened():
    order = Running("repair_order", {"parts": Decimal("900.50"), "labour": 200})
    assert order.waiting == ["inspect"]
    assert order.events == ["started", "passed received", "entered inspect"]
    (task,) = order.changes.opened
    assert (task.element.form, task.element.lane, task.element.edits) == (
        "repair_order.inspect",
        "Technician",
        ("lines", "diagnosis"),
    )
    assert order.changes.state.id == "received"
    assert not order.changes.ended


def test_a_gateway_explains_its_decision():
    order = Running("repair_order", {"parts": Decimal("900.50"), "labour": 200}).complete("inspect")
    decided = next(event for event in order.changes.events if event.kind == "decided")
    assert decided.element_id == "is_it_expensive"
    assert decided.values == {
        "conditions": [{"flow": "expensive", "condition": "total > 1000", "holds": True}],
        "inputs": {"total": Decimal("1100.50")},
        "flow": "expensive",
        "outcome": "Yes",
    }
    assert order.waiting == ["approve_quote", "reminder", "too_late"]


def test_what_a_user_task_saw_and_wrote():
    order = Running("repair_order", {"parts": Decimal("900.50"), "labour": 200}).complete("inspect", diagnosis="screen")
    (task,) = order.instance.open_tasks()
    assert order.instance.values(task.id) == {
        "parts": Decimal("900.50"),
        "labour": 200,
        "diagnosis": "screen",
        "total": Decimal("1100.50"),
    }


def test_a_reminder_repeats_beside_the_task_and_is_told_when_it_is_due_next():
    order = expensive_order()
    reminder, too_late = order.instance.timers()
    assert (reminder.due, reminder.remaining, reminder.is_interrupting) == (
        datetime(2026, 3, 1, 13, tzinfo=UTC),
        2,
        False,
    )
    assert (too_late.due, too_late.remaining, too_late.is_interrupting) == (
        datetime(2026, 3, 3, 9, tzinfo=UTC),
        1,
        True,
    )
    order.caller.later(hours=4)
    order.fire("reminder")
    assert order.events == ["timer_fired reminder", "action remind", "completed reminded"]
    assert order.caller.asked == [("notify", {"role": "TENANT_MANAGER"}, "remind")]
    (moved,) = order.changes.timers_set
    assert (moved.id, moved.due, moved.remaining) == (reminder.id, datetime(2026, 3, 1, 17, tzinfo=UTC), 1)
    order.caller.later(hours=4)
    order.fire("reminder")
    assert order.changes.timers_cleared == (reminder.id,)
    assert order.waiting == ["approve_quote", "too_late"]


def test_a_timer_fires_when_it_is_due_and_not_before():
    order = expensive_order()
    order.caller.later(hours=47, minutes=59, seconds=59)
    with pytest.raises(NotDue):
        order.fire("too_late")
    order.caller.later(seconds=1)
    order.fire("too_late")
    assert order.changes.ended
    assert order.changes.state.id == "refused"
    assert [closed.is_completed for closed in order.changes.closed] == [False]
    assert len(order.changes.timers_cleared) == 2


def test_somebody_may_let_a_timer_fire_early():
    order = expensive_order().fire("too_late", early=True)
    assert order.changes.ended


def test_completing_the_task_clears_its_timers():
    order = expensive_order()
    set_before = {timer.id for timer in order.instance.timers()}
    order.complete("approve_quote", is_approved=False)
    assert set(order.changes.timers_cleared) == set_before
    assert order.changes.ended


def test_a_called_process_is_told_apart_from_the_documents_own():
    order = expensive_order(Caller("capture")).complete("approve_quote", is_approved=True)
    assert [(milestone.state, milestone.place.scope) for milestone in order.changes.milestones] == [
        ("approved", ()),
        ("asked", ("pay",)),
    ]
    assert order.changes.state.id == "approved"
    (call,) = order.changes.calls_requested
    assert (call.action, call.parameters, call.result_variable) == (
        "capture",
        {"amount": Decimal("1100.50"), "reference": "R-7"},
        "capture_id",
    )
    order.answer("capture", "cap-1")
    assert order.changes.ended
    assert order.changes.state.id == "paid"
    assert order.instance.result["capture_id"] == "cap-1"


def test_an_error_of_a_call_travels_up_to_the_call_activity():
    order = expensive_order(Caller("capture")).complete("approve_quote", is_approved=True)
    assert order.fail("capture", "card_refused")
    assert [event for event in order.events if event.startswith(("failed", "error_caught"))] == [
        "failed capture",
        "error_caught card_refused",
        "failed given_up",
        "error_caught declined",
    ]
    assert order.changes.state.id == "refused"
    assert order.changes.ended


def test_an_error_nobody_catches_changes_nothing():
    order = expensive_order(Caller("capture")).complete("approve_quote", is_approved=True)
    before = order.instance.snapshot()
    assert not order.fail("capture", "network_down")
    assert order.instance.snapshot() == before
    assert order.waiting == ["capture"]


def test_an_inline_action_gets_typed_parameters_and_its_result_is_kept():
    caller = Caller("carrier.book", reserve={"row": 4})
    delivery = Running("delivery", {"quantity": Decimal("3.00"), "price": 7}, caller)
    assert caller.asked == [("reserve", {"quantity": 3, "note": "For R-7"}, "reserve")]
    assert type(caller.asked[0][1]["quantity"]) is int
    assert delivery.waiting == ["book", "no_answer"]
    (call,) = delivery.changes.calls_requested
    assert call.parameters == {"price": Decimal(7), "is_express": False}
    delivery.answer("book", "B-1")
    assert delivery.waiting == ["wait_a_day"]
    assert delivery.changes.state.id == "on_its_way"
    delivery.caller.later(days=1)
    delivery.fire("wait_a_day")
    assert delivery.instance.result == {
        "quantity": Decimal("3.00"),
        "price": 7,
        "reservation": {"row": 4},
        "booking": "B-1",
    }


def test_an_inline_action_may_raise_an_error_the_diagram_catches():
    def sold_out(**_parameters):
        raise ProcessError("sold_out", "None left.")

    delivery = Running("delivery", {"quantity": 3, "price": 7}, Caller("carrier.book", reserve=sold_out))
    assert delivery.changes.state.id == "not_delivered"
    caught = next(event for event in delivery.changes.events if event.kind == "error_caught")
    assert (caught.element_id, caught.values) == ("sold_out", {"code": "sold_out", "message": "None left."})


def test_an_error_the_diagram_does_not_catch_refuses_the_step():
    def broken(**_parameters):
        raise ProcessError("no_such_warehouse")

    with pytest.raises(ProcessError):
        Running("delivery", {"quantity": 3, "price": 7}, Caller("carrier.book", reserve=broken))


def test_a_boundary_event_without_code_catches_every_error():
    delivery = Running("delivery", {"quantity": 3, "price": 7}, Caller("carrier.book"))
    assert delivery.fail("book", "anything")
    assert delivery.changes.state.id == "not_delivered"
    assert delivery.changes.calls_cancelled == ()


def test_a_timer_on_a_call_gives_up_waiting_for_the_answer():
    delivery = Running("delivery", {"quantity": 3, "price": 7}, Caller("carrier.book"))
    call = delivery.call("book")
    delivery.caller.later(hours=1)
    delivery.fire("no_answer")
    assert delivery.changes.calls_cancelled == (call,)
    assert delivery.changes.ended
    with pytest.raises(NotWaiting):
        delivery.instance.answer(call, "too late")


def test_a_call_can_be_skipped():
    delivery = Running("delivery", {"quantity": 3, "price": 7}, Caller("carrier.book"))
    delivery.instance.skip(delivery.call("book"))
    assert [timer.place.element_id for timer in delivery.instance.timers()] == ["wait_a_day"]


def test_an_embedded_subprocess_belongs_to_the_diagram_around_it():
    work = Running("embedded")
    assert work.waiting == ["too_slow", "work"]
    work.complete("work", worked=True)
    assert [milestone.is_top for milestone in work.changes.milestones] == [True, True]
    assert work.changes.state.id == "done"


def test_an_embedded_subprocess_can_fail_or_be_too_slow():
    assert Running("embedded").complete("work", worked=False).changes.state.id == "not_done"
    slow = Running("embedded")
    slow.caller.moment = datetime(2030, 1, 1, tzinfo=UTC)
    assert slow.fire("too_slow").changes.state.id == "not_done"
    assert slow.waiting == []


def test_two_paths_side_by_side_do_not_see_each_other_and_meet_again():
    rounds = Running("side_by_side", {"round_no": 0, "rounds": 3, "packed": [], "by": {"start": "Ali"}})
    for number in range(3):
        assert rounds.waiting == ["invoice", "pack"]
        first, second = ("pack", "invoice") if number % 2 else ("invoice", "pack")
        rounds.complete(first, **{f"{first}_{number}": True})
        rounds.complete(second, **{f"{second}_{number}": True})
    assert rounds.changes.ended
    assert rounds.instance.result == {
        "round_no": 3,
        "rounds": 3,
        "packed": [0, 1, 2],
        "by": {"start": "Ali"},
        **{f"{task}_{number}": True for task in ("pack", "invoice") for number in range(3)},
    }


def test_where_paths_meet_the_last_write_of_each_name_stands():
    rounds = Running("side_by_side", {"round_no": 0, "rounds": 1, "packed": [9], "note": "old", "lists": [1, 1, 2]})
    rounds.complete("pack", note="packed")
    rounds.complete("invoice", lists=[5])
    # the untouched copies that the other path carried do not overwrite
    assert rounds.instance.result == {"round_no": 1, "rounds": 1, "packed": [9, 0], "note": "packed", "lists": [5]}


def test_three_thousand_rounds_without_a_wait():
    counting = Running("counting", {"n": 0, "limit": 3000})
    assert counting.changes.ended
    assert counting.instance.result == {"n": 3000, "limit": 3000}


def test_two_thousand_user_tasks_saved_after_each():
    asking = Running("asking", {"n": 0})
    sizes = []
    for number in range(1, 2001):
        asking.complete("ask", is_done=number == 2000)
        sizes.append(len(asking.instance.snapshot()))
    assert asking.changes.ended
    assert asking.instance.result["n"] == 2000
    assert max(sizes) < min(sizes) + 200


def test_a_process_that_never_waits_is_stopped():
    with pytest.raises(Endless):
        Running("counting", {"n": 0, "limit": 10**9})


def test_after_an_error_half_a_step_cannot_be_saved():
    instance = Instance.start(spec("asking"), {"n": "not a number"}, Caller())
    saved = instance.snapshot()
    (task,) = instance.open_tasks()
    with pytest.raises(ScriptError) as caught:
        instance.complete(task.id, {})
    assert "Count" not in saved.decode("latin-1")
    assert caught.value.detail["element"] == "count"
    assert "n = n + 1" in caught.value.message
    with pytest.raises(EngineError):
        instance.snapshot()
    with pytest.raises(EngineError):
        instance.advance()
    assert Instance.load(spec("asking"), saved, Caller()).open_tasks()[0].id == task.id


def test_no_condition_and_no_default_names_the_gateway():
    xml = (
        files()["counting"]
        .replace(b' default="more"', b"")
        .replace(
            b'targetRef="count" />',
            b'targetRef="count"><bpmn:conditionExpression>n &lt; 0</bpmn:conditionExpression></bpmn:sequenceFlow>',
            2,
        )
    )
    # only the flow that leaves the gateway may have a condition
    xml = xml.replace(
        b'sourceRef="begun" targetRef="count"><bpmn:conditionExpression>n &lt; 0</bpmn:conditionExpression></bpmn:sequenceFlow>',
        b'sourceRef="begun" targetRef="count" />',
    )
    with pytest.raises(NoPath, match="Is it enough"):
        Running("counting", {"n": 0, "limit": 5}, xmls={"counting": xml})


def test_a_task_is_completed_once():
    order = Running("asking", {"n": 0})
    (task,) = order.instance.open_tasks()
    order.instance.complete(task.id, {"is_done": False})
    with pytest.raises(NotWaiting):
        order.instance.complete(task.id, {"is_done": False})
    with pytest.raises(NotWaiting):
        order.instance.complete(uuid4(), {})
    # refusing it has not hurt the instance
    assert order.instance.snapshot()


def test_cancelling_ends_everything():
    order = expensive_order(Caller("capture")).complete("approve_quote", is_approved=True)
    order.instance.cancel()
    changes = order.instance.changes
    assert changes.ended
    assert order.instance.ended
    assert len(changes.calls_cancelled) == 1
    assert Instance.load(order.spec, order.instance.snapshot(), Caller()).ended


def test_advancing_a_waiting_process_changes_nothing():
    order = expensive_order()
    before = order.instance.snapshot()
    order.instance.advance()
    assert order.instance.snapshot() == before
    assert order.instance.changes.events == ()


def test_process_data_holds_plain_values_only():
    for value in (object(), {1: "a"}, {"$decimal": "1"}, (1, 2), float("nan"), datetime(2026, 1, 1), "x" * 200_000):
        with pytest.raises(ScriptError):
            Running("asking", {"n": 0, "value": value})


def test_the_caller_keeps_its_own_lists():
    lines = [{"quantity": 1}]
    order = Running("asking", {"n": 0, "lines": lines})
    lines[0]["quantity"] = 2
    (task,) = order.instance.open_tasks()
    assert order.instance.values(task.id)["lines"] == [{"quantity": 1}]


def test_specs_are_kept_by_content():
    assert spec("counting") is spec("counting")
    changed = {**files(), "counting": files()["counting"].replace(b"n + 1", b"n + 2")}
    assert engine.compile(changed, "counting") is not spec("counting")
    kept = spec_for(spec("counting").fingerprint, lambda: pytest.fail("it is kept"))
    assert kept is spec("counting")


def test_what_cannot_be_run_is_refused_with_every_reason():
    xml = files()["counting"].replace(b"bpmn:scriptTask", b"bpmn:task").replace(b"n &gt;= limit", b"n &gt;=")
    with pytest.raises(DiagramRefused) as caught:
        engine.compile({"counting": xml}, "counting")
    assert {problem["element"] for problem in caught.value.detail["problems"]} == {"count", "enough"}


def test_a_called_process_that_is_not_there_is_refused():
    with pytest.raises(DiagramRefused, match="payment"):
        engine.compile({"repair_order": files()["repair_order"]}, "repair_order")


def test_a_process_that_calls_itself_is_stopped():
    xml = (
        files()["payment"]
        .replace(b"bpmn:serviceTask", b"bpmn:callActivity")
        .replace(
            b'<bpmn:callActivity id="capture"',
            b'<bpmn:callActivity id="capture" calledElement="payment"',
        )
    )
    with pytest.raises(Endless):
        Running("payment", {"total": 1}, xmls={"payment": xml})


def test_errors_of_the_host_are_not_taken_for_errors_of_the_script():
    class Unplugged(Exception):
        """The database is gone: the whole step is repeated."""

    class Document(dict):
        def __missing__(self, name):
            raise Unplugged(name)

    caller = Caller("carrier.book", document=Document())
    with pytest.raises(Unplugged):
        Running("delivery", {"quantity": 3, "price": 7}, caller)


def test_threads_share_a_spec():
    def count(limit):
        return Running("counting", {"n": 0, "limit": limit}).instance.result["n"]

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(count, range(1, 41))) == list(range(1, 41))


def test_what_may_come_next_is_seen_through_gateways():
    diagram = spec("repair_order").diagram
    assert [element.id for element in diagram.next_steps("add_up")] == ["approve_quote", "approved"]
    assert [element.id for element in diagram.next_steps("approve_quote")] == ["approved", "refused"]
    assert diagram.next_steps("paid") == ()


def expensive_order(caller=None):
    return Running("repair_order", {"parts": Decimal("900.50"), "labour": 200}, caller).complete("inspect")
