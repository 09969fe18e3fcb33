"""What products cost a customer: the price of their list, or the product's own, and the rule that gave it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased

from erp import NotFound, _, archiving, bulk, company, current, document_type, i18n, money, prepared, today, whole
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

    @property
    def about(self) -> tuple[str, int | None]:
        """What it is a price of: a product, a family, a category or everything."""
        if self.product_id is not None:
            return "product", self.product_id
        if self.family_id is not None:
            return "family", self.family_id
        return ("everything", None) if self.category_id is None else ("category", self.category_id)


class _Near(NamedTuple):
    """A line and how near it is to a product, 0 for a price of its own."""

    distance: int
    line: _Line


@dataclass
class _Lines:
    """Lines by what they are about: of thousands of products each finds its own at once."""

    by: dict[tuple[str, int | None], list[_Line]] = field(default_factory=dict)

    @classmethod
    def of(cls, lines: Iterable[_Line]) -> _Lines:
        """So many lines."""
        found = cls()
        for each in lines:
            found.by.setdefault(each.about, []).append(each)
        return found

    def near(self, thing: _Thing) -> list[_Near]:
        """Those that are about a product."""
        if not self.by:
            return []
        asked = [(0, ("product", thing.id)), (1, ("family", thing.family_id)), (EVERYTHING, ("everything", None))]
        asked += [(2 + steps, ("category", key)) for steps, key in enumerate(thing.way)]
        return [_Near(distance, line) for distance, about in asked for line in self.by.get(about, ())]


class _Asked(NamedTuple):
    """What prices are told in."""

    own: str
    """The company's currency."""
    currency: str
    day: date


def _asked(terms: Terms) -> _Asked:
    own = company().currency
    return _Asked(own, terms.currency or own, terms.on or today())


def price_of(product_id: int, quantity: Decimal = ONE, terms: Terms = ANYBODY) -> Price:
    """What one unit costs when so many are bought; raises NotFound, or RateMissing for a currency without rate."""
    return prices_of([(product_id, quantity)], terms)[0]


def prices_of(wanted: Iterable[tuple[int, Decimal]], terms: Terms = ANYBODY) -> list[Price]:
    """The price of each (product, quantity), in two statements however many there are; raises as `price_of`."""
    asked = list(wanted)
    things, lines = _read([product_id for product_id, _quantity in asked], terms)
    if any(product_id not in things for product_id, _quantity in asked):
        raise NotFound
    told = _asked(terms)
    return [_price(things[key], quantity, lines.near(things[key]), told) for key, quantity in asked]


def steps_of(product_ids: Sequence[int], terms: Terms = ANYBODY) -> dict[int, list[Price]]:
    """The price from each quantity on at which another begins, the first from none on; in two statements."""
    things, lines = _read(product_ids, terms)
    told = _asked(terms)
    return {thing.id: _steps(thing, lines.near(thing), told) for thing in things.values()}


def steps_by_lists(terms: Terms = ANYBODY) -> dict[int, list[Price]]:
    """The steps, as of `steps_of`, of every product some list asks a price for; all others cost their own price."""
    with whole():
        lines = _Lines.of(_every_line(terms))
        things = _things(None) if lines.by else {}
    told = _asked(terms)
    return {key: _steps(thing, near, told) for key, thing in things.items() if (near := lines.near(thing))}


def steps_by_list(product_id: int) -> list[Price]:
    """What every list that holds now asks for a product, list by list and step by step; in two statements."""
    things, lines = _read([product_id], ANYBODY, of_all=True)
    thing, found = things[product_id], list[Price]()
    near = sorted(lines.near(thing), key=lambda each: each.line.rank)
    for list_id in dict.fromkeys(each.line.list_id for each in near):
        own = [each for each in near if each.line.list_id == list_id]
        told = _asked(Terms(currency=own[0].line.list_currency))
        found += [step for step in _steps(thing, own, told) if step.line_id]
    return found


def _steps(thing: _Thing, near: Sequence[_Near], told: _Asked) -> list[Price]:
    steps: list[Price] = []
    for quantity in sorted({ZERO} | {each.line.from_quantity for each in near}):
        price = _price(thing, quantity, near, told)
        if not steps or (price.amount, price.rule) != (steps[-1].amount, steps[-1].rule):
            steps.append(price)
    return steps


def _price(thing: _Thing, quantity: Decimal, near: Sequence[_Near], told: _Asked) -> Price:
    """The first line that holds: by list, then by nearness, then the greatest quantity reached."""
    own, currency, day = told
    held = [each for each in near if each.line.from_quantity <= quantity]
    if not held:
        amount = converted(thing.own, own, currency, day) if currency != own else thing.own
        return Price(thing.id, quantity, amount, currency, thing.own, "")
    line = min(held, key=lambda each: (each.line.rank, each.distance, -each.line.from_quantity, -each.line.id)).line
    amount, kept = (
        (reduced(thing.own, line.percent_off, own), own) if line.price is None else (line.price, line.list_currency)
    )
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
    comma = _(", ")
    return f"{line.list_name}: {comma.join(said)}"


# -- two statements --------------------------------------------------------------------------------------


def _read(product_ids: Sequence[int], terms: Terms, *, of_all: bool = False) -> tuple[dict[int, _Thing], _Lines]:
    """The products, and every line that may hold for one of them; read past what the actor may list."""
    with whole():
        things = _things(product_ids)
        return things, _Lines.of(_lines(things, terms, of_all=of_all) if things else ())


def _things(product_ids: Sequence[int] | None) -> dict[int, _Thing]:
    given = {} if product_ids is None else {"ids": list(product_ids)}
    rows = prepared.rows(_products(of_all=product_ids is None), given)
    return {row[0]: _Thing(row[0], row[1], row[2], tuple(row[3] or ())) for row in rows}


@cache
def _products(*, of_all: bool) -> sa.Select[*tuple[Any, ...]]:
    """(id, own price, family, its category and those above it) of `ids`, or of all."""
    which = sa.true() if of_all else bulk.among(Product.id, "ids")
    within = sa.select(Product.category_id).where(which)  # type: ignore[attr-defined]
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
    return (
        sa.select(Product.id, Product.unit_price, Product.family_id, ways.c.way)  # type: ignore[attr-defined]
        .outerjoin(ways, ways.c.start == Product.category_id)  # type: ignore[attr-defined]
        .where(which)
    )


def _lines(things: Mapping[int, _Thing], terms: Terms, *, of_all: bool) -> list[_Line]:
    given = {
        **_given(terms), "ids": list(things),
        "families": list({each.family_id for each in things.values() if each.family_id}),
        "categories": list({key for each in things.values() for key in each.way}),
    }  # fmt: skip
    statement = _of_these(is_named=terms.price_list_id is not None, of_all=of_all)
    return [_line(row) for row in prepared.rows(statement, given)]


def _every_line(terms: Terms) -> list[_Line]:
    statement = _holding(is_named=terms.price_list_id is not None, of_all=False)
    return [_line(row) for row in prepared.rows(statement, _given(terms))]


def _given(terms: Terms) -> dict[str, Any]:
    return {
        "day": terms.on or today(), "branch": terms.branch_id or current().branch_id, "list": terms.price_list_id,
        "party": terms.party_id,
    }  # fmt: skip


@cache
def _of_these(*, is_named: bool, of_all: bool) -> sa.Select[*tuple[Any, ...]]:
    """Those of products `ids`, their `families` and `categories`, and of everything."""
    line: Any = PriceListLine
    return _holding(is_named=is_named, of_all=of_all).where(
        sa.or_(
            bulk.among(line.product_id, "ids"), bulk.among(line.family_id, "families"),
            bulk.among(line.category_id, "categories"),
            sa.func.num_nonnulls(line.product_id, line.family_id, line.category_id) == 0,
        )
    )  # fmt: skip


@cache
def _holding(*, is_named: bool, of_all: bool) -> sa.Select[*tuple[Any, ...]]:
    """The lines that hold on a `day` at a `branch`.

    Of the `list` that is named alone, of those for everybody and the `party`'s, or of all of them.
    """
    line: Any = PriceListLine
    named = sa.func.coalesce(Product.name, ProductFamily.name, ProductCategory.name, "")
    own = _own_list(is_named=is_named)
    theirs = own if is_named else sa.or_(own, PriceList.is_default)
    return (
        sa.select(
            line.id, line.product_id, line.family_id, line.category_id, line.from_quantity, line.price,
            line.percent_off, PriceList.id.label("list_id"), PriceList.name.label("list_name"),
            PriceList.currency.label("list_currency"), PriceList.branch_id, PriceList.priority,
            named.label("target"), own.label("own"),
        )
        .join(PriceList, PriceList.id == line.price_list_id)
        .outerjoin(Product, Product.id == line.product_id)
        .outerjoin(ProductFamily, ProductFamily.id == line.family_id)
        .outerjoin(ProductCategory, ProductCategory.id == line.category_id)
        .where(*_held(), sa.true() if of_all else theirs)
    )  # fmt: skip


def _own_list(*, is_named: bool) -> sa.ColumnElement[Any]:
    """Whether a list is the one that was named, or the party's."""
    if is_named:
        return PriceList.id == sa.bindparam("list", type_=sa.BigInteger)
    chosen: Any = PartyPrices
    own = sa.select(chosen.price_list_id).where(chosen.record_id == sa.bindparam("party", type_=sa.BigInteger))
    return sa.func.coalesce(PriceList.id == own.scalar_subquery(), sa.false())


def _held() -> list[sa.ColumnElement[bool]]:
    """What makes lists and lines hold on a `day` at a `branch`, and that nobody has put them away."""
    day, branch = sa.bindparam("day", type_=sa.Date), sa.bindparam("branch", type_=sa.BigInteger)
    found: list[sa.ColumnElement[bool]] = [
        sa.or_(PriceList.branch_id.is_(None), PriceList.branch_id == branch),
        ~archiving.archived(document_type("price_list")),
        ~archiving.archived(document_type("price_list_line")),
    ]
    for cls in (PriceList, PriceListLine):
        found.append(sa.or_(cls.valid_from.is_(None), cls.valid_from <= day))
        found.append(sa.or_(cls.valid_until.is_(None), cls.valid_until >= day))
    return found


def _line(row: Any) -> _Line:
    rank = (not row.own, row.branch_id is None, row.priority, row.list_id)
    return _Line(
        row.id, row.list_id, row.list_name, row.list_currency, rank, row.product_id, row.family_id, row.category_id,
        row.target, row.from_quantity, row.price, row.percent_off,
    )  # fmt: skip
