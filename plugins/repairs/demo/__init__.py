"""A year at Savanna Repairs: the same people, items and accidents each time, ending now."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from erp import clock, create, session
from plugins.parties.models import Party
from plugins.repairs.demo.answers import ANSWERS as ANSWERS
from plugins.repairs.demo.life import DAY, HOUR, Fate, Life, in_hours
from plugins.repairs.demo.life import TYPE as TYPE
from plugins.repairs.demo.people import COMPANY as COMPANY
from plugins.repairs.demo.people import PEOPLE as PEOPLE
from plugins.repairs.demo.people import load_parties
from plugins.repairs.demo.shelf import ITEMS, fill_shelves, load_products
from plugins.repairs.demo.stage import Stage as Stage

ORDERS = 88
RECENT = 55
"""Orders of the last three weeks: those still in the house."""
FATES = {
    **dict.fromkeys((30, 47, 51), Fate(stops_at="received")),
    **dict.fromkeys((26, 36, 44, 49), Fate("keen", "inspected")),
    **dict.fromkeys((35, 38, 40, 43, 46, 48), Fate("silent")),
    **dict.fromkeys((22, 42), Fate("unrepairable", "unrepairable")),
    **dict.fromkeys((19, 34, 41), Fate("declined", "declined")),
    **dict.fromkeys((10, 20, 28, 32, 37, 39), Fate("keen", "in_repair")),
    **dict.fromkeys((5, 12, 18, 24, 29), Fate("keen", "ready")),
    3: Fate("keen", fails="send_quotation"),
    31: Fate("keen", fails="notify_ready"),
    33: Fate("silent", fails="send_reminder"),
    **dict.fromkeys((-30, -24), Fate("forgotten")),
    15: Fate("more"),
    **dict.fromkeys((-3, 8), Fate("refused")),
}
"""Which of the recent orders, the oldest first, wait for somebody or met a call that failed for good."""


def load(stage: Stage, rng: Random, *, orders: int = ORDERS) -> int:
    """Play the year up to now; returns the number of repair orders. The caller acts for the company."""
    ends_at = clock.now()
    books_begin = ends_at.date().replace(year=ends_at.year - 1, month=1, day=1)
    with clock.frozen(in_hours(ends_at - 366 * DAY)):
        products, parties = load_products(), [session().get_one(Party, each) for each in load_parties(rng)]
        fill_shelves(products, max(clock.now().date(), books_begin))
        create("repair_rules", {"name": "Savanna Repairs", "storage_fee": Decimal(500)})
    with_mail = [party for party in parties if party.email]
    lives = []
    for place, moment in enumerate(sorted(_arrivals(rng, ends_at, orders))):
        fate = FATES.get(place - (orders - RECENT), Fate())
        party = rng.choice(with_mail if fate.kind else parties)
        life = Life(
            stage=stage,
            rng=Random(rng.random()),  # noqa: S311 - a story, not a secret
            products=products,
            party_id=party.id,
            party_name=party.name,
            item=rng.choice(ITEMS),
            branch="Westlands" if rng.random() < 0.7 else "Mombasa",
            received_at=moment,
            ends_at=ends_at,
            fate=fate,
        )
        lives.append(life)
    _play(lives, ends_at)
    return sum(bool(life.order_id) for life in lives)


def _arrivals(rng: Random, ends_at: datetime, orders: int) -> Iterator[datetime]:
    recent = min(RECENT, orders)
    for _order in range(orders - recent):
        yield ends_at - DAY * rng.uniform(21, 365)
    for _order in range(recent):
        yield ends_at - HOUR * rng.uniform(3, 21 * 24)


def _play(lives: list[Life], ends_at: datetime) -> None:
    """All orders side by side, each step at its moment, so that numbers rise with time."""
    waiting: list[tuple[datetime, int, Iterator[datetime]]] = []
    for place, life in enumerate(lives):
        steps = life.run()
        heapq.heappush(waiting, (next(steps), place, steps))
    while waiting:
        moment, place, steps = heapq.heappop(waiting)
        if moment > ends_at - timedelta(minutes=5):
            continue
        with clock.frozen(moment):
            following = next(steps, None)
        if following is not None and not lives[place].is_over:
            heapq.heappush(waiting, (following, place, steps))
