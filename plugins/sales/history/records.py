"""The customers and products a history names: those there are, and new ones for the others."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any, TypeVar

import sqlalchemy as sa

from erp import _, current, money, session
from plugins.parties.models import Party
from plugins.products.models import Product, Unit, standard_unit
from plugins.sales.history.judging import Judge
from plugins.sales.history.reading import Shelf
from plugins.stock.models import STOCKED, ProductStock
from plugins.taxes.models import ProductTax

T = TypeVar("T")
AT_ONCE = 1000
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Goods:
    """What is kept with each line of a product, and what it is thought to cost."""

    id: int
    uom: str
    category_id: int | None
    tax_category_id: int | None
    is_stocked: bool
    cost: Decimal


def by_thousands(all_of_them: Iterable[T]) -> Iterable[list[T]]:
    """Many in parts that fit one statement."""
    rest = iter(all_of_them)
    while found := list(islice(rest, AT_ONCE)):
        yield found


def customers(numbers: Collection[str]) -> dict[str, int]:
    """{number: id} of the customers there are."""
    statement = sa.select(Party.number, Party.id).where(Party.number.in_(numbers))
    return {str(number): key for number, key in session().execute(statement)}


def make_customers(shelf: Shelf, numbers: Sequence[str]) -> int:
    """Make those that are not there; how many that were."""
    known = customers(numbers)
    rows = [
        {"number": number, "name": _("Customer %(number)s", number=number), "country": shelf.country_of(number) or None}
        for number in numbers
        if number not in known
    ]
    if rows:
        session().execute(sa.insert(Party), [_stamped(row) for row in rows])
    return len(rows)


def products(codes: Collection[str], cost_percent: Decimal) -> dict[str, Goods]:
    """{code: product} of the products there are."""
    own: Any = Product
    taxed: Any = ProductTax
    statement = (
        sa.select(
            own.code, own.id, Unit.name, own.category_id, taxed.tax_category_id, own.kind, ProductStock.is_stocked,
            own.cost, own.unit_price,
        )
        .join(Unit, Unit.id == own.uom_id)
        .outerjoin(taxed, taxed.record_id == own.id)
        .outerjoin(ProductStock, ProductStock.record_id == own.id)
        .where(own.code.in_(codes))
    )  # fmt: skip
    found: dict[str, Goods] = {}
    for code, key, uom, category, tax, kind, is_stocked, cost, price in session().execute(statement):
        worth = cost if cost is not None else price * cost_percent / HUNDRED
        found[code] = Goods(key, uom, category, tax, kind in STOCKED and is_stocked is not False, worth)
    return found


def make_products(judge: Judge, codes: Sequence[str], taxes: Sequence[money.Tax], currency: str) -> int:
    """Make those that are not there, at their last price without tax; how many that were."""
    known = products(codes, HUNDRED)
    unit = standard_unit()
    rows = [
        {
            "code": code,
            "name": (judge.names.get(code) or code)[:200],
            "kind": "service" if code in judge.services else "goods",
            "uom_id": unit,
            "unit_price": money.price(
                [money.Item(Decimal(1), judge.shelf.articles[code].price, taxes=tuple(taxes))], currency
            ).net,
        }
        for code in codes
        if code not in known
    ]
    if rows:
        session().execute(sa.insert(Product), [_stamped(row) for row in rows])
    return len(rows)


def _stamped(row: Mapping[str, Any]) -> dict[str, Any]:
    """A new record's columns with who made it; one statement needs the same columns of every row."""
    name = current().name
    return {**row, "created_by": name, "updated_by": name, "extra": {}}
