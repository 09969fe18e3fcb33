"""An analyst adds a step to the repair order, a second one agrees, and the next order passes through it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from erp import create
from erp.modelling import publishing
from erp.testing.pytest_plugin import Company
from erp.workflow.people import tasks
from tests.repairs.conftest import CAMERA
from tests.scenarios.browser import Open, Window, middle_of

pytestmark = pytest.mark.browser
STEP = "Check the gemstone"


def opened(window: Window) -> None:
    """From the library into the drawing."""
    window.go("/studio/")
    window.page.locator("main").get_by_role("link", name="Repair order", exact=True).click()
    window.page.wait_for_selector("#studio[data-ready]")


def test_a_step_is_added_agreed_to_and_worked_through(company: Company, visit: Open):
    with company.person("TENANT_OWNER").acting():
        publishing.ask_for_second_person(wanted=True)
    mary = visit(company.person("TENANT_ANALYST", name="Mary Wanjiru"))
    opened(mary)
    draw_the_step(mary)
    propose(mary)
    agree(visit(company.person("TENANT_ANALYST", name="John Kamau")))
    worked_through(company, visit)


def draw_the_step(mary: Window) -> None:
    page = mary.page
    x, y = middle_of(mary, "f_received")
    page.locator(".djs-palette [data-action='create.person']").click()
    page.mouse.move(x - 20, y - 10)
    page.mouse.move(x, y, steps=4)
    page.mouse.click(x, y)
    editing = page.locator(".djs-direct-editing-content")
    editing.wait_for()
    page.keyboard.type(STEP)
    page.keyboard.press("Enter")
    panel = page.locator("[data-panel]")
    expect(panel.locator("[name=name]")).to_have_value(STEP)
    expect(panel.locator("[name=id]")).to_have_value("check_the_gemstone")
    expect(page.locator("[data-checks]")).to_contain_text("It names no form.")
    panel.locator("[name=form]").select_option("repair_order.phone_customer")
    panel.locator("[name=role]").select_option("Counter")
    panel.locator("[name=icon]").fill("eye")
    panel.locator("[name=icon]").blur()
    expect(page.locator("[data-checks]")).not_to_contain_text("It names no form.")
    expect(page.locator("[data-checks] .mr-state.bad")).to_have_count(0)
    expect(page.locator("[data-label]")).to_contain_text("Draft")


def propose(mary: Window) -> None:
    page = mary.page
    page.get_by_role("button", name="Publish…").click()
    gate = page.locator("#gate")
    expect(gate).to_contain_text(STEP)
    expect(gate).to_contain_text("after Received, by Counter")
    gate.locator("[name=note]").fill("Stones were not looked at")
    gate.get_by_role("button", name="Propose version 2").click()
    expect(page.locator("header").first).to_contain_text("Waits for a second person")


def agree(john: Window) -> None:
    opened(john)
    john.page.get_by_role("button", name="Publish…").click()
    gate = john.page.locator("#gate")
    expect(gate).to_contain_text("Mary Wanjiru proposes it")
    gate.get_by_role("button", name="Publish version 2").click()
    john.says("Version 2 is live")
    john.says("Stones were not looked at")


def worked_through(company: Company, visit: Open) -> None:
    person = company.person("Counter", name="Grace Njeri")
    with person.acting():
        amina = create("party", {"name": "Amina Hassan", "phone": "+254 700 553 218"}).id
        order = create("repair_order", {**CAMERA, "customer": amina}).id
    grace = visit(person)
    grace.go(f"/repair_order/{order}")
    grace.press(STEP)
    grace.send(STEP)
    grace.says("Inspect item")
    with person.acting():
        assert [task.element for task in tasks.open_of("repair_order", [order])] == ["inspect"]
