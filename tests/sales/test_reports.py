"""What the reports of sales say of four sales and a refund, worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from erp.testing.pytest_plugin import Person
from plugins.sales.api import Tender, Wanted, check_out, take_back
from tests.reported import table, total
from tests.sales.conftest import party, stocked

MARCH = {"period": "2026-03-01..2026-03-31"}


def at(day: int) -> datetime:
    return datetime(2026, 3, day, 9, 0, tzinfo=UTC)


@pytest.fixture
def trade(manager: Person, company: Any) -> Iterator[None]:
    """Lamps at 250 that cost 100, vases at 50 that cost 20; one lamp comes back, a sale of April does not count."""
    with manager.acting():
        lamp, vase = stocked("Lamp", "250"), stocked("Vase", "50", 10, 200)
        amina = party("Amina", country="Kenya")
        first = check_out([Wanted(lamp, Decimal(2)), Wanted(vase)], [Tender("cash")], at=at(2))
        check_out([Wanted(vase, Decimal(3))], [Tender("card", Decimal(174))], customer=amina, at=at(2))
        take_back(first, {first.lines[0].id: Decimal(1)}, "cash", at=at(4))
        check_out([Wanted(vase)], [Tender("cash")], at=datetime(2026, 4, 1, 9, 0, tzinfo=UTC))
        with company.person("Counter", "TENANT_MANAGER", name="Peter Otieno").acting():
            check_out(
                [Wanted(description="Fitting", unit_price=Decimal(100))], [Tender("mpesa", Decimal(116))], at=at(4)
            )
        yield


@pytest.mark.usefixtures("trade")
def test_sales_of_a_month_by_everything_there_is():
    figures = ("sales", "refunds", "net", "tax", "total", "cost", "margin")
    assert table("sales_by_day", *figures, **MARCH) == [
        (2, 0, 700, 112, 812, 280, 420), (1, 1, -150, -24, -174, -100, -50),
    ]  # fmt: skip
    assert table("sales_by_product", "name", "quantity", "net", "cost", "rate", **MARCH) == [
        ("Lamp", 1, 250, 100, Decimal("0.6")),
        ("Vase", 4, 200, 80, Decimal("0.6")),
        ("Fitting", 1, 100, 0, 1),
    ]
    assert table("sales_by_employee", "who", "sales", "net", **MARCH) == [
        ("Wanjiru Kamau", 2, 450), ("Peter Otieno", 1, 100),
    ]  # fmt: skip
    assert table("sales_by_customer", "customer", "net", **MARCH) == [(None, 400), ("Amina", 150)]
    assert table("sales_by_country", "place", "net", **MARCH) == [(None, 400), ("Kenya", 150)]
    assert table("sales_by_payment", "tender", "paid", "given_back", "kept", **MARCH) == [
        ("cash", 638, 290, 348), ("card", 174, 0, 174), ("mpesa", 116, 0, 116),
    ]  # fmt: skip
    assert total("sales_by_branch", "net", **MARCH) == 550
    assert table("sales_of_a_day", "kind", "net", day="2026-03-04") == [("sale", 100), ("sale_refund", -250)]
