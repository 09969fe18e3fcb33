"""Models that are broken on purpose: each is refused at the right element, by the right rule, with a way out."""

import pytest

from erp.workflow.diagrams.diagram import parse
from erp.workflow.diagrams.dialect import refusals
from erp.workflow.linting.linter import lint_file
from tests.erp.workflow.engine_tools import catalogue, files

FILES = files()
STATE = (
    "<bpmn:extensionElements><spiffworkflow:properties>"
    '<spiffworkflow:property name="state" value="good" /></spiffworkflow:properties></bpmn:extensionElements>'
)

BROKEN = [
    # what is not run
    ("counting", "count", "kind", ("bpmn:scriptTask", "bpmn:task")),
    ("counting", "is_it_enough", "kind", ("bpmn:exclusiveGateway", "bpmn:complexGateway")),
    ("embedded", "do_it", "kind", ("bpmn:subProcess", "bpmn:transaction")),
    ("embedded", "do_it", "kind", ("bpmn:subProcess", "bpmn:adHocSubProcess")),
    ("counting", "counted", "event-kind", ("</bpmn:endEvent>", "<bpmn:compensateEventDefinition /></bpmn:endEvent>")),
    ("counting", "counted", "event-kind", ("</bpmn:endEvent>", "<bpmn:escalationEventDefinition /></bpmn:endEvent>")),
    ("counting", "counted", "event-kind", ("</bpmn:endEvent>", "<bpmn:cancelEventDefinition /></bpmn:endEvent>")),
    ("delivery", "wait_a_day", "event-kind", ("timerEventDefinition", "linkEventDefinition")),
    ("delivery", "wait_a_day", "event-kind", ("timerEventDefinition", "conditionalEventDefinition")),
    # paths
    ("choosing", "what_else", "no-default", (' default="what_else_to_wrap"', "")),
    ("choosing", "what_else_to_wrap", "condition-missing", (' default="what_else_to_wrap"', "")),
    ("choosing", "what_else_to_clean", "condition-invalid", (">is_dirty<", ">is dirty<")),
    ("choosing", "what_else", "default-flow", ('default="what_else_to_wrap"', 'default="begun_to_what_else"')),
    ("choosing", "all_done", "stuck", ('bpmn:inclusiveGateway id="all_done"', 'bpmn:parallelGateway id="all_done"'),
     ("</bpmn:inclusiveGateway>\n    <bpmn:endEvent", "</bpmn:parallelGateway>\n    <bpmn:endEvent")),
    ("choosing", "clean", "unreachable", ('sourceRef="what_else" targetRef="clean"', 'sourceRef="what_else" targetRef="polish"')),
    ("stopping", "look", "no-end", ('<bpmn:sequenceFlow id="look_to_looked" sourceRef="look" targetRef="looked" />', "")),
    ("stopping", "try_it_to_report", "flow-crosses", ('sourceRef="try_it" targetRef="report"', 'sourceRef="try_it" targetRef="looked"')),
    ("ticking", "sweep", "no-lane", ("<bpmn:flowNodeRef>sweep</bpmn:flowNodeRef>", "")),
    # repetition
    ("asking_on", "ask", "repeat-endless", (' loopMaximum="4"><bpmn:loopCondition xsi:type="bpmn:tFormalExpression">not is_done</bpmn:loopCondition>', ">")),
    ("asking_on", "ask", "repeat-maximum", ('loopMaximum="4"', 'loopMaximum="four"')),
    ("asking_on", "ask", "repeat-condition", (">not is_done<", ">not<")),
    ("quorum", "vote", "repeat-count", (">voters<", ">voters +<")),
    ("in_turn", "ask", "repeat-count", ("<bpmn:loopDataInputRef>people</bpmn:loopDataInputRef>", "")),
    ("in_turn", "ask", "repeat-results", ('<bpmn:outputDataItem id="answer" name="answer" />', "")),
    ("in_turn", "ask", "repeat-item", ('inputDataItem id="person"', 'inputDataItem id="people"')),
    ("in_turn", "ask", "variable-name", ('inputDataItem id="person"', 'inputDataItem id="document"')),
    ("lines", "line_done", "state-repeated", ('<bpmn:endEvent id="line_done" name="Line done">',
     '<bpmn:endEvent id="line_done" name="Line done">' + STATE)),
    # events
    ("mending", "refused", "error-interrupts", ('id="refused" name="Refused"', 'id="refused" name="Refused" isInterrupting="false"')),
    ("mending", "refused", "event-start", ('<bpmn:errorEventDefinition id="refused_definition" errorRef="error_refused" />', "")),
    ("mending", "no_parcel", "event-flow", ('sourceRef="both" targetRef="book"', 'sourceRef="both" targetRef="no_parcel"')),
    ("mending", "given_up", "boundary-host", ('attachedToRef="repair"', 'attachedToRef="no_parcel"')),
    ("mending", "gone", "error-unknown", ('errorRef="error_gone"', 'errorRef="error_lost"')),
    ("reminding", "a_day", "timer-repeats", ('timeDuration xsi:type="bpmn:tFormalExpression">P1D</bpmn:timeDuration', "timeCycle>R3/P1D</bpmn:timeCycle")),
    ("reminding", "a_day", "timer-invalid", (">P1D<", '>"P1D"<')),
    ("in_office_hours", "two_days", "calendar-duration", (">P2DT1H<", ">P2W<")),
    ("in_office_hours", "two_days", "calendar-unknown", ('<bpmn:intermediateCatchEvent id="two_days" name="Two days">\n      <bpmn:extensionElements>\n        <spiffworkflow:properties>\n          <spiffworkflow:property name="calendar" value="business"',
     '<bpmn:intermediateCatchEvent id="two_days" name="Two days">\n      <bpmn:extensionElements>\n        <spiffworkflow:properties>\n          <spiffworkflow:property name="calendar" value="office"')),
    # the file
    ("counting", "", "no-id", ('bpmn:endEvent id="counted"', "bpmn:endEvent")),
    ("counting", "", "drawing", ("bpmndi:BPMNShape", "bpmndi:BPMNOther")),
    ("counting", "", "one-start", ("bpmn:startEvent", "bpmn:intermediateThrowEvent")),
    ("counting", "is_it_enough", "id-twice", ('bpmn:scriptTask id="count"', 'bpmn:scriptTask id="is_it_enough"')),
    ("repair_order", "pay", "call-unknown", ('calledElement="payment"', 'calledElement="barter"')),
    ("repair_order", "inspect", "form-unknown", ('value="repair_order.inspect"', 'value="repair_order.look"')),
]  # fmt: skip


@pytest.mark.parametrize(
    ("key", "element", "rule", "changes"),
    [(key, element, rule, changes) for key, element, rule, *changes in BROKEN],
    ids=[f"{key}-{element}-{rule}" for key, element, rule, *_changes in BROKEN],
)
def test_what_is_broken_is_refused_where_it_is_broken(key, element, rule, changes):
    xml = FILES[key]
    for old, new in changes:
        assert old.encode() in xml, old
        xml = xml.replace(old.encode(), new.encode())
    found = [problem for problem in lint_file(xml, catalogue()) if problem.is_error]
    assert (element, rule) in {(problem.element_id, problem.rule) for problem in found}, found
    assert all(problem.message for problem in found)


def test_data_that_is_drawn_but_not_moved_is_pointed_out():
    xml = FILES["ticking"].replace(
        b"</bpmn:manualTask>", b'<bpmn:dataOutputAssociation id="keeps" /></bpmn:manualTask>'
    )
    assert [(p.element_id, p.rule, p.severity) for p in lint_file(xml, catalogue())] == [
        ("sweep", "data-drawn", "warning")
    ]


@pytest.mark.parametrize("key", FILES)
def test_what_runs_is_not_refused(key):
    assert refusals(parse(FILES[key])) == []
