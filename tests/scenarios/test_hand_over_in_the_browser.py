"""At the counter: how much has to be typed to take an item in, and signing for it on the screen."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import expect

from erp import create, files
from tests.repairs.conftest import Shop
from tests.scenarios.browser import Open, Window

pytestmark = pytest.mark.browser
BUDGET = 12
"""Clicks and filled fields it may take to take an item in, from the list to the saved order."""


class Counted:
    """A window whose inputs are counted: each press, each field filled, each choice."""

    def __init__(self, window: Window) -> None:
        self.page, self.inputs = window.page, 0

    def fill(self, name: str, text: str) -> None:
        """Type into a field."""
        self.page.locator(f"[name='{name}']").press_sequentially(text)
        self.inputs += 1

    def press(self, role: str, name: str) -> None:
        """Click a button, link or option."""
        self.page.get_by_role(role, name=name).first.click()  # type: ignore[arg-type]
        self.inputs += 1


def test_taking_an_item_in_needs_few_inputs(visit: Open, shop: Shop) -> None:
    with shop.grace.acting():
        create("party", {"name": "Amina Hassan", "phone": "+254 700 553 218"})
    window = visit(shop.grace)
    window.go("/repair_order/")
    at = Counted(window)
    at.press("link", "New repair order")
    at.fill("customer__text", "ami")
    at.press("option", "Amina Hassan")
    for name, text in {
        "item": "Canon EOS R6", "serial": "062021004418", "accessories": "Battery, strap", "fault": "Error 20",
        "condition": "Scratched", "storage": "Shelf B4", "promised_on": "2099-12-24",
    }.items():  # fmt: skip
        at.fill(name, text)
    at.press("button", "Save")
    window.says("Repair order saved.")
    window.says("Received", ".mr-head")
    assert at.inputs <= BUDGET


def test_what_is_signed_on_the_screen_is_kept_as_a_picture_of_the_order(visit: Open, shop: Shop) -> None:
    shop.approved()
    shop.finished()
    window = visit(shop.grace)
    page = window.page
    window.go(f"/repair_order/{shop.order_id}")
    window.press("Take payment, hand over")
    page.fill("[name=tendered]", "28000")
    canvas = page.get_by_role("img", name="Sign here")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 30, box["y"] + 40)
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(box["x"] + 30 + step * 20, box["y"] + 40 + (step % 2) * 50)
    page.mouse.up()
    expect(page.get_by_role("button", name="Clear")).to_be_visible()
    page.get_by_label("Item and accessories handed over").check()
    page.set_viewport_size({"width": 1000, "height": 800})
    window.send("Take payment, hand over")
    window.says("Take payment, hand over: done for")

    assert shop.look("collected_against") == "signature"
    with shop.grace.acting():
        [kept] = files.of("repair_order", shop.order_id, "signature")
    drawn = window.fetch(f"/repair_order/{shop.order_id}/files/{kept.id}")
    with Image.open(BytesIO(drawn)) as picture:
        alpha = picture.convert("RGBA").getchannel("A")
    inked = sum(alpha.histogram()[128:])
    assert Decimal(inked) > 200, "the picture is empty"
