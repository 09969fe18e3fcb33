"""A shelf is counted by several people with scanners while the shop goes on selling."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count as numbers
from typing import Any

import pytest
import sqlalchemy as sa

from erp import Conflict, Forbidden, Invalid, complete, create, session, tasks
from erp.operations import cancel
from erp.testing.pytest_plugin import Person
from plugins.stock.counting import progress, unknown_codes
from plugins.stock.counts import StockCount, StockCountLine
from plugins.stock.models import StockMove
from plugins.stock.scanning import Outcome, Scan, scan
from tests.stock.conftest import Shop

LAMP, VASE = "4006381333931", "5901234123457"


@dataclass
class Counting:
    """Anne and Ben count, Peter answers for the store."""

    shop: Shop
    anne: Person
    ben: Person
    peter: Person
    lamp: int
    vase: int
    id: int = 0
    keys: Iterator[int] = field(default_factory=numbers)

    def begin(self, *, by: Person | None = None, **values: Any) -> int:
        """A count is planned and begun."""
        with (by or self.anne).acting():
            self.id = create("stock_count", {"location": self.shop.here, **values}).id
        self.do(by or self.anne, "begin", decision="begin")
        return self.id

    def do(self, by: Person, element: str, **answers: Any) -> None:
        """A task is done; afterwards the workers do what is due."""
        with by.acting():
            task = tasks.open_task(session().get_one(StockCount, self.id), element)
            assert task is not None
            complete(task.id, answers)
        self.shop.work()

    def scan(self, by: Person, code: str, times: Any = 1, **values: Any) -> Outcome:
        """A barcode is scanned, or how many there are is typed."""
        with by.acting():
            return scan(self.id, Scan(code, f"key-{next(self.keys):06}", Decimal(times), **values))

    @contextmanager
    def looking(self) -> Iterator[StockCount]:
        """The count as it is now."""
        with self.shop.boss.acting():
            yield session().get_one(StockCount, self.id)

    def line(self, product: int) -> tuple[Any, Any]:
        """(expected, counted) of a product."""
        with self.shop.boss.acting():
            found = sa.select(StockCountLine).where(
                StockCountLine.count_id == self.id, StockCountLine.product_id == product
            )
            row = session().scalars(found).one()
            return row.expected, row.counted


@pytest.fixture
def at(shop: Shop) -> Counting:
    """Ten lamps for 1,000 and five vases for 50 are in the books, each with its barcode."""
    lamp = shop.product("Lamp", barcodes=[{"code": LAMP}])
    vase = shop.product("Vase", barcodes=[{"code": VASE}])
    shop.receive(lamp, 10, 1000)
    shop.receive(vase, 5, 50)
    anne, ben = (shop.company.person("Storekeeper", name=name) for name in ("Anne", "Ben"))
    return Counting(shop, anne, ben, shop.company.person("Stock manager", name="Peter"), lamp, vase)


def test_two_people_count_while_the_shop_sells_and_only_what_is_missing_is_posted(at: Counting):
    at.begin()
    at.scan(at.anne, LAMP, 3)
    at.shop.issue(at.lamp, 2)
    at.scan(at.ben, LAMP, 5)
    at.scan(at.ben, VASE, 4, is_total=True)
    assert (at.line(at.lamp), at.line(at.vase)) == ((8, 8), (5, 4))
    at.do(at.anne, "count", uncounted="leave", decision="done")
    with at.looking() as count:
        assert (count.state, progress(count.id)) == ("recounting", (2, 1, 1))
    at.shop.issue(at.vase, 1)
    at.scan(at.anne, VASE, 3)
    at.do(at.anne, "recount", uncounted="leave", decision="done")
    with at.looking() as count:
        assert (count.state, count.difference_count, count.net_amount) == ("posted", 1, -10)
        assert (at.shop.worth(at.lamp), at.shop.worth(at.vase)) == ((8, 800), (3, 30))
        moved = session().scalars(sa.select(StockMove).where(StockMove.source_type == "stock_count")).one()
        assert (moved.event, moved.quantity, moved.note) == ("stock_lost", 1, count.number)


def test_who_counted_a_line_does_not_count_it_again(at: Counting):
    at.begin()
    at.scan(at.anne, VASE, 4)
    at.do(at.anne, "count", uncounted="leave", decision="done")
    with pytest.raises(Invalid) as refused:
        at.scan(at.anne, VASE)
    assert refused.value.fields == {"code": "You counted this yourself: somebody else counts it again."}
    with pytest.raises(Invalid) as refused:
        at.scan(at.ben, LAMP)
    assert refused.value.fields == {"code": "Lamp is not counted again."}
    with pytest.raises(Invalid) as refused:
        at.do(at.ben, "recount", uncounted="leave", decision="done")
    assert refused.value.fields == {"uncounted": "1 lines wait to be counted again."}
    at.do(at.ben, "recount", uncounted="keep", decision="done")
    with at.looking() as count:
        assert (count.state, at.shop.worth(at.vase)) == ("posted", (4, 40))


def test_a_small_difference_is_not_counted_again_where_the_company_says_so(at: Counting):
    at.begin(tolerance=Decimal(20))
    at.scan(at.anne, VASE, 4)
    at.scan(at.anne, LAMP, 10)
    at.do(at.anne, "count", uncounted="leave", decision="done")
    with at.looking() as count:
        assert (count.state, count.net_amount) == ("posted", -10)


def test_large_differences_are_approved_by_somebody_who_did_not_plan_the_count(at: Counting):
    at.shop.receive(at.lamp, 90, 99_000)
    at.begin(tolerance=Decimal(100), by=at.peter)
    at.scan(at.anne, LAMP, 90)
    at.do(at.peter, "count", uncounted="leave", decision="done")
    with pytest.raises(Forbidden):
        at.do(at.peter, "decide", decision="approve")
    other = at.shop.company.person("Stock manager", name="Mary")
    at.do(other, "decide", decision="return", comment="Look in the cellar")
    with at.looking() as count:
        assert count.state == "recounting"
    at.scan(at.ben, LAMP, 93)
    at.do(at.ben, "recount", uncounted="leave", decision="done")
    at.do(other, "decide", decision="approve")
    with at.looking() as count:
        assert (count.state, at.shop.worth(at.lamp)) == ("posted", (93, 93_000))


def test_what_nobody_scanned_is_gone_only_where_somebody_says_so(at: Counting):
    at.begin(tolerance=Decimal(100))
    at.scan(at.anne, LAMP, 10)
    at.do(at.anne, "count", uncounted="none", decision="done")
    with at.looking() as count:
        assert (count.state, at.shop.worth(at.vase)) == ("posted", (0, 0))


def test_barcodes_nobody_knows_are_kept_and_shown(at: Counting):
    at.begin()
    for _again in range(2):
        assert at.scan(at.anne, "7622210449283").product is None
    with at.looking() as count:
        assert unknown_codes(count.id) == [("7622210449283", 2, "Anne")]


def test_a_scan_that_is_sent_twice_counts_once(at: Counting):
    at.begin()
    with at.anne.acting():
        for _again in range(2):
            scan(at.id, Scan(LAMP, "the-same-key"))
    assert at.line(at.lamp) == (10, 1)


def test_lots_are_chosen_and_serial_numbers_are_one_piece(at: Counting):
    milk = at.shop.product("Milk", barcodes=[{"code": "96385074"}], **{"product_stock.tracking": "lot"})
    ring = at.shop.product("Ring", **{"product_stock.tracking": "serial"})
    lot = create("lot", {"product": milk, "code": "M-1", "kind": "lot"}).id
    piece = create("lot", {"product": ring, "code": "R-0001", "kind": "serial"}).id
    at.shop.receive(milk, 6, 6, lot_id=lot)
    at.shop.receive(ring, 1, 500, lot_id=piece)
    at.begin()
    assert [each.code for each in at.scan(at.anne, "96385074", 6).lots] == ["M-1"]
    at.scan(at.anne, "96385074", 6, lot_id=lot)
    at.scan(at.anne, "R-0001")
    assert (at.line(milk), at.line(ring)) == ((6, 6), (1, 1))
    with pytest.raises(Invalid) as refused:
        at.scan(at.ben, "R-0001")
    assert refused.value.fields == {"quantity": "A serial number is one piece, and it is counted already."}


def test_a_part_is_counted_by_category_or_class(at: Counting):
    shelf = create("product_category", {"name": "Glass"}).id
    below = create("product_category", {"name": "Bowls", "parent": shelf}).id
    bowl = at.shop.product("Bowl", category=below, barcodes=[{"code": "96385074"}])
    at.shop.receive(bowl, 2, 2)
    at.shop.issue(at.lamp, 4)
    at.begin(kind="cycle", category=shelf)
    with at.looking() as count:
        assert count.line_count == 1
    with pytest.raises(Invalid) as refused:
        at.scan(at.anne, LAMP)
    assert refused.value.fields == {"code": "Lamp is no part of this count."}
    for name, lines in {"A": 1, "C": 1}.items():  # the bowl is being counted already
        with at.shop.boss.acting():
            found = create("stock_count", {"location": at.shop.here, "kind": "cycle", "abc": name})
            at.id = found.id
        if name == "A":
            at.do(at.anne, "begin", decision="begin")
            with at.looking() as count:
                assert count.line_count == lines
        else:
            with pytest.raises(Conflict):
                at.do(at.anne, "begin", decision="begin")


def test_nothing_is_counted_twice_at_once_until_the_first_count_is_stopped(at: Counting):
    first = at.begin()
    with pytest.raises(Conflict) as refused:
        at.begin()
    assert "is counting here already" in str(refused.value)
    second = at.id
    with at.shop.boss.acting():
        cancel("stock_count", first, "The shop is full")
    at.id = second
    at.do(at.anne, "begin", decision="begin")
    at.scan(at.anne, LAMP)


@pytest.mark.parametrize(
    ("values", "field", "said"),
    [
        ({"kind": "cycle"}, "category", "Say which part: a category, a class, or both."),
        ({"abc": "A"}, "abc", "All that lies there is counted: leave this empty, or count a part."),
        ({"location": "customer"}, "location", "Choose a place in the house."),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused_at_its_field(at: Counting, values, field, said):
    if "location" in values:
        values = {"location": at.shop.at("customer")}
    with pytest.raises(Invalid) as refused:
        create("stock_count", {"location": at.shop.here, **values})
    assert refused.value.fields == {field: said}


def test_a_scan_that_makes_no_sense_is_refused_at_its_field(at: Counting):
    at.begin()
    for code, times, wrong in ((" ", 1, "code"), (LAMP, -1, "quantity")):
        with pytest.raises(Invalid) as refused:
            at.scan(at.anne, code, times)
        assert set(refused.value.fields) == {wrong}
    at.do(at.anne, "count", uncounted="leave", decision="done")
    with pytest.raises(Conflict):
        at.scan(at.anne, LAMP)


def test_a_count_posted_while_the_shop_sells_loses_no_sale(at: Counting):
    at.begin(tolerance=Decimal(100))
    at.scan(at.anne, LAMP, 8)
    refused: list[str] = []

    def sell() -> None:
        with at.shop.boss.acting():
            for _one in range(8):
                try:
                    at.shop.issue(at.lamp, 1)
                except Invalid as error:
                    refused.append(error.message)

    seller = threading.Thread(target=sell)
    seller.start()
    at.do(at.anne, "count", uncounted="leave", decision="done")
    seller.join()
    with at.looking() as count:
        assert (count.state, refused) == ("posted", [])
        assert at.shop.worth(at.lamp) == (0, 0)
