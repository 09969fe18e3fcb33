"""Messages and signals in the engine: what is thrown, what is waited for, and the events that race for one path."""

import re
from decimal import Decimal
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from SpiffWorkflow.bpmn import BpmnEvent
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine, TaskDataEnvironment
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.spiff.parser import SpiffBpmnParser
from SpiffWorkflow.util.task import TaskState

from erp.workflow.errors import NoStart, NotFitting, NotWaiting, ScriptError
from erp.workflow.linting.linter import lint_file
from tests.erp.workflow.engine_tools import Running, catalogue, files

NUMBER = {"number": "R-7", "quantity": 3, "notes": 0, "until": "Friday"}


def test_a_task_and_an_event_send_and_a_task_and_an_event_receive():
    run = Running("enquiry", NUMBER)
    assert run.sent == [("message", "price_wanted", "R-7", {"quantity": 3}), ("message", "buyer_told", "R-7", {})]
    assert run.waiting == ["get_price", "no_answer"]
    [waits] = run.instance.subscriptions()
    assert (waits.kind, waits.name, waits.key) == ("message", "price_named", "R-7")

    run.receive("get_price", price="12.50", secret="not declared")
    assert run.waiting == ["agree"]
    [received] = [event for event in run.changes.events if event.kind == "received"]
    assert received.values["name"] == "price_named"
    assert received.values["written"] == ["price"]
    run.receive("agree")
    assert run.instance.ended
    assert run.instance.result == {**NUMBER, "price": Decimal("12.50"), "note": None}


def test_a_timer_on_a_receiving_task_ends_the_wait_and_an_end_event_sends():
    run = Running("enquiry", NUMBER)
    run.caller.later(hours=1)
    run.fire("no_answer")
    assert run.instance.ended
    assert run.sent == [("message", "given_up", "R-7", {})]
    assert run.changes.unsubscribed


def test_a_payload_that_does_not_fit_changes_nothing():
    run = Running("enquiry", NUMBER)
    with pytest.raises(NotFitting, match="price"):
        run.receive("get_price", price="twelve")
    assert run.waiting == ["get_price", "no_answer"]
    run.receive("get_price", price=12)
    with pytest.raises(StopIteration):
        run.receive("get_price", price=12)


def test_a_key_is_a_text_a_number_or_a_day_and_never_empty():
    for key, kept in ((7, "7"), (Decimal("7.10"), "7.1"), (" R-7 ", "R-7")):
        assert Running("first_come", {"number": key}).instance.subscriptions()[0].key == kept
    for key in ("", None, True, ["R-7"], "x" * 201):
        with pytest.raises(NotFitting, match="Money came"):
            Running("first_come", {"number": key})
    with pytest.raises(ScriptError):
        Running("first_come", {})


@pytest.mark.parametrize(
    ("first", "end"),
    [("money_came", "paid"), ("called_off", "closed"), ("too_late", "expired"), ("hear", "heard")],
)
def test_the_first_event_behind_an_event_based_gateway_decides(first, end):
    run = Running("first_come", NUMBER)
    assert run.waiting == ["called_off", "hear", "money_came", "too_late"]
    others = {entry.id for entry in run.instance.subscriptions() if entry.place.element_id != first}
    timers = {timer.id for timer in run.instance.timers()}
    if first == "too_late":
        run.caller.later(hours=1)
        run.fire(first)
    else:
        run.receive(first)
    assert run.instance.ended
    assert f"passed {end}" in run.events
    [decided] = [event for event in run.changes.events if event.kind == "decided"]
    assert decided.element_id == "what_comes"
    assert others <= set(run.changes.unsubscribed)
    assert first == "too_late" or timers == set(run.changes.timers_cleared)


def test_a_message_on_the_boundary_starts_a_path_beside_and_a_signal_interrupts():
    run = Running("watched", NUMBER)
    assert run.waiting == ["noted", "stopped", "work"]
    for note in ("one", "two"):
        run.receive("noted", note=note)
        assert run.waiting == ["noted", "stopped", "work"]
        assert not run.changes.unsubscribed
    run.receive("stopped")
    assert run.instance.ended
    assert run.sent == [("signal", "work_stopped", "", {})]
    assert len(run.changes.unsubscribed) == 2
    assert [closed.is_completed for closed in run.changes.closed] == [False]


def test_done_work_is_watched_no_more():
    run = Running("watched", NUMBER)
    watching = run.instance.subscriptions()
    run.complete("work")
    assert {entry.id for entry in watching} == set(run.changes.unsubscribed)
    with pytest.raises(NotWaiting):
        run.instance.receive(watching[0].id, {})


def test_signals_have_no_key_and_carry_declared_values():
    run = Running("announcing", NUMBER)
    assert run.sent == [("signal", "sale_begun", "", {"until": "Friday"})]
    run.receive("hear", until="Sunday")
    assert run.instance.result["until"] == "Sunday"


def test_what_is_thrown_and_caught_in_one_step_is_told_once():
    run = Running("watched", NUMBER)
    assert [entry.place.element_id for entry in run.changes.subscribed] == ["noted", "stopped"]
    run.instance.cancel()
    assert run.instance.ended
    assert not run.instance.subscriptions()


def test_a_process_begins_at_the_start_that_is_named():
    spec, caller = Running("begun_from_outside").spec, Running("begun_from_outside").caller
    for at in ("by_hand", "by_message", "by_signal", "by_clock"):
        begun = type(Running("begun_from_outside").instance).start(spec, {}, caller, at)
        assert next(event.element_id for event in begun.changes.events if event.kind in ("passed", "completed")) == at
    with pytest.raises(NoStart):
        type(begun).start(spec, {}, caller, "by_magic")


# what the linter refuses

RULES = [
    ("enquiry", "get_price", "message-name", ('id="price_named" name="price_named"', 'id="price_named"')),
    ("enquiry", "told", "message-name", ('messageRef="buyer_told"', 'messageRef="gone"')),
    ("announcing", "announce", "signal-name", ('id="sale_begun" name="sale_begun"', 'id="sale_begun"')),
    ("enquiry", "get_price", "message-key", ('name="key" value="number" />\n          <spiffworkflow:property name="payload.price"', 'name="key" value="" />\n          <spiffworkflow:property name="payload.price"')),
    ("enquiry", "agree", "key-invalid", ('name="key" value="number" />\n          <spiffworkflow:property name="payload.note"', 'name="key" value="number +" />\n          <spiffworkflow:property name="payload.note"')),
    ("announcing", "hear", "key-place", ('name="payload.until" value="str"', 'name="key" value="until"')),
    ("enquiry", "get_price", "payload-type", ('value="decimal"', 'value="money"')),
    ("enquiry", "ask_price", "payload-invalid", ('name="payload.quantity" value=""', 'name="payload.quantity" value="1 +"')),
    ("enquiry", "get_price", "variable-name", ('name="payload.price"', 'name="payload.the price"')),
    ("enquiry", "get_price", "receive-starts", ('messageRef="price_named"', 'messageRef="price_named" instantiate="true"')),
    ("enquiry", "told", "ttl-invalid", ('<spiffworkflow:property name="key" value="number" />\n        </spiffworkflow:properties>\n      </bpmn:extensionElements>\n      <bpmn:incoming>f2', '<spiffworkflow:property name="key" value="number" /><spiffworkflow:property name="ttl" value="1 day" />\n        </spiffworkflow:properties>\n      </bpmn:extensionElements>\n      <bpmn:incoming>f2')),
    ("watched", "noted", "boundary-host", ('attachedToRef="work" cancelActivity="false"', 'attachedToRef="count" cancelActivity="false"')),
    ("first_come", "paid", "gate-follower", ('sourceRef="what_comes" targetRef="money_came"', 'sourceRef="what_comes" targetRef="paid"')),
    ("first_come", "money_came", "gate-incoming", ('sourceRef="called_off" targetRef="closed"', 'sourceRef="called_off" targetRef="money_came"')),
    ("begun_from_outside", "by_signal", "first-state", ('id="f3" sourceRef="by_signal" targetRef="received"', 'id="f3" sourceRef="by_signal" targetRef="work"')),
    ("begun_from_outside", "by_message", "field-invalid", ('name="field.number" value="reference"', 'name="field.number" value=""')),
    ("begun_from_outside", "by_clock", "timer-start", ('<bpmn:timeCycle xsi:type="bpmn:tFormalExpression">R/2026-03-01T06:00:00+00:00/P1D</bpmn:timeCycle>', "<bpmn:timeDuration>PT1H</bpmn:timeDuration>")),
    ("begun_from_outside", "by_clock", "timer-invalid", ("R/2026-03-01T06:00:00+00:00/P1D", "daily")),
    ("begun_from_outside", "by_message", "key-place", ('name="payload.reference" value="str"', 'name="key" value="1"')),
]  # fmt: skip


@pytest.mark.parametrize(("key", "element", "rule", "change"), RULES)
def test_what_cannot_run_is_named_by_element_and_rule(key, element, rule, change):
    old, new = (text.encode() for text in change)
    xml = files()[key]
    assert old in xml, old
    found = lint_file(xml.replace(old, new, 1), catalogue())
    assert (element, rule) in {(problem.element_id, problem.rule) for problem in found}, found


def test_the_pool_of_the_outside_is_only_drawn():
    xml = files()["enquiry"]
    outside = (
        b'<bpmn:process id="supplier" isExecutable="false"><bpmn:task id="think" /></bpmn:process>\n  <bpmn:message '
    )
    drawn = xml.replace(b"<bpmn:message ", outside, 1).replace(
        b'name="Supplier" ', b'name="Supplier" processRef="supplier" '
    )
    assert lint_file(drawn, catalogue()) == []
    both = drawn.replace(b'isExecutable="false"', b'isExecutable="true"')
    assert "several-processes" in {problem.rule for problem in lint_file(both, catalogue())}


# the same in SpiffWorkflow as it comes

VARIABLES = {"agree": "note", "noted": "note", "money_came": "amount"}
VALUES = {"agree": "gladly", "noted": "a scratch", "money_came": 12}


def in_stock(key, values):
    xml = files()[key]
    for element, name in VARIABLES.items():
        variable = f"<spiffworkflow:messageVariable>{name}</spiffworkflow:messageVariable>"
        inner = f"<bpmn:extensionElements>{variable}</bpmn:extensionElements></bpmn:messageEventDefinition>"
        xml = re.sub(
            f'(<bpmn:messageEventDefinition id="{element}_event"[^>]*?) />'.encode(), rb"\1>" + inner.encode(), xml
        )
    quoted = re.sub(rb"(<bpmn:time\w+ [^>]*>)([^<]*)(</bpmn:time)", rb'\1"\2"\3', xml)
    parser = SpiffBpmnParser()
    parser.add_bpmn_io(BytesIO(quoted))
    workflow = BpmnWorkflow(parser.get_spec(key), script_engine=PythonScriptEngine(TaskDataEnvironment({})))
    workflow.task_tree.data.update(values)
    workflow.do_engine_steps()
    return workflow


def told_to_stock(workflow, element):
    """Deliver to the one element, as our caller does."""
    spec = next(spec for spec in workflow.spec.task_specs.values() if spec.bpmn_id == element)
    # stock takes the events from behind the gateway into the gateway
    gateway = next((each for each in spec.inputs if each.bpmn_id == "what_comes"), None)
    definition = spec.event_definition
    if gateway is not None:
        definition = gateway.event_definition.event_definitions[gateway.outputs.index(spec)]
    workflow.catch(BpmnEvent(definition, payload=VALUES.get(element)))
    workflow.do_engine_steps()


def trace_of_stock(workflow):
    done = workflow.get_tasks(state=TaskState.COMPLETED)
    return sorted(task.task_spec.bpmn_id for task in done if getattr(task.task_spec, "bpmn_id", None))


def trace_of_ours(run, seen):
    kinds = ("completed", "passed", "decided", "script", "sent", "received")
    seen.extend(event.element_id for event in run.changes.events if event.kind in kinds and event.element_id)


STORIES = [
    ("enquiry", ["get_price", "agree"]),
    ("first_come", ["money_came"]),
    ("first_come", ["called_off"]),
    ("first_come", ["hear"]),
    # a second note is lost in stock: what does not interrupt waits there once
    ("watched", ["noted", "stopped"]),
    ("watched", ["stopped"]),
    ("announcing", ["hear"]),
]


@pytest.mark.parametrize(("key", "story"), STORIES)
def test_ours_does_what_stock_does(key, story):
    stock, ours, seen = in_stock(key, NUMBER), Running(key, NUMBER), []
    trace_of_ours(ours, seen)
    for element in story:
        told_to_stock(stock, element)
        ours.receive(element, **({VARIABLES[element]: VALUES[element]} if element in VARIABLES else {}))
        trace_of_ours(ours, seen)
    assert sorted(seen) == trace_of_stock(stock)
    assert ours.instance.ended
    assert stock.is_completed()
    # of what a receive task or a signal brings stock keeps nothing without extensions of its own, and
    # of paths that end beside each other only what the last one knew
    ours_only = {"price"} | {"announcing": {"until"}, "watched": {"note", "notes"}}.get(key, set())
    assert without(ours.instance.result, ours_only) == without(dict(stock.data), {*ours_only, "data_objects"})


def without(values, names):
    return {name: value for name, value in values.items() if name not in names}


@given(order=st.permutations(["noted", "noted", "noted", "work"]))
def test_notes_before_the_end_of_the_work_count_in_any_order(order):
    run = Running("watched", NUMBER)
    before = order.index("work")
    for element in order[:before]:
        run.receive(element, note="x")
    run.complete("work")
    assert run.instance.ended
    assert not run.instance.subscriptions()
