"""An analyst walks the repair order, records the walk, expects something else of it, sees it fail, and mends it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from erp.testing.pytest_plugin import Company
from tests.scenarios.browser import Open

pytestmark = pytest.mark.browser


def test_a_draft_is_walked_recorded_and_held_to_it(company: Company, visit: Open):
    mary = visit(company.person("TENANT_ANALYST", name="Mary Wanjiru"))
    mary.go("/studio/repair_order")
    mary.page.wait_for_selector("#studio[data-ready]")
    expect(mary.page.locator("[data-checks]")).to_contain_text("3 test cases hold")
    walked(mary.page)
    recorded(mary.page)
    held_to_it(mary.page)


def walked(page: Page) -> None:
    page.get_by_role("button", name="Try it").click()
    walk = page.locator("[data-walk]")
    walk.get_by_role("button", name="Begin", exact=True).click()
    expect(walk.locator(".mr-panel h3")).to_have_text("Inspect item")
    expect(page.locator(".djs-element.mr-here[data-element-id=inspect]")).to_be_visible()
    walk.locator("[name=findings]").fill("The shutter is stuck")
    walk.get_by_role("button", name="Cannot be repaired").click()
    expect(walk.locator(".mr-panel h3")).to_have_text("Note the warranty")
    walk.get_by_role("button", name="On to the next person").click()
    expect(walk.locator(".mr-panel h3")).to_have_text("Agree what happens")
    expect(walk.locator(".mr-walk-path")).to_contain_text("State: Unrepairable")
    expect(page.locator(".djs-element.mr-walked[data-element-id=unrepairable]")).to_be_visible()
    walk.get_by_role("button", name="Undo the last step").click()
    expect(walk.locator(".mr-panel h3")).to_have_text("Note the warranty")
    walk.get_by_role("button", name="It answers").click()
    expect(walk.locator(".mr-panel h3")).to_have_text("Agree what happens")


def recorded(page: Page) -> None:
    walk = page.locator("[data-walk]")
    walk.locator("[name='~name']").fill("Beyond repair")
    walk.get_by_role("button", name="Record as a test case").click()
    expect(walk).to_contain_text("Recorded.")
    expect(page.locator("[data-checks]")).to_contain_text("4 test cases hold")


def held_to_it(page: Page) -> None:
    page.goto("/studio/repair_order/tests")
    page.get_by_role("link", name="Beyond repair", exact=True).click()
    page.locator("#state").select_option("scrapped")
    page.get_by_role("button", name="Save and play it").click()
    expect(page.locator("#state-error")).to_contain_text("unrepairable instead of scrapped")
    page.locator(".mr-studio-tabs").get_by_role("link", name="Diagram").click()
    page.wait_for_selector("#studio[data-ready]")
    failing = page.locator("[data-checks] .mr-remark.bad")
    expect(failing).to_contain_text("Beyond repair")
    failing.click()
    expect(page.locator("[data-walk] [role=alert]")).to_contain_text("unrepairable instead of scrapped")
    expect(page.locator(".djs-element.mr-here[data-element-id=settle_unrepairable]")).to_be_visible()
    page.goto("/studio/repair_order/tests/3")
    page.locator("#state").select_option("unrepairable")
    page.get_by_role("button", name="Save and play it").click()
    expect(page.locator("h1 .mr-state.good")).to_have_text("holds")
