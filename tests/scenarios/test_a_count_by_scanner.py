"""Anne counts with a scanner, Ben with a phone, and the shop sells in between."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from erp import session
from plugins.stock.counts import StockCount
from tests.scenarios.browser import Open, Window
from tests.stock.conftest import shop
from tests.stock.test_counts import LAMP, VASE, Counting, at

__all__ = ["at", "shop"]
pytestmark = pytest.mark.browser


def scanned(window: Window, code: str, said: str, count: str = "") -> None:
    """As a scanner does: the keys of the barcode, then Enter."""
    expect(window.page.locator("[name=code]")).to_be_focused()
    window.page.keyboard.type(code)
    window.page.keyboard.press("Enter")
    window.says(said, ".mr-scanned")
    if count:
        window.says(count, ".mr-scancount")


def test_a_shelf_is_counted_by_two_while_the_shop_sells(at: Counting, visit: Open):
    at.begin()
    anne, ben = visit(at.anne), visit(at.ben, size="phone")
    anne.go(f"/stock_count/{at.id}")
    anne.press("Scan")
    for count in ("1 ", "2 ", "3 "):
        scanned(anne, LAMP, "Lamp", count)
    expect(anne.page.locator("main")).not_to_contain_text("expected")
    at.shop.issue(at.lamp, 2)

    ben.go(f"/stock_count/{at.id}/scan")
    ben.page.fill("[name=quantity]", "5")
    ben.page.fill("[name=code]", LAMP)
    ben.page.keyboard.press("Enter")
    ben.says("8 ", ".mr-scancount")
    scanned(ben, "7622210449283", "Nobody knows this barcode")
    ben.page.fill("[name=quantity]", "many")
    ben.page.fill("[name=code]", VASE)
    ben.page.keyboard.press("Enter")
    ben.says("“many” is not a number", "#result")
    assert ben.page.evaluate("document.documentElement.scrollWidth") <= 390
    ben.page.fill("[name=quantity]", "5")
    ben.page.check("[name=is_total]")
    ben.page.fill("[name=code]", VASE)
    ben.page.get_by_role("button", name="Count", exact=True).click()
    ben.says("2 of 2 lines are counted.", "#result")

    bare = visit(at.ben, size="phone", javascript=False)
    bare.go(f"/stock_count/{at.id}/scan")
    bare.page.fill("[name=code]", VASE)
    bare.page.keyboard.press("Enter")
    bare.says("6 ", ".mr-scancount")
    bare.page.fill("[name=quantity]", "-1")
    bare.page.fill("[name=code]", VASE)
    bare.page.keyboard.press("Enter")
    bare.says("5 ", ".mr-scancount")

    anne.go(f"/stock_count/{at.id}")
    anne.says("7622210449283")
    anne.press("Count")
    anne.send("All is counted")
    anne.says("done")
    with at.looking() as count:
        assert (count.state, count.difference_count, at.shop.worth(at.lamp)) == ("posted", 0, (8, 800))
        assert session().get_one(StockCount, at.id).ended_at is not None
