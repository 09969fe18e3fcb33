"""What a quote adds up to: exact, rounded half up to the currency's coins."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from erp import create, money, session
from erp.testing.pytest_plugin import Company
from plugins.repairs.models import RepairOrder, RepairOrderLine


@pytest.mark.parametrize(
    ("quantity", "price", "discount", "currency", "total"),
    [
        ("4.5", "3200", "0", "KES", "14400.00"),
        ("1", "14800", "5", "KES", "14060.00"),
        ("3", "0.335", "0", "KES", "1.01"),
        ("0.333", "10", "0", "KES", "3.33"),
        ("1", "0.005", "0", "KES", "0.01"),
        ("1", "99.5", "0", "JPY", "100"),
        ("1", "1.0005", "0", "KWD", "1.001"),
        ("2", "50", "100", "KES", "0.00"),
    ],
)
def test_a_line_is_quantity_times_price_less_discount(
    quantity: str, price: str, discount: str, currency: str, total: str
) -> None:
    line = RepairOrderLine(quantity=Decimal(quantity), unit_price=Decimal(price), discount=Decimal(discount))
    assert money.price([line.item()], currency).total == Decimal(total)


def received(company: Company, **changes: Any) -> tuple[Decimal, Decimal, Decimal]:
    with company.person("Counter").acting():
        party = create("party", {"name": "Amina"})
        lines = [{"description": "Work", "quantity": Decimal(1), "unit_price": Decimal("99.99")}]
        order = create(
            "repair_order", {"customer": party.id, "item": "Watch", "fault": "Stops", "lines": lines, **changes}
        )
        found = session().get_one(RepairOrder, order.id)
        return found.subtotal, found.tax, found.total


def test_tax_is_rounded_once_for_the_whole_quote(company: Company) -> None:
    lines = [{"description": f"Part {n}", "quantity": Decimal(1), "unit_price": Decimal("0.04")} for n in range(3)]
    assert received(company, lines=lines) == (Decimal("0.12"), Decimal("0.02"), Decimal("0.14"))


def test_the_company_s_tax_rate_counts(make_company: Callable[..., Company]) -> None:
    assert received(make_company("Free port", tax_rate="0")) == (Decimal("99.99"), Decimal(0), Decimal("99.99"))


def test_under_warranty_everything_is_free(company: Company) -> None:
    assert received(company, under_warranty=True) == (Decimal(0), Decimal(0), Decimal(0))
