"""Diagrams as a few words: what each node is, and which follows which."""

from __future__ import annotations

import re
from html import escape
from itertools import pairwise

HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" id="d" targetNamespace="t">'
)
KINDS = {
    "start": "startEvent", "end": "endEvent", "do": "userTask", "script": "scriptTask", "service": "serviceTask",
    "fork": "parallelGateway", "any": "inclusiveGateway", "ask": "exclusiveGateway", "first": "eventBasedGateway",
    "wait": "intermediateCatchEvent", "receive": "receiveTask", "call": "callActivity", "at": "boundaryEvent",
    "state": "intermediateThrowEvent", "part": "subProcess", "event": "subProcess",
}  # fmt: skip


def sketch(*nodes: str, flows: str = "", key: str = "order", name: str = "") -> bytes:
    """`do repair lane=Technician` are nodes, `begun > repair > over` are flows; lines of a part are set in by `.`.

    Of a node: `lane`, `on` (what a boundary event sits on), `after=PT1H` or `hears=paid` (what it waits for, by the key
    `number`), `calls`, `each=items`, `beside` (does not interrupt), `when=x` for a flow; all else are its properties.
    """
    written, lanes = [], {}
    inner: dict[str, list[str]] = {}
    messages: set[str] = set()
    for line in nodes:
        inside, rest = re.fullmatch(r"(?:(\w+)\.)?(.*)", line).groups(default="")
        kind, id_, *more = rest.split(" ")
        given = dict(part.partition("=")[::2] for part in more)
        if "lane" in given or kind == "do":
            lanes.setdefault(given.pop("lane", "Counter"), []).append(id_)
        messages |= {given["hears"]} if "hears" in given else set()
        written.append((inside, kind, id_, given))
    for inside, kind, id_, given in reversed(written):
        inner.setdefault(inside, []).insert(0, _node(kind, id_, given, "".join(inner.get(id_, ()))))
    drawn = _flows(flows, {id_: inside for inside, _kind, id_, _given in written})
    for inside, text in drawn:
        place = next((i for i, each in enumerate(inner[""]) if f'id="{inside}"' in each), None) if inside else None
        if place is None:
            inner[""].append(text)
        else:
            inner[""][place] = re.sub(r"(</bpmn:subProcess>)$", text + r"\1", inner[""][place])
    sets = "".join(
        f'<bpmn:lane id="lane{n}" name="{lane}">{"".join(f"<bpmn:flowNodeRef>{i}</bpmn:flowNodeRef>" for i in ids)}</bpmn:lane>'
        for n, (lane, ids) in enumerate(lanes.items())
    )
    told = "".join(f'<bpmn:message id="m_{each}" name="{each}" />' for each in sorted(messages))
    body = f'<bpmn:laneSet id="lanes">{sets}</bpmn:laneSet>{"".join(inner[""])}'
    return f'{HEAD}{told}<bpmn:process id="{key}" name="{name or key}" isExecutable="true">{body}</bpmn:process></bpmn:definitions>'.encode()


def _flows(text: str, where: dict[str, str]) -> list[tuple[str, str]]:
    found = []
    for chain in filter(None, (each.strip() for each in re.split(r"[,\n]", text))):
        steps = [each.strip() for each in chain.split(">")]
        for one, other in pairwise(steps):
            target, _mark, when = other.partition("?")
            source = one.partition("?")[0]
            inner = f"<bpmn:conditionExpression>{escape(when)}</bpmn:conditionExpression>" if when else ""
            flow = f'<bpmn:sequenceFlow id="{source}_to_{target}" sourceRef="{source}" targetRef="{target}">{inner}</bpmn:sequenceFlow>'
            found.append((where.get(source, ""), flow))
    return found


def _node(kind: str, id_: str, given: dict[str, str], inside: str) -> str:
    attributes = f' id="{id_}" name="{id_.replace("_", " ").capitalize()}"'
    for name, attribute in (("on", "attachedToRef"), ("calls", "calledElement")):
        attributes += f' {attribute}="{given.pop(name)}"' if name in given else ""
    if given.pop("beside", None) is not None:
        attributes += ' cancelActivity="false"' if kind == "at" else ' isInterrupting="false"'
    if kind == "event":
        attributes += ' triggeredByEvent="true"'
    if kind == "receive":
        attributes += f' messageRef="m_{given["hears"]}"'
    inner = _waits(kind, id_, given)
    operator = given.pop("action", "")
    extensions = f'<spiffworkflow:serviceTaskOperator id="{operator}" resultVariable="result" />' if operator else ""
    if given:
        each = "".join(f'<spiffworkflow:property name="{n}" value="{escape(v)}" />' for n, v in given.items())
        extensions += f"<spiffworkflow:properties>{each}</spiffworkflow:properties>"
    if extensions:
        inner = f"<bpmn:extensionElements>{extensions}</bpmn:extensionElements>{inner}"
    return f"<bpmn:{KINDS[kind]}{attributes}>{inner}{inside}</bpmn:{KINDS[kind]}>"


def _waits(kind: str, id_: str, given: dict[str, str]) -> str:
    """What it waits for, runs or repeats."""
    inner = ""
    if "hears" in given:
        message = given.pop("hears")
        given.setdefault("key", "number")
        inner = f'<bpmn:messageEventDefinition id="{id_}_m" messageRef="m_{message}" />' if kind != "receive" else ""
    if "after" in given:
        time = f"<bpmn:timeDuration>{given.pop('after')}</bpmn:timeDuration>"
        inner += f'<bpmn:timerEventDefinition id="{id_}_t">{time}</bpmn:timerEventDefinition>'
    if "runs" in given:
        inner += f"<bpmn:script>{escape(given.pop('runs'))}</bpmn:script>"
    if "each" in given:
        inner += (
            f"<bpmn:multiInstanceLoopCharacteristics><bpmn:loopDataInputRef>{given.pop('each')}</bpmn:loopDataInputRef>"
            f'<bpmn:inputDataItem id="item" name="item" /></bpmn:multiInstanceLoopCharacteristics>'
        )
    return inner
