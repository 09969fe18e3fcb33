"""What the engine runs: every reason why a diagram cannot be run as drawn. The linter judges the rest."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from erp.i18n import _
from erp.workflow.diagrams import business, exchange_rules, repetition, timing
from erp.workflow.diagrams.diagram import Diagram, Element, Flow
from erp.workflow.scripting import scripts

ERROR = "error"
WARNING = "warning"

TASKS = frozenset(
    {
        "userTask", "manualTask", "serviceTask", "scriptTask", "businessRuleTask", "callActivity", "subProcess",
        "sendTask", "receiveTask",
    }
)  # fmt: skip
EVENTS = frozenset({"startEvent", "endEvent", "intermediateThrowEvent", "intermediateCatchEvent", "boundaryEvent"})
GATEWAYS = frozenset({"exclusiveGateway", "inclusiveGateway", "parallelGateway", "eventBasedGateway"})
CONDITIONAL = frozenset({"exclusiveGateway", "inclusiveGateway"})
"""Gateways whose flows have conditions."""
CAN_HAVE_BOUNDARY = frozenset({"userTask", "manualTask", "serviceTask", "callActivity", "subProcess", "receiveTask"})
CAN_FAIL = frozenset({"serviceTask", "callActivity", "subProcess"})
EXCHANGED = (("message",), ("signal",))
TRIGGERS = (("timer",), ("error",), *EXCHANGED)
"""What may start an event subprocess."""
PARAMETER_TYPES = frozenset({"str", "int", "decimal", "bool", "date"})


Reasons = Iterator[tuple[str, str, str]]
"""Element id, rule and message of each problem."""


@dataclass(frozen=True)
class Problem:
    """Something wrong with a diagram; `element_id` is "" for the file as a whole. An error forbids publishing."""

    element_id: str
    rule: str
    """Which rule it breaks: a name that stays the same whatever the message says in which language."""
    severity: str
    message: str

    @property
    def is_error(self) -> bool:
        """Whether it forbids publishing."""
        return self.severity == ERROR


def refusals(diagram: Diagram) -> list[Problem]:
    """Every reason why the engine does not run this diagram; none means it runs."""
    found = [Problem(id_, rule, ERROR, message) for id_, rule, message in _reasons(diagram)]
    return list(dict.fromkeys(found))


def _reasons(diagram: Diagram) -> Reasons:
    if len(diagram.processes) > 1:
        yield "", "several-processes", _("The file holds several processes; put each into a file of its own.")
    for kind in diagram.nameless:
        yield "", "no-id", _("An element of the kind %(kind)s has no id; draw it anew.", kind=kind)
    for id_ in diagram.duplicates:
        yield id_, "id-twice", _("Several elements have the id “%(id)s”.", id=id_)
    scopes = ["", *(e.id for e in diagram.elements.values() if e.kind == "subProcess")]
    for scope in scopes:
        yield from exchange_rules.starts(diagram, scope)
    for element in diagram.elements.values():
        yield from _element(diagram, element)
    for flow in diagram.flows:
        yield from _flow(diagram, flow)


def _element(diagram: Diagram, element: Element) -> Reasons:
    if element.kind not in TASKS | EVENTS | GATEWAYS:
        yield element.id, "kind", _unknown(element)
        return
    yield from repetition.problems(element)
    if element.by_event:
        yield from _event_subprocess(diagram, element)
    yield from _calendar(element)
    if element.scripts_around:
        yield element.id, "scripts-around", _("Scripts before or after an element are not run; draw a script task.")
    yield from exchange_rules.element(diagram, element)
    if element.kind in EVENTS:
        yield from _event(diagram, element)
    if element.kind in TASKS:
        yield from _task(element)
    if element.kind in GATEWAYS:
        yield from _gateway(diagram, element)
    elif len(diagram.outgoing.get(element.id, ())) > 1:
        yield element.id, "several-flows", _("Several flows leave it; put a gateway behind it.")


def _calendar(element: Element) -> Reasons:
    if "calendar" not in element.properties:
        return
    timer = element.timer
    if not element.is_business:
        yield element.id, "calendar-unknown", _("The only calendar there is is called “business”.")
    elif element.kind == "startEvent" and not element.inside:
        yield element.id, "calendar-place", _("A process begins by the clock, not in business time; remove “calendar”.")
    elif timer is not None and timer.kind == "date":
        yield element.id, "calendar-place", _("A date is a moment already; remove “calendar”, or give a duration.")
    for duration in _durations(element):
        try:
            business.check(duration)
        except timing.TimingInvalid as error:
            yield element.id, "calendar-duration", error.message


def _durations(element: Element) -> Iterator[timing.Duration]:
    """Those it names, but for texts that are none; that is said where they stand."""
    timer = element.timer
    with suppress(timing.TimingInvalid):
        if element.due:
            yield timing.parse_duration(element.due)
        if timer is not None and timer.kind == "duration":
            yield timing.parse_duration(timer.text)
        if timer is not None and timer.kind == "cycle":
            yield timing.parse_repetition(timer.text).every


def _event_subprocess(diagram: Diagram, element: Element) -> Reasons:
    if element.kind != "subProcess":
        return
    if diagram.outgoing.get(element.id) or diagram.incoming.get(element.id):
        yield element.id, "event-flow", _("No flow leads to or from an event subprocess; its start event begins it.")
    start = diagram.start(element.id)
    if start is None:
        return
    if start.events not in TRIGGERS:
        yield start.id, "event-start", _("An event subprocess starts with a timer, an error, a message or a signal.")
    if start.events == ("error",) and not start.interrupting:
        yield start.id, "error-interrupts", _("An error always interrupts; make the event interrupting.")


def _unknown(element: Element) -> str:
    reasons = {
        "task": _("It has no type, so nothing would happen; make it a user, manual, service or script task."),
        "complexGateway": _("Complex gateways are not run; use an inclusive gateway, or exclusive and parallel ones."),
        "transaction": _("Transactions are not run; make it a subprocess and draw what undoes its steps."),
        "adHocSubProcess": _(
            "Ad-hoc subprocesses are not run; draw the order of the steps, or a loop that offers them."
        ),
    }
    return reasons.get(
        element.kind, _("“%(kind)s” is not run; draw it with tasks, gateways and events.", kind=element.kind)
    )


def _not_run(element: Element) -> str:
    reasons = {
        "compensate": _("Compensation is not run; draw the steps that undo, behind an error event."),
        "link": _("Link events are not run; draw a flow to where the path goes on."),
        "conditional": _("Conditional events are not run; ask the condition at a gateway behind a timer."),
        "escalation": _("Escalation events are not run; use a timer on the boundary that does not interrupt."),
        "cancel": _("Cancel events are not run; use an error event."),
    }
    for kind in element.events:
        if kind in reasons:
            return reasons[kind]
    what = ", ".join(element.events) or _("none")
    return _("This kind of event (%(kind)s, %(what)s) is not supported.", kind=element.kind, what=what)


def _event(diagram: Diagram, element: Element) -> Reasons:
    allowed = {
        "startEvent": ((), ("timer",), *EXCHANGED),
        "intermediateThrowEvent": ((), *EXCHANGED),
        "endEvent": ((), ("error",), ("terminate",), *EXCHANGED),
        "intermediateCatchEvent": (("timer",), *EXCHANGED),
        "boundaryEvent": (("timer",), ("error",), *EXCHANGED),
    }[element.kind]
    inside = diagram.elements.get(element.inside)
    if element.kind == "startEvent" and inside is not None and inside.by_event:
        allowed = (*TRIGGERS, ())  # a plain one is refused with the event subprocess
    if element.events not in allowed:
        yield element.id, "event-kind", _not_run(element)
        return
    if element.kind == "boundaryEvent":
        yield from _boundary(diagram, element)
    if "timer" in element.events:
        yield from _timer(element)
    if element.error_ref and element.error_ref not in diagram.errors:
        yield element.id, "error-unknown", _("It names an error that is not in the file.")
    if element.kind == "endEvent" and element.events == ("error",) and not element.error_code:
        yield element.id, "error-code", _("An error end event needs an error with a code.")
    if element.kind == "endEvent" and diagram.outgoing.get(element.id):
        yield element.id, "flow-from-end", _("No flow may leave an end event.")
    if element.kind in ("startEvent", "boundaryEvent") and diagram.incoming.get(element.id):
        yield element.id, "flow-to-event", _("No flow may lead to this event.")


def _boundary(diagram: Diagram, element: Element) -> Reasons:
    on = diagram.elements.get(element.attached_to)
    if on is None or on.inside != element.inside or on.kind not in CAN_HAVE_BOUNDARY or on.by_event:
        yield (
            element.id,
            "boundary-host",
            _("It must sit on a user task, service task, receive task, call activity or subprocess."),
        )
    elif element.events == ("error",) and on.kind not in CAN_FAIL:
        yield element.id, "boundary-error", _("A %(kind)s raises no errors.", kind=on.kind)
    if element.events == ("error",) and not element.interrupting:
        yield element.id, "error-interrupts", _("An error always interrupts; make the event interrupting.")


def _timer(element: Element) -> Reasons:
    timer = element.timer
    if timer is None or not timer.text:
        yield element.id, "timer-empty", _("The timer says no time.")
        return
    try:
        if timer.kind == "duration":
            timing.parse_duration(timer.text)
        elif timer.kind == "date":
            timing.parse_moment(timer.text)
        else:
            timing.parse_repetition(timer.text)
    except timing.TimingInvalid as error:
        yield element.id, "timer-invalid", error.message
    repeats = element.kind in ("startEvent", "boundaryEvent") and not element.interrupting
    repeats = repeats or (element.kind == "startEvent" and not element.inside)
    if timer.kind == "cycle" and not repeats:
        yield element.id, "timer-repeats", _("Only a timer that does not interrupt can repeat; give a duration.")


def _task(element: Element) -> Reasons:
    if element.kind == "scriptTask":
        if error := scripts.check(element.script, is_script=True):
            yield element.id, "script-invalid", _("The script does not compile: %(reason)s", reason=error)
    elif element.kind == "callActivity" and not element.called:
        yield element.id, "call-empty", _("It names no process to call.")
    elif element.kind == "businessRuleTask" and not element.decision:
        yield element.id, "decision-empty", _("It names no decision.")
    elif element.kind == "serviceTask":
        yield from _service(element)
    if element.due:
        try:
            timing.parse_duration(element.due)
        except timing.TimingInvalid as error:
            yield element.id, "due-invalid", error.message


def _service(element: Element) -> Reasons:
    if not element.action:
        yield element.id, "action-empty", _("It names no action.")
    result = element.result_variable
    if result and (not result.isidentifier() or result.startswith("_") or result in scripts.NAMES):
        yield element.id, "variable-name", _("“%(name)s” cannot be the name of a variable.", name=result)
    for parameter in element.parameters:
        if parameter.type not in PARAMETER_TYPES:
            yield (
                element.id,
                "parameter-type",
                _(
                    "The parameter “%(name)s” is of an unknown type “%(type)s”.",
                    name=parameter.name,
                    type=parameter.type,
                ),
            )
        if error := scripts.check(parameter.expression):
            yield (
                element.id,
                "parameter-invalid",
                _("The parameter “%(name)s”: %(reason)s", name=parameter.name, reason=error),
            )


def _gateway(diagram: Diagram, element: Element) -> Reasons:
    flows = diagram.outgoing.get(element.id, ())
    if element.kind == "parallelGateway" and any(flow.condition for flow in flows):
        yield (
            element.id,
            "parallel-condition",
            _("A parallel gateway takes every flow; its conditions would be ignored."),
        )
    if element.kind in CONDITIONAL and element.default and element.default not in {f.id for f in flows}:
        yield element.id, "default-flow", _("Its default flow does not leave it.")
    if not flows:
        yield element.id, "gateway-end", _("No flow leaves this gateway.")


def _flow(diagram: Diagram, flow: Flow) -> Reasons:
    source, target = diagram.elements.get(flow.source), diagram.elements.get(flow.target)
    if source is None or target is None:
        yield flow.id, "flow-ends", _("The flow does not connect two elements of the process.")
        return
    if not source.inside == target.inside == flow.inside:
        yield flow.id, "flow-crosses", _("The flow crosses the border of a subprocess.")
    if source.kind not in CONDITIONAL:
        if flow.condition:
            yield (
                flow.id,
                "condition-place",
                _("Only flows that leave an exclusive or inclusive gateway have conditions."),
            )
        return
    only = len(diagram.outgoing.get(source.id, ())) == 1
    if flow.id == source.default or (only and not flow.condition):
        return
    if not flow.condition:
        yield flow.id, "condition-missing", _("It needs a condition, or must be the gateway's default flow.")
    elif error := scripts.check(flow.condition):
        yield flow.id, "condition-invalid", _("The condition does not compile: %(reason)s", reason=error)


def reachable(diagram: Diagram, begin: str) -> set[str]:
    """Ids of the elements that a token starting at `begin` can come to, boundary events and event subprocesses too."""
    seen: set[str] = set()
    waiting = deque([begin, *_events_of(diagram, "")])
    while waiting:
        id_ = waiting.popleft()
        if id_ in seen or id_ not in diagram.elements:
            continue
        seen.add(id_)
        waiting.extend(flow.target for flow in diagram.outgoing.get(id_, ()))
        waiting.extend(event.id for event in diagram.boundaries.get(id_, ()))
        if diagram.elements[id_].kind == "subProcess":
            inner = diagram.start(id_)
            waiting.extend([inner.id] if inner is not None else [])
            waiting.extend(_events_of(diagram, id_))
    return seen


def _events_of(diagram: Diagram, scope: str) -> list[str]:
    return [element.id for element in diagram.within(scope) if element.by_event]
