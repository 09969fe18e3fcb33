"""An analyst puts fields into the form of a step, looks at it as the technician will, and a repair is inspected so."""

from __future__ import annotations

from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from erp import create, document_type, session
from erp.testing.pytest_plugin import Company
from erp.workflow.people import tasks
from tests.repairs.conftest import CAMERA
from tests.scenarios.browser import Open, Window

pytestmark = pytest.mark.browser
FORM = "repair_order.inspect"


@pytest.fixture
def order(company: Company) -> int:
    """A camera that waits for its inspection."""
    with company.person("Counter", "Technician", name="Grace Njeri").acting():
        amina = create("party", {"name": "Amina Hassan", "phone": "+254 700 553 218"}).id
        return int(create("repair_order", {**CAMERA, "customer": amina}).id)


def test_a_field_is_drawn_looked_at_and_filled_in(company: Company, visit: Open, order: int):
    mary = visit(company.person("TENANT_OWNER", "TENANT_ANALYST", name="Mary Wanjiru"))
    opened(mary)
    an_answer_is_added(mary.page)
    a_field_of_the_document_is_dragged_in(mary.page)
    it_is_looked_at(mary.page)
    it_is_published(mary)
    it_is_filled_in(company, visit)


def test_a_form_is_begun_at_its_step(company: Company, visit: Open):
    """Looking draws nothing; lines come with their columns and are taken back as one."""
    mary = visit(company.person("TENANT_ANALYST", name="Mary Wanjiru"))
    page = mary.page
    mary.go("/studio/repair_order#inspect")
    page.wait_for_selector("#studio[data-ready]")
    expect(page.locator("[data-panel] [name=form]")).to_have_value(FORM)
    page.wait_for_timeout(1500)
    expect(page.locator("[data-label]")).not_to_contain_text("Draft")
    page.get_by_role("button", name="New form").click()
    page.wait_for_url(f"**/forms/{FORM}_2")
    page.wait_for_selector("#studio[data-ready]")
    page.locator("[data-palette] [data-preset='field:lines']").click()
    column = page.locator("[data-sheet] .fjs-element[data-field-type=number]").first
    expect(column).to_contain_text("Quantity")
    column.click()
    expect(page.locator("[data-panel] h2")).to_have_text("Quantity")
    page.locator("[data-undo]").click()
    expect(page.locator("[data-sheet] .mr-asked")).to_have_count(0)
    page.locator("[data-redo]").click()
    expect(page.locator("[data-sheet] .mr-asked").first).to_be_visible()
    expect(page.locator("[data-said]")).to_contain_text("Saved")


def opened(window: Window) -> None:
    window.go("/studio/repair_order")
    window.page.wait_for_selector("#studio[data-ready]")
    window.page.get_by_role("link", name="Forms", exact=True).click()
    window.page.get_by_role("link", name=FORM, exact=True).click()
    window.page.wait_for_selector("#studio[data-ready]")


def an_answer_is_added(page: Page) -> None:
    """By a click; its label, its name and that it must be ticked are said in the panel."""
    page.locator("[data-palette] [data-preset=boolean]").click()
    panel = page.locator("[data-panel]")
    panel.locator("[name=label]").fill("Seal is intact")
    panel.locator("[name=key]").fill("seal intact")
    panel.locator("[name=key]").blur()
    expect(panel.locator("[name=key]")).to_have_value("seal_intact")
    panel.get_by_label("Must be filled in").check()
    expect(page.locator("[data-sheet]")).to_contain_text("Seal is intact")
    expect(page.locator("[data-said]")).to_contain_text("Saved")


def a_field_of_the_document_is_dragged_in(page: Page) -> None:
    """Above the findings; the step may not change it yet, which is told beside it and mended with one click."""
    page.locator("[data-find]").fill("weight in")
    piece = page.locator("[data-preset='field:weight_in']")
    first = page.locator(".fjs-element[data-id=field_findings]")
    first.scroll_into_view_if_needed()
    target = first.bounding_box()
    assert target is not None
    piece.hover()
    page.mouse.down()
    for step in (0.4, 0.6, 0.8, 0.95, 1):
        page.mouse.move(target["x"] + target["width"] / 2, 120 + (target["y"] - 110) * step, steps=4)
    page.mouse.up()
    expect(page.locator("[data-sheet] .mr-asked").first).to_contain_text("Weight in")
    expect(piece).to_be_disabled()
    expect(page.locator("[data-checks]")).to_contain_text("It fills “Weight in”, which the step may not change.")
    page.locator("[data-panel]").get_by_role("button", name="Let the step change it").click()
    page.wait_for_selector("#studio[data-ready]")
    expect(page.locator("main")).to_contain_text("may change these fields now")
    expect(page.locator("[data-checks]")).to_contain_text("Nothing found")


def it_is_looked_at(page: Page) -> None:
    """As the technician sees it, on a phone, and from right to left."""
    page.get_by_role("button", name="Preview").click()
    frame = page.frame_locator(".mr-frame")
    expect(frame.locator("label", has_text="Weight in")).to_be_visible()
    expect(frame.locator("body")).to_contain_text("Amina Hassan")
    page.get_by_role("button", name="Phone", exact=True).click()
    assert page.locator(".mr-frame").evaluate("each => each.clientWidth") <= 390
    page.locator("[name=preview_language]").select_option("fa")
    expect(frame.locator("html[dir=rtl]")).to_be_attached()
    page.locator("[name=preview_role]").select_option("Counter")
    expect(frame.locator("fieldset[disabled]")).to_be_attached()
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("[data-sheet]")).to_be_visible()


def it_is_published(mary: Window) -> None:
    mary.page.get_by_role("button", name="Publish…").click()
    gate = mary.page.locator("#gate")
    expect(gate).to_contain_text("Seal is intact (yes or no, required)")
    gate.locator("[name=note]").fill("Seals were not looked at")
    gate.get_by_role("button", name="Publish version 2").click()
    mary.says("Version 2 is live")


def it_is_filled_in(company: Company, visit: Open) -> None:
    """The next camera is inspected with the new form; what it fills is in the document."""
    person = company.person("Counter", "Technician", name="Daniel Otieno")
    with person.acting():
        amina = create("party", {"name": "Amina Otieno", "phone": "+254 700 553 219"}).id
        order = create("repair_order", {**CAMERA, "customer": amina}).id
        task = tasks.open_of("repair_order", [order])[0]
    daniel = visit(person)
    daniel.go(f"/task/{task.id}")
    daniel.page.fill("[name=weight_in]", "1.25")
    daniel.page.fill("[name=findings]", "Shutter is stuck")
    daniel.page.get_by_label("Seal is intact").check()
    daniel.page.get_by_role("button", name="Can be repaired").click()
    daniel.page.wait_for_url("**/repair_order/**")
    with person.acting():
        found = session().get(document_type("repair_order").cls, order)
        assert found is not None
        assert found.weight_in == Decimal("1.25")
        assert tasks.open_of("repair_order", [order])[0].element != "inspect"
