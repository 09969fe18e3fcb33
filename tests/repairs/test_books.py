"""A repair with books and stock: its parts leave the shelf, its price and its deposit come to the ledger, to the cent."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from erp import Invalid, create, session, telling, today, transaction
from erp import operations as operation
from erp.testing.pytest_plugin import Company
from plugins.repairs.models import RepairOrder
from plugins.stock.api import Movement, Source, Wish, expect, home, levels, place, post, reservations_of
from tests.accounting.posted import Posted
from tests.repairs.conftest import LINES, Shop

RING = Decimal(6400)


class Workshop:
    """The shop of the repairs with a shelf, and books."""

    def __init__(self, company: Company, shop: Shop) -> None:
        self.boss, self.shop = company.person("TENANT_MANAGER", name="Amos Kariuki"), shop
        self.posted = Posted(self.boss)
        self.posted.begin()
        with self.boss.acting():
            self.ring = create("product", {"name": "Mount ring", "kind": "part", "unit_price": RING}).id
            self.shelf = home().id

    def receive(self, count: int, value: int) -> None:
        """Rings from a supplier, for so much in all."""
        with self.boss.acting(), transaction():
            post([Movement(self.ring, place("supplier").id, self.shelf, Decimal(count), value=Decimal(value))])

    def lines(self, rings: str = "1") -> list:
        """Labour, and so many rings."""
        part = {**LINES[1], "product": self.ring, "quantity": Decimal(rings)}
        return [LINES[0], part, LINES[2]]

    def held(self) -> tuple[Decimal, Decimal]:
        """How many rings there are, and how many of them are reserved."""
        with self.boss.acting():
            rows = levels([self.ring])
            return sum((row.quantity for row in rows), Decimal(0)), sum((row.reserved for row in rows), Decimal(0))

    def missing(self) -> dict[str, str]:
        """What the tasks tell of missing parts."""
        with self.shop.daniel.acting():
            order = session().get_one(RepairOrder, self.shop.order_id)
            return {label: value for rows in telling.worked_out(order) for label, value, kind in rows if kind == "text"}


@pytest.fixture
def workshop(company: Company, shop: Shop) -> Workshop:
    return Workshop(company, shop)


def test_parts_are_reserved_used_and_posted_with_price_tax_and_deposit(workshop, shop):
    workshop.receive(4, 8000)
    shop.approved(workshop.lines("2"))
    assert workshop.held() == (4, 2)
    shop.repair()
    assert workshop.held() == (2, 0)
    assert workshop.posted.lines("goods_issued") == [("5000", 4000), ("1300", -4000)]
    shop.do(shop.daniel, "check_quality", quality="pass")
    shop.do(shop.grace, "take_payment", tendered=Decimal(40000), handed_over=True)
    # 2,500 + 12,800 + 14,400 = 29,700 and 16 %
    assert workshop.posted.lines("repair_charged") == [("1200", 34452), ("4000", -29700), ("2100", -4752)]
    assert workshop.posted.all() == {
        "1000": 34452, "1300": 4000, "2010": -8000, "2100": -4752, "4000": -29700, "5000": 4000,
    }  # fmt: skip
    assert workshop.posted.open() == {}


def test_a_deposit_pays_its_part_when_the_item_is_handed_over(workshop, shop):
    dear = [{**LINES[0], "description": "Restore", "quantity": Decimal(20), "unit_price": Decimal(3200)}]
    shop.approved(dear)
    shop.do(shop.grace, "collect_deposit", outcome="pay", tendered=Decimal(22272))
    assert workshop.posted.all() == {"1000": 22272, "2020": -22272}
    shop.finished()
    shop.do(shop.grace, "take_payment", tendered=Decimal(51968), handed_over=True)
    assert workshop.posted.all() == {"1000": 74240, "2100": -10240, "4000": -64000}
    assert workshop.posted.open() == {}


def test_what_is_not_there_is_told_at_the_repair_and_refused_when_it_is_used(workshop, shop):
    workshop.receive(1, 2000)
    with workshop.boss.acting(), transaction():
        expect([Wish(workshop.ring, workshop.shelf, Decimal(5), due_on=today() + timedelta(days=3))], source=Source())
    shop.approved(workshop.lines("3"))
    assert workshop.held() == (1, 1)
    assert "1 of 3 are here, 5 expected on" in workshop.missing()["Missing: Mount ring"]
    with pytest.raises(Invalid) as refused:
        shop.repair()
    assert "only 1 are at Westlands" in refused.value.fields["lines-1-quantity"]
    workshop.receive(5, 10000)
    assert workshop.missing() == {}
    shop.repair()
    assert workshop.held() == (3, 0)


def test_parts_that_are_not_used_and_those_of_a_stopped_order_go_back(workshop, shop):
    workshop.receive(4, 8000)
    shop.approved(workshop.lines("2"))
    shop.repair()
    shop.do(shop.daniel, "check_quality", quality="rework")
    rows = shop.rows()
    shop.do(shop.daniel, "repair", outcome="unrepairable", work_done="", more_needed=None, lines=rows)
    shop.do(shop.grace, "settle_unrepairable", outcome="returned")
    assert workshop.held() == (4, 0)
    assert workshop.posted.all() == {"1300": 8000, "2010": -8000}
    shop.approved(workshop.lines("2"))
    with workshop.boss.acting():
        operation.cancel("repair_order", shop.order_id, "The customer took it away")
        assert reservations_of(Source("repair_order", shop.order_id)) == []
    assert workshop.held() == (4, 0)


def test_parts_under_warranty_cost_and_are_posted_apart(workshop, shop):
    workshop.receive(1, 2000)
    shop.receive()
    shop.inspect(warranty_override="all", warranty_reason="Goodwill")
    shop.do(shop.daniel, "repair", work_done="Mount ring replaced", lines=workshop.lines())
    assert workshop.posted.lines("warranty_cost") == [("5000", 2000), ("1300", -2000)]
    shop.do(shop.daniel, "check_quality", quality="pass")
    shop.do(shop.grace, "hand_over", handed_over=True)
    assert workshop.posted.all() == {"2010": -2000, "5000": 2000}


def test_serial_numbers_are_replaced_in_pairs(workshop, shop):
    with workshop.boss.acting():
        body = create("product", {"name": "Main board", "kind": "part", "product_stock.tracking": "serial"}).id
        lots = [create("lot", {"product": body, "code": code, "kind": "serial"}).id for code in ("MB-1", "MB-2")]
        supplier = place("supplier").id
        post([Movement(body, supplier, workshop.shelf, Decimal(1), lot, Decimal(900)) for lot in lots])
    shop.approved([{**LINES[1], "product": body}])
    for serials, field in (
        ({}, "new_serial"), ({"new_serial": "MB-9"}, "new_serial"), ({"new_serial": "MB-2"}, "old_serial"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as refused:
            shop.do(shop.daniel, "repair", work_done="Board replaced", lines=[{**shop.rows()[0], **serials}])
        assert set(refused.value.fields) == {f"lines-0-{field}"}
    pair = {"old_serial": "062021", "new_serial": "MB-2"}
    shop.do(shop.daniel, "repair", work_done="Board replaced", lines=[{**shop.rows()[0], **pair}])
    with workshop.boss.acting():
        assert [(row.lot_id, row.reserved) for row in levels([body])] == [(lots[0], 0)]
