"""What products cost a customer: the price of their list, or the product's own, and the rule that gave it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased

from erp import NotFound, _, archiving, company, current, document_type, i18n, money, session, today, whole
from plugins.currencies.api import converted
from plugins.products.families import ProductFamily
from plugins.products.models import DEEPEST, Product, ProductCategory
from plugins.products.pricelists import PartyPrices, PriceList, PriceListLine

ONE, ZERO = Decimal(1), Decimal(0)
EVERYTHING = DEEPEST + 10
"""How near a price for everything is to a product: further away than any category."""


@dataclass(frozen=True, slots=True)
class Price:
    """What one unit costs without tax, and why."""

    product_id: int
    quantity: Decimal
    amount: Decimal
    currency: str
    own: Decimal
    """The product's own price, in the company's currency."""
    rule: str
    """`Wholesale: Shirts, from 10, 15 % off`; empty for the product's own price."""
    list_id: int | None = None
    line_id: int | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """For whom, where, when and in which currency; what is left out is as for the actor now."""

    party_id: int | None = None
    price_list_id: int | None = None
    """This list alone, instead of the party's."""
    branch_id: int | None = None
    currency: str = ""
    on: date | None = None


ANYBODY = Terms()


@dataclass(frozen=True, slots=True)
class _Thing:
    """A product as far as prices go."""

    id: int
    own: Decimal
    family_id: int | None
    way: Sequence[int]
    """Its category and those above it, the nearest first."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a list that may hold."""

    id: int
    list_id: int
    list_name: str
    list_currency: str
    rank: tuple[int, ...]
    """The party's own list first, then the branch's, then by priority."""
    product_id: int | None
    family_id: int | None
    category_id: int | None
    target: str
    from_quantity: Decimal
    price: Decimal | None
    percent_off: Decimal

    def nearness(self, thing: _Thing) -> int | None:
        """How near it is to a product, 0 for a price of its own; None where it is about another."""
        if self.product_id is not None:
            return 0 if self.product_id == thing.id else None
        if self.family_id is not None:
            return 1 if self.family_id == thing.family_id else None
        if self.category_id is not None:
            return 2 + thing.way.index(self.category_id) if self.category_id in thing.way else None
        return EVERYTHING


def price_of(product_id: int, quantity: Decimal = ONE, terms: Terms = ANYBODY) -> Price:
    """What one unit costs when so many are bought; raises NotFound, or RateMissing for a currency without rate."""
    return prices_of([(product_id, quantity)], terms)[0]


def prices_of(wanted: Iterable[tuple[int, Decimal]], terms: Terms = ANYBODY) -> list[Price]:
    """The price of each (product, quantity), in two statements however many there are; raises as `price_of`."""
    asked = list(wanted)
    things, lines = _read([product_id for product_id, _quantity in asked], terms)
    missing = [product_id for product_id, _quantity in asked if product_id not in things]
    if missing:
        raise NotFound
    return [_price(things[product_id], quantity, lines, terms) for product_id, quantity in asked]


def steps_of(product_ids: Sequence[int], terms: Terms = ANYBODY) -> dict[int, list[Price]]:
    """The price from each quantity on at which another begins, the first from none on; in two statements."""
    things, lines = _read(product_ids, terms)
    return {thing.id: _steps(thing, lines, terms) for thing in things.values()}


def steps_by_list(product_id: int) -> list[Price]:
    """What every list that holds now asks for a product, list by list and step by step; in two statements."""
    things, lines = _read([product_id], ANYBODY, of_all=True)
    thing, found = things[product_id], list[Price]()
    for list_id in dict.fromkeys(line.list_id for line in sorted(lines, key=lambda each: each.rank)):
        own = [line for line in lines if line.list_id == list_id]
        found += [step for step in _steps(thing, own, Terms(currency=own[0].list_currency)) if step.line_id]
    return found


def _steps(thing: _Thing, lines: Sequence[_Line], terms: Terms) -> list[Price]:
    breaks = {ZERO} | {line.from_quantity for line in lines if line.nearness(thing) is not None}
    steps: list[Price] = []
    for quantity in sorted(breaks):
        price = _price(thing, quantity, lines, terms)
        if not steps or (price.amount, price.rule) != (steps[-1].amount, steps[-1].rule):
            steps.append(price)
    return steps


def _price(thing: _Thing, quantity: Decimal, lines: Sequence[_Line], terms: Terms) -> Price:
    """The first line that holds: by list, then by nearness, then the greatest quantity reached."""
    held = [
        (line.rank, near, -line.from_quantity, -line.id, line)
        for line in lines
        if line.from_quantity <= quantity and (near := line.nearness(thing)) is not None
    ]
    own_currency, day = company().currency, terms.on or today()
    currency = terms.currency or own_currency
    if not held:
        amount = converted(thing.own, own_currency, currency, day) if currency != own_currency else thing.own
        return Price(thing.id, quantity, amount, currency, thing.own, "")
    line = min(held, key=lambda each: each[:4])[4]
    if line.price is None:
        amount, kept = reduced(thing.own, line.percent_off, own_currency), own_currency
    else:
        amount, kept = line.price, line.list_currency
    if kept != currency:
        amount = converted(amount, kept, currency, day)
    return Price(thing.id, quantity, amount, currency, thing.own, _told(line), line.list_id, line.id)


def reduced(own: Decimal, percent: Decimal, currency: str) -> Decimal:
    """A price with so much taken off, rounded as a line of a document is."""
    return money.price([money.Item(ONE, own, percent)], currency).lines[0].amount


def _told(line: _Line) -> str:
    """The rule in words."""
    said = [line.target or _("everything")]
    if line.from_quantity:
        said.append(_("from %(quantity)s", quantity=i18n.format_number(line.from_quantity)))
    if line.price is None:
        said.append(_("%(percent)s %% off", percent=i18n.format_number(line.percent_off)))
    return f"{line.list_name}: {', '.join(said)}"


# -- two statements --------------------------------------------------------------------------------------


def _read(product_ids: Sequence[int], terms: Terms, *, of_all: bool = False) -> tuple[dict[int, _Thing], list[_Line]]:
    """The products, and every line that may hold for one of them; read past what the actor may list."""
    with whole():
        things = _things(product_ids)
        return things, _lines(things, terms, of_all=of_all) if things else []


def _things(product_ids: Sequence[int]) -> dict[int, _Thing]:
    within = sa.select(Product.category_id).where(Product.id.in_(product_ids))  # type: ignore[attr-defined]
    up = (
        sa.select(
            ProductCategory.id.label("start"), ProductCategory.id.label("id"),
            ProductCategory.parent_id.label("above"), sa.literal(0).label("depth"),  # type: ignore[attr-defined]
        )
        .where(ProductCategory.id.in_(within))
        .cte("way_up", recursive=True)
    )  # fmt: skip
    higher = aliased(ProductCategory)
    step = sa.select(up.c.start, higher.id, higher.parent_id, up.c.depth + 1).join(higher, higher.id == up.c.above)  # type: ignore[attr-defined]
    up = up.union_all(step.where(up.c.depth < DEEPEST))
    way = sa.func.array_agg(aggregate_order_by(up.c.id, up.c.depth)).label("way")
    ways = sa.select(up.c.start, way).group_by(up.c.start).subquery()
    statement = (
        sa.select(Product.id, Product.unit_price, Product.family_id, ways.c.way)  # type: ignore[attr-defined]
        .outerjoin(ways, ways.c.start == Product.category_id)  # type: ignore[attr-defined]
        .where(Product.id.in_(product_ids))
    )
    return {row[0]: _Thing(row[0], row[1], row[2], tuple(row[3] or ())) for row in session().execute(statement)}


def _lines(things: Mapping[int, _Thing], terms: Terms, *, of_all: bool) -> list[_Line]:
    families = {each.family_id for each in things.values() if each.family_id}
    categories = {key for each in things.values() for key in each.way}
    line: Any = PriceListLine
    of_these = sa.or_(
        line.product_id.in_(things), line.family_id.in_(families), line.category_id.in_(categories),
        sa.func.num_nonnulls(line.product_id, line.family_id, line.category_id) == 0,
    )  # fmt: skip
    named = sa.func.coalesce(Product.name, ProductFamily.name, ProductCategory.name, "")
    statement = (
        sa.select(line, PriceList, named, _own_list(terms))
        .join(PriceList, PriceList.id == line.price_list_id)
        .outerjoin(Product, Product.id == line.product_id)
        .outerjoin(ProductFamily, ProductFamily.id == line.family_id)
        .outerjoin(ProductCategory, ProductCategory.id == line.category_id)
        .where(of_these, *_held(terms), sa.true() if of_all else _theirs(terms))
    )
    return [_line(*row) for row in session().execute(statement)]


def _own_list(terms: Terms) -> sa.ColumnElement[Any]:
    """Whether a list is the one that was named, or the party's."""
    if terms.price_list_id is not None:
        return PriceList.id == terms.price_list_id
    chosen: Any = PartyPrices
    own = sa.select(chosen.price_list_id).where(chosen.record_id == terms.party_id)
    return sa.func.coalesce(PriceList.id == own.scalar_subquery(), sa.false())


def _theirs(terms: Terms) -> sa.ColumnElement[bool]:
    """Lists that are asked: the named one alone, else the party's and those for everybody."""
    own = _own_list(terms)
    return own if terms.price_list_id is not None else sa.or_(own, PriceList.is_default)


def _held(terms: Terms) -> list[sa.ColumnElement[bool]]:
    """What makes lists and lines hold: where, when, and that nobody has put them away."""
    day = terms.on or today()
    branch = terms.branch_id or current().branch_id
    held = [
        sa.or_(PriceList.branch_id.is_(None), PriceList.branch_id == branch),
        ~archiving.archived(document_type("price_list")),
        ~archiving.archived(document_type("price_list_line")),
    ]
    for cls in (PriceList, PriceListLine):
        held.append(sa.or_(cls.valid_from.is_(None), cls.valid_from <= day))
        held.append(sa.or_(cls.valid_until.is_(None), cls.valid_until >= day))
    return held


def _line(row: Any, of: PriceList, target: str, own: bool) -> _Line:
    rank = (not own, of.branch_id is None, of.priority, of.id)
    return _Line(
        row.id, of.id, of.name, of.currency, rank, row.product_id, row.family_id, row.category_id, target,
        row.from_quantity, row.price, row.percent_off,
    )  # fmt: skip
