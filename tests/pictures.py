"""`make pictures`: the demo company is started, the guides are followed in Chromium, and what they show is taken.

`python -m tests.pictures inbox people` takes these two only.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from erp.config import ROOT
from tests.erp.run.installation import Installation, free_port
from tests.scenarios.browser import FLAGS, SIZES, chromium_path

FOLDER = ROOT / "docs" / "images"
COLOURS = 200
"""Of a picture; more make it larger and no better to look at."""


def nothing(_page: Page) -> None:
    """Leave the page as it opens."""


def first(page: Page) -> None:
    """Open the first document of a list."""
    page.locator("table a.id").first.click()
    page.wait_for_load_state()


def tab(name: str) -> Callable[[Page], None]:
    """Open the first document of a list, and a tab of it."""

    def go(page: Page) -> None:
        first(page)
        page.locator(".mr-tabs").get_by_role("link", name=name).first.click()
        page.wait_for_load_state()

    return go


def task(page: Page) -> None:
    """Open the first task of the inbox."""
    page.locator("[data-tasks] .mr-task a").first.click()
    page.wait_for_load_state()


@dataclass(frozen=True)
class Picture:
    """What one picture shows: who looks, where, and what they do there first."""

    name: str
    who: str
    path: str
    then: Callable[[Page], None] = nothing
    size: str = "desktop"


PICTURES = (
    Picture("list", "peter", "/repair_order/?view=open"),
    Picture("document", "peter", "/repair_order/?state__eq=in_repair", first),
    Picture("process", "peter", "/repair_order/?state__eq=delivered", tab("Process")),
    Picture("inbox", "daniel", "/inbox/", task),
    Picture("inbox-phone", "daniel", "/inbox/", size="phone"),
    Picture("overview", "peter", "/"),
    Picture("intake", "grace", "/repair_order/new"),
    Picture("invoice", "peter", "/invoice/", first),
    Picture("payments", "peter", "/payment/"),
    Picture("people", "anne", "/people/"),
)


def take(browser: Browser, address: str, passwords: dict[str, str], picture: Picture) -> bytes:
    """The picture as PNG."""
    width, height = SIZES[picture.size]
    context = browser.new_context(base_url=address, viewport={"width": width, "height": height}, locale="en-GB")
    page = context.new_page()
    page.goto("/login/")
    page.fill("[name=username]", picture.who)
    page.fill("[name=password]", passwords[picture.who])
    page.keyboard.press("Enter")
    page.wait_for_selector(".mr-side", state="attached")
    page.goto(picture.path)
    picture.then(page)
    page.wait_for_timeout(1000)  # counts of the menu and the diagram come after the page
    taken = page.screenshot()
    context.close()
    return taken


def main(wanted: list[str]) -> None:
    """Take the pictures, all or those that are named."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, sync_playwright() as playwright:
        installation = Installation(Path(folder), free_port())
        try:
            installation.start_whole().read_until("Sign in as")
            known = json.loads((Path(folder) / "sign-ins").read_text())
            passwords = {each["user"]: each["password"] for each in known}
            browser = playwright.chromium.launch(executable_path=chromium_path(), args=[*FLAGS, "--no-sandbox"])
            for picture in PICTURES:
                if not wanted or picture.name in wanted:
                    taken = take(browser, f"http://127.0.0.1:{installation.port}", passwords, picture)
                    reduced = Image.open(io.BytesIO(taken)).convert("RGB").quantize(COLOURS)
                    reduced.save(FOLDER / f"{picture.name}.png", optimize=True)
                    print(picture.name)
            browser.close()
        finally:
            installation.end()


if __name__ == "__main__":
    main(sys.argv[1:])
