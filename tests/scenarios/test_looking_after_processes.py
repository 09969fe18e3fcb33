"""A manager looks after what is stuck and what runs: put right, decided by cause, suspended, moved; in the browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from erp import operations
from erp.jobs import worker
from erp.testing.pytest_plugin import Company, Person
from erp.workflow.people import tasks
from tests.repairs.conftest import Shop, unsent
from tests.scenarios.browser import Open, Window

pytestmark = pytest.mark.browser


@pytest.fixture
def peter(company: Company) -> Person:
    """The manager."""
    return company.person("TENANT_MANAGER", name="Peter Kariuki")


def press_in_menu(window: Window, menu: str, entry: str) -> None:
    """Open a menu of the page and choose."""
    window.page.locator("summary").filter(has_text=menu).first.click()
    window.page.get_by_role("link", name=entry, exact=True).last.click()


def test_what_is_stuck_is_put_right_and_decided_by_its_cause(visit: Open, shop: Shop, peter: Person) -> None:
    orders = []
    for address in ("amina@exmaple.com", "joseph@exmaple.com", "mary@exmaple.com"):
        unsent(shop, address)
        orders.append(shop.order_id)
    window = visit(peter)
    window.go("/")
    window.page.get_by_role("link", name="Incidents").click()
    window.says("RuntimeError: # #.#.# There is no host for #")
    window.says("Send quotation")
    window.page.get_by_role("link", name="There is no host for").click()
    window.says("550 5.1.2 There is no host for amina@exmaple.com")
    # one of them by hand: the address was misspelt
    window.go(f"/repair_order/{orders[0]}")
    window.says("Send quotation is stuck")
    window.press("Put right and try again")
    assert window.value("to") == "amina@exmaple.com"
    window.page.fill("[name=to]", "amina@example")
    window.press("Send it again")
    expect(window.page.locator("[name=to]")).to_have_attribute("aria-invalid", "true")
    window.page.fill("[name=to]", "amina@example.com")
    window.press("Send it again")
    window.says("It is being sent again as you put it.")
    worker.drain()
    window.go(f"/repair_order/{orders[0]}/history")
    window.says("Send quotation: put right and sent again: “to: amina@exmaple.com → amina@example.com”")
    # the others together: they have no mail
    window.go(f"/repair_order/{orders[1]}")
    window.press("All of this cause")
    window.says("2", ".mr-head")
    window.page.locator("summary").filter(has_text="Go on without it").click()
    window.page.fill("#all-reason", "They are phoned")
    window.page.get_by_role("button", name="Take the error path").click()
    window.says("Error path: Send quotation")
    worker.drain()  # the page asks how far it is and loads itself anew
    window.says("Done", ".mr-head")
    for order in orders[1:]:
        shop.order_id = order
        assert shop.open == ["record_decision"]
    window.go("/incidents/?state=decided")
    window.says("They are phoned")
    window.says("Put right and tried again")


def test_a_process_is_suspended_moved_and_goes_on(visit: Open, shop: Shop, peter: Person) -> None:
    shop.receive()
    manager, counter = visit(peter), visit(shop.daniel)
    manager.go(f"/repair_order/{shop.order_id}/process")
    press_in_menu(manager, "Look after it", "Suspend")
    manager.page.fill("[name=reason]", "The workshop is flooded")
    manager.press("Suspend")
    manager.says("is suspended.")
    counter.go(f"/repair_order/{shop.order_id}")
    counter.says("Peter Kariuki has suspended this process: “The workshop is flooded”.")
    counter.says("The process is suspended.")
    with shop.daniel.acting("system"):
        (task,) = tasks.open_of("repair_order", [shop.order_id])
    counter.go(f"/task/{task.id}")
    counter.page.fill("[name=findings]", "Mount ring bent")
    counter.page.get_by_role("button").filter(has_text="Can be repaired").or_(
        counter.page.get_by_role("button").filter(has_text="Repairable")
    ).first.click()
    counter.says("Nothing moves until it is resumed.")
    # moved while it stands still
    press_in_menu(manager, "Look after it", "Move")
    manager.page.select_option("[name=to]", label="Prepare quote")
    manager.press("Move")
    expect(manager.page.locator("[name=reason]")).to_be_focused()
    manager.page.fill("[name=reason]", "It was inspected on paper")
    manager.press("Move")
    manager.says("Moved; the history keeps your reason.")
    press_in_menu(manager, "Look after it", "Resume")
    manager.page.fill("[name=reason]", "It is dry again")
    manager.press("Resume")
    manager.says("goes on.")
    manager.go(f"/repair_order/{shop.order_id}/history")
    for sentence in (
        "The process was suspended: “The workshop is flooded”",
        "Moved from “Inspect item” to “Prepare quote”: “It was inspected on paper”",
        "The process goes on: “It is dry again”",
    ):
        manager.says(sentence)
    assert shop.open == ["prepare_quote"]


def test_what_was_sent_to_processes_is_looked_through(visit: Open, shop: Shop, peter: Person) -> None:
    with peter.acting():
        operations.send_message("parcel_left", "RO-77120", {"carrier": "Wells"}, "bank-1", sender="the carrier")
        operations.send_signal("shop_closed", {}, "closing-1")
    window = visit(peter, size="phone")
    window.go("/messages/")
    window.says("parcel_left")
    window.says("the carrier")
    window.says("Passed on")
    window.page.fill("#message-key", "RO-77120")
    window.press("Find")
    window.says("Wells")
    assert "shop_closed" not in window.text()
