"""A page of rows for a program, a document for a person, and what browsers load for them."""

from __future__ import annotations

import os
import shutil
from datetime import date
from decimal import Decimal
from typing import Any

from playwright.sync_api import sync_playwright

from erp import operations
from erp.data.base import session, transaction
from erp.documents.lists import ListQuery
from erp.documents.types import document_type
from erp.workflow.people import tasks
from plugins.repairs import letters
from tests.bench import lists
from tests.bench.site import PASSWORD, Site

DEEP = 900_000
LINES = 30
PHONE = {"width": 390, "height": 844}


def measure_rest(site: Site) -> dict[str, float]:
    """rest.list_ms and rest.deep_ms: fifty of a million documents, the first and those 900,000 rows in."""
    lists.have_million(site)
    client, headers = site.app.test_client(), {"Authorization": f"Bearer {_token(site)}"}

    def page(after: str) -> Any:
        return client.get("/api/v1/repair_order/", query_string={"after": after}, headers=headers)

    deep = _deep_token(site)
    assert len(page(deep).json["rows"]) == 50
    with lists.counted() as statements:
        page("")
    return {
        "rest.list_ms": lists.median(lambda: page(""), 100) * 1000,
        "rest.deep_ms": lists.median(lambda: page(deep), 100) * 1000,
        "rest.queries": len(statements),
    }


def _token(site: Site) -> str:
    sent = {"username": "grace", "password": PASSWORD}
    answer = site.app.test_client().post("/api/v1/security/login", json=sent)
    return str(answer.json["access_token"])


def _deep_token(site: Site) -> str:
    """What `next` of the page before would have been, had somebody walked there."""
    site.act()
    last = site.run_sql(f"select id from repair_order order by id desc offset {DEEP - 1} limit 1")[0][0]
    query = ListQuery(document_type("repair_order"))
    return query.token(session().get_one(document_type("repair_order").cls, last))


def measure_document(site: Site) -> dict[str, float]:
    """document.ms: a document with 30 lines, its process and its history, in the whole shell, signed in."""
    order = _long_order(site)
    client = site.client()
    page = client.get(f"/repair_order/{order}")
    assert page.status_code == 200, page.status
    assert page.text.count("Part 29"), "the lines are not on the page"
    with lists.counted() as statements:
        client.get(f"/repair_order/{order}")
    return {
        "document.ms": lists.median(lambda: client.get(f"/repair_order/{order}"), 60) * 1000,
        "document.queries": len(statements),
    }


def _long_order(site: Site) -> int:
    """An inspected order with thirty lines and some changes."""
    assert site.app is not None
    site.act()
    customer = operations.create("party", {"name": "Amina Hassan"})
    order = operations.create("repair_order", {"customer": customer.id, "item": "Canon EOS R6", "fault": "Error 20"})
    operations.complete(
        tasks.open_of("repair_order", [order.id])[0].id, {"findings": "Cracked mount", "verdict": "repairable"}
    )
    for price in (90, 100):
        version = operations.get("repair_order", order.id).version
        operations.edit(order.id, "repair_order", {"lines": _parts(price)}, version=version)
    return int(order.id)


def _parts(price: int) -> list[dict[str, Any]]:
    line = {"quantity": Decimal(1), "unit_price": Decimal(price)}
    return [{"description": f"Part {place}"} | line for place in range(LINES)]


def measure_web(site: Site) -> dict[str, float]:
    """web.js_kb: script of the heaviest office page; web.link_kb: all of a customer's link page, which runs none.

    Both in thousands of bytes as they come over the wire to a browser that has nothing yet.
    """
    order = _long_order(site)
    pages = ("/", "/inbox/", "/repair_order/", f"/repair_order/{order}", f"/repair_order/{order}/process")
    link = _link(site, order)
    cookies = [
        {"name": each.key, "value": each.value, "domain": "127.0.0.1", "path": "/"}
        for each in site.client()._cookies.values()
    ]
    with site.served() as address, sync_playwright() as playwright:
        flags = ["--no-sandbox"] if os.getuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        scripts = [_loaded(browser, address + page, cookies).get("Script", 0) for page in pages]
        whole = _loaded(browser, address + link, [], java_script_enabled=False, viewport=PHONE)
        browser.close()
    return {"web.js_kb": max(scripts) / 1000, "web.link_kb": sum(whole.values()) / 1000}


def _loaded(browser: Any, address: str, cookies: Any, **options: Any) -> dict[str, float]:
    """Bytes over the wire by kind of thing, for a browser that comes for the first time."""
    context = browser.new_context(**options)
    context.add_cookies(cookies)
    page = context.new_page()
    wire = context.new_cdp_session(page)
    kinds: dict[str, str] = {}
    sizes: dict[str, float] = {}

    def note(event: Any) -> None:
        kind = kinds[event["requestId"]]
        sizes[kind] = sizes.get(kind, 0) + event["encodedDataLength"]

    wire.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
    wire.on("Network.loadingFinished", note)
    wire.send("Network.enable")
    answer = page.goto(address, wait_until="load")
    assert answer.status == 200, (address, answer.status)
    page.wait_for_timeout(500)
    context.close()
    return sizes


def _link(site: Site, order_id: int) -> str:
    """The customer's link to a quote of thirty lines."""
    site.act()
    order = operations.get("repair_order", order_id)
    task = tasks.open_of("repair_order", [order_id])[0]
    answers = {"lines": _parts(100), "promised_on": date(2099, 1, 1), "email": "amina@example.com"}
    operations.complete(task.id, answers)
    site.act()
    with transaction():
        order = session().get_one(document_type("repair_order").cls, order_id)
        letters.issue_link(order)
        return f"/link/{letters.link_token(order)}"
