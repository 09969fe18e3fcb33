"""Whatever the engine or the linter reads of a drawing, an analyst reaches in the panel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import pytest
from playwright.sync_api import expect

from erp.modelling import drafts
from erp.modelling.drafts import Drawing
from erp.testing.pytest_plugin import Company
from erp.workflow.diagrams import exchange
from erp.workflow.diagrams.diagram import Diagram, parse
from erp.workflow.diagrams.elements import Element, Repeat
from erp.workflow.linting.linter import OF_MESSAGES, PROPERTIES
from tests.erp.modelling.test_brought import CAMUNDA
from tests.erp.studio import everything
from tests.scenarios.browser import Open, Window, middle_of

pytestmark = pytest.mark.browser

CONTROLS = {
    "id": "id", "name": "name", "documentation": "documentation", "timer": "timer", "error_code": "error",
    "channel": "channel", "interrupting": "interrupting", "script": "script", "action": "action",
    "parameters": "parameter_event", "result_variable": "result", "called": "called", "decision": "decision",
    "default": "default", "lane": "role", "repeat": "repeat", "properties": "new_property",
}  # fmt: skip
"""{field of an element: the control that changes it}."""
DRAWN = {
    "kind",
    "inside",
    "line",
    "events",
    "attached_to",
    "error_ref",
    "instantiate",
    "by_event",
    "has_data",
    "scripts_around",
}
"""What the drawing itself says, or what is only refused."""
REPEATS = {
    "kind": "repeat", "condition": "repeat_condition", "is_tested_before": "repeat_before", "maximum": "repeat_maximum",
    "count": "repeat_count", "collection": "repeat_collection", "item": "repeat_item", "results": "repeat_results",
    "result": "repeat_result",
}  # fmt: skip

ALIKE = {"edits": "more_edits", "tag": "version"}
"""Properties whose control has another name."""


def chosen(window: Window, id_: str) -> set[str]:
    """Choose an element from the panel's list, or a way from its question; the names of what the panel asks then."""
    page = window.page
    back = page.get_by_role("button", name="The whole process")
    if back.count():
        back.click()
    page.locator(f"[data-panel] [data-element={'which' if id_ in everything.WAYS else id_}]").click()
    if id_ in everything.WAYS:
        page.locator(".mr-way").nth(everything.WAYS.index(id_)).click()
    return set(page.evaluate("[...document.querySelectorAll('[data-panel] [name]')].map(each => each.name)"))


def unreachable(diagram: Diagram, asked: Mapping[str, set[str]]) -> list[str]:
    """Every property of the linter's own lists that no element of its kind asks for."""
    of_kind: dict[str, set[str]] = {}
    for id_, names in asked.items():
        kind = diagram.elements[id_].kind if id_ in diagram.elements else "sequenceFlow"
        of_kind.setdefault(kind, set()).update(names)
    missing = [
        f"{kind}: {name}"
        for name, kinds in PROPERTIES.items()
        for kind in kinds
        if ALIKE.get(name, name) not in of_kind[kind]
    ]
    exchanging = {each.kind for each in diagram.elements.values() if exchange.kind_of(each)}
    for kind in exchanging:
        names = of_kind[kind]
        wanted = OF_MESSAGES - {"ttl"} if kind in exchange.CATCHING else OF_MESSAGES
        missing += [
            f"{kind}: {name}"
            for name in wanted
            if name not in names and kind not in {"startEvent", "intermediateThrowEvent"}
        ]
        missing += [f"{kind}: {exchange.PAYLOAD}"] if "new_payload." not in names else []
    missing += [name for name in ("company", "new_field.", "state") if name not in of_kind["startEvent"]]
    return missing


def test_everything_that_is_read_can_be_said_in_the_panel(company: Company, visit: Open) -> None:
    mary = company.person("TENANT_ANALYST", name="Mary Wanjiru")
    drawing = everything.bpmn()
    with mary.acting():
        drafts.put(everything.KEY, Drawing(drawing, {}, {}))
    window = visit(mary)
    page = window.page
    page.goto(f"/studio/{everything.KEY}")
    page.wait_for_selector("#studio[data-ready]")
    asked = {id_: chosen(window, id_) for id_ in everything.ids()}
    assert unreachable(parse(drawing), asked) == []
    every = set().union(*asked.values())
    assert {each.name for each in fields(Element)} == CONTROLS.keys() | DRAWN
    assert {each.name for each in fields(Repeat)} == REPEATS.keys() | {"is_twice"}
    assert {*CONTROLS.values(), *REPEATS.values(), "add_condition"} - every == set()


def test_what_the_panel_says_is_what_the_engine_reads(company: Company, visit: Open) -> None:
    """A repetition, a version, an approval and a key, typed into the panel and read from the kept draft."""
    mary = company.person("TENANT_ANALYST", name="Mary Wanjiru")
    with mary.acting():
        drafts.put(everything.KEY, Drawing(everything.bpmn(), {}, {}))
    window = visit(mary)
    page = window.page
    page.goto(f"/studio/{everything.KEY}")
    page.wait_for_selector("#studio[data-ready]")
    panel = page.locator("[data-panel]")

    chosen(window, "handle")
    panel.locator("[name=repeat]").select_option("parallel")
    for name, value in {"collection": "stones", "item": "stone", "result": "weight", "results": "heavy"}.items():
        panel.locator(f"[name=repeat_{name}]").fill(value)
        panel.locator(f"[name=repeat_{name}]").blur()
    panel.locator("[name=staffing]").select_option("approvers")
    panel.locator("[name=quorum]").fill("any")
    panel.locator("[name=quorum]").blur()
    panel.locator("[name=not_by]").select_option("pick")
    chosen(window, "call")
    panel.locator("[name=version]").select_option("")
    chosen(window, "send")
    panel.locator("[name='new_payload.']").fill("colour")
    panel.locator("[name='new_payload.']").press("Enter")
    panel.locator("[name='payload.colour']").fill("'red'")
    panel.locator("[name='payload.colour']").blur()
    expect(page.locator("[data-said]")).to_contain_text("Saved")
    page.wait_for_timeout(1500)
    expect(page.locator("[data-said]")).to_contain_text("Saved")

    with mary.acting():
        found = parse(drafts.present(everything.KEY).bpmn).elements
    assert found["handle"].repeat == Repeat(
        "parallel", collection="stones", item="stone", results="heavy", result="weight"
    )
    assert dict(found["handle"].properties) == {"approvers": "['TENANT_MANAGER']", "quorum": "any", "not_by": "pick"}
    assert (found["call"].called, found["call"].called_version) == ("invoice", "")
    assert exchange.payload_of(found["send"]) == {"amount": "document.total", "colour": "'red'"}
    before = parse(everything.bpmn()).elements
    for id_ in found.keys() - {"handle", "call", "send"}:
        assert _of(found[id_]) == _of(before[id_]), id_


def test_what_has_one_right_way_is_mended_by_a_key(company: Company, visit: Open) -> None:
    """A time in quotes, a misspelt role, a way nobody takes otherwise, a list nothing reads: from the list of checks."""
    mary = company.person("TENANT_ANALYST", name="Mary Wanjiru")
    broken = everything.bpmn().decode()
    for good, bad in {
        'name="due" value="P1D"': 'name="due" value="&quot;2 days&quot;"',
        'name="stand_in" value="TENANT_MANAGER"': 'name="stand_in" value="TENANT_MANGER"',
        ' default="no"': "",
        'name="at" value="branch"': 'name="colour" value="red"',
        'cancelActivity="false"': 'cancelActivity="true"',
    }.items():
        assert good in broken
        broken = broken.replace(good, bad, 1)
    with mary.acting():
        drafts.put(everything.KEY, Drawing(broken.encode(), {}, {}))
    page = visit(mary).page
    page.goto(f"/studio/{everything.KEY}")
    page.wait_for_selector("#studio[data-ready]")
    checks = page.locator("[data-checks]")
    for problem, way in [
        ("is not a duration", "Write P2D"),
        ("is no role", "Take “Manager”"),
        ("has no default flow", "Otherwise: “No”"),
        ("Nothing reads the property “colour”", "Take it away"),
    ]:
        line = checks.locator("li", has_text=problem)
        before = line.count()
        line.get_by_role("button", name=way).first.press("Enter")
        expect(line).to_have_count(before - 1)
        assert page.evaluate("document.querySelector('[data-checks]').contains(document.activeElement)"), problem
    expect(page.locator("[data-said]")).to_contain_text("Saved")
    page.wait_for_timeout(1500)
    with mary.acting():
        found = parse(drafts.present(everything.KEY).bpmn).elements
    assert (found["approve"].due, found["approve"].properties["stand_in"]) == ("P2D", "TENANT_MANAGER")
    assert found["which"].default == "no"
    assert "colour" not in found["approve"].properties


def _of(element: Element) -> dict[str, object]:
    return {each.name: getattr(element, each.name) for each in fields(Element) if each.name != "line"}


def test_a_strange_file_is_drawn_told_and_taken_along(company: Company, visit: Open) -> None:
    """Brought in from another program, without a drawing; its picture holds nothing that runs."""
    mary = company.person("TENANT_ANALYST", name="Mary Wanjiru")
    window = visit(mary)
    page = window.page
    page.goto("/studio/new")
    page.fill("[name=key]", "own_check")
    strange = CAMUNDA.replace(b'name="Check"', b'name="&lt;script&gt;alert(1)&lt;/script&gt;"')
    page.set_input_files("[name=file]", {"name": "check.bpmn", "mimeType": "application/xml", "buffer": strange})
    page.get_by_role("button", name="Begin").click()
    page.wait_for_selector("#studio[data-ready]")
    window.says("The file is the draft now.")
    window.says("The checks below name each.")
    expect(page.locator("[data-checks]")).to_contain_text("nothing here reads it: camunda:assignee, camunda:formKey")
    assert middle_of(window, "check")[0] > 0
    page.locator("header details.mr-drop summary").click()
    with page.expect_download() as saved:
        page.locator("[data-export=svg]").click()
    picture = Path(saved.value.path()).read_text()
    assert "&lt;script&gt;" in picture
    assert "<script" not in picture
    assert "http" not in picture.replace("http://www.w3.org/", "")
    with page.expect_download() as saved:
        page.locator("[data-export=bpmn]").click()
    kept = Path(saved.value.path()).read_text()
    assert parse(kept.encode()).has_drawing
    for name in ("camunda:assignee", "zeebe:taskDefinition", "kermit", "their_process"):
        assert name in kept, name
