"""Prices in the browser: a line takes its customer's price and follows the quantity until somebody types another one."""

from __future__ import annotations

from decimal import Decimal

import pytest
from playwright.sync_api import expect

from erp import create
from erp.testing.pytest_plugin import Company
from tests.scenarios.browser import Open

pytestmark = pytest.mark.browser


def test_a_line_follows_its_customers_list(visit: Open, company: Company) -> None:
    boss = company.person("TENANT_MANAGER", "Accountant")
    with boss.acting():
        shirt = create("product", {"code": "SHIRT", "name": "Field shirt", "unit_price": Decimal(1000)})
        wholesale = create("price_list", {"name": "Wholesale"})
        for least, price in ((0, "900"), (12, "850.50")):
            create("price_list_line", {
                "price_list": wholesale.id, "product": shirt.id, "from_quantity": Decimal(least), "price": Decimal(price),
            })  # fmt: skip
        create("party", {"name": "Kilimani Outfitters", "party_prices.price_list": wholesale.id})
    page = visit(boss).page
    page.goto("/invoice/new")
    page.locator("[name=customer__text]").press_sequentially("kilimani")
    page.get_by_role("option", name="Kilimani Outfitters").click()
    page.locator("[name=lines-0-product__text]").press_sequentially("field")
    page.get_by_role("option", name="Field shirt").click()
    price, quantity = page.locator("[name=lines-0-unit_price]"), page.locator("[name=lines-0-quantity]")
    expect(price).to_have_value("900")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    quantity.fill("12")
    expect(price).to_have_value("850.50")
    quantity.fill("11")
    expect(price).to_have_value("900")
    price.fill("799")
    quantity.fill("24")
    expect(price).to_have_value("799")
    assert asked == []
