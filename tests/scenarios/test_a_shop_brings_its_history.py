"""An owner brings a shop's file in with the browser alone: columns found, rules chosen, tried, brought in, read."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from erp.testing.pytest_plugin import Company
from tests.sales.shop_file import made
from tests.scenarios.browser import Open

pytestmark = pytest.mark.browser


def test_a_file_of_sold_lines_is_tried_and_brought_in(
    visit: Open, company: Company, run_jobs: Callable[[], int], tmp_path: Path
) -> None:
    path = tmp_path / "shop.csv"
    path.write_bytes(made(400))
    at = visit(company.person("TENANT_MANAGER", name="Mary Poppins"))
    at.go("/sale/")
    at.press("Import")
    at.page.set_input_files("[name=file]", path)
    at.press("Read the file")
    assert at.value("column-0") == "number"
    assert at.value("rule-lost") == "stock"
    at.page.select_option("[name='column-6']", "")
    at.page.select_option("[name='column-7']", "customer")
    at.page.fill("[name='text-cost_percent']", "-1")
    at.press("Try it")
    at.says("Between 0 and 1,000 percent.")
    at.page.select_option("[name='column-6']", "customer")
    at.page.select_option("[name='column-7']", "country")
    at.page.fill("[name='text-cost_percent']", "40")
    at.page.select_option("[name='rule-duplicate']", "drop")
    at.press("Try it")
    run_jobs()  # the page asks how far it is and loads itself anew
    at.says("Stock correction, less")
    link = at.page.get_by_role("link", name="Download: Cancelled", exact=True).get_attribute("href") or ""
    rows = list(csv.DictReader(io.StringIO(at.fetch(link).decode("utf-8-sig"))))
    assert rows
    assert {row["Number"][0] for row in rows} == {"C"}
    at.press("Bring")
    run_jobs()
    at.says("Open the sales")
    at.press("Open the sales")
    at.page.locator("main tbody a").first.click()
    at.says("Imported history")
    assert at.complaints == []
