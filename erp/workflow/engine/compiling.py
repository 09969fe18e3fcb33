"""From diagrams to what SpiffWorkflow runs, kept by content: a spec is never stored with an instance."""

from __future__ import annotations

import hashlib
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition

from erp.i18n import _
from erp.workflow.diagrams import dialect, exchange
from erp.workflow.diagrams.diagram import Diagram, Element, parse
from erp.workflow.engine import (
    event_subprocesses,
    events,
    gateways,
    messages,
    races,
    repeating,
    subprocesses,
    tasks,
    timers,
)
from erp.workflow.engine.step import ProcessSpec
from erp.workflow.errors import DiagramRefused

MAX_KEPT = 256

NONE = NoneEventDefinition()
_WITH_DEFINITION = dialect.EVENTS | {"sendTask", "receiveTask", "eventBasedGateway"}
"""What SpiffWorkflow wants an event definition for."""

_KINDS: Mapping[str, Any] = {
    "userTask": tasks.UserTaskStep,
    "manualTask": tasks.UserTaskStep,
    "serviceTask": tasks.ServiceStep,
    "exclusiveGateway": gateways.Decision,
    "parallelGateway": gateways.Parallel,
    "inclusiveGateway": gateways.Inclusive,
    "startEvent": events.StartEvent,
    "endEvent": events.EndEvent,
    "intermediateThrowEvent": events.MilestoneEvent,
    "intermediateCatchEvent": timers.CatchTimer,
    "boundaryEvent": timers.BoundaryEvent,
    "scriptTask": tasks.ScriptStep,
    "businessRuleTask": tasks.RulesStep,
    "callActivity": subprocesses.CallActivity,
    "subProcess": subprocesses.EmbeddedSubprocess,
    "sendTask": messages.SendStep,
    "receiveTask": messages.ReceiveStep,
    "eventBasedGateway": races.EventGateway,
}
_EXCHANGING: Mapping[str, Any] = {
    "intermediateThrowEvent": messages.ThrowEvent,
    "endEvent": messages.EndThrow,
    "intermediateCatchEvent": messages.CatchEvent,
    "boundaryEvent": messages.BoundaryCatch,
}
"""What an event is when it throws or catches a message or signal."""

# SpiffWorkflow logs every change of state, and walks its tree to do so
for _name in ("spiff", "spiff.task", "spiff.workflow"):
    logging.getLogger(_name).setLevel(logging.WARNING)


@dataclass(frozen=True)
class Spec:
    """A process ready to run, with every process it calls; immutable and shared between threads."""

    key: str
    fingerprint: str
    diagrams: Mapping[str, Diagram]
    """Process id -> diagram, called ones included."""
    processes: Mapping[str, Any] = field(repr=False, compare=False)
    """For the engine alone: what SpiffWorkflow runs, by process id or `process id/subprocess id`."""

    @property
    def diagram(self) -> Diagram:
        """The diagram of the process itself."""
        return self.diagrams[self.key]


class _Kept:
    """Specs by content, the least recently used dropped first."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.lock = Lock()
        self.specs: OrderedDict[str, Spec] = OrderedDict()

    def get(self, fingerprint: str) -> Spec | None:
        with self.lock:
            spec = self.specs.get(fingerprint)
            if spec is not None:
                self.specs.move_to_end(fingerprint)
            return spec

    def put(self, fingerprint: str, spec: Spec) -> None:
        with self.lock:
            self.specs[fingerprint] = spec
            self.specs.move_to_end(fingerprint)
            while len(self.specs) > self.size:
                self.specs.popitem(last=False)


_kept = _Kept(MAX_KEPT)


def fingerprint_of(xmls: Mapping[str, bytes], key: str) -> str:
    """Hash of everything a spec is made of."""
    found = hashlib.sha256(key.encode())
    for name in sorted(xmls):
        found.update(b"\0" + name.encode() + b"\0" + hashlib.sha256(xmls[name]).digest())
    return found.hexdigest()


def compile(xmls: Mapping[str, bytes], key: str) -> Spec:  # noqa: A001 - it is what it does
    """The spec of process `key`; `xmls` holds its diagram and every one it calls, by process id.

    Raises DiagramInvalid for an unreadable file and DiagramRefused, with every reason, for one that cannot be run.
    """
    fingerprint = fingerprint_of(xmls, key)
    return spec_for(fingerprint, lambda: (xmls, key))


def spec_for(fingerprint: str, load: Callable[[], tuple[Mapping[str, bytes], str]]) -> Spec:
    """The spec kept under a fingerprint, or compiled from what `load` returns: (xmls, key).

    For callers who store the fingerprint beside the diagram, so that a step need not read the diagram at all.
    """
    spec = _kept.get(fingerprint)
    if spec is None:
        xmls, key = load()
        spec = _compile(xmls, key, fingerprint)
        _kept.put(fingerprint, spec)
    return spec


def _compile(xmls: Mapping[str, bytes], key: str, fingerprint: str) -> Spec:
    diagrams = _diagrams(xmls, key)
    problems = [problem for diagram in diagrams.values() for problem in dialect.refusals(diagram)]
    if problems:
        first = problems[0]
        raise DiagramRefused(
            _("The diagram cannot be run. “%(element)s”: %(reason)s", element=first.element_id, reason=first.message),
            detail={"problems": [{"element": p.element_id, "message": p.message} for p in problems]},
        )
    processes: dict[str, Any] = {}
    for diagram in diagrams.values():
        for scope in ("", *(e.id for e in diagram.elements.values() if e.kind == "subProcess")):
            process = _process(diagram, scope)
            processes[process.name] = process
    return Spec(key, fingerprint, diagrams, processes)


def _diagrams(xmls: Mapping[str, bytes], key: str) -> dict[str, Diagram]:
    found: dict[str, Diagram] = {}
    waiting = [key]
    while waiting:
        wanted = waiting.pop()
        if wanted in found:
            continue
        if wanted not in xmls:
            raise DiagramRefused(_("The process “%(name)s” is called but not there.", name=wanted))
        diagram = parse(xmls[wanted])
        if diagram.id != wanted:
            raise DiagramRefused(_("The file of “%(name)s” holds “%(found)s”.", name=wanted, found=diagram.id))
        found[wanted] = diagram
        waiting.extend(sorted(diagram.called()))
    return found


def scope_name(diagram: Diagram, subprocess: str) -> str:
    """Name of a process, or of an embedded subprocess, among all that a spec holds; no id holds a slash."""
    return f"{diagram.id}/{subprocess}" if subprocess else diagram.id


def _process(diagram: Diagram, scope: str) -> ProcessSpec:
    process = ProcessSpec(scope_name(diagram, scope), diagram)
    made = {element.id: _made(process, element) for element in diagram.within(scope)}
    for element in diagram.within(scope):
        spec = made[element.id]
        if element.by_event:
            _await(process, diagram, element, spec)
        if element.kind == "startEvent":
            process.start.connect(spec)
            process.begins[element.id] = spec
        for flow in diagram.outgoing.get(element.id, ()):
            spec.connect(made[flow.target])
    for element in diagram.within(scope):
        if element.kind == "boundaryEvent":
            host, spec = made[element.attached_to], made[element.id]
            spec._connect_notify(host)  # noqa: SLF001 - so that it has an input, which SpiffWorkflow asks for
            (host.catchers if "error" in element.events else host.watchers).append(spec)
        elif element.kind in dialect.CONDITIONAL:
            _decide(diagram, element, made)
    return process


def _await(process: ProcessSpec, diagram: Diagram, element: Element, event: Any) -> None:
    start = diagram.start(element.id)
    assert start is not None  # the dialect refuses any other
    (what,) = start.events
    spec = event_subprocesses.TRIGGERS[what](
        process, f"{element.id}#trigger", event_definition=NONE, inputs=[], outputs=[]
    )
    spec.draw(start)
    spec.event = event
    event.starts_at = start.id
    process.start.connect(spec)
    process.start.connect(event)
    (process.handlers if what == "error" else process.triggers).append(spec)


def _decide(diagram: Diagram, element: Element, made: Mapping[str, Any]) -> None:
    flows = [(flow, made[flow.target]) for flow in diagram.outgoing[element.id]]
    spec = made[element.id]
    always = {flow.id for flow, target in flows if flow.id == element.default or not flow.condition}
    spec.flows = [pair for pair in flows if pair[0].id not in always]
    spec.default = next((pair for pair in flows if pair[0].id in always), None)


def _made(process: ProcessSpec, element: Element) -> Any:
    if element.repeat is None:
        spec = _make(process, element, element.id)
    else:
        kind = repeating.KINDS[element.repeat.kind]
        spec = kind(process, element.id, lane=element.lane or None, bpmn_name=element.name, inputs=[], outputs=[])
        spec.body = _make(process, element, f"{element.id}#body")  # no id in a file holds a #
        spec.body.draw(element)
        spec.body._connect_notify(spec)  # noqa: SLF001 - so that it has an input, which SpiffWorkflow asks for
    spec.draw(element)
    return spec


def _make(process: ProcessSpec, element: Element, name: str) -> Any:
    kind = _EXCHANGING.get(element.kind) if exchange.kind_of(element) else None
    kind = kind or (event_subprocesses.EventSubprocess if element.by_event else _KINDS[element.kind])
    more: dict[str, Any] = {}
    if element.kind in _WITH_DEFINITION:
        more["event_definition"] = NONE
    if element.kind == "boundaryEvent":
        more["cancel_activity"] = element.interrupting
    if element.kind == "scriptTask":
        more["script"] = element.script
    if element.kind == "callActivity":
        more["subworkflow_spec"] = element.called
    if element.kind == "subProcess":
        more["subworkflow_spec"] = scope_name(process.diagram, element.id)
    return kind(process, name, lane=element.lane or None, bpmn_name=element.name, inputs=[], outputs=[], **more)
