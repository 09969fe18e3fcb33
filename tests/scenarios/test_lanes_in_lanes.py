"""A file without a drawing, whose lanes hold lanes: each lies inside the one it belongs to, around its own elements."""

from __future__ import annotations

from itertools import pairwise

import pytest

from erp.modelling import drafts
from erp.testing.pytest_plugin import Company
from tests.scenarios.browser import Open

pytestmark = pytest.mark.browser
FLOW = ("received", "inspect", "quote", "approve", "finished")
LANES = """
<laneSet id="lanes">
  <lane id="shop" name="Shop"><flowNodeRef>received</flowNodeRef><flowNodeRef>inspect</flowNodeRef>
    <flowNodeRef>quote</flowNodeRef><flowNodeRef>finished</flowNodeRef>
    <childLaneSet id="in_shop">
      <lane id="Counter" name="Counter"><flowNodeRef>received</flowNodeRef><flowNodeRef>quote</flowNodeRef>
        <flowNodeRef>finished</flowNodeRef></lane>
      <lane id="Technician" name="Technician"><flowNodeRef>inspect</flowNodeRef></lane>
    </childLaneSet></lane>
  <lane id="office" name="Office"><flowNodeRef>approve</flowNodeRef></lane>
</laneSet>"""
WHERE = """() => Object.fromEntries([...document.querySelectorAll('#canvas .djs-shape')].map((each) => {
  const box = each.querySelector('.djs-visual > :first-child').getBoundingClientRect()
  return [each.dataset.elementId, [box.left, box.top, box.right, box.bottom]]
}))"""


def undrawn() -> bytes:
    flows = [(f"f_{one}", one, other) for one, other in pairwise(FLOW)]
    steps = ""
    for each in FLOW:
        kind = {FLOW[0]: "startEvent", FLOW[-1]: "endEvent"}.get(each, "userTask")
        ways = [f"<incoming>{id_}</incoming>" for id_, _one, other in flows if other == each]
        ways += [f"<outgoing>{id_}</outgoing>" for id_, one, _other in flows if one == each]
        steps += f'<{kind} id="{each}" name="{each.capitalize()}">{"".join(ways)}</{kind}>'
    drawn = "".join(f'<sequenceFlow id="{id_}" sourceRef="{one}" targetRef="{other}" />' for id_, one, other in flows)
    return (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="x">'
        f'<process id="repair_order" name="Repair order" isExecutable="true">{LANES}{steps}{drawn}</process></definitions>'
    ).encode()


def test_each_lane_lies_inside_its_own(company: Company, visit: Open):
    mary = company.person("TENANT_ANALYST", name="Mary Wanjiru")
    with mary.acting():
        drafts.put("repair_order", drafts.brought("repair_order", undrawn()))
    window = visit(mary)
    window.go("/studio/repair_order")
    window.page.wait_for_selector("#studio[data-ready]")
    boxes = window.page.evaluate(WHERE)
    holds = {
        "shop": ("Counter", "Technician"),
        "Counter": ("received", "quote"),
        "Technician": ("inspect",),
        "office": ("approve",),
    }
    for outer, inner in holds.items():
        left, top, right, bottom = boxes[outer]
        for each in inner:
            box = boxes[each]
            assert (left <= box[0], top <= box[1]) == (True, True), (outer, each)
            assert (box[2] <= right + 1, box[3] <= bottom + 1) == (True, True), (outer, each)
    assert boxes["office"][1] >= boxes["shop"][3] - 1
