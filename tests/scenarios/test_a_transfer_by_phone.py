"""Anne receives at Mombasa with a scanner on her phone: one is short, one over, one damaged, one the wrong item."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.painted import png
from tests.scenarios.browser import Open, Window
from tests.stock.conftest import shop
from tests.transfers.conftest import Road, buckets, road

__all__ = ["road", "shop"]
pytestmark = pytest.mark.browser


def scanned(window: Window, code: str, said: str = "", count: str = "") -> None:
    """As a scanner does: the keys of the barcode, then Enter."""
    expect(window.page.locator("[name=code]")).to_be_focused()
    window.page.keyboard.type(code)
    window.page.keyboard.press("Enter")
    if said:
        window.says(said, ".mr-scanned")
    if count:
        window.says(count, ".mr-scancount")


def tap(window: Window, name: str) -> None:
    """Press what is called so, wherever a phone shows it."""
    named = window.page.get_by_role("link", name=name, exact=True)
    named.or_(window.page.get_by_role("button", name=name, exact=True)).first.click()


GOODS = ("Lamp", "Vase", "Mug", "Bowl")


def test_short_over_damaged_and_wrong(road: Road, visit: Open):
    goods = {name: road.shop.product(name, code=name.upper()) for name in GOODS}
    for product in goods.values():
        road.shop.receive(product, 10, 100)
    road.ask([(goods["Lamp"], 3), (goods["Vase"], 2), (goods["Mug"], 2)], reason="For the fair")
    picks_and_ships(road, visit(road.ben, size="phone"))
    counts_what_came(road, visit(road.anne, size="phone"))
    decides(road, visit(road.peter, size="phone"))
    with road.shop.boss.acting():
        row = road.look()
        assert row.state == "closed"
        assert [line["received"] for line in buckets(row) if "received" in line] == [2, 3, 1, 1]
        assert road.shop.counts(goods["Bowl"]) == {(road.shop.here, None): 9, (road.shop.there, None): 1}


def picks_and_ships(road: Road, ben: Window) -> None:
    """Ben takes the goods from the shelf with his phone; what is not asked for is refused."""
    ben.go(f"/transfer/{road.id}")
    tap(ben, "Scan what you pick")
    scanned(ben, "BOWL")
    ben.says("Bowl is not asked for", "#result")
    for code, count in (("LAMP", 3), ("VASE", 2), ("MUG", 2)):
        for place in range(count):
            scanned(ben, code, code.title(), f"{place + 1} ")
    scanned(ben, "MUG")
    ben.says("2 of Mug are asked for, not more", "#result")
    tap(ben, "All is picked")
    ben.page.get_by_label("What was scanned").check()
    tap(ben, "Picked")
    ben.go(f"/transfer/{road.id}")
    tap(ben, "Ship goods")
    ben.page.get_by_label("Tracking number").fill("KBX 412")
    tap(ben, "Ship")


def counts_what_came(road: Road, anne: Window) -> None:
    """Anne scans: a lamp is missing, a vase is over, a mug is broken, and nobody sent a bowl. Over is not hers to take."""
    anne.go(f"/transfer/{road.id}")
    anne.says("7 sent = 7 on the way")
    tap(anne, "Scan what came")
    scanned(anne, "LAMP", "Lamp", "1 ")
    scanned(anne, "LAMP", "Lamp", "2 ")
    for place in range(3):
        scanned(anne, "VASE", "Vase", f"{place + 1} ")
    anne.says("more than was sent", ".mr-scanned")
    scanned(anne, "MUG", "Mug", "1 ")
    anne.page.get_by_label("Damaged").check()
    anne.page.set_input_files("[name=photo]", {"name": "mug.png", "mimeType": "image/png", "buffer": png()})
    anne.page.locator("[name=code]").focus()
    scanned(anne, "MUG", "Damaged")
    scanned(anne, "BOWL", "not on this transfer")
    scanned(anne, "7622210449283", "Nobody knows this barcode")
    expect(anne.page.get_by_label("Good")).to_be_checked()
    anne.says("2 of 3", "#result")
    assert anne.page.evaluate("document.documentElement.scrollWidth") <= 390
    tap(anne, "All is counted")
    anne.page.get_by_label("What was scanned").check()
    anne.page.get_by_label("Is not coming any more").check()
    tap(anne, "Receive")
    anne.says("1 of Vase are more than was sent: a stock manager receives them")


def decides(road: Road, peter: Window) -> None:
    """Peter takes the vase and says why, then decides on the rest line by line."""
    peter.go(f"/transfer/{road.id}")
    tap(peter, "Receive goods")
    peter.page.get_by_label("What was scanned").check()
    peter.page.get_by_label("Is not coming any more").check()
    peter.page.get_by_label("Why more is taken than was sent").fill("Three were in the box")
    tap(peter, "Receive")
    peter.go(f"/transfer/{road.id}")
    peter.says("9 sent = 6 received + 2 rejected + 1 on the way")
    tap(peter, "Settle line by line")
    peter.page.get_by_label("Lamp, missing: 1").select_option("lost")
    peter.page.get_by_label("Mug, rejected: 1").select_option("lost")
    peter.page.get_by_label("Bowl, rejected: 1").select_option("found")
    tap(peter, "Settle")
    peter.says("9 sent = 7 received + 2 lost")
    assert peter.page.evaluate("document.documentElement.scrollWidth") <= 390
    tap(peter, "Settle difference")
    tap(peter, "Settle all that is left")
    peter.go(f"/transfer/{road.id}")
    peter.says("Closed")
