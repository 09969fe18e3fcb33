"""Small processes of people, drawn as text, and published for one tenant in place of the shipped one."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from erp.data.base import transaction
from erp.testing.pytest_plugin import Person
from erp.workflow import definitions

HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" id="d" targetNamespace="t">'
)
Task = Mapping[str, str]
"""Properties of a user task besides `id` and `lane`; `decision` makes it a business rule task, `script` a script,
`calls` a call activity."""


def drawn(*tasks: Task, key: str = "repair_order") -> bytes:
    """A process in which these tasks follow each other."""
    lanes: dict[str, list[str]] = {}
    nodes, flows = [], []
    before = "begun"
    for task in tasks:
        given = dict(task)
        id_, lane = given.pop("id"), given.pop("lane", "Counter")
        lanes.setdefault(lane, []).append(id_)
        nodes.append(_node(id_, given))
        flows.append((before, id_))
        before = id_
    flows.append((before, "over"))
    sets = "".join(
        f'<bpmn:lane id="lane_{place}" name="{name}">'
        + "".join(f"<bpmn:flowNodeRef>{each}</bpmn:flowNodeRef>" for each in ids)
        + "</bpmn:lane>"
        for place, (name, ids) in enumerate(lanes.items())
    )
    drawn_flows = "".join(
        f'<bpmn:sequenceFlow id="f{place}" sourceRef="{one}" targetRef="{other}" />'
        for place, (one, other) in enumerate(flows)
    )
    begun = f'<bpmn:startEvent id="begun" name="Begun">{_properties({"state": "idle"})}</bpmn:startEvent>'
    over = f'<bpmn:endEvent id="over" name="Over">{_properties({"state": "done"})}</bpmn:endEvent>'
    body = f"<bpmn:laneSet id='lanes'>{sets}</bpmn:laneSet>{begun}{''.join(nodes)}{over}{drawn_flows}"
    name = key.replace("_", " ").capitalize()
    return (
        f'{HEAD}<bpmn:process id="{key}" name="{name}" isExecutable="true">{body}</bpmn:process></bpmn:definitions>'
    ).encode()


def _node(id_: str, given: dict[str, str]) -> str:
    name = id_.replace("_", " ").capitalize()
    if "script" in given:
        return f'<bpmn:scriptTask id="{id_}" name="{name}"><bpmn:script>{escape(given["script"])}</bpmn:script></bpmn:scriptTask>'
    if "decision" in given:
        called = f"<spiffworkflow:calledDecisionId>{given['decision']}</spiffworkflow:calledDecisionId>"
        inner = f"<bpmn:extensionElements>{called}</bpmn:extensionElements>"
        return f'<bpmn:businessRuleTask id="{id_}" name="{name}">{inner}</bpmn:businessRuleTask>'
    if "calls" in given:
        return f'<bpmn:callActivity id="{id_}" name="{name}" calledElement="{given["calls"]}" />'
    return f'<bpmn:userTask id="{id_}" name="{name}">{_properties(given)}</bpmn:userTask>'


def _properties(given: Mapping[str, str]) -> str:
    inner = "".join(f'<spiffworkflow:property name="{name}" value="{escape(text)}" />' for name, text in given.items())
    return (
        f"<bpmn:extensionElements><spiffworkflow:properties>{inner}</spiffworkflow:properties></bpmn:extensionElements>"
    )


def publish(
    person: Person, *tasks: Task, key: str = "repair_order", decisions: Mapping[str, str] | None = None
) -> None:
    """Let new documents of a company run this process."""
    with person.acting(source="system"), transaction():
        definitions.live(key)
        definitions.publish(key, drawn(*tasks, key=key), decisions=decisions or {})
