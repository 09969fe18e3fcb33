"""Many prices changed at once: by a percentage, to an ending people like, looked at before and taken back as one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Any

import sqlalchemy as sa

from erp import Invalid, _, _l, batches, company, document_type, i18n, money, session
from plugins.products.models import Product, ProductCategory
from plugins.products.prices import ONE, ZERO, reduced

ENDINGS: Mapping[str, str] = {
    "exact": _l("As it comes out"), "whole": _l("A whole amount"), "0.99": _l("Ending in .99"),
    "0.95": _l("Ending in .95"),
}  # fmt: skip
FIELDS: Mapping[str, str] = {"product": "unit_price", "price_list_line": "price"}
"""{type: the field that holds its price}"""


@dataclass(frozen=True, slots=True)
class Wish:
    """By how many percent prices rise, or fall where it is less than nothing, and how they end."""

    percent: Decimal
    ending: str = "exact"


@dataclass(frozen=True, slots=True)
class Change:
    """A price as it is and as it would be."""

    row_id: int
    version: int
    title: str
    old: Decimal
    new: Decimal
    currency: str
    cost: Decimal | None

    @property
    def is_below_cost(self) -> bool:
        """Whether it would be less than what the product costs us."""
        return self.cost is not None and self.new < self.cost


def check(wish: Wish, currency: str) -> None:
    """Raise Invalid for a wish of nothing, and for an ending the currency has no coins for."""
    if not wish.percent and wish.ending == "exact":
        raise Invalid(fields={"percent": _("This changes nothing.")})
    if wish.ending in {"0.99", "0.95"} and money.exponent(currency) < 2:
        raise Invalid(fields={"ending": _("%(currency)s has no hundredths.", currency=currency)})


def changed(price: Decimal, wish: Wish, currency: str) -> Decimal:
    """The new price: rounded as a line of a document is, then taken to the nearest of its ending, never below it."""
    risen = reduced(price, -wish.percent, currency)
    if wish.ending == "exact":
        return risen
    if wish.ending == "whole":
        return money.to_step(risen, ONE)
    ending = Decimal(wish.ending)
    lower = (risen - ending).to_integral_value(ROUND_FLOOR) + ending
    nearest = lower if risen - lower < lower + 1 - risen else lower + 1
    return max(nearest, ending) if risen > ZERO else ZERO


def forecast(type_name: str, ids: Sequence[int], wish: Wish) -> list[Change]:
    """What would change of these rows, in their order; those without a price, or whose price stays, are left out."""
    kind, name = document_type(type_name), FIELDS[type_name]
    own, found = company().currency, list[Change]()
    rows: Any = session().scalars(sa.select(kind.cls).where(kind.cls.id.in_(ids)).order_by(kind.cls.id))
    sees_cost = "cost" not in document_type("product").hidden
    for row in rows.unique():
        old = getattr(row, name)
        if old is None:
            continue
        currency = getattr(row, "currency", own)
        new = changed(old, wish, currency)
        product = row if type_name == "product" else row.product
        cost = product.cost if sees_cost and product is not None and currency == own else None
        if new != old:
            found.append(Change(row.id, row.version, row.title, old, new, currency, cost))
    return found


def wanted(type_name: str, parts: Iterable[Sequence[int]], wish: Wish) -> list[Change]:
    """What would change of rows read some at a time; raises Invalid where that is nothing, or cannot be."""
    check(wish, company().currency)
    found = [each for part in parts for each in forecast(type_name, part, wish)]
    if not found:
        raise Invalid(fields={"percent": _("No price would change.")})
    return found


def start(type_name: str, changes: Sequence[Change], wish: Wish) -> int:
    """Change them in the background, as one batch that can be taken back; its id."""
    name = FIELDS[type_name]
    wished = [batches.Change(each.row_id, each.version, {name: f"{each.new:f}"}) for each in changes]
    return batches.start(batches.EDIT, type_name, wished, told(wish)).id


def told(wish: Wish) -> str:
    """`Prices +5 %, ending in .99`."""
    sign = "+" if wish.percent > 0 else ""
    said = _("Prices %(percent)s %%", percent=f"{sign}{i18n.format_number(wish.percent)}")
    if wish.ending == "exact":
        return said
    return _("%(change)s, rounded: %(ending)s", change=said, ending=str(ENDINGS[wish.ending]))


def of_category(category: ProductCategory) -> list[int]:
    """Ids of the products of a category and of all below it."""
    below = sa.select(ProductCategory.id).where(ProductCategory.id == category.id).cte("below", recursive=True)
    lower = sa.select(ProductCategory.id).join(below, ProductCategory.parent_id == below.c.id)  # type: ignore[attr-defined]
    below = below.union(lower)
    inside = Product.category_id.in_(sa.select(below.c.id))  # type: ignore[attr-defined]
    return list(session().scalars(sa.select(Product.id).where(inside).order_by(Product.id).limit(batches.MOST + 1)))
