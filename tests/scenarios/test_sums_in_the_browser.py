"""What the browser shows while an invoice is typed is what the server books."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from erp import create, session
from erp.testing.pytest_plugin import Company, Person
from plugins.invoices.models import Invoice
from tests.scenarios.browser import Open, Window

pytestmark = pytest.mark.browser


@pytest.fixture
def wanjiku(company: Company) -> Person:
    """An accountant of a company with two taxes inside a price, and none on insurance."""
    since = {"valid_from": date(2020, 1, 1)}
    with company.person("TENANT_MANAGER").acting():
        create("party", {"name": "Lakeside Clinic"})
        hotel = create("tax_category", {"name": "Hotel", "code": "H"}).id
        create("tax", {"category": hotel, "name": "Levy", "rate": Decimal(2), "is_inclusive": True, **since})
        compound = {"is_inclusive": True, "is_compound": True, "position": 2}
        create("tax", {"category": hotel, "name": "VAT", "rate": Decimal(16), **compound, **since})
        exempt = create("tax_category", {"name": "Exempt", "code": "E"}).id
        create("tax", {"category": exempt, "name": "VAT", "rate": Decimal(0), "kind": "exempt", "reason": "x", **since})
    return company.person("Accountant", name="Wanjiku Kamau")


def line(at: Window, place: int, description: str, quantity: str, price: str, category: str) -> None:
    """Type a line, its tax chosen from the list."""
    row = at.page.locator("[data-line]").nth(place)
    for name, value in (("description", description), ("quantity", quantity), ("unit_price", price)):
        row.locator(f"[name$='-{name}']").fill(value)
    if category:
        row.locator("[name$='-tax_category__text']").fill(category)
        at.page.get_by_role("option", name=category).click()


def test_the_total_shown_is_the_total_booked(visit: Open, wanjiku: Person) -> None:
    at = visit(wanjiku)
    at.go("/invoice/new")
    at.page.fill("[name=customer__text]", "Lakeside")
    at.page.get_by_role("option", name="Lakeside Clinic").click()
    line(at, 0, "Two nights", "2", "333.33", "Hotel")
    at.page.locator("[data-add]").click()
    line(at, 1, "Way back, insured", "1", "99.95", "Exempt")
    at.page.locator("[data-add]").click()
    line(at, 2, "Work", "0.335", "1234.56", "")
    at.page.fill("[name=discount]", "7.5")
    shown = {key: at.page.locator(f"[data-total={key}]") for key in ("net", "tax", "gross")}
    expect(shown["gross"]).to_contain_text("KES")
    told = {
        key: Decimal(place.inner_text().removeprefix("KES").strip().replace(",", "")) for key, place in shown.items()
    }
    at.page.keyboard.press("Control+s")
    at.page.wait_for_url(re.compile(r"/invoice/\d+$"))
    with wanjiku.acting():
        booked = session().get_one(Invoice, int(at.page.url.rsplit("/", 1)[-1]))
        assert told == {"net": booked.subtotal, "tax": booked.tax, "gross": booked.total}
        assert [row.description for row in booked.lines] == ["Two nights", "Way back, insured", "Work"]
