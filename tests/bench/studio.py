"""What an analyst waits for: a hundred elements on the screen, and the checks after each change."""

from __future__ import annotations

import json
import os
import shutil
from itertools import pairwise
from time import perf_counter

from playwright.sync_api import Browser, sync_playwright

from erp import context
from erp.access import enter_as
from erp.data.base import session
from erp.decisions import trials
from erp.modelling import checking, drafts, looking
from erp.modelling.drafts import Drawing
from erp.provision import Provision
from tests.bench import lists
from tests.bench.site import PASSWORD, Site
from tests.erp.decisions.rules import file, table

KEY = "repair_order"
ELEMENTS = 100
ROUNDS = 5
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
 xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"
 xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core"
 id="d" targetNamespace="t"><bpmn:process id="repair_order" name="Long" isExecutable="true">"""
TASK = """<bpmn:userTask id="step_{at}" name="Step {at}"><bpmn:extensionElements><spiffworkflow:properties>
<spiffworkflow:property name="form" value="repair_order.phone_customer" /></spiffworkflow:properties>
</bpmn:extensionElements></bpmn:userTask>"""


def long_process() -> bytes:
    """A process of a hundred elements in rows of ten, with a flow between each two."""
    ids = ["begun", *(f"step_{at}" for at in range(1, ELEMENTS - 1)), "ended"]
    parts = [HEAD, '<bpmn:startEvent id="begun" />', *(TASK.format(at=at) for at in range(1, ELEMENTS - 1))]
    parts.append('<bpmn:endEvent id="ended" />')
    flows = list(pairwise(ids))
    parts += [f'<bpmn:sequenceFlow id="f_{a}" sourceRef="{a}" targetRef="{b}" />' for a, b in flows]
    parts.append('</bpmn:process><bpmndi:BPMNDiagram id="g"><bpmndi:BPMNPlane id="p" bpmnElement="repair_order">')
    place = {id_: (160 * (at % 10), 120 * (at // 10)) for at, id_ in enumerate(ids)}
    for id_, (x, y) in place.items():
        size = (36, 36) if id_ in {"begun", "ended"} else (100, 80)
        bounds = f'<dc:Bounds x="{x}" y="{y}" width="{size[0]}" height="{size[1]}" />'
        parts.append(f'<bpmndi:BPMNShape id="{id_}_di" bpmnElement="{id_}">{bounds}</bpmndi:BPMNShape>')
    for a, b in flows:
        points = "".join(f'<di:waypoint x="{place[each][0] + 18}" y="{place[each][1] + 18}" />' for each in (a, b))
        parts.append(f'<bpmndi:BPMNEdge id="f_{a}_di" bpmnElement="f_{a}">{points}</bpmndi:BPMNEdge>')
    parts.append("</bpmndi:BPMNPlane></bpmndi:BPMNDiagram></bpmn:definitions>")
    return "\n".join(parts).encode()


def measure(site: Site) -> dict[str, float]:
    """studio.lint_ms: the checks of one change on the server; studio.open_ms: from the click to the drawing.

    studio.table_ms: all that is said of a decision table of a hundred rules after one change, with ten rows to try.
    """
    assert site.app is not None
    with Provision(site.url) as owner:
        mary = owner.person("mary", "Mary Wanjiru", PASSWORD)
        owner.member(mary, site.place, "Mary Wanjiru", ["TENANT_ANALYST"])
    context.reset()
    session.remove()
    enter_as(mary, site.place.tenant_id, source="web")
    bpmn = long_process()
    drafts.put(KEY, Drawing(bpmn, {}, {}))
    return {"studio.lint_ms": _lint(bpmn), "studio.table_ms": _table(), "studio.open_ms": _open(site)}


def _lint(bpmn: bytes) -> float:
    """Median over changes, each of another drawing: nothing is known from before."""
    count = iter(range(10_000))

    def changed() -> None:
        text = bpmn.replace(b"Step 50", f"Step {next(count)} again".encode())
        assert checking.remarks(KEY, text, {}, {})

    return lists.median(changed, 30) * 1000


def long_table() -> str:
    """A table of a hundred rules over a text, a number and a yes or no."""
    inputs = {"zone": ("string", ""), "weight": ("number", ""), "express": ("boolean", "")}
    rules = [
        (f'"z{at % 20}"', f"[{at // 20 * 5}..{at // 20 * 5 + 5})", ("true", "false", "-")[at % 3], str(at))
        for at in range(ELEMENTS)
    ]
    made = table(inputs, {"price": ("number", "")}, rules, policy="FIRST")
    rows = json.dumps([{"zone": f"z{at}", "weight": str(at), "express": "true"} for at in range(10)])
    kept = f'<extensionElements><m:trials xmlns:m="{trials.SPACE}">{rows}</m:trials></extensionElements>'
    return made.replace("<decisionTable", f"{kept}<decisionTable")


def _table() -> float:
    """Median over changes, each of another cell."""
    count, made = iter(range(10_000)), long_table()

    def changed() -> None:
        text = file(made.replace("<text>50</text>", f"<text>{1000 + next(count)}</text>"))
        found = looking.look(KEY, text, "rules")
        assert len(found.trials) == 10
        assert found.analysis.findings

    return lists.median(changed, 30) * 1000


def _open(site: Site) -> float:
    """Median of whole openings in Chromium, the bundle known to it after the first."""
    with site.served() as address, sync_playwright() as playwright:
        flags = ["--no-sandbox"] if os.getuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        taken = sorted(_opened(browser, address))
        browser.close()
    return taken[len(taken) // 2]


def _opened(browser: Browser, address: str) -> list[float]:
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(f"{address}/login/")
    page.fill("[name=username]", "mary")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector(".mr-side", state="attached")
    taken = []
    for _round in range(ROUNDS + 1):
        began = perf_counter()
        page.goto(f"{address}/studio/{KEY}")
        page.wait_for_selector("#studio[data-ready]")
        taken.append((perf_counter() - began) * 1000)
    assert page.locator("#canvas .djs-shape").count() >= ELEMENTS
    return taken[1:]
