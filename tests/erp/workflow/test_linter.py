"""What the linter says about a diagram, and that no file makes it fall over."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp.workflow import engine
from erp.workflow.diagrams.diagram import DiagramInvalid, parse
from erp.workflow.errors import DiagramRefused
from erp.workflow.linting.linter import ERROR, WARNING, lint, lint_file
from tests.erp.workflow.engine_tools import action, catalogue, files

FILES = files()
UNCAUGHT = {"payment": "given_up", "failing": "broken", "parcel": "lost"}


def problems(key, *changes, **known):
    """What the linter says about a diagram after replacing texts in it: {(element, severity): messages}."""
    xml = FILES[key]
    for old, new in changes:
        assert old.encode() in xml, old
        xml = xml.replace(old.encode(), new.encode())
    return lint_file(xml, catalogue(**known))


def messages(found, element):
    return " ".join(problem.message for problem in found if problem.element_id == element)


@pytest.mark.parametrize("key", [key for key in FILES if key not in UNCAUGHT])
def test_a_good_diagram_has_no_problems(key):
    assert problems(key) == []


@pytest.mark.parametrize(("key", "element"), UNCAUGHT.items())
def test_an_error_only_a_caller_can_catch_is_pointed_out(key, element):
    assert [(p.element_id, p.rule, p.severity) for p in problems(key)] == [(element, "error-uncaught", WARNING)]


PAY = re.search(rb'<bpmn:callActivity id="pay"[^>]*>', FILES["repair_order"])[0].decode()


def bound(**properties):
    """What binds a call activity to a version."""
    inner = "".join(f'<spiffworkflow:property name="{k}" value="{v}" />' for k, v in properties.items())
    return (
        f"<bpmn:extensionElements><spiffworkflow:properties>{inner}</spiffworkflow:properties></bpmn:extensionElements>"
    )


CASES = [
    ("repair_order", "inspect", "no role", ('name="Technician"', 'name="Tinker"')),
    ("repair_order", "inspect", "no form", ('value="repair_order.inspect"', 'value=""')),
    ("repair_order", "inspect", "There is no form", ('value="repair_order.inspect"', 'value="repair_order.look"')),
    ("repair_order", "inspect", "document does not have", ('"lines, diagnosis"', '"lines, colour"')),
    ("repair_order", "inspect", "no name", (' name="Inspect"', "")),
    ("repair_order", "inspect", "Nothing reads", ('name="icon"', 'name="picture"')),
    ("repair_order", "inspect", "not a duration", ('value="P1D"', 'value="1 day"')),
    ("repair_order", "reminder", "not a repetition", (">R2/PT4H<", ">every four hours<")),
    ("repair_order", "reminder", "can repeat", ('cancelActivity="false"', 'cancelActivity="true"')),
    ("repair_order", "too_late", "not a duration", (">P2D<", '>"P2D"<')),
    ("repair_order", "remind", "no action", ('id="notify"', 'id="shout"')),
    ("repair_order", "remind", "is of the type str", ('type="str"', 'type="int"')),
    ("repair_order", "remind", "needs the parameter", ('id="role" type', 'id="who" type')),
    ("repair_order", "remind", "has no parameter", ('id="role" type', 'id="who" type')),
    ("repair_order", "remind", "unknown type", ('type="str"', 'type="text"')),
    ("repair_order", "add_up", "does not compile", ("total = parts + labour", "total = parts +")),
    ("repair_order", "add_up", "does not compile", ("total = parts + labour", "import os")),
    ("repair_order", "expensive", "does not compile", ("total &gt; 1000", "total &gt; ")),
    ("repair_order", "is_it_expensive", "does not have", ("total &gt; 1000", "document.weight &gt; 1")),
    ("repair_order", "is_it_expensive", "no default flow", (' default="cheap"', "")),
    ("repair_order", "cheap", "needs a condition", (' default="cheap"', "")),
    ("repair_order", "is_it_expensive", "ask the question", (' name="Is it expensive?"', "")),
    ("repair_order", "is_it_expensive", "does not leave it", ('default="cheap"', 'default="approve"')),
    ("repair_order", "pay", "no process", ('calledElement="payment"', 'calledElement="barter"')),
    ("repair_order", "pay", "no version 3", (PAY, PAY + bound(version="3"))),
    ("repair_order", "pay", "has the tag", (PAY, PAY + bound(tag="autumn"))),
    ("repair_order", "pay", "keep one of them", (PAY, PAY + bound(version="2", tag="spring"))),
    ("repair_order", "pay", "calls itself", ('calledElement="payment"', 'calledElement="repair_order"')),
    ("repair_order", "declined", "not in the file", ('errorRef="error_declined"', 'errorRef="error_lost"')),
    ("repair_order", "approved", "no kind of state", ('value="move"', 'value="moving"')),
    ("repair_order", "received", "begin with a state", ('<spiffworkflow:property name="state" value="idle" />', "")),
    ("repair_order", "approve", "Only flows that leave", ('sourceRef="is_it_approved" targetRef="approved"', 'sourceRef="approve_quote" targetRef="approved"')),
    ("repair_order", "approve_quote", "Several flows", ('sourceRef="is_it_approved" targetRef="approved"', 'sourceRef="approve_quote" targetRef="approved"')),
    ("repair_order", "approve", "does not connect", ('sourceRef="is_it_approved" targetRef="approved"', 'sourceRef="is_it_approved" targetRef="gone"')),
    ("repair_order", "approve_quote", "No path leads", ('sourceRef="is_it_expensive" targetRef="approve_quote"', 'sourceRef="is_it_expensive" targetRef="approved"')),
    ("repair_order", "paid", "No path leads", ('sourceRef="pay" targetRef="paid"', 'sourceRef="pay" targetRef="inspect"')),
    ("repair_order", "pay", "stops here", ('<bpmn:sequenceFlow id="pay_to_paid" sourceRef="pay" targetRef="paid" />', "")),
    ("repair_order", "approve_quote", "have the id", ('id="approved"', 'id="approve_quote"')),
    ("counting", "count", "comes to an end", ('sourceRef="is_it_enough" targetRef="counted"', 'sourceRef="is_it_enough" targetRef="count"')),
    ("counting", "count", "no type", ("bpmn:scriptTask", "bpmn:task")),
    ("counting", "count", "in no lane", ("bpmn:scriptTask", "bpmn:manualTask")),
    ("counting", "count", "is not run", ("bpmn:scriptTask", "bpmn:compensateTask")),
    ("counting", "is_it_enough", "are not run", ("bpmn:exclusiveGateway", "bpmn:complexGateway")),
    ("counting", "counted", "is not run", ("</bpmn:endEvent>", "<bpmn:compensateEventDefinition /></bpmn:endEvent>")),
    ("counting", "begun", "Only plain events", ("</bpmn:startEvent>", '<bpmn:messageEventDefinition messageRef="m" /></bpmn:startEvent>')),
    ("counting", "begun", "are not run", ("</bpmn:startEvent>", "<bpmn:conditionalEventDefinition /></bpmn:startEvent>")),
    ("counting", "count", "never ends", ("</bpmn:scriptTask>", "<bpmn:standardLoopCharacteristics /></bpmn:scriptTask>")),
    ("counting", "", "no drawing", ("bpmndi:BPMNShape", "bpmndi:BPMNOther")),
    ("counting", "", "exactly one start", ("bpmn:startEvent", "bpmn:intermediateThrowEvent")),
    ("counting", "", "several processes", ("<bpmndi:BPMNDiagram", '<bpmn:process id="other" isExecutable="true" /><bpmndi:BPMNDiagram')),
    ("delivery", "wait_a_day", "no time", ("timeDuration", "timeSpan")),
    ("delivery", "sold_out", "must sit on", ('attachedToRef="reserve"', 'attachedToRef="on_its_way"')),
    ("delivery", "sold_out", "always interrupts", ('attachedToRef="reserve"', 'attachedToRef="reserve" cancelActivity="false"')),
    ("delivery", "reserve", "cannot be the name", ('resultVariable="reservation"', 'resultVariable="the row"')),
    ("side_by_side", "join", "may wait", ('sourceRef="fork" targetRef="pack"', 'sourceRef="fork" targetRef="invoice"')),
    ("side_by_side", "pack", "No path leads", ('sourceRef="fork" targetRef="pack"', 'sourceRef="fork" targetRef="invoice"')),
    ("embedded", "yes", "crosses the border", ('sourceRef="did_it_work" targetRef="inside_done"', 'sourceRef="did_it_work" targetRef="done"')),
    ("embedded", "too_slow", "no time zone", ("2030-01-01T00:00:00+00:00", "2030-01-01T00:00:00")),
]  # fmt: skip


@pytest.mark.parametrize(("key", "element", "says", "change"), CASES)
def test_what_is_wrong_is_said_at_the_element(key, element, says, change):
    found = problems(key, change)
    assert says in messages(found, element), found
    assert found[0].severity == ERROR or all(problem.severity == WARNING for problem in found)


def test_states_that_may_be_reached_side_by_side():
    mark = '<bpmn:extensionElements><spiffworkflow:properties><spiffworkflow:property name="state" value="move" /></spiffworkflow:properties></bpmn:extensionElements></bpmn:intermediateThrowEvent>'
    xml = FILES["side_by_side"].decode()
    packed = re.search(r'<bpmn:scriptTask id="note_pack".*?</bpmn:scriptTask>', xml, re.DOTALL).group(0)
    one_state = xml.replace(packed, f'<bpmn:intermediateThrowEvent id="note_pack" name="Packed">{mark}')
    assert lint_file(one_state.encode(), catalogue()) == []
    both = (
        one_state.replace(' targetRef="join" />', ' targetRef="billed" />')
        .replace(
            'sourceRef="note_pack" targetRef="billed"',
            'sourceRef="note_pack" targetRef="join"',
        )
        .replace(
            '<bpmn:parallelGateway id="join"',
            f'<bpmn:intermediateThrowEvent id="billed" name="Billed">{mark}'
            '<bpmn:sequenceFlow id="billed_to_join" sourceRef="billed" targetRef="join" /><bpmn:parallelGateway id="join"',
        )
    )
    found = lint_file(both.encode(), catalogue())
    assert "side by side" in messages(found, "billed")


def test_a_state_that_code_relies_on_must_be_there():
    assert "“shipped”" in messages(problems("repair_order", relies_on={"approved", "shipped"}), "")
    assert problems("repair_order", relies_on={"approved", "paid"}) == []


def test_an_action_may_leave_out_what_is_optional():
    actions = {**catalogue().actions, "notify": action(role="str", note="str", optional={"note"})}
    assert problems("repair_order", actions=actions) == []


def test_a_user_task_in_no_lane():
    xml = re.sub(rb"<bpmn:laneSet.*</bpmn:laneSet>", b"", FILES["asking"], flags=re.DOTALL)
    assert "no lane" in messages(lint_file(xml, catalogue()), "ask")


@pytest.mark.parametrize(
    "xml",
    [
        b"", b"   ", b"not xml", b"<a/>", b"<bpmn:definitions/>", b"\xff\xfe\x00", b"PK\x03\x04", b"<?xml version='1.0'?>",
        b"<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'/>",
        b"<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'><process/></definitions>",
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'><process id='p' name='&a;'/></definitions>",
        b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'><process id='p'>&a;</process></definitions>",
        b"<a>" * 100_000, b"<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'>" + b" " * 5_000_000 + b"</definitions>",
    ],
    ids=range(14),
)  # fmt: skip
def test_what_is_no_diagram_is_one_problem(xml):
    with pytest.raises(DiagramInvalid):
        parse(xml)
    assert [(p.element_id, p.severity) for p in lint_file(xml, catalogue())] == [("", ERROR)]


def test_a_process_that_holds_nothing():
    xml = b"<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'><process id='p'/></definitions>"
    assert {p.element_id for p in lint_file(xml, catalogue())} == {""}


TOKENS = sorted(
    {part for xml in FILES.values() for part in re.findall(rb"<[^<>]{1,80}>|\"[^\"<>]{0,40}\"|[^<>\"]{1,20}", xml)}
)


@given(
    st.sampled_from(sorted(FILES)),
    st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from(TOKENS), st.sampled_from(TOKENS)), max_size=6),
    st.booleans(),
)
def test_no_changed_file_makes_it_fall_over(key, changes, well_formed):
    xml = FILES[key]
    for number, old, new in changes:
        if well_formed:
            # exchange whole attribute values, so that the file stays XML and reaches every check
            quoted = re.findall(rb"\"[^\"<>]*\"", xml)
            xml = xml.replace(quoted[number % len(quoted)], quoted[(number * 7) % len(quoted)], 1 + number % 3)
        else:
            place = number % len(xml)
            xml = xml[:place] + (new if place % 2 else b"") + xml[place:].replace(old, new, 1)
    found = lint_file(xml, catalogue())
    assert all(problem.message for problem in found)
    try:
        engine.compile({**FILES, key: xml}, key)
    except (DiagramInvalid, DiagramRefused):
        return


@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(FILES)), st.integers(0, 10**6), st.integers(0, 10**6)), min_size=1, max_size=8
    ),
    st.sampled_from(sorted(FILES)),
)
def test_rewired_diagrams_are_judged_in_bounded_time(rewired, key):
    xml = FILES[key]
    ends = re.findall(rb'(?:source|target)Ref="(\w+)"', xml)
    for _other, old, new in rewired:
        places = [match.start(1) for match in re.finditer(rb'(?:source|target)Ref="(\w+)"', xml)]
        start = places[old % len(places)]
        stop = xml.index(b'"', start)
        xml = xml[:start] + ends[new % len(ends)] + xml[stop:]
    started = time.thread_time()
    lint(parse(xml), catalogue())
    assert time.thread_time() - started < 2


def test_a_diagram_with_very_many_combinations_is_judged_in_bounded_time():
    steps = "".join(
        f'<userTask id="t{n}_{m}"/><sequenceFlow id="f{n}_{m}" sourceRef="{f"t{n}_{m - 1}" if m else "fork"}" targetRef="t{n}_{m}"/>'
        for n in range(40)
        for m in range(5)
    )
    ends = "".join(f'<sequenceFlow id="e{n}" sourceRef="t{n}_4" targetRef="join"/>' for n in range(40))
    xml = (
        "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'><process id='p'><startEvent id='s'/>"
        '<sequenceFlow id="a" sourceRef="s" targetRef="fork"/><parallelGateway id="fork"/><parallelGateway id="join"/>'
        f'<endEvent id="end"/><sequenceFlow id="z" sourceRef="join" targetRef="end"/>{steps}{ends}</process></definitions>'
    )
    started = time.thread_time()
    assert "too many combinations" in messages(lint_file(xml.encode(), catalogue()), "")
    assert time.thread_time() - started < 2


def test_entities_are_never_expanded():
    laughs = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 12))
    xml = f"<!DOCTYPE x [<!ENTITY l0 'ha'>{laughs}]><definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'><process id='p'>&l11;</process></definitions>"
    with pytest.raises(DiagramInvalid):
        parse(xml.encode())
