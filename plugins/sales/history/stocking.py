"""The goods of a history: what must have lain on the shelf before it, what was sold, came back, was lost and found."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal

import sqlalchemy as sa

from erp import company, current, money, session
from plugins.sales.history.judging import REFUND, SALE, Entry
from plugins.sales.history.records import Goods
from plugins.sales.models import Sale, SaleRefund
from plugins.stock.api import Movement, Posted, Source, Step, home, place, post_many
from plugins.stock.models import StockMove

CORRECTIONS = "sale_history"
"""Type of source of what is no document's: openings and corrections, told apart by their keys."""
OPENING_STOCK = "opening_stock"
Moved = tuple[Entry, int, date]
"""(entry, id of its document, business day)"""


class Shelves:
    """Moves the goods of a file at the acting branch."""

    def __init__(self) -> None:
        self.home = home(current().branch_id).id
        self.customer, self.supplier, self.loss = (place(kind).id for kind in ("customer", "supplier", "loss"))

    def corrected(self, numbers: Collection[str]) -> set[str]:
        """Which of these corrections were made already."""
        statement = sa.select(StockMove.source_key).where(
            StockMove.source_type == CORRECTIONS, StockMove.source_id == 0, StockMove.source_key.in_(numbers)
        )
        return set(session().scalars(statement)) if numbers else set()

    def move(self, moved: Sequence[Moved], goods: Mapping[str, Goods]) -> list[dict[int, Decimal]]:
        """Move what these say, in their order; {place of a line: what its goods carried} of each."""
        made = post_many([self._step(each, goods) for each in moved])
        return [_costs(entry, goods, found) for (entry, _key, _on), found in zip(moved, made, strict=True)]

    def open(self, needs: Mapping[str, Decimal], goods: Mapping[str, Goods], on: date, key: str, note: str) -> None:
        """Bring in what the history needs, the day before it begins."""
        currency = company().currency
        movements = [
            Movement(
                goods[code].id, self.supplier, self.home, count,
                value=money.rounded(count * goods[code].cost, currency), line=code,
            )
            for code, count in needs.items()
            if code in goods and goods[code].is_stocked
        ]  # fmt: skip
        post_many([Step(movements, on, Source(CORRECTIONS, 0, key, note), OPENING_STOCK)])

    def _step(self, moved: Moved, goods: Mapping[str, Goods]) -> Step:
        entry, key, on = moved
        movements = [
            self._movement(entry, goods[line.code].id, line.quantity, str(at))
            for at, line in enumerate(entry.lines)
            if line.is_goods and goods[line.code].is_stocked
        ]
        return Step(movements, on, _source(entry, key))

    def _movement(self, entry: Entry, product_id: int, quantity: Decimal, line: str) -> Movement:
        if entry.kind == SALE:
            return Movement(product_id, self.home, self.customer, quantity, line=line)
        if entry.kind == REFUND:
            return Movement(product_id, self.customer, self.home, quantity, line=line)
        ends = (self.home, self.loss) if quantity < 0 else (self.loss, self.home)
        return Movement(product_id, *ends, abs(quantity), line=line)


def _source(entry: Entry, key: int) -> Source:
    types = {SALE: Sale.__tablename__, REFUND: SaleRefund.__tablename__}
    if entry.kind in types:
        return Source(types[entry.kind], key, "", entry.number)
    return Source(CORRECTIONS, 0, entry.number, entry.number)


def _costs(entry: Entry, goods: Mapping[str, Goods], made: Sequence[Posted]) -> dict[int, Decimal]:
    kept = [at for at, line in enumerate(entry.lines) if line.is_goods and goods[line.code].is_stocked]
    return {at: each.value for at, each in zip(kept, made, strict=True)}
