"""Naomi has paid two invoices by one transfer: Wanjiku registers it from the statement, by keys alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from plugins.invoices.api import outstanding
from tests.banking.conftest import Bank, bank
from tests.banking.test_receiving import naomi
from tests.scenarios.browser import Open

__all__ = ["bank", "naomi"]
pytestmark = pytest.mark.browser


def test_a_transfer_for_two_invoices_is_registered_by_keys(bank: Bank, naomi, visit: Open):
    first, second = naomi.invoice(1000), naomi.invoice(500)
    bank.brought(f"2026-03-06,Transfer {first.number} {second.number},FT26065XYZ,{first.total + second.total + 40}")
    window = visit(bank.accountant)
    window.go(f"/bank_account/{bank.id}/match")
    window.says(f"Pay {first.number}, {second.number} of Naomi Achieng")
    window.page.keyboard.press("p")
    window.says("It pays what was due first")
    expect(window.page.locator("main input[type=checkbox]:checked")).to_have_count(2)
    window.page.keyboard.press("Control+s")
    window.says("KES 40.00 is too much: it stays Naomi Achieng's credit")
    window.says("Everything on statements is matched.")
    with bank.accountant.acting():
        assert (outstanding(first), outstanding(second), bank.told, bank.booked) == (0, -40, [], [])
    window.page.keyboard.press("z")
    window.says("What stays in the books: PAY-")
