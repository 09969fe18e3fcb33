"""Goods between the branches of the demo company: some arrived, some are on the road, one lacks something."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import sqlalchemy as sa

from erp import clock, session
from plugins.stock.models import Location, StockLevel

TYPE = "transfer"
SHIPS, RECEIVES, DECIDES = "Joseph Mwangi", "Halima Said", "Peter Kariuki"
ANSWERS: Mapping[str, Callable[[Any], Any]] = {}
LINES, FEWEST = 3, 4
"""Lines of each, of products of which there are so many."""
DONE = {"decision": "done"}


@dataclass(frozen=True)
class Colleague:
    """Who keeps the goods of a branch."""

    username: str
    name: str
    branch: str
    roles: tuple[str, ...] = ("Storekeeper",)


PEOPLE = (Colleague("joseph", SHIPS, "Westlands"), Colleague("halima", RECEIVES, "Mombasa"))
STORIES: Sequence[tuple[int, str, str]] = (
    (40, "received", "For the rainy season"), (19, "received", "Asked for by two customers"),
    (9, "differs", "For the workshop"), (5, "ship", "Running low"), (2, "pick", "For the fair"),
    (1, "asked", "For the window"),
)  # fmt: skip
"""(days ago, how far it came, what for)"""


def load(stage: Any, rng: Random) -> None:
    """Six transfers from the first branch to the second, each as far as its story goes."""
    ends = list(session().scalars(sa.select(Location.id).where(Location.kind == "internal").order_by(Location.id)))[:2]
    free = StockLevel.quantity - StockLevel.reserved
    there = sa.select(StockLevel.product_id).where(
        StockLevel.location_id == ends[0], free >= FEWEST, StockLevel.lot_id.is_(None)
    )
    products = list(session().scalars(there.order_by(StockLevel.product_id)))
    now = clock.now()
    for days, fate, reason in STORIES if len(products) >= LINES and len(ends) > 1 else ():
        lines = [{"product": each, "quantity": Decimal(1)} for each in rng.sample(products, LINES)]
        with clock.frozen(now - timedelta(days=days)):
            values = {"from_location": ends[0], "to_location": ends[1], "reason": reason, "lines": lines}
            made = stage.create(RECEIVES, TYPE, values)
        _goes_on(stage, made, fate, now - timedelta(days=days))


def _goes_on(stage: Any, made: int, fate: str, begun: Any) -> None:
    """Approved where it is worth much; picked, shipped and received in the hours after it was asked for."""
    if "decide" in stage.open(made):
        stage.complete(DECIDES, made, "decide", {"decision": "approve"})
    steps = (
        ("pick", SHIPS, {"picked": "asked", **DONE}, 3), ("ship", SHIPS, {"tracking": f"KBX {made:03d}", **DONE}, 5),
        ("receive", RECEIVES, {"came": "all", **DONE}, 30),
    )  # fmt: skip
    far = {"asked": 0, "pick": 1, "ship": 2, "received": 3, "differs": 2}[fate]
    for element, who, answers, hours in steps[:far]:
        with clock.frozen(begun + timedelta(hours=hours)):
            stage.complete(who, made, element, answers)
    if fate == "differs":
        with clock.frozen(begun + timedelta(hours=31)):
            stage.complete(RECEIVES, made, "receive", {"came": "scanned", "rest": "missing", **DONE})
