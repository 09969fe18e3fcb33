"""What ordered products are, as far as an order asks of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from erp import Invalid, _, bulk, prepared, session, whole
from plugins.products.api import converted, is_measured_as
from plugins.products.models import STOCKED, Product, ProductCategory, Unit
from plugins.stock.models import ProductStock

if TYPE_CHECKING:
    from plugins.purchasing.models import PurchaseOrderLine


class Bought(NamedTuple):
    """A product that was ordered."""

    name: str
    kind: str
    category_id: int | None
    uom_id: int
    places: int
    is_exact: bool
    is_stocked: bool | None
    """None where nothing was said."""

    @property
    def is_goods(self) -> bool:
        """Whether it comes as goods that are received; labour and services are only billed."""
        return self.kind in STOCKED

    def uncounted(self, quantity: Decimal, uom_id: int | None) -> dict[str, str]:
        """What keeps so many of a unit, None for its own, from being counted on the shelf, by field."""
        if not self.is_goods or (self.is_stocked is not False and self._is_own(quantity, uom_id)):
            return {}
        if self.is_stocked is False:
            return {"product": _("%(product)s is not kept in stock.", product=self.name)}
        own = session().get_one(Unit, self.uom_id)
        of = own if uom_id is None else session().get_one(Unit, uom_id)
        try:
            counted = converted(quantity, of, own)
        except Invalid as error:
            return {"quantity" if is_measured_as(of, own) else "uom": error.fields["quantity"]}
        return {} if counted else {"quantity": _("More than nothing must be moved.")}

    def _is_own(self, quantity: Decimal, uom_id: int | None) -> bool:
        """Whether so many are counted as they stand."""
        return uom_id in {None, self.uom_id} and (not self.is_exact or quantity == round(quantity, self.places))


def of_lines(lines: Iterable[PurchaseOrderLine]) -> Mapping[int, Bought]:
    """{product: what it is} of lines, whosoever may see it: who may see an order may see what it says."""
    ids = {line.product_id for line in lines if line.product_id is not None}
    with whole():
        return {key: Bought(*rest) for key, *rest in prepared.rows(_asked(), {"ids": sorted(ids)})}


@cache
def _asked() -> sa.Select[*tuple[Any, ...]]:
    uom_id, category_id = Product.uom_id, Product.category_id  # type: ignore[attr-defined] # made by link()
    asked = Product.name, Product.kind, category_id, uom_id, Unit.places, Unit.is_exact, ProductStock.is_stocked
    every = sa.select(Product.id, *asked).join(Unit, Unit.id == uom_id)
    return every.outerjoin(ProductStock, ProductStock.record_id == Product.id).where(bulk.among(Product.id, "ids"))


def called(category_id: int | None) -> str:
    """What a category is called, with all it stands below; empty for none."""
    if category_id is None:
        return ""
    with whole():
        return session().get_one(ProductCategory, category_id).title
