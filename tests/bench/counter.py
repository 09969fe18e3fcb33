"""What a cashier waits for: a scan until its line is painted, with a catalogue of a small department store."""

from __future__ import annotations

import os
from decimal import Decimal

import sqlalchemy as sa
from playwright.sync_api import Page, sync_playwright

from erp import context, session, transaction
from erp.access import enter_as
from erp.operations import create
from erp.provision import Provision
from plugins.pos import drawer, registering
from plugins.products.models import Product
from plugins.stock.api import home
from tests.bench.site import PASSWORD, Site
from tests.chromium import FLAGS, chromium_path

PRODUCTS = int(os.environ.get("BENCH_PRODUCTS", "20000"))
SCANS = 200
LINES = 12
"""Things of one customer; then the cart is emptied."""
HEARD = "addEventListener('keydown', (event) => { if (event.key === 'Enter') window.heard = performance.now() }, true)"
"""Before any script of the page: the till lets nobody else hear a scan."""
WATCH = """() => {
  window.painted = []
  new MutationObserver(() => {
    if (!window.heard) return
    const from = window.heard
    window.heard = 0
    // the frame that shows the line is on the screen when the task after its callbacks runs
    requestAnimationFrame(() => { const channel = new MessageChannel()
      channel.port1.onmessage = () => window.painted.push(performance.now() - from)
      channel.port2.postMessage('') })
  }).observe(document.querySelector('[data-lines]'), { childList: true, subtree: true })
}"""


def measure(site: Site) -> dict[str, float]:
    """pos.add_item_ms_p95: from a scanner's Enter until the frame with the line, over the products of the catalogue."""
    assert site.app is not None
    with Provision(site.url) as owner:
        anne = owner.person("anne", "Anne Wairimu", PASSWORD)
        owner.member(anne, site.place, "Anne Wairimu", ["TENANT_MANAGER"])
    context.reset()
    session.remove()
    enter_as(anne, site.place.tenant_id, source="web")
    with site.served() as address, sync_playwright() as playwright:
        flags = [*FLAGS, *(["--no-sandbox"] if os.getuid() == 0 else [])]
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=flags)
        page = browser.new_page(base_url=address, viewport={"width": 1024, "height": 768})
        kept = {"name": "mr_till", "value": _till(), "url": f"{address}/till"}
        page.add_init_script(HEARD)
        page.context.add_cookies([kept])  # type: ignore[list-item]
        taken = sorted(_scanned(page))
        browser.close()
    return {"pos.add_item_ms_p95": taken[len(taken) * 95 // 100]}


def _till() -> str:
    """The shelf filled; the code that makes a browser a till, whose session is open."""
    first = create("product", {"name": "Thing 0", "code": "T-0", "unit_price": Decimal(100)}).id
    with transaction():
        one = session().get_one(Product, first)
        shared = {name: getattr(one, name) for name in ("tenant_id", "uom_id", "kind")}
        made = [{**shared, "name": f"Thing {at}", "code": f"T-{at:05d}"} for at in range(1, PRODUCTS)]
        session().execute(sa.insert(Product), [{**each, "unit_price": Decimal(100)} for each in made])
    terminal = create("terminal", {"name": "Till 1", "location": home().id}).id
    kept = registering.register(registering.make_code(terminal), "bench")
    drawer.open_session(kept, {"float": {}})
    return kept


def _scanned(page: Page) -> list[float]:
    page.goto("/login/")
    page.fill("[name=username]", "anne")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)
    page.goto("/till/")
    page.wait_for_selector("[data-till]:not([aria-busy])")
    page.evaluate("window.heard = 0")
    page.evaluate(WATCH)
    for at in range(SCANS):
        page.keyboard.type(f"T-{1 + at * (PRODUCTS - 2) // SCANS:05d}")
        page.keyboard.press("Enter")
        while page.evaluate("window.painted.length") <= at:
            page.wait_for_timeout(5)
        if at % LINES == LINES - 1:
            for _line in range(LINES):
                page.keyboard.press("Delete")
    found: list[float] = page.evaluate("window.painted")
    return found
