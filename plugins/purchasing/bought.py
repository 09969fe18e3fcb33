"""What ordered products are, as far as an order asks of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import NamedTuple

import sqlalchemy as sa

from erp import bulk, prepared, session, whole
from plugins.products.models import STOCKED, Product, ProductCategory


class Bought(NamedTuple):
    """A product that was ordered."""

    kind: str
    category_id: int | None

    @property
    def is_goods(self) -> bool:
        """Whether it comes as goods that are received; labour and services are only billed."""
        return self.kind in STOCKED


def bought(product_ids: Collection[int]) -> Mapping[int, Bought]:
    """{product: what it is}, whosoever may see it: who may see an order may see what it says."""
    with whole():
        return {key: Bought(*rest) for key, *rest in prepared.rows(_kinds(), {"ids": sorted(product_ids)})}


@cache
def _kinds() -> sa.Select[int, str, int | None]:
    category_id: sa.ColumnElement[int | None] = Product.category_id  # type: ignore[attr-defined] # made by link()
    return sa.select(Product.id, Product.kind, category_id).where(bulk.among(Product.id, "ids"))


def called(category_id: int | None) -> str:
    """What a category is called, with all it stands below; empty for none."""
    if category_id is None:
        return ""
    with whole():
        return session().get_one(ProductCategory, category_id).title
