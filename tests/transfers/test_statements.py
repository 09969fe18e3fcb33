"""How often the database is asked for a transfer by programs. The figures may fall; whoever lets one rise says why."""

from __future__ import annotations

from collections.abc import Callable

from erp.testing.pytest_plugin import Person
from tests.counted import Counted, fewest
from tests.erp.rest.conftest import Program, program
from tests.transfers.conftest import Road

__all__ = ["program"]


def test_a_transfer_of_three_lines(road: Road, program: Callable[[Person], Program]):
    """Asked for, picked, shipped; received by somebody else, who is told of the task by the answer to shipping."""
    shop = road.shop
    products = [shop.product(name) for name in ("Lamp", "Chair", "Table")]
    for each in products:
        shop.receive(each, 100, 500)
    lines = [{"product": each, "quantity": "1"} for each in products]
    peter, anne = program(road.peter), program(road.anne)

    def carry(counted: Counted) -> None:
        made = counted.post(peter, "transfer/", {"from_location": shop.here, "to_location": shop.there, "lines": lines})
        picked = counted.do(peter, made, picked="asked", decision="done")
        shipped = counted.do(peter, picked, decision="done")
        received = counted.do(anne, shipped, came="all", decision="done")
        assert received["open_tasks"] == []

    made, picked, shipped, received = fewest(carry)
    assert made <= 18
    assert picked <= 21
    assert shipped <= 28
    assert received <= 25
