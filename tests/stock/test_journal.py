"""Where books are kept, what goods cost stands in them: in the same transaction, by the same rules."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from erp import Invalid, create, session, today, transaction
from plugins.accounting.api import balance, choose_chart
from plugins.accounting.models import JournalEntry
from plugins.stock.api import Movement, Source, Step, post_many, revalue, reverse
from plugins.stock.checks import books_are_costs
from plugins.stock.models import StockMove


@pytest.fixture
def books(shop):
    choose_chart("general", today().replace(month=1, day=1))
    return shop


def accounts() -> dict[str, Decimal]:
    """What the accounts goods touch hold."""
    uses = ("stock", "goods_received", "cost_of_goods", "stock_loss", "stock_revaluation")
    return {use: held for use in uses if (held := balance(use))}


def test_without_a_chart_nothing_is_posted(shop):
    shop.receive(shop.product("Lamp"), 1, 10)
    assert session().scalar(sa.select(sa.func.count()).select_from(JournalEntry)) == 0


def test_receipts_issues_losses_and_revaluations_stand_in_the_books(books):
    lamp = books.product("Lamp")
    books.receive(lamp, 10, 1000)
    books.move(lamp, books.here, books.there, 3)
    sold = books.issue(lamp, 2)
    assert accounts() == {"stock": 800, "goods_received": -1000, "cost_of_goods": 200}
    books.move(lamp, books.at("customer"), books.here, 1, returns_id=sold)
    books.move(lamp, books.here, books.at("loss"), 1)
    books.move(lamp, books.at("loss"), books.there, 2)
    books.move(lamp, books.here, books.at("supplier"), 1)
    assert accounts() == {"stock": 900, "goods_received": -900, "cost_of_goods": 100, "stock_loss": -100}
    revalue(lamp, Decimal(450))
    assert accounts()["stock"] == 450
    assert accounts()["stock_revaluation"] == 450
    assert list(books_are_costs()) == []


def test_what_is_taken_back_leaves_the_books_as_they_were(books):
    lamp = books.product("Lamp")
    books.receive(lamp, 3, 100)
    before = accounts()
    reverse([books.issue(lamp, 1)])
    reverse([books.receive(lamp, 5, 70)])
    assert accounts() == before
    assert list(books_are_costs()) == []


def test_many_documents_are_many_entries_posted_at_once(books):
    lamp, vase = books.product("Lamp"), books.product("Vase")
    supplier, customer = books.at("supplier"), books.at("customer")
    received = [Movement(each, supplier, books.here, Decimal(5), value=Decimal(50)) for each in (lamp, vase)]
    sold = [Movement(each, books.here, customer, Decimal(1)) for each in (lamp, vase, lamp)]
    day = today() - timedelta(days=1)
    made = post_many([
        Step(received, day, Source("receipt", 1, "in", "GR-1")),
        Step(sold[:2], today(), Source("sale", 1, "out", "S-1")),
        Step(sold[2:], today(), Source("sale", 2, "out", "S-2")),
    ])  # fmt: skip
    assert [len(each) for each in made] == [2, 2, 1]
    rows = session().execute(sa.select(JournalEntry.entry_date, JournalEntry.text).order_by(JournalEntry.id)).all()
    assert [tuple(row) for row in rows] == [(day, "GR-1"), (today(), "S-1"), (today(), "S-2")]
    assert accounts() == {"stock": 70, "goods_received": -100, "cost_of_goods": 30}
    again = post_many([Step(sold, today(), Source("sale", 2, "out", "S-2"))])
    assert again == made[2:]


def test_a_locked_day_takes_no_moves(books):
    lamp = books.product("Lamp")
    books.receive(lamp, 3, 30)
    create("ledger_lock", {"kind": "all", "until": today() - timedelta(days=1), "reason": "Closed"})
    for move in (
        lambda day: books.receive(lamp, 1, 10, on=day),
        lambda day: books.move(lamp, books.here, books.there, 1, on=day),
    ):
        with pytest.raises(Invalid) as refused:
            move(today() - timedelta(days=1))
        assert list(refused.value.fields) == ["moved_on"]
    books.receive(lamp, 1, 10)


def test_a_locked_day_takes_no_moves_from_sql_either(books):
    lamp = books.product("Lamp")
    books.receive(lamp, 3, 30)
    create("ledger_lock", {"kind": "final", "until": date(2020, 12, 31), "reason": "Closed"})
    row = {
        "product_id": lamp, "from_location_id": books.at("supplier"), "to_location_id": books.here, "event": "moved",
        "quantity": Decimal(1), "value": Decimal(1), "moved_on": date(2020, 12, 31),
    }  # fmt: skip
    with pytest.raises(IntegrityError, match="the ledger is locked until 2020-12-31"), transaction():
        session().execute(sa.insert(StockMove), [row])
