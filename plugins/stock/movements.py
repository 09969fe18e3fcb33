"""What is to be moved, as callers say it, and what must be true of it before anything is locked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlalchemy.orm.util import identity_key

from erp import Invalid, NotFound, _, bulk, current, prepared, session, whole
from plugins.products.api import converted
from plugins.products.models import Product, ProductCategory, Unit
from plugins.stock.models import STOCKED, CategoryStock, Location, Lot, ProductStock, StockCost
from plugins.stock.valuation import AVERAGE

R = TypeVar("R", Location, Lot)
QUANTITY, MONEY, MOST = Decimal("0.000001"), Decimal("0.0001"), Decimal(10) ** 11
"""The finest quantity and the finest amount that are stored, and what no number reaches."""


@dataclass(frozen=True, slots=True)
class Movement:
    """So many of a product from one place to another."""

    product_id: int
    from_id: int
    to_id: int
    quantity: Decimal
    lot_id: int | None = None
    value: Decimal | None = None
    """What it all cost, of what comes in; None for what goods of it cost now. What goes out is valued by its pool."""
    uom_id: int | None = None
    """The unit the quantity is in, where it is not the product's own."""
    reservation_id: int | None = None
    """The promise it keeps."""
    returns_id: int | None = None
    """The issue it comes back from: at the cost it went out with."""
    line: str = ""
    at: str = ""
    """What the names of its fields begin with in the form it was typed in, such as `lines-0-`."""


@dataclass(frozen=True, slots=True)
class Source:
    """The document goods are moved for. Of moves with the same `key` of it only the first are made."""

    type: str = ""
    id: int = 0
    key: str = ""
    note: str = ""
    """What people call it."""


@dataclass(frozen=True, slots=True)
class Step:
    """What is moved for one document on one day."""

    movements: Sequence[Movement]
    on: date
    source: Source = Source()
    event: str = ""
    """What the books call it, where the places do not say."""
    keeps: Source = Source()
    """The document whose promises the movements keep, each that of its line."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What posting needs to know of a product."""

    id: int
    name: str
    uom_id: int
    tracking: str
    method: str
    cost: Decimal | None
    category_id: int | None
    step: Decimal | None = None
    """What every quantity is a multiple of, where its unit is never rounded."""
    is_costed: bool = True
    """Whether its cost has a row to be locked."""


@dataclass(frozen=True, slots=True)
class Known:
    """Products, places and lots that movements name, by id."""

    products: dict[int, Kept]
    places: dict[int, Location]
    lots: dict[int, Lot]


def known(movements: Collection[Movement]) -> Known:
    """What these movements name; raises NotFound where something is not there."""
    return Known(
        products({each.product_id for each in movements}),
        locations({each.from_id for each in movements} | {each.to_id for each in movements}),
        lots({each.lot_id for each in movements if each.lot_id is not None}),
    )


def locations(ids: Collection[int]) -> dict[int, Location]:
    """Places by id, whosoever's branch they are at; raises NotFound. Rights are the caller's."""
    known = {each: row for each in ids if (row := _at_hand(each)) is not None}
    with whole():
        return known | _by_id(Location, set(ids) - set(known))


def _at_hand(place_id: int) -> Location | None:
    """A place of this company that was read in this session."""
    found = session().identity_map.get(identity_key(Location, place_id))
    is_known = found is not None and not sa.inspect(found).expired and found.tenant_id == current().tenant_id
    return found if is_known else None


def lots(ids: Collection[int]) -> dict[int, Lot]:
    """Lots by id; raises NotFound."""
    return _by_id(Lot, ids)


def _by_id(cls: type[R], ids: Collection[int]) -> dict[int, R]:
    rows = {row.id: row for row in session().scalars(_those(cls), {"ids": sorted(ids)})} if ids else {}
    if len(rows) < len(ids):
        raise NotFound
    return rows


@cache
def _those(cls: Any) -> sa.Select[Any]:
    return sa.select(cls).where(bulk.among(cls.id, "ids"))


@cache
def _products() -> sa.Select[*tuple[Any, ...]]:
    """What is asked of products to move them."""
    above = aliased(CategoryStock)
    uom_id, category_id = Product.uom_id, Product.category_id  # type: ignore[attr-defined] # made by link()
    parent_id = ProductCategory.parent_id  # type: ignore[attr-defined]
    return (
        sa.select(
            Product.id, Product.name, Product.kind, uom_id, Product.cost, category_id, ProductStock.is_stocked,
            ProductStock.tracking, CategoryStock.valuation.label("own"), parent_id, above.valuation.label("higher"),
            StockCost.id.label("costed"), Unit.places, Unit.is_exact,
        )
        .join(Unit, Unit.id == uom_id)
        .outerjoin(ProductStock, ProductStock.record_id == Product.id)
        .outerjoin(ProductCategory, ProductCategory.id == category_id)
        .outerjoin(CategoryStock, CategoryStock.record_id == category_id)
        .outerjoin(above, above.record_id == parent_id)
        .outerjoin(StockCost, StockCost.product_id == Product.id)
        .where(bulk.among(Product.id, "ids"))
    )  # fmt: skip


def products(product_ids: Collection[int], *, partly: bool = False) -> dict[int, Kept]:
    """How products are kept and valued; raises Invalid for one that is not kept in stock, NotFound for none.

    With `partly` those are left out.
    """
    found: dict[int, Kept] = {}
    for row in prepared.rows(_products(), {"ids": sorted(product_ids)}):
        if row.kind not in STOCKED or row.is_stocked is False:
            if partly:
                continue
            raise Invalid(fields={"product": _("%(product)s is not kept in stock.", product=row.name)})
        step = Decimal(1).scaleb(-row.places) if row.is_exact else None
        method = row.own or row.higher or (_inherited(row.parent_id) if row.parent_id else AVERAGE)
        found[row.id] = Kept(
            row.id, row.name, row.uom_id, row.tracking or "none", method, row.cost, row.category_id, step,
            row.costed is not None,
        )  # fmt: skip
    if len(found) < len(product_ids) and not partly:
        raise NotFound
    return found


def _inherited(category_id: int) -> str:
    """The method of the nearest category above this one that names one."""
    category = session().get_one(ProductCategory, category_id)
    above = [each.id for each in category.way_up()]
    named = sa.select(CategoryStock.record_id, CategoryStock.valuation).where(CategoryStock.record_id.in_(above))
    methods = {row.record_id: row.valuation for row in session().execute(named)}
    return next((methods[each] for each in above if methods.get(each)), AVERAGE)


def checked(movements: Sequence[Movement], found: Known) -> list[Movement]:
    """The movements in their products' own units; raises Invalid at every field that cannot be."""
    errors: dict[str, str] = {}
    made = []
    for each in movements:
        try:
            own = in_own_unit(each, found.products[each.product_id])
            errors.update(_wrong(own, found))
            made.append(own)
        except Invalid as error:
            errors.update(error.fields)
    if errors:
        raise Invalid(next(iter(errors.values())), fields=errors)
    return made


class Measured(Protocol):
    """So many of something, in a unit; none is the product's own."""

    @property
    def quantity(self) -> Decimal:
        """How many."""
        ...

    @property
    def uom_id(self) -> int | None:
        """Of which unit."""
        ...

    @property
    def at(self) -> str:
        """What the names of its fields begin with."""
        ...


M = TypeVar("M", bound="Measured")


def in_own_unit(given: M, product: Kept) -> M:
    """The same in the product's own unit; raises Invalid at its quantity where it does not come out."""
    is_own = given.uom_id in {None, product.uom_id}
    if is_own and (product.step is None or given.quantity % product.step == 0):
        return given
    own = session().get_one(Unit, product.uom_id)
    unit = own if is_own else session().get_one(Unit, given.uom_id)
    count = converted(given.quantity, unit, own, field=f"{given.at}quantity")
    return replace(given, quantity=count, uom_id=product.uom_id)  # type: ignore[type-var] # dataclasses, all of them


def _wrong(movement: Movement, found: Known) -> dict[str, str]:
    """What is wrong with one movement, by field."""
    product, at = found.products[movement.product_id], movement.at
    origin, target = found.places[movement.from_id], found.places[movement.to_id]
    if movement.quantity <= 0:
        return {f"{at}quantity": _("More than nothing must be moved.")}
    if said := _wrong_number(movement.quantity, QUANTITY):
        return {f"{at}quantity": said}
    if movement.value is not None and (said := _wrong_number(movement.value, MONEY)):
        return {f"{at}value": said}
    if origin.id == target.id or not (origin.is_held or target.is_held):
        said = _("Goods are moved from one place to another, and one of the two is ours.")
        return {f"{at}to_location": said}
    return {f"{at}lot": said for said in [_wrong_lot(movement, product, found)] if said}


def _wrong_number(number: Decimal, finest: Decimal) -> str:
    """What keeps a number from being stored exactly as it is."""
    if number < 0:
        return _("A cost is not below nothing.")
    if abs(number) >= MOST:
        return _("This number is too large.")
    places = -int(finest.as_tuple().exponent)
    return "" if number == number.quantize(finest) else _("At most %(count)s decimal places.", count=places)


def _wrong_lot(movement: Movement, product: Kept, found: Known) -> str:
    if product.tracking == "none":
        return _("%(product)s is not kept by lots.", product=product.name) if movement.lot_id else ""
    if movement.lot_id is None:
        serial = product.tracking == "serial"
        return _("Which serial number?") if serial else _("Which lot of %(product)s?", product=product.name)
    lot = found.lots[movement.lot_id]
    if lot.product_id != product.id:
        return _("%(lot)s is no lot of %(product)s.", lot=lot.code, product=product.name)
    if product.tracking == "serial" and movement.quantity != 1:
        return _("A serial number is one piece; name one for each.")
    return ""


def event_of(origin: Location, target: Location) -> str:
    """What happens to our goods between two places, as the books call it; `moved` where they stay ours."""
    if origin.is_held and target.is_held:
        return "moved"
    if target.is_held:
        return {"supplier": "goods_received", "loss": "stock_found"}.get(origin.kind, "goods_returned")
    return {"supplier": "goods_sent_back", "loss": "stock_lost"}.get(target.kind, "goods_issued")


NOBODY = Source()
