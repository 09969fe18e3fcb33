"""A button that asks before it acts asks even while the script of its page is on its way."""

from __future__ import annotations

import pytest
from playwright.sync_api import Dialog, Route, expect

from erp.testing.pytest_plugin import Company
from tests.scenarios.browser import Open

pytestmark = pytest.mark.browser


def test_a_button_asks_before_the_script_of_its_page_has_come(visit: Open, company: Company) -> None:
    page = visit(company.person("Counter", name="Grace Njeri")).page
    late: list[Route] = []
    asked: list[str] = []

    def refuse(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    page.route("**/shell.js*", lambda route: late.append(route))
    page.on("dialog", refuse)
    page.goto("/sessions/", wait_until="commit")
    button = page.locator("main form[data-confirm] button", has_text="Sign out").last
    button.click()
    assert asked == ["Sign out here?"]

    # the script has come: it alone asks
    late.pop().continue_()
    page.wait_for_load_state("domcontentloaded")
    button.click()
    expect(page.locator("#confirm")).to_contain_text("Sign out here?")
    page.locator("#confirm [value=no]").click()
    assert asked == ["Sign out here?"]

    # it is late again, and the answer is yes
    page.reload(wait_until="commit")
    page.remove_listener("dialog", refuse)
    page.once("dialog", lambda dialog: dialog.accept())
    button.click()
    page.wait_for_url("**/login/", wait_until="commit")
