"""An analyst changes a decision table in the browser: what is wrong, which rule answers, what is left open, what changes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from erp.modelling import drafts
from erp.testing.pytest_plugin import Company
from tests.scenarios.browser import Open

pytestmark = pytest.mark.browser
TOTAL, CURRENCY = "[data-question='document.total']", "[data-question='document.currency']"


def write(page: Page, coords: str, text: str) -> None:
    """Type into a cell, by its row and column counted from 0."""
    page.locator(f"td[data-coords='{coords}'] [contenteditable]").click()
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def rule(page: Page, number: int) -> str:
    """How a rule is lit up."""
    return page.locator(f"td.rule-index:has-text('{number}')").first.get_attribute("data-rule") or ""


def answers_otherwise(page: Page, said: str) -> None:
    """The panel tells of a row, and leads to it."""
    row = page.locator("[data-found] section", has_text="Rows it is tried with").get_by_role("button")
    expect(row).to_contain_text(said)
    row.click()
    expect(page.locator(CURRENCY)).to_be_focused()


def test_a_table_is_changed_tried_and_completed(company: Company, visit: Open):
    person = company.person("TENANT_ANALYST", name="Mary Wanjiru")
    mary = visit(person)
    page = mary.page
    mary.go("/studio/repair_order")
    page.wait_for_selector("#studio[data-ready]")
    page.locator("[data-panel] [data-element=decide_deposit]").click()
    page.get_by_role("link", name="Open table").click()
    page.wait_for_selector(".mr-tablework[data-ready]")
    checks, tried = page.locator("[data-found]"), page.locator("[data-try]")
    expect(checks).to_contain_text("Everything has an answer")

    write(page, "7:1", "> 2000 x")
    expect(page.locator("td[data-coords='7:1']")).to_have_attribute("data-wrong", "“x” does not belong here.")
    expect(checks).to_contain_text("Rule 8, column Total: “x” does not belong here.")
    write(page, "7:1", "> 2000")
    gap = "Nothing answers when Currency is none of “KES”, “IRR” and Total is 2,000."
    expect(checks).to_contain_text(gap)

    tried.get_by_role("button", name="Add a row").click()
    page.fill(CURRENCY, "KES")
    page.fill(TOTAL, "60000")
    expect(tried.locator("tbody tr")).to_contain_text("30")
    expect(page.locator("td.rule-index[data-rule=decides]")).to_have_text(["2"])
    assert (rule(page, 1), rule(page, 3)) == ("", "fits")
    page.fill(CURRENCY, "USD")
    page.fill(TOTAL, "2000")
    expect(tried.locator("tbody tr")).to_contain_text("no rule fits")

    checks.get_by_role("button", name="Add a rule for it").click()
    page.keyboard.type("40")
    expect(checks).not_to_contain_text(gap)
    expect(tried.locator("tbody tr")).to_contain_text("40")
    expect(page.locator("[data-said]")).to_contain_text("Saved")
    with person.acting():
        assert "2000" in drafts.present("repair_order").decisions["repair_deposit"]

    answers_otherwise(page, "Row 1: 50 before, 40 now")
    page.reload()
    page.wait_for_selector(".mr-tablework[data-ready]")
    expect(page.locator(TOTAL)).to_have_value("2000")
    expect(page.locator(".bjs-powered-by")).to_be_visible()
    mary.go("/studio/repair_order/publish")
    mary.says("new rule 9")
    mary.says('Currency not("KES", "IRR", null), Total 2000 → Percent 40')


def test_a_rule_is_removed_by_a_button_and_by_key(company: Company, visit: Open):
    mary = visit(company.person("TENANT_ANALYST", name="Mary Wanjiru"))
    page = mary.page
    mary.go("/studio/repair_order/tables/repair_deposit")
    page.wait_for_selector(".mr-tablework[data-ready]")
    gone = page.locator("[data-remove-rule]")
    expect(gone).to_be_disabled()
    page.locator("td[data-coords='1:1'] [contenteditable]").click()
    expect(gone).to_have_text("Remove rule 2")
    gone.click()
    expect(page.locator("td.rule-index")).to_have_count(7)
    page.locator("td[data-coords='1:1'] [contenteditable]").click()
    page.keyboard.press("Alt+Delete")
    expect(page.locator("td.rule-index")).to_have_count(6)
    page.locator("[data-undo]").click()
    page.locator("[data-undo]").click()
    expect(page.locator("td.rule-index")).to_have_count(8)
    expect(page.locator("[data-said]")).to_contain_text("Saved")
