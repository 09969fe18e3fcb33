"""With the guide alone: a gemstone check with form and table is drawn, tried, agreed to; fifty orders move; one is done; back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from erp import create
from erp.modelling import publishing
from erp.testing.pytest_plugin import Company, Person
from erp.workflow.people import tasks
from tests.repairs.conftest import CAMERA
from tests.scenarios.browser import Open, Window, middle_of
from tests.scenarios.test_an_analyst_decides_by_a_table import write

pytestmark = pytest.mark.browser
ORDERS = 50
STEP, DECISION = "Check the gemstone", "Decide on the stone"


def test_a_step_with_form_and_table_is_drawn_tried_published_moved_to_and_rolled_back(
    company: Company, visit: Open, run_jobs: Callable[[], int]
):
    grace = company.person("Counter", "Technician", name="Grace Njeri")
    waiting = taken_in(grace, ORDERS)
    with company.person("TENANT_OWNER").acting():
        publishing.ask_for_second_person(wanted=True)
    mary, john = (visit(company.person("TENANT_ANALYST", name=name)) for name in ("Mary Wanjiru", "John Kamau"))
    opened(mary)
    put_on_the_way(mary, "create.person", STEP, "f_received")
    a_form_is_made(mary.page)
    opened(mary)
    put_on_the_way(mary, "create.decision", DECISION, new_way(mary.page))
    a_table_is_made(mary.page)
    opened(mary)
    it_is_tried(mary.page)
    mary.page.get_by_role("button", name="Publish…").click()
    gate = mary.page.locator("#gate")
    expect(gate).to_contain_text(f"{ORDERS} running documents can move")
    gate.locator("[name=note]").fill("Stones were not looked at")
    gate.get_by_role("button", name="Propose version 2").click()
    it_is_agreed_to(john)
    running_orders_move(john, run_jobs)
    assert where(grace, waiting) == {"inspect"}
    the_next_order_goes_through_it(grace, visit)
    it_is_rolled_back(mary, grace)


def taken_in(grace: Person, count: int) -> list[int]:
    with grace.acting():
        amina = create("party", {"name": "Amina Hassan", "phone": "+254 700 553 218"}).id
        return [create("repair_order", {**CAMERA, "customer": amina}).id for _each in range(count)]


def where(grace: Person, orders: list[int]) -> set[str]:
    with grace.acting():
        return {task.element for task in tasks.open_of("repair_order", orders)}


def opened(window: Window) -> None:
    window.go("/studio/repair_order")
    window.page.wait_for_selector("#studio[data-ready]")


def put_on_the_way(window: Window, tool: str, name: str, way: str) -> None:
    """From the palette onto a way of the drawing; it is named at once."""
    page = window.page
    x, y = middle_of(window, way)
    page.locator(f".djs-palette [data-action='{tool}']").click()
    page.mouse.move(x - 20, y - 10)
    page.mouse.move(x, y, steps=4)
    page.mouse.click(x, y)
    page.locator(".djs-direct-editing-content").wait_for()
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    expect(page.locator("[data-panel] [name=name]")).to_have_value(name)


def new_way(page: Page) -> str:
    """The way that was drawn by itself, from the new step on."""
    return str(page.locator("#canvas .djs-connection[data-element-id^=Flow_]").first.get_attribute("data-element-id"))


def a_form_is_made(page: Page) -> None:
    panel = page.locator("[data-panel]")
    panel.locator("[name=role]").select_option("Counter")
    panel.get_by_role("button", name="New form").click()
    page.wait_for_selector("[data-palette] [data-preset=boolean]")
    page.locator("[data-palette] [data-preset=number]").click()
    panel.locator("[name=label]").fill("Carat")
    panel.locator("[name=key]").fill("carat")
    panel.locator("[name=key]").blur()
    panel.get_by_label("Must be filled in").check()
    expect(page.locator("[data-said]")).to_contain_text("Saved")
    expect(page.locator("[data-checks]")).to_contain_text("Nothing found")


def a_table_is_made(page: Page) -> None:
    page.get_by_role("link", name="New table…").click()
    page.locator("[name=title]").fill("Gemstones")
    page.get_by_label("Carat").check()
    page.locator("[name=output0]").fill("Insured")
    page.locator("[name=output0_type]").select_option("boolean")
    page.get_by_role("button", name="Make the table").click()
    page.wait_for_selector(".mr-tablework[data-ready]")
    found = page.locator("[data-found]")
    found.get_by_role("button", name="Add a rule for it").click()
    page.keyboard.type("true")
    write(page, "0:0", ">= 1")
    expect(found).to_contain_text("Nothing answers when Carat")
    found.get_by_role("button", name="Add a rule for it").click()
    page.keyboard.type("false")
    expect(found).to_contain_text("Everything has an answer")
    expect(page.locator("[data-said]")).to_contain_text("Saved")


def it_is_tried(page: Page) -> None:
    page.get_by_role("button", name="Try it").click()
    walk = page.locator("[data-walk]")
    walk.get_by_role("button", name="Begin", exact=True).click()
    expect(walk.locator(".mr-panel h3")).to_have_text(STEP)
    walk.locator("[name=carat]").fill("2.5")
    walk.get_by_role("button", name=STEP).click()
    expect(walk.locator(".mr-panel h3")).to_have_text("Inspect item")
    expect(walk.locator(".mr-walk-path")).to_contain_text("insured: yes by rule 1 of “Gemstones”")
    walk.locator("[name='~name']").fill("A stone of two carats")
    walk.get_by_role("button", name="Record as a test case").click()
    expect(walk).to_contain_text("Recorded.")


def it_is_agreed_to(john: Window) -> None:
    opened(john)
    john.page.get_by_role("button", name="Publish…").click()
    gate = john.page.locator("#gate")
    expect(gate).to_contain_text("Mary Wanjiru proposes it")
    gate.get_by_role("button", name="Publish version 2").click()
    john.says("Version 2 is live")


def running_orders_move(john: Window, run_jobs: Callable[[], int]) -> None:
    john.go("/studio/repair_order/versions")
    john.press(f"Move {ORDERS} running documents here")
    john.says(f"{ORDERS} running documents can move to version 2.")
    john.press(f"Move {ORDERS} documents")
    john.page.wait_for_url("**/batch/*")
    run_jobs()
    john.says(f"{ORDERS}moved")


def the_next_order_goes_through_it(grace: Person, visit: Open) -> None:
    [order] = taken_in(grace, 1)
    window = visit(grace)
    window.go(f"/repair_order/{order}")
    window.press(STEP)
    window.page.fill("[name=carat]", "2.5")
    window.send(STEP)
    window.says("Inspect item")
    window.go(f"/repair_order/{order}/process?element=decide_on_the_stone")
    window.says("2.5")


def it_is_rolled_back(mary: Window, grace: Person) -> None:
    mary.go("/studio/repair_order/versions")
    mary.press("Roll back to this")
    mary.page.locator("#confirm [value=yes]").click()
    mary.says("It runs again, as version 3.", "body")
    [order] = taken_in(grace, 1)
    assert where(grace, [order]) == {"inspect"}
