"""An empty machine becomes a company with its first document, by the operator's command and three short pages."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.chromium import PATIENCE
from tests.erp.run.installation import Installation, Started, free_port

pytestmark = pytest.mark.browser
MINUTES = 3
FOUNDER = {"your_name": "Anne Chebet", "your_email": "anne@example.com", "username": "anne"}


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """`erp run` on an empty folder, without the demo company."""
    installation = Installation(tmp_path_factory.mktemp("begin"), free_port())
    try:
        yield installation.start_whole(DEMO="0")
    finally:
        installation.end()


@pytest.fixture(scope="module")
def link(started: Started) -> str:
    found = re.search(r"http\S+/begin/\S+", started.read_until("/begin/"))
    assert found is not None
    return found[0]


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


def go_on(page: Page) -> None:
    page.locator("main button.btn-primary").click()


def invite_a_colleague(page: Page) -> None:
    """The fourth step, which may be left out."""
    page.fill("[name=name-0]", "Peter Kariuki")
    page.fill("[name=email-0]", "peter@example")
    go_on(page)
    expect(page.locator("main")).to_contain_text("is not an e-mail address")
    page.fill("[name=email-0]", "peter@example.com")
    go_on(page)
    expect(page.locator("main")).to_contain_text("A colleague is invited by mail.")
    expect(page).to_have_url(re.compile("/repair_order/new$"))


def test_a_made_up_link_opens_nothing(link: str) -> None:
    assert httpx.get(f"{link}x").status_code == 404


def test_three_minutes_from_the_link_to_the_first_document(link: str, page: Page) -> None:
    began = time.monotonic()
    page.goto(link)
    page.select_option("[name=trade]", "repairs")
    page.select_option("[name=country]", "KE")
    go_on(page)
    expect(page.locator("[name=currency]")).to_have_value("KES")
    expect(page.locator("[name=timezone]")).to_have_value("Africa/Nairobi")
    page.fill("[name=name]", "Rift Repairs")
    page.fill("[name=currency]", "KSH")
    page.fill("[name=opens]", "25:00")
    go_on(page)
    expect(page.locator("main")).to_contain_text("Write the three letters of a currency")
    expect(page.locator("main")).to_contain_text("“25:00” is not a time of day")
    expect(page.locator("[name=name]")).to_have_value("Rift Repairs")
    page.fill("[name=currency]", "KES")
    page.fill("[name=opens]", "08:30")
    go_on(page)
    for name, text in {**FOUNDER, "password": "short", "again": "short"}.items():
        page.fill(f"[name={name}]", text)
    go_on(page)
    expect(page.locator("main")).to_contain_text("At least 10 characters")
    expect(page.locator("[name=your_name]")).to_have_value("Anne Chebet")
    page.fill("[name=password]", "a long password")
    page.fill("[name=again]", "a long password")
    go_on(page)
    expect(page.locator("main")).to_contain_text("Rift Repairs is ready.")
    invite_a_colleague(page)
    page.goto(page.url.replace("/repair_order/new", "/party/new"))
    page.fill("[name=name]", "Amina Hassan")
    go_on(page)
    page.goto(page.url.partition("/party")[0] + "/repair_order/new")
    page.fill("[name=customer__text]", "Amina Hassan")
    page.fill("[name=item]", "Canon EOS R6")
    page.fill("[name=fault]", "Error 20")
    go_on(page)
    expect(page.locator("main")).to_contain_text("RO-")
    assert time.monotonic() - began < MINUTES * 60
    page.goto(page.url.partition("/repair_order")[0] + "/company/")
    expect(page.locator("main")).to_contain_text("Monday 08:30–18:00")
    expect(page.locator("main")).to_contain_text("Jamhuri Day")


def test_the_link_opens_nothing_any_more(link: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert {answer.status_code for answer in pool.map(httpx.get, [link] * 4)} == {409}
    assert "There is no company here yet" not in httpx.get(f"{link.partition('/begin')[0]}/login/").text


def test_the_log_holds_neither_password_nor_link(started: Started, link: str) -> None:
    for log in Path(started.var / "log").glob("*.log"):
        text = log.read_text(errors="replace")
        assert "a long password" not in text
        assert link.rpartition("/")[2] not in text, log.name
