"""The shelves of the demo company: what was there, what came in and went over, and what is watched and counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import sqlalchemy as sa

from erp import session, today, transaction
from plugins.accounting.api import balance, keeps_books
from plugins.accounting.models import Account, JournalEntry, JournalLine
from plugins.products.models import Product
from plugins.stock import shortages
from plugins.stock.models import STOCKED, Location
from plugins.stock.movements import Movement, Source, Step
from plugins.stock.places import place
from plugins.stock.posting import post_many

TYPE = "location"
WHO, BOOKS = "Peter Kariuki", "Wanjiku Kamau"
CAPITAL = "3000"
"""Account of the chart the owners' share stands on."""
WEEKS, RULES = 8, 5
SHARE = Decimal("0.62")
"""Of a price, what a product costs where nobody says what it costs."""
ANSWERS: Mapping[str, Callable[[Any], Any]] = {}


def load(stage: Any, rng: Random) -> None:
    """Opening stock at every branch, then receipts each week, and some of them sent on to the other branch."""
    products = list(session().scalars(sa.select(Product).where(Product.kind.in_(STOCKED)).order_by(Product.id)))
    homes = list(session().scalars(sa.select(Location.id).where(Location.kind == "internal").order_by(Location.id)))
    window = {"code": "WINDOW", "name": "Shop window, Westlands", "parent": homes[0]}
    shelf = stage.create(WHO, TYPE, window)
    if products:
        with transaction():
            post_many([*_received(products, homes, rng), *_sent_on(products, [*homes, shelf], rng)])
        _settled(stage)
        _looked_after(stage, products, homes)
        shortages.look()


def _looked_after(stage: Any, products: list[Product], homes: list[int]) -> None:
    """Some products are to be ordered again in time, two are damaged, and a count is planned at the other branch."""
    for each, least in zip(products[:RULES], (6, 8, 12, 16, 20), strict=False):
        stage.create(WHO, "reorder_rule", {
            "product": each.id, "location": homes[0], "minimum": Decimal(least), "maximum": Decimal(least * 2),
            "lead_days": 7,
        })  # fmt: skip
    broken = {"product": products[-1].id, "location": homes[0], "quantity": Decimal(-2)}
    adjustment = {"reason": "damage", "note": "The box fell off the shelf.", "lines": [broken]}
    stage.create(WHO, "stock_adjustment", adjustment)
    stage.create(WHO, "stock_count", {"location": homes[-1]})


def _settled(stage: Any) -> None:
    """The owners brought in what there was at first; what came until last month ended is billed and paid."""
    if not keeps_books():
        return
    accounts = sa.select(Account.use, sa.func.min(Account.id)).where(Account.use.is_not(None)).group_by(Account.use)
    uses = dict(session().execute(accounts).all())
    capital = session().scalars(sa.select(Account.id).where(Account.code == CAPITAL)).one()
    opened = (
        sa.select(JournalEntry.entry_date, -sa.func.sum(JournalLine.amount))
        .join(JournalLine, JournalLine.document_id == JournalEntry.id)
        .where(JournalLine.account_id == uses["opening"])
        .group_by(JournalEntry.entry_date)
        .order_by(JournalEntry.entry_date)
    )
    for on, amount in session().execute(opened).all():
        _voucher(stage, "What the owners brought in", on, (uses["opening"], capital), amount)
    last = today().replace(day=1) - timedelta(days=1)
    owed = -balance("goods_received", last)
    _voucher(stage, "Deliveries of last month, paid", last, (uses["goods_received"], uses["bank"]), owed)


def _voucher(stage: Any, text: str, on: date, accounts: tuple[int, int], amount: Decimal) -> None:
    """Debit one account and credit the other."""
    if amount > 0:
        lines = [{"account": accounts[0], "debit": amount}, {"account": accounts[1], "credit": amount}]
        vouchers = stage.of("journal_voucher")
        key = vouchers.create(BOOKS, "journal_voucher", {"text": text, "voucher_date": on, "lines": lines})
        vouchers.complete(BOOKS, key, "check_voucher", {"decision": "post"})


def _received(products: list[Product], homes: list[int], rng: Random) -> Iterator[Step]:
    """What there was at first, and a delivery to one of the branches every week."""
    supplier = place("supplier").id
    for week in range(WEEKS + 1):
        chosen = homes if week == 0 else [homes[week % len(homes)]]
        some = products if week == 0 else rng.sample(products, min(6, len(products)))
        counts = [(each, home, Decimal(rng.randrange(4, 15))) for home in chosen for each in some]
        moved = [
            Movement(each.id, supplier, home, count, value=_cost(each, count, rng)) for each, home, count in counts
        ]
        source = Source(note=f"Delivery {week}" if week else "Opening stock")
        yield Step(moved, _day(week), source, "" if week else "opening_stock")


def _sent_on(products: list[Product], ends: list[int], rng: Random) -> Iterator[Step]:
    """A few things for the window and for the other branch."""
    for target in ends[1:]:
        moved = [Movement(each.id, ends[0], target, Decimal(1)) for each in rng.sample(products, min(5, len(products)))]
        yield Step(moved, _day(WEEKS), Source(note="Sent on"))


def _day(week: int) -> date:
    """A day of the demo's last weeks; none before this year, for which books may not be kept."""
    return max(today() - timedelta(weeks=WEEKS - week), today().replace(month=1, day=1))


def _cost(product: Product, count: Decimal, rng: Random) -> Decimal:
    one = product.cost or product.unit_price * SHARE
    return (one * count * rng.randrange(96, 105) / 100).quantize(Decimal(1))
