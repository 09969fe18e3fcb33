"""An analyst moves running orders to a new version, sees who stays and why, and takes it back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from erp.data.base import transaction
from erp.testing.pytest_plugin import Company
from erp.workflow import definitions
from tests.erp.modelling.test_migrating import renamed
from tests.repairs.conftest import Shop
from tests.scenarios.browser import Open
from tests.scenarios.test_accessibility import ASK, AXE

pytestmark = pytest.mark.browser
KEY = "repair_order"


def test_running_orders_move_and_come_back(company: Company, shop: Shop, visit: Open, run_jobs: Callable[[], int]):
    for place in range(6):
        shop.receive()
        if place % 2:
            shop.inspect()
    lydia = company.person("TENANT_ANALYST", name="Lydia Wambui")
    with lydia.acting(source="system"), transaction():
        definitions.publish(
            KEY, renamed(definitions.shipped(KEY) or b"", prepare_quote="write_quote"), note="Plainer names"
        )
    window = visit(lydia, bypass_csp=True, reduced_motion="reduce")
    window.context.add_init_script(path=AXE)
    page = window.page
    window.go(f"/studio/{KEY}/versions")
    window.press("Move 6 running documents here")
    window.says("3 running documents can move to version 2.")
    window.says("“Prepare quote” is not there any more. Choose what takes its place.")
    for theme in ("dark", "light"):
        page.evaluate(f"document.documentElement.dataset.bsTheme = '{theme}'")
        assert page.evaluate(ASK) == []
    page.get_by_label("What takes the place of “Prepare quote”").select_option(label="Prepare quote")
    window.press("Look again")
    window.says("6 running documents can move to version 2.")
    window.press("Move 6 documents")
    expect(page.get_by_role("heading", name="Move to version 2: Repair order")).to_be_visible()
    run_jobs()
    window.says("moved")
    assert shop.open == ["write_quote"]
    window.press("Take it back")
    page.locator("#confirm [value=yes]").click()
    expect(page.get_by_role("heading", name="Taken back: Move to version 2: Repair order")).to_be_visible()
    run_jobs()
    assert shop.open == ["prepare_quote"]
