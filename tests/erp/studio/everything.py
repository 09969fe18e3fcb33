"""A drawing with one of everything the engine reads, laid out in rows so that a browser can click on each."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

KEY = "repair_order"
HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"'
    ' xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" id="definitions" targetNamespace="t">'
)
TIMER = '<bpmn:timerEventDefinition id="{0}_time"><bpmn:timeDuration xsi:type="bpmn:tFormalExpression">P2D</bpmn:timeDuration></bpmn:timerEventDefinition>'
SEVERAL = (
    '<bpmn:multiInstanceLoopCharacteristics isSequential="true"><bpmn:loopDataInputRef>stones</bpmn:loopDataInputRef>'
    "<bpmn:loopDataOutputRef>weights</bpmn:loopDataOutputRef>"
    '<bpmn:inputDataItem id="stone" name="stone" /><bpmn:outputDataItem id="weight" name="weight" />'
    "<bpmn:completionCondition>nrOfCompletedInstances &gt; 2</bpmn:completionCondition>"
    "</bpmn:multiInstanceLoopCharacteristics>"
)
LOOP = (
    '<bpmn:standardLoopCharacteristics testBefore="true" loopMaximum="3"><bpmn:loopCondition>again</bpmn:loopCondition>'
    "</bpmn:standardLoopCharacteristics>"
)
ACTION = (
    '<spiffworkflow:serviceTaskOperator id="notify_customer" resultVariable="told"><spiffworkflow:parameters>'
    '<spiffworkflow:parameter id="event" type="str" value="\'ready\'" /></spiffworkflow:parameters>'
    "</spiffworkflow:serviceTaskOperator>"
)


def properties(given: Mapping[str, str], more: str = "") -> str:
    """Extension elements that hold these properties."""
    inner = "".join(f'<spiffworkflow:property name="{name}" value="{escape(text)}" />' for name, text in given.items())
    held = f"<spiffworkflow:properties>{inner}</spiffworkflow:properties>" if given else ""
    return f"<bpmn:extensionElements>{held}{more}</bpmn:extensionElements>"


def node(
    kind: str, id_: str, given: Mapping[str, str] | None = None, inner: str = "", more: str = "", **held: str
) -> str:
    """One element; `more` goes into its extension elements, `inner` behind them."""
    attributes = "".join(f' {name}="{escape(text)}"' for name, text in held.items())
    extensions = properties(given or {}, more) if given or more else ""
    name = id_.replace("_", " ").capitalize()
    return f'<bpmn:{kind} id="{id_}" name="{name}"{attributes}>{extensions}{inner}</bpmn:{kind}>'


INBOX = {"due": "P1D", "calendar": "business", "icon": "eye", "stand_in": "TENANT_MANAGER"}
ASKED = {
    "approvers": "creator", "quorum": "all", "order": "ordered", "deadline": "'P2D'", "remind": "P1D",
    "escalate_to": "creator", "at": "branch", "not_by": "creator", "form": "repair_order.phone_customer", "edits": "note",
}  # fmt: skip
SENT = {"key": "document.number", "ttl": "P1D", "payload.amount": "document.total"}
HEARD = {"key": "document.number", "payload.amount": "decimal"}
MESSAGE = '<bpmn:messageEventDefinition id="{0}_message" messageRef="order" />'
SIGNAL = '<bpmn:signalEventDefinition id="{0}_signal" signalRef="closing" />'
PEOPLE = [
    node("startEvent", "begun", {"state": "idle"}),
    node("userTask", "approve", ASKED | INBOX),
    node("userTask", "pick", {"candidates": "creator"}, SEVERAL),
    node("userTask", "handle", {"assign_to": "creator"}),
    node("manualTask", "carry", INBOX, SEVERAL),
]
WORK = [
    node("serviceTask", "tell", more=ACTION),
    node("scriptTask", "count", inner=LOOP + "<bpmn:script>total = 1</bpmn:script>", scriptFormat="python"),
    node(
        "businessRuleTask",
        "decide",
        more="<spiffworkflow:calledDecisionId>repair_warranty</spiffworkflow:calledDecisionId>",
    ),
    node("callActivity", "call", {"version": "1"}, calledElement="invoice"),
    node("callActivity", "ask", {"tag": "spring"}, calledElement="approval"),
]
EXCHANGES = [
    node("startEvent", "ordered", {"company": "Nobody", "field.note": "amount", "payload.amount": "decimal"},
         MESSAGE.format("ordered")),
    node("sendTask", "send", SENT, messageRef="order"),
    node("receiveTask", "receive", HEARD, messageRef="order"),
    node("intermediateCatchEvent", "wait", {"calendar": "business"}, TIMER.format("wait")),
    node("intermediateCatchEvent", "listen", HEARD, MESSAGE.format("listen")),
    node("intermediateThrowEvent", "shout", {"payload.amount": "document.total"}, SIGNAL.format("shout")),
    node("intermediateThrowEvent", "reached", {"state": "move"}),
]  # fmt: skip
ENDS = [
    node("exclusiveGateway", "which", default="no"),
    node("endEvent", "told_all", SENT, MESSAGE.format("told_all")),
    node("endEvent", "over", {"state": "done"}),
    node("endEvent", "failed", inner='<bpmn:errorEventDefinition id="failed_error" errorRef="broken" />'),
]
ON_TASK = [
    node(
        "boundaryEvent",
        "late",
        {"calendar": "business"},
        TIMER.format("late"),
        attachedToRef="approve",
        cancelActivity="false",
    ),
    node("boundaryEvent", "heard", HEARD, MESSAGE.format("heard"), attachedToRef="pick"),
]
INSIDE = [
    node("startEvent", "begun_by_time", {"calendar": "business"}, TIMER.format("begun_by_time"), isInterrupting="false")
]
ROWS = [PEOPLE, WORK, EXCHANGES, ENDS]
WAYS = ["no", "yes"]
SIZES = {"Event": (36, 36), "Gateway": (50, 50)}


def bpmn() -> bytes:
    """The whole file."""
    part = f'<bpmn:subProcess id="beside" name="Beside" triggeredByEvent="true">{"".join(INSIDE)}</bpmn:subProcess>'
    flows = (
        '<bpmn:sequenceFlow id="no" name="No" sourceRef="which" targetRef="over" />'
        '<bpmn:sequenceFlow id="yes" name="Yes" sourceRef="which" targetRef="failed">'
        '<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">document.total &gt; 1</bpmn:conditionExpression></bpmn:sequenceFlow>'
    )
    body = "".join(each for row in ROWS for each in row) + "".join(ON_TASK) + part + flows
    roots = (
        '<bpmn:message id="order" name="Order" /><bpmn:signal id="closing" name="Closing" />'
        '<bpmn:error id="broken" name="broken" errorCode="broken" />'
    )
    process = f'<bpmn:process id="{KEY}" name="Everything" isExecutable="true">{body}</bpmn:process>'
    plane = f'<bpmndi:BPMNPlane id="plane" bpmnElement="{KEY}">{"".join(_shapes())}</bpmndi:BPMNPlane>'
    return f'{HEAD}{roots}{process}<bpmndi:BPMNDiagram id="drawing">{plane}</bpmndi:BPMNDiagram></bpmn:definitions>'.encode()


def _shapes() -> list[str]:
    found = []
    for line, row in enumerate(ROWS):
        found += [_shape(each, 160 * place, 150 * line) for place, each in enumerate(row)]
    found += [_shape(each, 160 * place + 180, 62) for place, each in enumerate(ON_TASK)]
    found.append(
        '<bpmndi:BPMNShape id="beside_di" bpmnElement="beside" isExpanded="true"><dc:Bounds x="800" y="430" width="200" height="120" /></bpmndi:BPMNShape>'
    )
    found.append(_shape(INSIDE[0], 850, 470))
    for id_, points in (("no", ((50, 475), (300, 475))), ("yes", ((25, 500), (480, 520)))):
        ways = "".join(f'<di:waypoint x="{x}" y="{y}" />' for x, y in points)
        found.append(f'<bpmndi:BPMNEdge id="{id_}_di" bpmnElement="{id_}">{ways}</bpmndi:BPMNEdge>')
    return found


def _shape(xml: str, x: int, y: int) -> str:
    kind, id_ = xml[6:].split(" ", 1)[0], xml.split('id="', 1)[1].split('"', 1)[0]
    width, height = next((size for end, size in SIZES.items() if kind.endswith(end)), (100, 80))
    bounds = f'<dc:Bounds x="{x}" y="{y}" width="{width}" height="{height}" />'
    return f'<bpmndi:BPMNShape id="{id_}_di" bpmnElement="{id_}">{bounds}</bpmndi:BPMNShape>'


def ids() -> list[str]:
    """Everything that can be chosen."""
    every = [*(each for row in ROWS for each in row), *ON_TASK, *INSIDE]
    return [*(each.split('id="', 1)[1].split('"', 1)[0] for each in every), "beside", *WAYS]
