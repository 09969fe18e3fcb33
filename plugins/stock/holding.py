"""How much is where, while goods are moved: levels of locked products, what may be taken of them, and their writing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

import sqlalchemy as sa

from erp import Invalid, _, bulk, i18n, prepared, session
from plugins.stock.models import ZERO, Location, StockLevel
from plugins.stock.movements import Kept, Known

Key = tuple[int, int, int | None]
"""(product, place, lot)"""
LEVEL = ("product_id", "location_id", "lot_id", "quantity", "reserved", "is_negative", "is_serial")


@dataclass
class Level:
    """What is at a place and what of it is promised."""

    quantity: Decimal = ZERO
    reserved: Decimal = ZERO


class Levels:
    """The levels of products whose costs are locked, so that nobody else changes them."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self._rows: dict[Key, Level] = {}
        self._sums: dict[tuple[int, int], Level] = {}
        """Of products kept by lots: all lots of a place together."""
        self._changed: set[Key] = set()

    @classmethod
    def read(cls, known: Known) -> Levels:
        """The levels of known products and lots."""
        found = cls(known)
        of_them = {"ids": list(known.products), "lots": list(known.lots)}
        for product_id, place_id, lot_id, quantity, reserved in prepared.rows(_levels(), of_them):
            found._rows[product_id, place_id, lot_id] = Level(quantity, reserved)
        by_lots = [each.id for each in known.products.values() if each.tracking != "none"]
        if by_lots:
            for product_id, place_id, quantity, reserved in prepared.rows(_sums(), {"ids": by_lots}):
                found._sums[product_id, place_id] = Level(quantity, reserved)
        return found

    def at(self, key: Key) -> Level:
        """The level of a product, place and lot."""
        return self._rows.setdefault(key, Level())

    def free(self, key: Key) -> Decimal:
        """What may be taken: neither more than is there of the lot nor what is promised of all lots together."""
        own, every = self.at(key), self._free_of_all(key)
        return every if key[2] is None else min(own.quantity - own.reserved, every)

    def _free_of_all(self, key: Key) -> Decimal:
        """What may be promised without naming a lot."""
        every = self._sums.get(key[:2], self.at(key))
        return every.quantity - every.reserved

    def take(self, key: Key, quantity: Decimal, at: str = "") -> None:
        """Take so many away; raises Invalid saying what is there, unless the place may go below nothing."""
        place = self.known.places[key[1]]
        product = self.known.products[key[0]]
        allows = place.allows_negative and product.tracking != "serial"
        if quantity > self.free(key) and not allows:
            raise short(product, place, self.told(key), quantity, f"{at}quantity")
        self._add(key, -quantity)

    def put(self, key: Key, quantity: Decimal, at: str = "") -> None:
        """Bring so many in; raises Invalid for a serial number that is somewhere already."""
        if self.known.products[key[0]].tracking == "serial":
            self._refuse_twice(key, at)
        self._add(key, quantity)

    def reserve(self, key: Key, quantity: Decimal) -> None:
        """Promise so many, or with less than nothing, promise them no more."""
        self.at(key).reserved += quantity
        if (every := self._sums.get(key[:2])) is not None:
            every.reserved += quantity
        self._changed.add(key)

    def _add(self, key: Key, quantity: Decimal) -> None:
        self.at(key).quantity += quantity
        if self.known.products[key[0]].tracking != "none":
            self._sums.setdefault(key[:2], Level()).quantity += quantity
        self._changed.add(key)

    def told(self, key: Key) -> Level:
        """What people are told there is: of the lot, or of all of them where none is named."""
        own, every = self.at(key), self._sums.get(key[:2])
        if every is None:
            return own
        return every if key[2] is None else Level(own.quantity, max(own.quantity - self.free(key), ZERO))

    def _refuse_twice(self, key: Key, at: str) -> None:
        for (_product, place_id, lot_id), level in self._rows.items():
            if lot_id == key[2] and level.quantity > 0:
                there = self.known.places.get(place_id) or session().get_one(Location, place_id)
                lot = self.known.lots[lot_id or 0]
                said = _("%(lot)s is at %(place)s already; one piece is in one place.", lot=lot.code, place=there.name)
                raise Invalid(said, fields={f"{at}lot": said})

    def write(self) -> None:
        """Keep what changed, by one statement in the order of product, place and lot."""
        rows = [self._row(key) for key in sorted(self._changed, key=lambda key: (key[0], key[1], key[2] or 0))]
        if not rows:
            return
        bulk.put_rows(StockLevel, LEVEL, rows, ("product_id", "location_id", "lot_id"), flush=False)

    def _row(self, key: Key) -> Mapping[str, Any]:
        level = self._rows[key]
        return {
            "product_id": key[0], "location_id": key[1], "lot_id": key[2], "quantity": level.quantity,
            "reserved": level.reserved, "is_negative": level.quantity < 0,
            "is_serial": self.known.products[key[0]].tracking == "serial",
        }  # fmt: skip


@cache
def _levels() -> sa.Select[*tuple[Any, ...]]:
    """Of products `ids`: what is kept without lots, and of `lots`."""
    columns = (
        StockLevel.product_id, StockLevel.location_id, StockLevel.lot_id, StockLevel.quantity, StockLevel.reserved,
    )  # fmt: skip
    named = sa.or_(StockLevel.lot_id.is_(None), bulk.among(StockLevel.lot_id, "lots"))
    return sa.select(*columns).where(bulk.among(StockLevel.product_id, "ids"), named)


@cache
def _sums() -> sa.Select[*tuple[Any, ...]]:
    """Of products `ids`: all lots of a place together."""
    columns = (StockLevel.product_id, StockLevel.location_id)
    sums = (sa.func.sum(StockLevel.quantity), sa.func.sum(StockLevel.reserved))
    return sa.select(*columns, *sums).where(bulk.among(StockLevel.product_id, "ids")).group_by(*columns)


def short(product: Kept, place: Location, level: Level, wanted: Decimal, field: str) -> Invalid:
    """The refusal of more than there is: what, where, how much of it and how much is promised."""
    count, told = i18n.format_number, {"product": product.name, "place": place.name}
    if level.reserved > 0:
        said = _(
            "%(wanted)s of %(product)s are wanted; only %(count)s are at %(place)s, %(reserved)s of them reserved.",
            wanted=count(wanted), count=count(level.quantity), reserved=count(level.reserved), **told,
        )  # fmt: skip
    else:
        said = _(
            "%(wanted)s of %(product)s are wanted; only %(count)s are at %(place)s.",
            wanted=count(wanted), count=count(level.quantity), **told,
        )  # fmt: skip
    return Invalid(said, fields={field: said})
