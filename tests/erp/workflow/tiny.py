"""Tiny diagrams: one for each kind of event at each place where an event can stand."""

from __future__ import annotations

from collections.abc import Mapping

HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="d" targetNamespace="t">'
    '<bpmn:message id="m" name="m" /><bpmn:signal id="s" name="s" /><bpmn:error id="e" name="e" errorCode="E" />'
    '<bpmn:escalation id="x" name="x" escalationCode="X" />'
)
KINDS: Mapping[str, str] = {
    "none": "",
    "message": '<bpmn:messageEventDefinition messageRef="m" />',
    "signal": '<bpmn:signalEventDefinition signalRef="s" />',
    "duration": "<bpmn:timerEventDefinition><bpmn:timeDuration>PT1H</bpmn:timeDuration></bpmn:timerEventDefinition>",
    "date": "<bpmn:timerEventDefinition><bpmn:timeDate>2026-03-01T10:00:00+00:00</bpmn:timeDate></bpmn:timerEventDefinition>",
    "cycle": "<bpmn:timerEventDefinition><bpmn:timeCycle>R2/PT1H</bpmn:timeCycle></bpmn:timerEventDefinition>",
    "error": '<bpmn:errorEventDefinition errorRef="e" />',
    "terminate": "<bpmn:terminateEventDefinition />",
    "conditional": "<bpmn:conditionalEventDefinition><bpmn:condition>True</bpmn:condition></bpmn:conditionalEventDefinition>",
    "escalation": '<bpmn:escalationEventDefinition escalationRef="x" />',
    "compensate": "<bpmn:compensateEventDefinition />",
    "link": '<bpmn:linkEventDefinition name="l" />',
    "cancel": "<bpmn:cancelEventDefinition />",
    "several": '<bpmn:messageEventDefinition messageRef="m" /><bpmn:signalEventDefinition signalRef="s" />',
}
PLACES = ("start", "catch", "throw", "end", "boundary", "boundary beside", "inside", "inside beside")
"""`inside` is the start of an event subprocess; `beside` does not interrupt."""
RUN: Mapping[str, frozenset[str]] = {
    "start": frozenset({"none", "message", "signal", "date", "cycle"}),
    "catch": frozenset({"message", "signal", "duration", "date"}),
    "throw": frozenset({"none", "message", "signal"}),
    "end": frozenset({"none", "message", "signal", "error", "terminate"}),
    "boundary": frozenset({"message", "signal", "duration", "date", "error"}),
    "boundary beside": frozenset({"message", "signal", "duration", "date", "cycle"}),
    "inside": frozenset({"message", "signal", "duration", "date", "error"}),
    "inside beside": frozenset({"message", "signal", "duration", "date", "cycle"}),
}
"""What is run; everything else is refused."""
KEYED = '<spiffworkflow:property name="key" value="\'K\'" />'


def _flows(*ways: tuple[str, str]) -> str:
    return "".join(
        f'<bpmn:sequenceFlow id="f_{one}_{other}" sourceRef="{one}" targetRef="{other}" />' for one, other in ways
    )


def _it(tag: str, kind: str, more: str = "", *, keyed: bool = True) -> str:
    properties = KEYED if keyed and kind == "message" else ""
    extension = (
        f"<bpmn:extensionElements><spiffworkflow:properties>{properties}</spiffworkflow:properties></bpmn:extensionElements>"
        if properties
        else ""
    )
    return f'<bpmn:{tag} id="it" name="It"{more}>{extension}{KINDS[kind]}</bpmn:{tag}>'


START = '<bpmn:startEvent id="begun" name="Begun" />'
AFTER = '<bpmn:scriptTask id="after" name="After"><bpmn:script>came = True</bpmn:script></bpmn:scriptTask>'
OVER = '<bpmn:endEvent id="over" name="Over" />'
WORK = '<bpmn:userTask id="work" name="Work" />'
DONE = '<bpmn:endEvent id="done" name="Done" />'
FAILED = f'<bpmn:endEvent id="failed" name="Failed">{KINDS["error"]}</bpmn:endEvent>'


def drawn(place: str, kind: str) -> str:
    """The diagram of one kind of event at one place; the event is called `it`, what follows it `after`."""
    return f'{HEAD}<bpmn:process id="tiny" name="Tiny" isExecutable="true">{_body(place, kind)}</bpmn:process></bpmn:definitions>'


def _body(place: str, kind: str) -> str:
    if place == "start":
        return _it("startEvent", kind, keyed=False) + AFTER + OVER + _flows(("it", "after"), ("after", "over"))
    if place == "end":
        return START + AFTER + _it("endEvent", kind) + _flows(("begun", "after"), ("after", "it"))
    if place in ("catch", "throw"):
        tag = f"intermediate{place.capitalize()}Event"
        return START + _it(tag, kind) + AFTER + OVER + _flows(("begun", "it"), ("it", "after"), ("after", "over"))
    beside = place.endswith("beside")
    if place.startswith("boundary"):
        host, name = (_box(), "box") if kind == "error" else (WORK, "work")
        more = f' attachedToRef="{name}"' + (' cancelActivity="false"' if beside else "")
        ways = _flows(("begun", name), (name, "done"), ("it", "after"), ("after", "over"))
        return START + host + DONE + _it("boundaryEvent", kind, more) + AFTER + OVER + ways
    inside = _it("startEvent", kind, ' isInterrupting="false"' if beside else "")
    event = f'<bpmn:subProcess id="sub" name="Sub" triggeredByEvent="true">{inside}{AFTER}{OVER}{_flows(("it", "after"), ("after", "over"))}</bpmn:subProcess>'
    last, end = (FAILED, "failed") if kind == "error" else (DONE, "done")
    return START + WORK + last + event + _flows(("begun", "work"), ("work", end))


def _box() -> str:
    inner = f'<bpmn:startEvent id="opened" />{WORK}{FAILED}' + _flows(("opened", "work"), ("work", "failed"))
    return f'<bpmn:subProcess id="box" name="Box">{inner}</bpmn:subProcess>'
