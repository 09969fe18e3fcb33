"""A week at the till of the demo company: its shelf, sessions of two cashiers, what they sold and counted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from erp import clock, company, session, today
from plugins.pos import checking_out, denominations, desk, drawer, registering, returning
from plugins.pos.shelf import pictures
from plugins.products.models import Product
from plugins.stock.api import Movement, Source, place, post
from plugins.stock.models import Location


class Colleague(NamedTuple):
    """Somebody of the shop."""

    username: str
    name: str
    branch: str
    roles: tuple[str, ...]


TYPE = "terminal"
ANSWERS: Mapping[str, Any] = {}
PEOPLE = (
    Colleague("faith", "Faith Achieng", "Westlands", ("Cashier",)),
    Colleague("brian", "Brian Kiptoo", "Westlands", ("Cashier",)),
    Colleague("ruth", "Ruth Muthoni", "Westlands", ("Shift manager",)),
)
WHO = "Peter Kariuki"
GOODS = "C-"
"""How the codes of what the shop sells over the counter begin."""
DAYS, SALES = 5, 7
FAVOURITES = 6
"""Of what else the shop sells, so many stand on the first page too."""
FLOAT = {"500": 4, "200": 5, "100": 10, "50": 10}
DAY = timedelta(days=1)


def load(stage: Any, rng: Random) -> None:
    """A till is registered, and each day somebody opens, sells and counts it."""
    shelf = session().scalars(sa.select(Location.id).where(Location.kind == "internal").order_by(Location.id)).first()
    goods = list(session().scalars(sa.select(Product.id).where(Product.code.startswith(GOODS)).order_by(Product.id)))
    followed = _followed(stage, shelf)
    seen = sorted(pictures())[:FAVOURITES]
    first = [{"product": each} for each in [*seen, *followed, *goods[:FAVOURITES]]]
    made = stage.create(WHO, TYPE, {"name": "Till 1", "location": shelf, "favourites": first})
    stage.create(WHO, TYPE, {"name": "Till 2", "location": shelf})
    cookie = registering.register(registering.make_code(made), "Chrome, Windows")
    now = clock.now()
    for day in range(DAYS, -1, -1):
        with clock.frozen(now - day * DAY - timedelta(hours=9)):
            stage.act_as(PEOPLE[day % 2].name)
            _worked(cookie, goods, rng, is_last=day == 0)


def _followed(stage: Any, shelf: int | None) -> list[int]:
    """Watches, each with its number, and a fluid in bottles of three lots; the ids of both products."""
    watch = stage.create(WHO, "product", {
        "name": "Seiko 5 SNXS79", "code": "W-SNXS79", "unit_price": Decimal(18500), "product_stock.tracking": "serial",
    })  # fmt: skip
    fluid = stage.create(WHO, "product", {
        "name": "Lens fluid, 50 ml", "code": "F-50", "unit_price": Decimal(650), "product_stock.tracking": "lot",
    })  # fmt: skip
    for product_id, code, kind, days, count in (
        *((watch, f"4D{700 + each}", "serial", None, 1) for each in range(3)),
        *((fluid, f"CF-{code}", "lot", days, 6) for code, days in ((11, 180), (10, 20), (9, -3))),
    ):
        until = None if days is None else today() + days * DAY
        lot = stage.create(WHO, "lot", {"product": product_id, "code": code, "kind": kind, "expires_on": until})
        move = Movement(product_id, place("supplier").id, shelf or 0, Decimal(count), lot, value=Decimal(300) * count)
        post([move], on=today(), source=Source(note="Opening stock"))
    return [watch, fluid]


def _worked(cookie: str, goods: list[int], rng: Random, *, is_last: bool) -> None:
    """A day at the till; the last is not counted yet."""
    drawer.open_session(cookie, {"float": FLOAT})
    begun = clock.now()
    for turn in range(SALES):
        with clock.frozen(begun + timedelta(minutes=50 * turn + rng.randrange(40))):
            sold = _sold(cookie, goods, rng)
            if rng.random() < 0.12:
                _back(cookie, sold, rng)
    if not is_last:
        with clock.frozen(begun + timedelta(hours=8)):
            drawer.close(cookie, {"counted": _count(cookie, rng)})


def _count(cookie: str, rng: Random) -> dict[str, int]:
    """What should be in the drawer in notes and coins, now and then a coin too few."""
    left = int(Decimal(drawer.figures(desk.at(cookie).open_session)["expected"])) - rng.choice((0, 0, 0, 20))
    found: dict[str, int] = {}
    for each in denominations.of(company().currency):
        found[each], left = divmod(left, int(each))
    return found


def _sold(cookie: str, goods: list[int], rng: Random) -> str:
    lines = [
        {"product_id": each, "quantity": rng.choice((1, 1, 2)), "discount": rng.choice((0, 0, 0, 5))}
        for each in rng.sample(goods, rng.randrange(1, 4))
    ]
    kind = rng.choice(("cash", "cash", "mpesa", "card_machine"))
    sent = {"uuid": _uuid(rng), "lines": lines, "tenders": [{"kind": kind}]}
    return str(checking_out.sell(cookie, sent)["number"])


def _back(cookie: str, number: str, rng: Random) -> None:
    receipt = returning.receipt(number)
    line = {"sale_line_id": receipt["lines"][0]["sale_line_id"], "quantity": 1}
    sent = {"uuid": _uuid(rng), "sale_id": receipt["sale"], "lines": [line], "tenders": [{"kind": "cash"}]}
    returning.give_back(cookie, sent)


def _uuid(rng: Random) -> str:
    return str(UUID(int=rng.getrandbits(128), version=4))
