"""The pools of products, locked in the order of their ids: the one lock of all that is done with goods."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from erp import bulk, currency, prepared, session
from plugins.stock.models import ZERO, StockCost, StockLayer
from plugins.stock.movements import Kept
from plugins.stock.valuation import FIFO, Layer, Pool

COST = ("product_id", "method", "quantity", "value", "last_cost")
AT_ONCE = 20
"""Layers of a product read at first: what a line takes rarely touches more receipts."""


class Pools:
    """What products cost while their rows are locked; written by `write`."""

    def __init__(self, pools: dict[int, Pool]) -> None:
        self._pools = pools
        self._before = {key: (pool.quantity, pool.value, pool.last_cost) for key, pool in pools.items()}
        self._void: set[int] = set()
        """Products whose method changed: the layers there were are none any more."""
        self._read: dict[int, bool] = {}
        """Whether all layers of a product are read."""

    @classmethod
    def locked(cls, products: Mapping[int, Kept]) -> Pools:
        """The pools of these products, as nobody else can change them now."""
        rows = _locked(products)
        kept_in = currency()
        found = {row.product_id: Pool(kept_in, row.method, row.quantity, row.value, row.last_cost) for row in rows}
        pools = cls(found)
        for key, pool in found.items():
            if pool.last_cost == 0 and (cost := products[key].cost):
                pool.last_cost = cost
            if pool.change_method(products[key].method):
                pools._void.add(key)
                pools._read[key] = True
        return pools

    def __getitem__(self, product_id: int) -> Pool:
        return self._pools[product_id]

    def read_layers(self, needed: Mapping[int, Decimal]) -> None:
        """Have the first layers of FIFO products at hand, so many that they hold what is needed."""
        open_ = {
            key: count for key, count in needed.items()
            if self._pools[key].method == FIFO and not self._read.get(key)
        }  # fmt: skip
        limit = AT_ONCE
        while open_:
            for key, layers in _first_layers(open_, limit).items():
                self._pools[key].layers[:0] = layers
                held = sum((each.quantity for each in layers), ZERO)
                if held >= min(open_[key], self._pools[key].quantity) or len(layers) < limit:
                    del open_[key]
                else:
                    self._pools[key].layers.clear()
            limit *= 50

    def read_all(self, product_id: int) -> None:
        """Have every layer of a product at hand."""
        self.read_layers({product_id: self._pools[product_id].quantity})

    def layer_of(self, product_id: int, move_id: int) -> list[Layer]:
        """What is left of the receipt a move was, among the layers at hand or read now."""
        pool = self._pools[product_id]
        if pool.method != FIFO or product_id in self._void:
            return []
        found = sa.select(StockLayer.id, StockLayer.quantity_left, StockLayer.value_left).where(
            StockLayer.move_id == move_id, StockLayer.quantity_left > 0
        )
        row = session().execute(found).first()
        if row is None:
            return []
        known = next((each for each in pool.layers if each.id == row.id), None)
        if known is None:
            known = Layer(row.quantity_left, row.value_left, row.id)
            pool.layers.append(known)
        return [known]

    def write(self, move_ids: list[int]) -> None:
        """Keep what changed; layers made now are those of the moves at their places."""
        if self._void:
            gone = sa.delete(StockLayer).where(StockLayer.product_id.in_(self._void))
            session().execute(gone, execution_options={"synchronize_session": False})
        rows = [
            {
                "product_id": key, "method": pool.method, "quantity": pool.quantity, "value": pool.value,
                "last_cost": pool.last_cost,
            }
            for key, pool in sorted(self._pools.items())
            if key in self._void or self._before[key] != (pool.quantity, pool.value, pool.last_cost)
        ]  # fmt: skip
        if rows:
            bulk.put_rows(StockCost, COST, rows, ("product_id",), flush=False)
        self._write_layers(move_ids)

    def _write_layers(self, move_ids: list[int]) -> None:
        new, changed = [], []
        for key, pool in self._pools.items():
            for layer in pool.layers:
                if layer.id is None and layer.quantity:
                    move_id = None if layer.move is None else move_ids[layer.move]
                    new.append(
                        {"product_id": key, "move_id": move_id, "quantity_left": layer.quantity,
                         "value_left": layer.value}
                    )  # fmt: skip
                elif layer.id is not None and layer.is_changed:
                    changed.append((layer.id, layer.quantity, layer.value))
        if new:
            session().execute(sa.insert(StockLayer), new)
        if changed:
            session().execute(_layers_as(changed), execution_options={"synchronize_session": False})


def _locked(products: Mapping[int, Kept]) -> list[Any]:
    new = [{"product_id": key, "method": each.method} for key, each in sorted(products.items()) if not each.is_costed]
    if new:  # before anything is locked, so that no two wait for each other
        session().execute(insert(StockCost).on_conflict_do_nothing(index_elements=["tenant_id", "product_id"]), new)
    return list(prepared.rows(_for_us(), {"ids": sorted(products)}))


@cache
def _for_us() -> sa.Select[*tuple[Any, ...]]:
    columns = (StockCost.product_id, StockCost.method, StockCost.quantity, StockCost.value, StockCost.last_cost)
    mine = sa.select(*columns).where(bulk.among(StockCost.product_id, "ids")).order_by(StockCost.product_id)
    return mine.with_for_update()


def _first_layers(product_ids: Iterable[int], limit: int) -> dict[int, list[Layer]]:
    """The first layers of each of these products that hold something."""
    ids = list(product_ids)
    wanted = sa.select(StockCost.product_id).where(StockCost.product_id.in_(ids)).subquery()
    first = (
        sa.select(StockLayer.id, StockLayer.quantity_left, StockLayer.value_left)
        .where(StockLayer.product_id == wanted.c.product_id, StockLayer.quantity_left > 0)
        .order_by(StockLayer.id)
        .limit(limit)
        .lateral()
    )
    rows = session().execute(sa.select(wanted.c.product_id, first).join(first, sa.true()).order_by(first.c.id))
    found: dict[int, list[Layer]] = {key: [] for key in ids}
    for product_id, layer_id, quantity, value in rows:
        found[product_id].append(Layer(quantity, value, layer_id))
    return found


def _layers_as(rows: list[tuple[int, Decimal, Decimal]]) -> sa.Update:
    columns = (sa.column("id", sa.BigInteger), sa.column("quantity", sa.Numeric), sa.column("value", sa.Numeric))
    now = sa.values(*columns, name="now").data(rows)
    return (
        sa.update(StockLayer)
        .where(StockLayer.id == now.c.id)
        .values(quantity_left=now.c.quantity, value_left=now.c.value)
    )
