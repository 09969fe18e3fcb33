"""Our own reading of a BPMN file: what the engine runs, the linter judges and the screens show."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from lxml import etree

from erp import markup
from erp.errors import Invalid
from erp.i18n import _
from erp.workflow.diagrams import repetition
from erp.workflow.diagrams.elements import BPMN, NOTHING, Element, Flow, Parameter, Timer, nothing

__all__ = ["BPMN", "Diagram", "DiagramInvalid", "Element", "Flow", "parse", "read_root"]

BPMNDI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
SPIFF = "{http://spiffworkflow.org/bpmn/schema/1.0/core}"

# Neither run nor wait: they only explain, or are read as part of another element.
_NO_NODES = frozenset(
    {
        "association",
        "auditing",
        "dataInputAssociation",
        "dataObject",
        "dataObjectReference",
        "dataOutputAssociation",
        "documentation",
        "extensionElements",
        "group",
        "incoming",
        "ioSpecification",
        "laneSet",
        "monitoring",
        "multiInstanceLoopCharacteristics",
        "outgoing",
        "property",
        "sequenceFlow",
        "standardLoopCharacteristics",
        "textAnnotation",
    }
)
# Their ids are names of variables, and two tasks may well use the same one
_VARIABLES = frozenset({f"{BPMN}inputDataItem", f"{BPMN}outputDataItem"})
_INTERRUPTING = {"boundaryEvent": "cancelActivity", "startEvent": "isInterrupting"}
_TIMERS = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}


class DiagramInvalid(Invalid):
    """The file is not a BPMN diagram that can be read."""

    code = "diagram_invalid"


@dataclass(frozen=True)
class Diagram:
    """One process of one file, with everything found in it; the same bytes give an equal diagram."""

    id: str
    name: str
    sha256: str
    elements: Mapping[str, Element]
    flows: tuple[Flow, ...]
    lanes: tuple[str, ...] = ()
    errors: Mapping[str, str] = field(default_factory=nothing)
    """Error id -> code."""
    documentation: str = ""
    properties: Mapping[str, str] = field(default_factory=nothing)
    has_drawing: bool = False
    undrawn: tuple[str, ...] = ()
    """Ids of elements without a shape."""
    nameless: tuple[str, ...] = ()
    """Kinds of elements without id; nothing could lead to them."""
    duplicates: tuple[str, ...] = ()
    processes: tuple[str, ...] = ()
    """Ids of the processes in the file that are meant to run; there should be one."""
    is_executable: bool = True
    outgoing: Mapping[str, tuple[Flow, ...]] = field(default_factory=dict, compare=False)
    incoming: Mapping[str, tuple[Flow, ...]] = field(default_factory=dict, compare=False)
    boundaries: Mapping[str, tuple[Element, ...]] = field(default_factory=dict, compare=False)
    """Boundary events of each element that has some."""

    @cached_property
    def _scopes(self) -> Mapping[str, tuple[Element, ...]]:
        found: dict[str, list[Element]] = {}
        for element in self.elements.values():
            found.setdefault(element.inside, []).append(element)
        return {scope: tuple(inside) for scope, inside in found.items()}

    def within(self, subprocess: str = "") -> tuple[Element, ...]:
        """The elements that lie directly in the process, or in one of its embedded subprocesses."""
        return self._scopes.get(subprocess, ())

    def starts(self, subprocess: str = "") -> tuple[Element, ...]:
        """Every start event of the process, or of one of its embedded subprocesses."""
        return tuple(element for element in self.within(subprocess) if element.kind == "startEvent")

    def start(self, subprocess: str = "") -> Element | None:
        """The plain start event, if there is exactly one; without a plain one the only start there is."""
        found = self.starts(subprocess)
        plain = [element for element in found if not element.events]
        return (plain or found)[0] if len(plain) == 1 or (not plain and len(found) == 1) else None

    def next_steps(self, element_id: str) -> tuple[Element, ...]:
        """The tasks, waits, states and ends that may come next, seen through gateways; boundary events left out."""
        found: dict[str, Element] = {}
        seen: set[str] = set()
        waiting = [flow.target for flow in self.outgoing.get(element_id, ())]
        while waiting:
            element = self.elements.get(waiting.pop(0))
            if element is None or element.id in seen:
                continue
            seen.add(element.id)
            if element.kind.endswith("Gateway"):
                waiting.extend(flow.target for flow in self.outgoing.get(element.id, ()))
            else:
                found[element.id] = element
        return tuple(found.values())

    def called(self) -> frozenset[str]:
        """Ids of the processes its call activities call."""
        return frozenset(e.called for e in self.elements.values() if e.kind == "callActivity" and e.called)


def parse(xml: bytes) -> Diagram:
    """The diagram in a BPMN file; raises DiagramInvalid for anything that is not one, and for files over 4 MB."""
    root = read_root(xml)
    processes = root.findall(f"{BPMN}process")
    if not processes:
        raise DiagramInvalid(_("This file holds no process."))
    ours = _ours(processes)
    process = ours[0]
    if not process.get("id"):
        raise DiagramInvalid(_("The process has no id."))
    return _Reader(root, process, hashlib.sha256(xml).hexdigest()).diagram(ours)


def _ours(processes: list[etree._Element]) -> list[etree._Element]:
    """Those of a collaboration that are meant to run: the others draw what happens outside, and are left out."""
    marked = [process for process in processes if process.get("isExecutable") == "true"]
    filled = [process for process in processes if process.find(f"{BPMN}sequenceFlow") is not None]
    return marked or filled or processes


def read_root(xml: bytes) -> etree._Element:
    """The root of a BPMN file; raises DiagramInvalid."""
    root = markup.root(xml, DiagramInvalid)
    if root.tag != f"{BPMN}definitions":
        raise DiagramInvalid(_("This file is not a BPMN diagram."))
    return root


class _Reader:
    """Reads one process of a parsed file."""

    def __init__(self, root: etree._Element, process: etree._Element, sha256: str) -> None:
        self.root = root
        self.process = process
        self.sha256 = sha256
        self.channels = {
            node.get("id", ""): " ".join((node.get("name") or "").split())
            for tag in ("message", "signal")
            for node in root.findall(f"{BPMN}{tag}")
        }
        self.errors = {node.get("id", ""): node.get("errorCode", "") for node in root.findall(f"{BPMN}error")}
        self.lanes: dict[str, str] = {}
        self.lane_names: list[str] = []
        self.elements: dict[str, Element] = {}
        self.flows: list[Flow] = []
        self.nameless: list[str] = []

    def diagram(self, processes: list[etree._Element]) -> Diagram:
        """Everything in the process as one value."""
        self._read_lanes()
        self._read_scope(self.process, "")
        ids = Counter(
            node.get("id", "")
            for node in self.process.iter()
            if _is_bpmn(node) and node.get("id") and node.tag not in _VARIABLES
        )
        drawn = {node.get("bpmnElement", "") for node in self.root.iter(f"{BPMNDI}BPMNShape")}
        outgoing: dict[str, tuple[Flow, ...]] = {}
        incoming: dict[str, tuple[Flow, ...]] = {}
        boundaries: dict[str, tuple[Element, ...]] = {}
        for flow in self.flows:
            outgoing[flow.source] = (*outgoing.get(flow.source, ()), flow)
            incoming[flow.target] = (*incoming.get(flow.target, ()), flow)
        for element in self.elements.values():
            if element.kind == "boundaryEvent":
                boundaries[element.attached_to] = (*boundaries.get(element.attached_to, ()), element)
        return Diagram(
            id=self.process.get("id", ""),
            name=self.process.get("name", ""),
            sha256=self.sha256,
            elements=MappingProxyType(self.elements),
            flows=tuple(self.flows),
            lanes=tuple(dict.fromkeys(self.lane_names)),
            errors=MappingProxyType(self.errors),
            documentation=_text(self.process, "documentation"),
            properties=_properties(self.process),
            has_drawing=any(id_ in drawn for id_ in self.elements),
            undrawn=tuple(id_ for id_ in self.elements if id_ not in drawn),
            nameless=tuple(self.nameless),
            duplicates=tuple(id_ for id_, count in ids.items() if count > 1),
            processes=tuple(p.get("id", "") for p in processes),
            is_executable=self.process.get("isExecutable", "true") == "true",
            outgoing=MappingProxyType(outgoing),
            incoming=MappingProxyType(incoming),
            boundaries=MappingProxyType(boundaries),
        )

    def _read_lanes(self) -> None:
        # an inner lane comes after the outer one in document order, and wins
        for lane in self.process.iter(f"{BPMN}lane"):
            name = (lane.get("name") or "").strip()
            self.lane_names.append(name)
            for ref in lane.findall(f"{BPMN}flowNodeRef"):
                self.lanes[(ref.text or "").strip()] = name

    def _read_scope(self, scope: etree._Element, inside: str) -> None:
        waiting = [(scope, inside)]
        while waiting:
            node, within = waiting.pop()
            for child in node:
                if not _is_bpmn(child):
                    continue
                kind = etree.QName(child).localname
                if kind == "sequenceFlow":
                    self.flows.append(_flow(child, within))
                if kind in _NO_NODES:
                    continue
                if not child.get("id"):
                    self.nameless.append(kind)
                    continue
                element = self._element(child, kind, within)
                self.elements.setdefault(element.id, element)
                if kind in ("subProcess", "transaction", "adHocSubProcess"):
                    waiting.append((child, element.id))

    def _element(self, node: etree._Element, kind: str, inside: str) -> Element:
        id_ = node.get("id", "")
        outer = self.elements.get(inside)
        definitions = [child for child in node if _is_bpmn(child) and child.tag.endswith("EventDefinition")]
        error = next((d for d in definitions if d.tag == f"{BPMN}errorEventDefinition"), None)
        error_ref = error.get("errorRef", "") if error is not None else ""
        operator = node.find(f"{BPMN}extensionElements/{SPIFF}serviceTaskOperator")
        extensions = node.find(f"{BPMN}extensionElements")
        around = (f"{SPIFF}preScript", f"{SPIFF}postScript")
        return Element(
            id=id_,
            kind=kind,
            name=" ".join((node.get("name") or "").split()),
            inside=inside,
            lane=self.lanes.get(id_, outer.lane if outer else ""),
            documentation=_text(node, "documentation"),
            properties=_properties(node),
            line=node.sourceline if isinstance(node.sourceline, int) else 0,
            events=tuple(etree.QName(d).localname.removesuffix("EventDefinition") for d in definitions),
            timer=_timer(definitions),
            error_code=self.errors.get(error_ref) or None,
            error_ref=error_ref,
            channel=self._channel(node, definitions),
            instantiate=node.get("instantiate") == "true",
            attached_to=node.get("attachedToRef", ""),
            interrupting=node.get(_INTERRUPTING.get(kind, "cancelActivity"), "true").strip().lower() == "true",
            script=_text(node, "script"),
            action=(operator.get("id", "") if operator is not None else "").strip(),
            parameters=tuple(_parameters(operator)),
            result_variable=(operator.get("resultVariable", "") if operator is not None else "").strip(),
            called=node.get("calledElement", "").strip(),
            decision=(node.findtext(f"{BPMN}extensionElements/{SPIFF}calledDecisionId") or "").strip(),
            default=node.get("default", ""),
            repeat=repetition.read(node),
            by_event=node.get("triggeredByEvent") == "true",
            has_data=any(node.find(f"{BPMN}data{way}Association") is not None for way in ("Input", "Output")),
            scripts_around=extensions is not None and any((extensions.findtext(tag) or "").strip() for tag in around),
        )

    def _channel(self, node: etree._Element, definitions: list[etree._Element]) -> str:
        refs = [each.get("messageRef") or each.get("signalRef") for each in (node, *definitions)]
        return next((self.channels.get(ref, "") for ref in refs if ref), "")


def _is_bpmn(node: etree._Element) -> bool:
    return isinstance(node.tag, str) and node.tag.startswith(BPMN)


def _text(node: etree._Element, tag: str) -> str:
    found = node.find(f"{BPMN}{tag}")
    return "".join(str(part) for part in found.itertext()).strip() if found is not None else ""


def _properties(node: etree._Element) -> Mapping[str, str]:
    found = node.findall(f"{BPMN}extensionElements/{SPIFF}properties/{SPIFF}property")
    return MappingProxyType({p.get("name", ""): p.get("value", "") for p in found}) if found else NOTHING


def _parameters(operator: etree._Element | None) -> Iterator[Parameter]:
    if operator is None:
        return
    for node in operator.findall(f"{SPIFF}parameters/{SPIFF}parameter"):
        yield Parameter(node.get("id", ""), node.get("type", ""), (node.get("value") or "").strip())


def _timer(definitions: list[etree._Element]) -> Timer | None:
    for definition in definitions:
        if definition.tag == f"{BPMN}timerEventDefinition":
            for tag, kind in _TIMERS.items():
                if definition.find(f"{BPMN}{tag}") is not None:
                    return Timer(kind, _text(definition, tag))
    return None


def _flow(node: etree._Element, inside: str) -> Flow:
    return Flow(
        id=node.get("id", ""),
        source=node.get("sourceRef", ""),
        target=node.get("targetRef", ""),
        name=" ".join((node.get("name") or "").split()),
        condition=_text(node, "conditionExpression"),
        inside=inside,
    )
