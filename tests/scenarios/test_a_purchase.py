"""Twelve thousand: two of three managers, a line left out, changed and approved again, billed too dear, and accepted."""

from __future__ import annotations

from decimal import Decimal

import pytest

from erp import create, session
from plugins.accounting.reading import entries_for
from plugins.purchasing.bills import SupplierBill
from plugins.purchasing.deliveries import GoodsReceipt
from tests.purchasing.conftest import Firm, firm
from tests.scenarios.browser import Open, Window

__all__ = ["firm"]
pytestmark = pytest.mark.browser

GOODS = (("Laptop battery", 20, 500), ("Sensor cable", 10, 150), ("USB hub", 5, 100))


def test_a_purchase_of_twelve_thousand(firm: Firm, visit: Open):
    order = drawn_up(firm)
    mercy, samuel, brian = (visit(firm.people[name]) for name in ("Mercy", "Samuel", "Brian"))
    two_managers_approve_without_the_hubs(mercy, samuel, order)
    firm.work()
    brian.go(f"/purchase_order/{order}")
    brian.says("KES 13,340.00")
    it_is_changed_and_approved_again(firm, brian, mercy, samuel, order)
    anne, wanjiku = visit(firm.people["Anne"]), visit(firm.people["Wanjiku"])
    some_of_it_comes(anne, order)
    bill = it_is_billed_too_dear(wanjiku, order, firm.today())
    mercy.go(f"/supplier_bill/{bill}")
    mercy.says("Laptop battery: KES 530.00 each is asked, KES 500.00 was ordered.")
    mercy.press("Resolve mismatch")
    mercy.page.fill("[name=comment]", "Copper is dear")
    mercy.send("Accept as billed")
    mercy.says("Posted")
    the_entries_are_those_of_the_guide(firm, wanjiku, bill)


def drawn_up(firm: Firm) -> int:
    with firm.people["Ruth"].acting():
        products = [create("product", {"name": name}).id for name, _count, _price in GOODS]
    lines = [
        firm.line(product, count, price, description=name)
        for product, (name, count, price) in zip(products, GOODS, strict=True)
    ]
    return firm.order(*lines)


def two_managers_approve_without_the_hubs(mercy: Window, samuel: Window, order: int) -> None:
    mercy.go(f"/purchase_order/{order}")
    mercy.press("Approve")
    for words in ("2 of 3 must approve", "Approval of purchases"):
        mercy.says(words)
    mercy.page.get_by_label("USB hub, KES 500.00").check()
    mercy.page.fill("[name=comment]", "We have hubs")
    mercy.send("Approve")
    samuel.go(f"/purchase_order/{order}")
    samuel.press("Approve")
    samuel.send("Approve")
    samuel.says("Approve: done")


def it_is_changed_and_approved_again(firm: Firm, brian: Window, mercy: Window, samuel: Window, order: int) -> None:
    brian.go(f"/purchase_order/{order}/edit")
    brian.page.fill("[name=lines-0-quantity]", "24")
    brian.send("Save")
    brian.says("Saved")
    for window in (mercy, samuel):
        window.go(f"/purchase_order/{order}")
        window.press("Approve")
        for words in ("Brian changed it", "Laptop battery", "24"):
            window.says(words)
        window.send("Approve")
        window.says("Approve: done")


def some_of_it_comes(anne: Window, order: int) -> None:
    anne.go(f"/purchase_order/{order}")
    anne.press("Receive goods")
    anne.page.fill("[name=delivery_note]", "D-17")
    anne.send("Save")
    anne.press("Receive goods")
    anne.page.fill("[name=lines-0-accepted]", "20")
    anne.send("Take in")
    anne.says("Received")
    anne.go(f"/purchase_order/{order}")
    anne.says("Progress")


def it_is_billed_too_dear(wanjiku: Window, order: int, day: str) -> int:
    wanjiku.go(f"/purchase_order/{order}")
    wanjiku.press("Enter bill")
    wanjiku.page.fill("[name=bill_number]", "UP-4711")
    wanjiku.page.fill("[name=billed_on]", day)
    wanjiku.send("Save")
    bill = int(wanjiku.page.url.rsplit("/", 1)[1])
    wanjiku.press("Enter bill")
    wanjiku.page.fill("[name=lines-0-unit_price]", "530")
    wanjiku.send("Compare and post")
    wanjiku.says("Mismatched")
    return bill


def the_entries_are_those_of_the_guide(firm: Firm, wanjiku: Window, bill: int) -> None:
    """Goods received 11,500; the bill 12,100 and its tax; the 600 they cost besides go onto the shelf."""
    with firm.people["Wanjiku"].acting():
        receipt = session().query(GoodsReceipt).one()
        found = [
            {line.account.code: line.amount for line in entry.lines}
            for document in (receipt, session().get_one(SupplierBill, bill))
            for entry in entries_for(document)
        ]
    assert found == [
        {"1300": 11500, "2010": -11500},
        {"2010": 11500, "5020": 600, "1400": 1936, "2000": Decimal(-14036)},
        {"1300": 600, "5020": -600},
    ]
    wanjiku.go(f"/supplier_bill/{bill}")
    wanjiku.says("14,036.00")
