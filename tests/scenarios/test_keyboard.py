"""A day at the counter, in the workshop and in the office without touching the mouse."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from erp import create
from erp.jobs import worker
from erp.operations import get
from erp.testing.pytest_plugin import PASSWORD, Company, Person
from tests.repairs.conftest import Shop
from tests.scenarios.browser import Open, Window

pytestmark = pytest.mark.browser
FAR = 120
"""Presses of Tab after which something counts as out of reach."""
FOUND = """element => {
  const at = document.activeElement
  return element === at ? 'here' : at.matches('.mr-skip') && element.closest('#main') ? 'skip' : ''
}"""
SEEN = """() => {
  const at = document.activeElement, look = getComputedStyle(at), from = at.closest('.mr-task') || at
  return look.outlineStyle !== 'none' || look.boxShadow !== 'none' || getComputedStyle(from).outlineStyle !== 'none'
}"""


@pytest.fixture
def office(visit: Open, company: Company) -> Window:
    """Somebody who is counter and workshop at once has typed name and password."""
    person = company.person("Counter", "Technician", "TENANT_MANAGER", name="Peter Kariuki")
    with person.acting():
        create("party", {"name": "Amina Hassan", "phone": "+254 700 553 218", "email": "amina@example.com"})
        create("product", {"code": "CG2-4410", "name": "Lens mount ring", "kind": "part", "unit_price": Decimal(6400)})
    return arrived(visit, person)


def arrived(visit: Open, person: Person) -> Window:
    """Somebody has typed name and password where the cursor stood, and waited for the first page."""
    window = visit()
    window.go("/login/")
    expect(window.page.locator("[name=username]")).to_be_focused()
    keys(window, person.username, "Tab", PASSWORD, "Enter")
    window.page.wait_for_selector(".mr-side", state="attached")
    window.page.wait_for_load_state()
    return window


def keys(window: Window, *pressed: str) -> None:
    """Press keys; what is no key's name is typed."""
    for key in pressed:
        if key in {
            "Tab",
            "Enter",
            "Escape",
            "ArrowDown",
            "Space",
            "j",
            "k",
            "n",
            "e",
            "g",
            "i",
            "c",
            "x",
            "/",
            "?",
        } or key.startswith(("Control+", "Shift+")):
            window.page.keyboard.press(key)
        else:
            window.page.keyboard.type(key)


def reach(window: Window, selector: str) -> None:
    """Tab on until the element has the focus, which can be seen; what is past the menu is reached by skipping it."""
    place = window.page.locator(selector).first
    place.wait_for(state="attached")
    window.page.wait_for_load_state("domcontentloaded")
    for _press in range(FAR):
        found = place.evaluate(FOUND)
        if found == "here":
            break
        window.page.keyboard.press("Enter" if found == "skip" else "Tab")
    else:
        pytest.fail(f"{selector} cannot be reached with Tab")
    assert window.page.evaluate(SEEN), f"{selector} does not show that it has the focus"


def test_a_held_key_and_a_way_back_make_one(office: Window, truth: Any) -> None:
    page = office.page
    office.go("/party/new")
    page.fill("[name=name]", "Held Key Ltd")
    page.keyboard.down("Control")
    for _repeat in range(3):
        page.keyboard.down("s")
    page.keyboard.up("s")
    page.keyboard.up("Control")
    office.says("Customer saved.")
    first = page.url
    page.go_back()
    expect(page.locator("[name=name]")).to_have_value("Held Key Ltd")
    keys(office, "Control+s")
    office.says("Customer saved.")
    assert page.url == first
    assert truth("select count(*) from party where name = 'Held Key Ltd'")[0][0] == 1


def test_an_order_is_taken_in_inspected_and_quoted(office: Window) -> None:
    page = office.page
    reach(office, ".mr-side a[href='/repair_order/']")
    keys(office, "Enter")
    office.says("No repair orders yet")
    keys(office, "n")
    page.wait_for_url("**/repair_order/new")

    reach(office, "[name=customer__text]")
    keys(office, "ami")
    expect(page.get_by_role("option", name="Amina Hassan")).to_be_visible()
    keys(office, "Enter", "Tab", "Canon EOS R6", "Tab", "0620")
    reach(office, "[name=fault]")
    keys(office, "Lens wobbles", "Control+s")
    office.says("Repair order saved.")

    keys(office, "g", "i")
    page.wait_for_url("**/inbox/")
    keys(office, "j", "c")
    office.says("Claimed by you")
    reach(office, "[name=findings]")
    keys(office, "Mount ring bent", "Control+Enter")
    office.says("Inspect item: done for")

    keys(office, "j", "Enter")
    office.says("Prepare quote")
    reach(office, "[name=promised_on]")
    keys(office, "2099-12-24")
    reach(office, "[name=lines-0-product__text]")
    keys(office, "ring")
    expect(page.get_by_role("option", name="Lens mount ring")).to_be_visible()
    keys(office, "Enter")
    reach(office, "[name=lines-0-discount]")
    keys(office, "Enter")
    reach(office, "[name=lines-1-description]")
    keys(office, "Align")
    reach(office, "[name=lines-1-unit_price]")
    keys(office, "Control+a", "1200")
    expect(page.locator("[data-total=gross]")).to_have_text("KES 8,816.00")
    keys(office, "Control+Enter")
    office.says("Prepare quote: done for")
    worker.drain()


def test_a_technician_inspects_and_repairs(visit: Open, shop: Shop) -> None:
    shop.receive()
    window = arrived(visit, shop.daniel)
    keys(window, "g", "i")
    window.page.wait_for_url("**/inbox/")
    keys(window, "j", "c")
    window.says("Claimed by you")
    reach(window, "[name=findings]")
    keys(window, "Mount ring bent", "Control+Enter")
    window.says("Inspect item: done for")
    worker.drain()
    shop.quote()
    shop.decide("accept")
    window.go("/inbox/")
    keys(window, "j", "Enter")
    reach(window, "[name=work_done]")
    keys(window, "Mount ring replaced", "Control+Enter")
    window.says("Repair: done for")
    assert shop.open == ["check_quality"]


def test_the_owner_invites_a_colleague_and_says_what_they_do(visit: Open, company: Company) -> None:
    window = arrived(visit, company.person("TENANT_OWNER", name="Wanja Kamau"))
    reach(window, ".mr-side a[href='/people/']")
    keys(window, "Enter")
    window.page.wait_for_url("**/people/")
    reach(window, "main a[href='/people/invite']")
    keys(window, "Enter")
    reach(window, "[name=name]")
    keys(window, "Joyce Achieng")
    reach(window, "[name=email]")
    keys(window, "joyce@example.com")
    reach(window, "[name=roles][value=Counter]")
    keys(window, "Space")
    reach(window, "main form button.btn-primary")
    keys(window, "Enter")
    window.says("A mail to joyce@example.com is on its way.")


def test_the_manager_changes_many_rows_at_once(visit: Open, company: Company) -> None:
    manager = company.person("TENANT_MANAGER", name="Peter Kariuki")
    with manager.acting():
        made = [create("party", {"name": name}).id for name in ("Amina Hassan", "Joseph Kiptoo", "Naomi Achieng")]
    window = arrived(visit, manager)
    reach(window, ".mr-side a[href='/party/']")
    keys(window, "Enter")
    window.says("3 customers")
    keys(window, "j", "x", "j", "x")
    reach(window, ".mr-strip button:has-text('Edit')")
    keys(window, "Enter")
    reach(window, "[name=field]")
    keys(window, "Country")
    reach(window, "main form button.btn-primary")
    keys(window, "Enter")
    reach(window, "[name=to]")
    keys(window, "Uganda")
    reach(window, "main form button.btn-primary")
    keys(window, "Enter")
    window.says("Country: Uganda")
    reach(window, "main form button.btn-primary")
    keys(window, "Enter")
    window.page.wait_for_url("**/batch/*")
    worker.drain()
    with manager.acting():
        assert [get("party", each).country for each in made] == [None, "Uganda", "Uganda"]


def test_the_accountant_issues_an_invoice(visit: Open, company: Company) -> None:
    accountant = company.person("Accountant", name="Wanjiku Kamau")
    with company.person("TENANT_MANAGER").acting():
        create("party", {"name": "Lakeside Clinic"})
    window = arrived(visit, accountant)
    reach(window, ".mr-side a[href='/invoice/']")
    keys(window, "Enter")
    window.says("No invoices yet")
    keys(window, "n")
    window.page.wait_for_url("**/invoice/new")
    reach(window, "[name=customer__text]")
    keys(window, "lake")
    expect(window.page.get_by_role("option", name="Lakeside Clinic")).to_be_visible()
    keys(window, "Enter")
    reach(window, "[name=lines-0-description]")
    keys(window, "Calibrate pulse monitor")
    reach(window, "[name=lines-0-unit_price]")
    keys(window, "Control+a", "3200", "Control+s")
    window.says("Invoice saved.")
    reach(window, ".mr-acts a:has-text('Check and issue')")
    keys(window, "Enter")
    window.page.wait_for_url("**/task/*")
    reach(window, "main form button.btn-primary")
    keys(window, "Control+Enter")
    window.says("Check and issue: done for")


def test_the_customer_reads_the_quote_and_accepts(visit: Open, shop: Shop) -> None:
    shop.receive()
    shop.inspect()
    shop.quote()
    link = re.search(r"/link/\S+", shop.mails()[-1].text)
    assert link is not None
    window = visit(javascript=False)
    window.go(link[0])
    reach(window, "main a:has-text('Quotation')")
    reach(window, "main button:has-text('Accept')")
    keys(window, "Enter")
    window.says("Thank you.")
    assert shop.open == ["repair"]


def test_rows_are_walked_opened_and_searched(office: Window, company: Company) -> None:
    page = office.page
    clerk = company.person("Counter")
    with clerk.acting():
        party = create("party", {"name": "Joseph Kiptoo"}).id
        made = [create("repair_order", {"customer": party, "item": f"Camera {n}", "fault": "Dead"}) for n in range(3)]
    office.go("/repair_order/")
    keys(office, "j", "j", "k", "j", "x")
    expect(page.locator(".mr-picked").first).to_contain_text("1")
    keys(office, "Enter")
    office.says("Camera 1", "h1")
    assert page.url.endswith(f"/repair_order/{made[1].id}")

    keys(office, "/", "Camera 2", "Enter")
    office.says("Search: Camera 2")
    keys(office, "j", "Enter")
    page.wait_for_url(re.compile(r"/repair_order/\d+$"))
    office.says("Camera 2", "h1")
    keys(office, "?")
    expect(page.locator("#keys")).to_be_visible()
    keys(office, "Escape")
    expect(page.locator("#keys")).not_to_be_visible()


def test_a_choice_answers_all_that_was_typed(visit: Open, company: Company) -> None:
    clerk = company.person("Counter")
    with clerk.acting():
        _joan, john = (str(create("party", {"name": name}).id) for name in ("Joan Achieng", "John Kamau"))
    window = visit(clerk)
    page, chosen = window.page, window.page.locator("[name=customer__text]")
    asked: list[Route] = []
    page.route("**/party/pick?q=john", lambda route: asked.append(route))
    window.go("/repair_order/new")
    chosen.focus()
    for key in ("Enter", "Tab"):
        keys(window, "Control+a", "jo")
        expect(page.get_by_role("option", name="Joan Achieng")).to_have_attribute("aria-selected", "true")
        with page.expect_request("**/party/pick?q=john"):
            keys(window, "hn", key)
        expect(page.locator("[role=option][aria-selected=true]")).to_have_count(0)
        assert window.value("customer") == ""
        asked.pop().continue_()
        expect(chosen).to_have_value("John Kamau")
        expect(page.get_by_role("option")).to_have_count(0)
        assert window.value("customer") == john
    keys(window, "Canon EOS R6")
    assert window.value("item") == "Canon EOS R6"


def test_the_first_key_skips_the_menu_and_menus_open_and_close(office: Window) -> None:
    page = office.page
    office.go("/repair_order/")
    keys(office, "Tab")
    assert page.evaluate("document.activeElement.className") == "mr-skip"
    keys(office, "Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    office.go("/party/")
    reach(office, "details.mr-drop summary:has-text('Save view')")
    keys(office, "Enter")
    expect(page.locator("#view-name")).to_be_focused()
    keys(office, "Escape")
    expect(page.locator("#view-name")).not_to_be_visible()
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    reach(office, ".mr-chip.add")
    keys(office, "Enter")
    expect(page.get_by_role("dialog", name="Filter")).to_be_visible()
    keys(office, "Escape")
    expect(page.locator("#drawer")).not_to_be_visible()
    expect(page.locator(".mr-chip.add")).to_be_focused()
