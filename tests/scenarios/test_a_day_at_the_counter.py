"""A cash shop's day at the counter, by keyboard and by touch, with the power cut in the middle of a sale."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from sqlalchemy.exc import DBAPIError

from erp import create, session
from erp.testing.pytest_plugin import PASSWORD, Person
from plugins.accounting.api import balance
from plugins.pos import lots, registering
from plugins.pos.models import ZReport
from plugins.stock.api import home, on_hand
from tests.chromium import FLAGS, PATIENCE, chromium_path
from tests.pos.conftest import books, cashier, kept, manager, pin_of, shelf

__all__ = ["books", "cashier", "kept", "manager", "shelf"]
pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("books")]
STRAP, CELL, KIT = "4006381333931", "4011200296908", "5901234123457"


BETWEEN_KEYS = 0.002
"""Seconds between two keys of a scanner."""
NUMBERED = re.compile(r"/till/lots\?code=SN-471[23]")
"""What is asked of the server where one of two pieces is scanned."""
TELLS_PRINTED = """document.addEventListener('load', ({ target: paper }) => {
  if (!paper.matches?.('.mr-till-paper')) return
  const { contentWindow: page } = paper
  const print = page.print.bind(page)
  page.print = () => { print(); paper.dataset.printed = 'yes' }
}, true)"""
"""A paper says when the browser has printed it."""
ENTER = {"code": "Enter", "text": "\r", "windowsVirtualKeyCode": 13}


@dataclass
class Counter:
    """A till's browser with a folder of its own, so that it can be killed and started again."""

    browser: Browser
    address: str
    folder: Path
    context: BrowserContext | None = None
    kept: list[dict[str, object]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def start(self) -> Page:
        """The browser, with the cookies it had."""
        flags = [*FLAGS, *(["--no-sandbox"] if os.getuid() == 0 else [])]
        self.context = self.browser.browser_type.launch_persistent_context(
            str(self.folder), executable_path=chromium_path(), args=flags, base_url=self.address, locale="en-GB",
            viewport={"width": 1024, "height": 768}, has_touch=True,
        )  # fmt: skip
        self.context.set_default_timeout(PATIENCE)
        self.context.add_cookies(self.kept)  # type: ignore[arg-type]
        self.context.add_init_script(TELLS_PRINTED)
        page = self.context.pages[0]
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def cut_power(self) -> None:
        """Every process of it is killed; browsers write cookies each half minute, so they are handed on."""
        assert self.context is not None
        self.kept = [dict(each) for each in self.context.cookies()]
        mark = f"--user-data-dir={self.folder}".encode()
        for each in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                if mark in each.read_bytes():
                    os.kill(int(each.parent.name), signal.SIGKILL)
        with suppress(Exception):
            self.context.close()

    def sign_in(self, person: Person) -> Page:
        """By the form; a cashier's first page is the till."""
        self.page.goto("/login/")
        self.page.fill("[name=username]", person.username)
        self.page.fill("[name=password]", PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda url: "/login" not in url)
        return self.page

    @property
    def page(self) -> Page:
        assert self.context is not None
        return self.context.pages[0]

    def scan(self, code: str, halfway: Callable[[], None] = lambda: None) -> None:
        """As a scanner does, wherever the cursor is: its keys are milliseconds apart, however busy this machine is."""
        assert self.context is not None
        wire, now = self.context.new_cdp_session(self.page), time.time()
        for place, key in enumerate([*code, "Enter"]):
            if place == len(code) // 3:
                halfway()
            told = {"key": key, "text": key, "timestamp": now + place * BETWEEN_KEYS} | (
                ENTER if key == "Enter" else {}
            )
            for kind in ("keyDown", "keyUp"):
                wire.send("Input.dispatchKeyEvent", {"type": kind, **told})
        wire.detach()

    def printed(self) -> None:
        """Wait for the paper: a browser that prints loses keys, and the next customer's goods come later than that."""
        number = self.page.locator("[data-paid-number]").inner_text()
        expect(self.page.frame_locator(".mr-till-paper").locator("body")).to_contain_text(number)
        expect(self.page.locator(".mr-till-paper[data-printed]")).to_have_count(1)

    def keys(self, *names: str) -> int:
        """Press keys; how many that were."""
        for name in names:
            self.page.keyboard.press(name)
        return len(names)

    def lines(self) -> list[str]:
        """What stands in the cart."""
        return [" ".join(each.split()) for each in self.page.locator("[data-lines] .mr-till-name").all_inner_texts()]


@pytest.fixture
def counter(chromium: Browser, address: str, tmp_path: Path) -> Iterator[Counter]:
    found = Counter(chromium, address, tmp_path / "browser")
    yield found
    if found.context is not None:
        with suppress(Exception):
            found.context.close()
    assert found.complaints == []


def until(page: Page, come: Sequence[object], count: int = 1) -> None:
    """Wait until so many have come."""
    while len(come) < count:
        page.wait_for_timeout(50)


ON_THE_DISK = """() => new Promise(found => {
  const opening = indexedDB.open('till')
  opening.onsuccess = () => {
    const kept = opening.result.transaction('kept').objectStore('kept').getAll()
    kept.onsuccess = () => found(kept.result.some(({ cart }) => cart.lines.length > 0))
  }
})"""
"""Whether a cart that is not empty is kept: a page shows a line before its disk has it."""
PRICES = {"NATO strap": ("950", STRAP), "Battery": ("250", CELL), "Lens kit": ("1450", KIT)}
CLOSED = ("/product/", "/party/", "/sale/", "/cash_session/", "/z_report/", "/terminal/", "/journal_entry/", "/people/")


def test_a_cash_shops_day(  # noqa: PLR0915 - a day is long
    counter: Counter,
    manager: Person,
    cashier: Person,
    shelf: Callable[..., int],
    kept: Callable[..., dict[str, int]],
    monkeypatch: pytest.MonkeyPatch,
):
    ids = {name: shelf(name, price, barcodes=[{"code": code}]) for name, (price, code) in PRICES.items()}
    kept("Watch 36", "serial", **{f"SN-471{at}": (1, None) for at in range(1, 4)})
    monkeypatch.setattr(lots, "MOST", 1)
    pin, own_pin = pin_of(manager), pin_of(cashier)
    with manager.acting():
        code = registering.make_code(create("terminal", {"name": "Till 2", "location": home().id}).id)
    counter.start()
    page = counter.sign_in(cashier)

    # a cashier is led to the till at once; the browser becomes one, and the float is counted
    page.get_by_role("link", name="Register this till").click()
    expect(page.get_by_label("Code")).to_be_focused()
    page.keyboard.type("WRONG-CODE2")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("This code is wrong, used or too old")
    page.get_by_label("Code").fill(code)
    page.keyboard.press("Enter")
    page.get_by_label("1,000", exact=True).fill("2")
    expect(page.locator("#open [data-sum]")).to_have_text("KES 2,000.00")
    page.keyboard.press("Enter")
    expect(page.locator("#open")).to_be_hidden()

    # three things are sold for cash with three keys after the last scan
    for code in (STRAP, CELL, KIT):
        counter.scan(code)
    expect(page.locator("[data-payable]")).to_have_text("KES 3,074.00")
    assert counter.lines() == [
        "1× NATO strap 950.00 950.00",
        "1× Battery 250.00 250.00",
        "1× Lens kit 1,450.00 1,450.00",
    ]
    pressed = counter.keys("F9", "ArrowDown")
    expect(page.locator("[data-change]")).to_have_text("Change 26.00")
    pressed += counter.keys("Enter")
    expect(page.locator("[data-paid-amount]")).to_have_text("KES 26.00")
    expect(page.frame_locator(".mr-till-paper").locator("body")).to_contain_text("Lens kit")
    counter.printed()
    pressed += counter.keys("Enter")
    expect(page.locator("#paid")).to_be_hidden()
    assert pressed <= 5

    # a scan out of nowhere, a number for the line, and what is nobody's
    page.get_by_role("button", name="Battery").focus()
    counter.scan(CELL)
    page.keyboard.type("4*", delay=120)
    page.keyboard.press("Enter")
    expect(page.locator("[data-lines]")).to_contain_text("4×")
    counter.scan("9999999999999")
    expect(page.locator("[data-note]")).to_contain_text("it is no code of ours")

    # more off than a cashier may give: somebody else's PIN, there and then
    page.keyboard.press("Escape")
    page.keyboard.type("50%", delay=120)
    page.keyboard.press("Enter")
    page.get_by_label("PIN of who allows it").fill("000000")
    page.get_by_label("Why").fill("Box is torn")
    page.keyboard.press("Enter")
    expect(page.locator("#override")).to_contain_text("This PIN is nobody's here.")
    page.get_by_label("PIN of who allows it").fill(pin)
    page.keyboard.press("Enter")
    expect(page.locator("[data-lines]")).to_contain_text("50 % off, allowed by Wanjiru Kamau")
    expect(page.locator("[data-payable]")).to_have_text("KES 580.00")

    # the power goes while the sale is on its way: the server sold it, nobody was told
    sold: list[int] = []
    page.route("**/till/checkout", lambda route: sold.append(route.fetch().status))
    counter.keys("F9")
    expect(page.locator("#pay")).to_be_visible()
    counter.keys("Enter")
    expect(page.locator("#sending")).to_be_visible()
    until(page, sold)
    counter.cut_power()
    assert sold == [200]
    page = counter.start()
    page.goto("/till/")
    expect(page.locator("[data-paid-number]")).to_contain_text("S-")
    expect(page.locator("[data-lines] li")).to_have_count(0)
    counter.printed()
    counter.keys("Enter")

    # and again with a cart that nobody paid yet
    counter.scan(STRAP)
    expect(page.locator("[data-lines] li")).to_have_count(1)
    page.wait_for_function(ON_THE_DISK)
    counter.cut_power()
    page = counter.start()
    page.goto("/till/")
    expect(page.locator("[data-lines]")).to_contain_text("NATO strap")

    # left alone it is locked, and still is when the page is loaded anew, also where the server did not hear of it
    unheard: list[Route] = []
    page.route("**/till/lock", lambda route: unheard.append(route))
    page.keyboard.press("Alt+l")
    expect(page.locator("#lock")).to_be_visible()
    until(page, unheard)
    unheard[0].abort()
    page.unroute("**/till/lock")
    with page.expect_response("**/till/lock") as heard:
        page.reload()
    assert heard.value.ok
    page.wait_for_function("Object.keys(localStorage).every(key => !key.startsWith('till-lock-unheard'))")
    page.reload()
    page.get_by_label("Your PIN").fill(own_pin)
    page.keyboard.press("Enter")
    expect(page.locator("#lock")).to_be_hidden()
    expect(page.locator("[data-lines]")).to_contain_text("NATO strap")

    # the same by touch: one more, held for somebody, taken again, and paid
    page.get_by_role("button", name="One more").tap()
    page.get_by_role("button", name="Hold").tap()
    page.get_by_label("What to call it").fill("Man with the hat")
    page.locator("#hold").get_by_role("button", name="Hold").tap()
    expect(page.locator("[data-lines] li")).to_have_count(0)
    expect(page.locator("[data-held]")).to_have_text("1")
    page.get_by_role("button", name="Recall").tap()
    page.get_by_role("button", name="Man with the hat").tap()
    expect(page.locator("[data-payable]")).to_have_text("KES 2,204.00")
    page.locator("[data-do=pay]").tap()
    for digit in "3000":
        page.locator("#pay").get_by_role("button", name=digit, exact=True).tap()
    expect(page.locator("[data-change]")).to_have_text("Change 796.00")
    page.locator("[data-take]").tap()
    expect(page.locator("[data-paid-amount]")).to_have_text("KES 796.00")
    number = page.locator("[data-paid-number]").inner_text()
    counter.printed()
    page.get_by_role("button", name="Next customer").tap()
    expect(page.locator("#paid")).to_be_hidden()

    # one strap comes back with its receipt
    page.keyboard.press("F8")
    counter.scan(number)
    page.locator("[data-returned]").get_by_label("NATO strap").fill("1")
    page.get_by_role("button", name="Take back").tap()
    expect(page.locator("[data-paid-amount]")).to_have_text("KES 1,102.00")
    counter.keys("Enter")

    # a name is found though nobody says whether it is a number, and which watch is asked; one too many to be offered is
    # scanned, and the server answers while the next one is
    page.route("**/till/lots?code=*", lambda route: route.abort())
    page.keyboard.type("watch 36", delay=120)
    page.keyboard.press("Enter")
    expect(page.locator("[data-lots] button")).to_have_count(1)
    page.unroute("**/till/lots?code=*")
    counter.scan("N-4711")
    expect(page.locator("#lots")).to_contain_text("N-4711 is none of these.")
    asked: list[Route] = []
    page.route(NUMBERED, lambda route: asked.append(route))
    counter.scan("SN-4713")

    def answered() -> None:
        until(page, asked)
        asked[0].continue_()
        page.unroute(NUMBERED)
        expect(page.locator("#lots")).to_be_hidden()

    counter.scan("SN-4712", answered)
    expect(page.locator("[data-lines] li")).to_have_count(2)
    expect(page.locator("[data-lines]")).to_contain_text("SN-4712")
    page.get_by_role("button", name="Remove line").first.tap()
    expect(page.locator("[data-lines] li")).to_have_count(1)
    page.get_by_role("button", name="Remove line").first.tap()
    expect(page.locator("[data-lines] li")).to_have_count(0)

    # of what is scanned while the server is silent to some, each of those is named, and payment is not begun
    silent: list[Route] = []
    page.route(NUMBERED, lambda route: silent.append(route))
    counter.scan("SN-4713")
    counter.scan(CELL)
    counter.scan("SN-4712")
    counter.keys("F9")
    expect(page.locator("[data-lines] li")).to_have_count(0)
    for place in range(2):
        until(page, silent, place + 1)
        silent[place].abort()
    expect(page.locator("[data-lines]")).to_contain_text("Battery")
    expect(page.locator("[data-note]")).to_contain_text("SN-4713: There is no answer.")
    expect(page.locator("[data-note]")).to_contain_text("SN-4712: There is no answer.")
    expect(page.locator("#pay")).to_be_hidden()
    page.unroute(NUMBERED)
    page.get_by_role("button", name="Remove line").first.tap()

    # a watch is scanned by its own number, paid by phone, sold once, and comes back by that number
    counter.scan("SN-4711")
    expect(page.locator("[data-lines]")).to_contain_text("SN-4711")
    page.keyboard.press("F9")
    page.locator("#pay").get_by_label("M-Pesa").check(force=True)
    counter.keys("Enter")
    expect(page.locator("#paid")).to_be_visible()
    counter.printed()
    counter.keys("Enter")
    counter.scan("SN-4711")
    expect(page.locator("[data-note]")).to_contain_text("SN-4711 was sold already, with S-")
    page.keyboard.press("F8")
    page.get_by_role("button", name="Take back without a receipt").tap()
    expect(page.locator("[data-return-cart]")).to_be_hidden()
    counter.scan("SN-4711")
    expect(page.locator("[data-return-title]")).to_have_text("1 × Watch 36: KES 116.00")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Remove line").first.tap()
    page.keyboard.press("F8")
    counter.scan("SN-4711")
    expect(page.locator("[data-returned] input")).to_have_value("1")
    page.get_by_role("button", name="Take back").tap()
    expect(page.locator("[data-paid-amount]")).to_have_text("KES 116.00")
    counter.keys("Enter")

    # counted blind, to the shilling
    page.keyboard.press("F10")
    page.get_by_role("button", name="Close the till").tap()
    for worth, many in (("1,000", "6"), ("500", "1"), ("200", "1"), ("50", "1"), ("5", "1"), ("1", "1")):
        page.get_by_label(worth, exact=True).fill(many)
    expect(page.locator("#close [data-sum]")).to_have_text("KES 6,756.00")
    page.locator("#close").get_by_role("button", name="Close the till").tap()
    expect(page.locator("[data-z-number]")).to_contain_text("Z-")
    expect(page.locator("#z")).to_contain_text("Difference0.00")
    agree(manager, ids)
    for address in CLOSED:
        assert page.goto(address).status in {403, 404}, address


def agree(manager: Person, ids: dict[str, int]) -> None:
    """Drawer, shelf and books say the same, and the Z says it for ever."""
    with manager.acting():
        z = session().scalars(sa.select(ZReport)).one()
        assert (z.expected_amount, z.counted_amount, z.sale_count, z.refund_count) == (6756, 6756, 4, 2)
        left = {name: on_hand(key) for name, key in ids.items()}
        assert left == {"NATO strap": 8, "Battery": 5, "Lens kit": 9}
        assert balance("cash") == 4756
        with pytest.raises(DBAPIError):
            session().execute(sa.update(ZReport).values(total=0))
