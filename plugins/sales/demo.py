"""Five weeks at the counter: what the shop sells beside its repairs, mostly for cash, some of it on account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import sqlalchemy as sa

from erp import clock, session, today
from plugins.accounting.api import keeps_books
from plugins.accounting.models import Account
from plugins.parties.models import Party
from plugins.products.models import Product
from plugins.sales.api import Tender, Wanted, check_out, take_back
from plugins.stock.api import Movement, Source, home, place, post

TYPE = "product"
ANSWERS: Mapping[str, Any] = {}
WHO, BOOKS = "Peter Kariuki", "Wanjiku Kamau"
GOODS = (
    ("C-STRAP", "Camera strap, leather", "2450", "1100"),
    ("C-BAG", "Shoulder bag for a camera", "6900", "3400"),
    ("C-CARD128", "Memory card 128 GB", "3200", "1900"),
    ("C-CHARGE", "USB-C charger 65 W", "4100", "2050"),
    ("C-CASE", "Phone case", "1350", "420"),
    ("C-GLASS", "Screen protector", "850", "180"),
)
"""(code, name, price, cost)"""
WEEKS = 5
SALES = 50
DAY = timedelta(days=1)


def load(stage: Any, rng: Random) -> None:
    """Goods come in, are sold day by day, and a few come back."""
    ends_at = clock.now()
    begins_at = ends_at - WEEKS * 7 * DAY
    with clock.frozen(begins_at):
        goods = [_made(stage, *each) for each in GOODS]
        _received(stage, goods)
    parties = list(session().scalars(sa.select(Party).where(Party.kind == "person").order_by(Party.id).limit(40)))
    moments = sorted(begins_at + (ends_at - begins_at) * rng.uniform(0.02, 0.99) for _sale in range(SALES))
    for moment in moments:
        with clock.frozen(moment):
            _sold(rng, goods, rng.choice(parties) if parties and rng.random() < 0.4 else None)


def _made(stage: Any, code: str, name: str, price: str, cost: str) -> Product:
    values = {"code": code, "name": name, "unit_price": Decimal(price), "cost": Decimal(cost)}
    return session().get_one(Product, stage.create(WHO, TYPE, values))


def _received(stage: Any, goods: list[Product]) -> None:
    """A delivery that is paid at once."""
    here, there = home().id, place("supplier").id
    moves = [Movement(each.id, there, here, Decimal(120), value=120 * (each.cost or Decimal(0))) for each in goods]
    post(moves, on=today(), source=Source(note="Delivery of the wholesaler"))
    if keeps_books():
        uses = sa.select(Account.use, sa.func.min(Account.id)).where(Account.use.is_not(None)).group_by(Account.use)
        known = dict(session().execute(uses).all())
        worth = sum((move.value or Decimal(0) for move in moves), Decimal(0))
        lines = [{"account": known["goods_received"], "debit": worth}, {"account": known["bank"], "credit": worth}]
        paid = {"text": "The wholesaler is paid", "voucher_date": today(), "lines": lines}
        vouchers = stage.of("journal_voucher")
        vouchers.complete(BOOKS, vouchers.create(BOOKS, "journal_voucher", paid), "check_voucher", {"decision": "post"})


def _sold(rng: Random, goods: list[Product], customer: Party | None) -> None:
    wanted = [Wanted(each, Decimal(rng.choice((1, 1, 1, 2)))) for each in rng.sample(goods, rng.randrange(1, 4))]
    kind = (
        rng.choice(("cash", "cash", "mpesa", "card_machine")) if customer is None or rng.random() < 0.8 else "account"
    )
    sale = check_out(wanted, [Tender(kind)], customer=customer)
    if rng.random() < 0.06:
        take_back(sale, {sale.lines[0].id: Decimal(1)}, kind, reason=rng.choice(("returned", "damaged")))
