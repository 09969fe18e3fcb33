"""axe-core looks at every page of the URL map: light, dark, on a phone, and from right to left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page
from werkzeug.routing import Rule

from erp import create, today
from erp.documents.types import declared
from erp.reports import library
from erp.screens import words
from erp.screens.documents import DocumentView
from erp.testing.pytest_plugin import Company, Person
from plugins.pos import registering
from plugins.stock.api import Movement, home, place, post
from tests.attacks import worlds
from tests.attacks.worlds import World
from tests.scenarios.browser import SIZES, Open, Window

pytestmark = pytest.mark.browser
AXE = Path(__file__).parents[2] / "erp" / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
ASK = """asked => axe.run(document, {...asked, resultTypes: ['violations']}).then(found => found.violations.filter(each => ['serious', 'critical'].includes(each.impact)).map(
  each => `${each.id}: ${each.help}: ${each.nodes.slice(0, 3).map(node => node.html.slice(0, 160)).join(' | ')}`))"""

OF_COLOURS = ["color-contrast", "link-in-text-block"]
"""Rules of colours."""
EVERYTHING = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}
BUT_COLOURS = EVERYTHING | {"rules": {rule: {"enabled": False} for rule in OF_COLOURS}}
"""Colours are most of the work, and the same in every language and at every size."""
COLOURS = {"runOnly": {"type": "rule", "values": OF_COLOURS}}
"""All that differs in the dark."""
SAMPLE = 12
"""Of so many pages one is looked at in the dark, on a phone and from right to left in each run; all in the long one."""


@pytest.fixture(scope="module")
def world(make_company: Callable[..., Company]) -> World:
    """A company with one of everything."""
    words.forget()
    return worlds.build(make_company, "Nairobi", "Nairobi")


@pytest.fixture(scope="module")
def boss(world: World, sign_in: Callable[[Person], FlaskClient]) -> FlaskClient:
    """The client of who may do everything."""
    return sign_in(world.boss)


@pytest.fixture(scope="module")
def addresses(app: Flask, world: World, boss: FlaskClient) -> list[str]:
    """What there is to look at, asked once."""
    return pages(app, world, boss)


def arguments(rule: Rule, world: World) -> dict[str, Any]:
    """What the address is filled with; a new argument must be named here."""
    kind = rule.rule.split("/")[1]
    known = {
        "row_id": world.rows.get(kind, 0),
        "task_id": world.counter_task,
        "mail_id": world.mail,
        "file_id": world.sheet if "/sheet/" in rule.rule else world.upload,
        "batch_id": world.batch,
        "job_id": world.imported if "/import/" in rule.rule else world.exports.get(kind, 0),
        "token": world.link,
        "branch_id": world.branch,
        "member_id": world.boss.member_id,
        "key": "repair_order" if kind == "studio" else f"own:{world.role}",
        "definition_id": world.version,
        "table": "repair_warranty",
        "form": "repair_order.inspect",
        "guide": "office",
        "picture": "inbox.png",
        "language": "fa",
        "barcode_id": world.barcode,
        "revision": 1,
        "report": "invoices_issued",
        "other": 1,
        "code": "S-2026-00001",
        "type_name": "invoice" if "document_id" in rule.arguments else "product",
        "document_id": world.rows["invoice"],
        "field_id": world.own_field,
        "other_id": world.twin,
        "incident_id": world.incident,
        "party_id": world.rows["party"],
        "allocation_id": 1,
        "side": "receivable",
        "mark": "new",
    }
    return {name: known[name] for name in rule.arguments}


TEMPLATES = {
    "list", "show", "add", "edit", "cancel", "process", "history", "files", "import_", "import_file", "import_run",
    "sheet", "sheet_file", "export", "Home.index", "Batches.list", "Batches.show", "Inbox.index", "Inbox.task",
    "Task.task", "Search.index", "Jobs.index", "Jobs.kinds", "Jobs.schedules", "CompanyPages.index",
    "CompanyPages.branch", "CompanyPages.add_branch", "CompanyPages.holidays", "Mailbox.list", "Mailbox.show",
    "Portal.show", "PeoplePages.list", "PeoplePages.invite", "PeoplePages.member", "FirstColleagues.index",
    "RolePages.list", "RolePages.new", "RolePages.role", "RolePages.rule", "May.index", "Profile.index",
    "messages", "related", "Notices.index", "Notices.preferences", "Help.index", "Help.guide",
    "Studio.library", "Studio.new", "Studio.editor", "Studio.publish", "Studio.versions", "Studio.compare", "Heat.page",
    "Tables.list", "Moves.move", "Cases.tests", "Cases.new", "IncidentConsole.index", "IncidentConsole.like",
    "Incidents.correct", "MessageConsole.index", "suspend", "resume", "move",
    "Tables.new", "Tables.editor",
    "Forms.list", "Forms.editor", "FormPreview.show", "Reports.list", "Reports.show", "matrix", "scan", "Till.page", "Till.register", "Till.pin", "reconcile",
}  # fmt: skip
"""Views that must be among those looked at; the document types' by their method alone."""


SELDOM = 60
"""Of so many pages of all other types and reports one is looked at in each run; all in the long one."""
OWN = {"list", "show", "add", "edit"}
"""What is looked at of other types, beside the pages they have of their own."""
SHAPES = {"party", "product", "product_family", "repair_order", "invoice", "payment", "stock_count", "bank_account"}
"""Types whose generated pages are looked at: with and without a process, lines, pictures and money."""


def pages(app: Flask, world: World, boss: FlaskClient) -> list[str]:
    """Every address that answers with a whole page, and a few that show it in another state."""
    found, answered = [], set()
    for rule in app.url_map.iter_rules():
        kind = rule.rule.split("/")[1]
        if kind in declared() and kind not in SHAPES:
            continue
        asks = "GET" in (rule.methods or ()) and kind not in {"api", "static", "health", "logout"}
        if not asks or rule.rule == "/inbox/stream" or rule.arguments & {"place", "name"}:
            continue
        address = rule.build(arguments(rule, world))[1]  # type: ignore[index]
        if is_page(boss, address):
            found.append(address)
            answered.add(rule.endpoint.split(".")[1] if kind in declared() else rule.endpoint)
    assert answered >= TEMPLATES
    return [*found, *states(world)]


def others(app: Flask, world: World) -> list[str]:
    """Pages of the types that are no shapes, and every report; some answer with no page of the boss's."""
    found = [f"/reports/{name}" for name in sorted(library.reports())]
    for rule in app.url_map.iter_rules():
        kind, method = rule.rule.split("/")[1], rule.endpoint.split(".")[-1]
        is_other = kind in declared() and kind not in SHAPES and "GET" in (rule.methods or ())
        if is_other and (method in OWN or not hasattr(DocumentView, method)):
            found.append(rule.build(arguments(rule, world))[1])  # type: ignore[index]
    return found


def states(world: World) -> Iterator[str]:
    """Pages as they look at other moments."""
    order = world.rows["repair_order"]
    yield f"/task/{world.inspect}"
    yield f"/repair_order/{world.quoted}"
    yield f"/repair_order/{world.quoted}/process?element=covered"
    yield f"/repair_order/{world.quoted}/quotes/1/with/1"
    yield f"/repair_order/{order}/history?show=changes"
    yield "/repair_order/?state__eq=quoted"
    yield "/repair_order/?q=nothing+is+called+so"
    yield "/search?q=Canon"
    yield f"/people/why?member={world.boss.member_id}&verb=edit&type=repair_order&row={order}"
    yield "/roles/Counter"
    yield "/roles/Counter/rule?type=repair_order&field=total"
    yield "/studio/repair_order/tests/0"
    yield "/studio/repair_order?case=0"
    yield "/no/such/page"


@pytest.fixture
def judge(visit: Open, world: World) -> Window:
    """The boss's window with axe in every page."""
    if not AXE.exists():
        pytest.fail("axe-core is missing: remove erp/frontend/dist and run `make dev`")
    window = visit(world.boss, bypass_csp=True, reduced_motion="reduce")
    window.context.add_init_script(path=AXE)
    speak(window, "en")
    return window


def judged(page: Page, address: str, mode: str, asked: dict[str, Any] = EVERYTHING) -> list[str]:
    """What axe finds serious or critical."""
    return [f"{address} ({mode}): {each}" for each in page.evaluate(ASK, asked)]


def opened(window: Window, address: str) -> Page:
    window.go(address)
    if window.page.locator("#diagram, #studio, #compare").count():
        window.page.wait_for_selector(":is(#diagram, #studio, #compare)[data-ready]")
    return window.page


def speak(window: Window, language: str) -> None:
    """Change the language by its menu."""
    if window.page.locator(f"html[lang={language}]").count():
        return
    window.page.locator("form[action='/settings/language'] button[name=language]").first.wait_for(state="attached")
    window.page.evaluate(
        "code => document.querySelector(`form[action='/settings/language'] button[value=${code}]`).click()", language
    )
    window.page.wait_for_selector(f"html[lang={language}]")


STEPS = pytest.mark.parametrize(
    "step", [pytest.param(SAMPLE, id="sample"), pytest.param(1, id="all", marks=pytest.mark.soak)]
)


@pytest.mark.parametrize("step", [pytest.param(6, id="sample"), pytest.param(1, id="all", marks=pytest.mark.soak)])
def test_no_page_hinders_anybody(addresses: list[str], judge: Window, step: int) -> None:
    """Light on a desk; on a phone it is no wider than the screen."""
    found: list[str] = []
    for address in addresses[step // 2 :: step]:
        page = opened(judge, address)
        found += judged(page, address, "light")
        width, height = SIZES["phone"]
        page.set_viewport_size({"width": width, "height": height})
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(f"{address} (phone): wider than the screen")
        width, height = SIZES["desktop"]
        page.set_viewport_size({"width": width, "height": height})
    assert found == []


@STEPS
def test_no_page_hinders_anybody_in_the_dark(addresses: list[str], judge: Window, step: int) -> None:
    found: list[str] = []
    for address in addresses[4::step]:
        page = opened(judge, address)
        page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
        found += judged(page, address, "dark", COLOURS)
    assert found == []


@STEPS
def test_no_page_hinders_anybody_on_a_phone(addresses: list[str], judge: Window, step: int) -> None:
    found: list[str] = []
    width, height = SIZES["phone"]
    judge.page.set_viewport_size({"width": width, "height": height})
    for address in addresses[2::step]:
        found += judged(opened(judge, address), address, "phone", BUT_COLOURS)
    assert found == []


@STEPS
def test_no_page_hinders_anybody_from_right_to_left(addresses: list[str], judge: Window, step: int) -> None:
    found: list[str] = []
    speak(judge, "fa")
    for address in addresses[7::step]:
        found += judged(opened(judge, address), address, "fa", BUT_COLOURS)
    assert found == []


@pytest.mark.parametrize("step", [pytest.param(SELDOM, id="sample"), pytest.param(1, id="all", marks=pytest.mark.soak)])
def test_no_page_of_another_type_hinders_anybody(
    app: Flask, world: World, boss: FlaskClient, judge: Window, step: int
) -> None:
    """In all four ways at once."""
    found: list[str] = []
    asked = [address for address in others(app, world)[::step] if is_page(boss, address)]
    width, height = SIZES["phone"]
    for address in asked:
        page = opened(judge, address)
        found += judged(page, address, "light")
        page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
        found += judged(page, address, "dark", COLOURS)
    judge.page.set_viewport_size({"width": width, "height": height})
    speak(judge, "fa")
    for address in asked:
        page = opened(judge, address)
        found += judged(page, address, "fa on a phone", BUT_COLOURS)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(f"{address} (phone): wider than the screen")
    assert found == []


def is_page(boss: FlaskClient, address: str) -> bool:
    """Whether it answers with a whole page."""
    with closing(boss.get(address)) as answer:
        return answer.mimetype == "text/html" and answer.status_code == 200 and "<html" in answer.text


def test_a_stranger_is_not_hindered_either(visit: Open, world: World) -> None:
    """Sign-in, what is wrong there, and the customer's page."""
    window = visit(bypass_csp=True, reduced_motion="reduce", size="phone")
    window.context.add_init_script(path=AXE)
    found = judged(opened(window, "/login/"), "/login/", "phone")
    window.page.fill("[name=username]", "nobody")
    window.page.fill("[name=password]", "nothing")
    window.page.keyboard.press("Enter")
    window.says("Name or password is wrong.")
    found += judged(window.page, "/login/", "wrong")
    found += judged(opened(window, "/password/forgot"), "/password/forgot", "phone")
    found += judged(opened(window, f"/link/{world.link}"), "/link/", "phone")
    found += judged(opened(window, "/link/nothing"), "/link/nothing", "phone")
    assert found == []


def test_a_form_full_of_mistakes_hinders_nobody(judge: Window) -> None:
    judge.go("/repair_order/new")
    judge.page.evaluate("document.querySelectorAll('[required]').forEach(each => { each.required = false })")
    judge.page.fill("[name=promised_on]", "soon")
    judge.page.keyboard.press("Control+s")
    judge.says("Nothing is saved yet")
    assert judge.page.evaluate("document.activeElement.classList.contains('mr-wrong')")
    assert judged(judge.page, "/repair_order/new", "wrong") == []


SHEETS = {"F1": "keys", "F3": "customer", "F4": "hold", "F6": "recall", "F8": "return", "F9": "pay"}
"""What a key opens on the till."""


def test_the_till_hinders_nobody(judge: Window, world: World) -> None:
    """What a cashier meets from a browser that is no till yet to the Z: a page whose script opens the rest."""
    with world.boss.acting():
        code = registering.make_code(world.rows["terminal"])
        watch = create("product", {"name": "Watch", "code": "WATCH", "product_stock.tracking": "serial"}).id
        piece = create("lot", {"product": watch, "code": "SN-1", "kind": "serial"}).id
        post([Movement(watch, place("supplier").id, home().id, Decimal(1), piece)], on=today())
    page = opened(judge, "/till/register")
    found = judged(page, "/till/register", "light")
    page.get_by_label("Code").fill(code)
    page.keyboard.press("Enter")

    def met(sheet: str, *, leave: str = "") -> None:
        page.locator(f"#{sheet}[open]").wait_for()
        found.extend(judged(page, f"/till/ #{sheet}", "light"))
        if leave:
            page.keyboard.press(leave)
            page.locator(f"#{sheet}[open]").wait_for(state="hidden")

    met("open", leave="Enter")
    page.locator("#scan:focus").wait_for()
    page.keyboard.type(f"C-{world.mark}")
    page.keyboard.press("Enter")
    page.locator("[data-lines] li").wait_for()
    found += everywhere(page, "/till/")
    page.keyboard.type("WATCH")
    page.keyboard.press("Enter")
    met("lots", leave="Escape")
    for key, sheet in SHEETS.items():
        page.keyboard.press(key)
        met(sheet, leave="Escape")
    for name, sheet in {"Cash in or out": "cash", "Until now (X)": "x"}.items():
        page.keyboard.press("F10")
        page.locator("#menu").get_by_role("button", name=name).click()
        met(sheet, leave="Escape")
    page.keyboard.press("F10")
    met("menu")
    page.locator("#menu").get_by_role("button", name="Close the till").click()
    met("close", leave="Enter")
    met("z")
    page.reload()
    met("open", leave="Enter")
    page.keyboard.press("Alt+l")
    met("lock")
    assert found == []


def everywhere(page: Page, address: str) -> list[str]:
    """What axe finds on a page as it stands: light, in the dark, and on a phone."""
    found = judged(page, address, "light")
    page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
    found += judged(page, address, "dark", COLOURS)
    page.evaluate("document.documentElement.dataset.bsTheme = 'light'")
    for size in ("phone", "desktop"):
        width, height = SIZES[size]
        page.set_viewport_size({"width": width, "height": height})
        found += judged(page, address, size, BUT_COLOURS)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(f"{address} ({size}): wider than the screen")
    return found


def test_what_hinders_people_is_found(judge: Window) -> None:
    """The judge is awake: a faint text and a field without a name are told."""
    judge.go("/")
    judge.page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<p style=\"color: #ccc\">faint</p><input>')"
    )
    for asked, wrong in (
        (EVERYTHING, {"color-contrast", "label"}),
        (BUT_COLOURS, {"label"}),
    ):
        assert {each.split(": ")[1] for each in judged(judge.page, "/", "spoiled", asked)} == wrong
