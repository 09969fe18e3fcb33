"""How often the database is asked for a purchase by a program. The figures may fall; whoever lets one rise says why."""

from __future__ import annotations

from collections.abc import Callable

from erp import create
from erp.testing.pytest_plugin import Person
from tests.counted import Counted, fewest
from tests.erp.rest.conftest import Program, program
from tests.purchasing.conftest import Firm

__all__ = ["program"]


def test_a_purchase_of_three_lines(firm: Firm, program: Callable[[Person], Program]):
    """Drawn up and submitted, within what needs no approval; received onto the shelf."""
    with firm.people["Ruth"].acting():
        table = create("product", {"name": "Table"}).id
        market = create("party", {"name": "Gikomba market", "is_supplier": True}).id  # by hand: no mail has to go out
    lines = [
        {"product": each, "description": "Goods", "quantity": "2", "unit_price": "5"}
        for each in (firm.lamp, firm.chair, table)
    ]
    ruth = program(firm.people["Ruth"])

    def buy(counted: Counted) -> None:
        order = counted.post(ruth, "purchase_order/", {"supplier": market, "lines": lines})
        counted.do(ruth, order, decision="submit")
        receipt = counted.post(ruth, "goods_receipt/", {"order": order["id"]})
        assert counted.do(ruth, receipt, decision="receive")["open_tasks"] == []

    ordered, submitted, drawn_up, received = fewest(buy)
    assert ordered <= 18
    assert submitted <= 22
    assert drawn_up <= 18
    assert received <= 29
