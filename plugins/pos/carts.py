"""A cart as a till sends it, priced by the server at the prices of the till's list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from erp import Invalid, NotFound, _, bulk, currency, money, session, today, whole
from plugins.parties.models import Party
from plugins.pos.desk import Desk
from plugins.pos.sent import Sent
from plugins.products.api import Terms, prices_of
from plugins.products.models import Product
from plugins.receipts.api import plain
from plugins.sales.api import Basket, Ready, Wanted, basket
from plugins.stock.models import Lot, ProductStock, StockCost
from plugins.taxes.models import ProductTax

ZERO, HUNDRED = Decimal(0), Decimal(100)


@dataclass(frozen=True)
class Cart:
    """What somebody wants, and what the till asks for each line of its own."""

    wanted: Sequence[Wanted]
    own_prices: Sequence[Decimal]
    tokens: Sequence[str]
    """Of the line each, empty where nobody had to allow it; those of the whole cart stand behind them."""
    customer: Party | None
    discount: Decimal
    ready: Ready
    costs: Mapping[int, Decimal]
    """{product: what one of it costs us now}; those nobody knows the cost of are not there."""
    lots: Mapping[int, Lot]
    """Those its lines name, by id."""

    def basket(self, *, cash: bool = False) -> Basket:
        """Its sums; raises Invalid at the line that is wrong."""
        own = self.ready.categories
        return basket(self.wanted, currency(), today(), cash=cash, discount=self.discount, own=own)


def read(sent: Sent, desk: Desk) -> Cart:
    """The cart that was sent; raises Invalid at the field that is wrong."""
    rows = sent.rows("lines")
    if not rows:
        raise Invalid(fields={"lines": _("Add at least one line.")})
    ids = [row.key("product_id", required=True) or 0 for row in rows]
    quantities = [row.number("quantity") or Decimal(1) for row in rows]
    customer = _customer(sent)
    with whole():
        goods = _goods(ids)
        products = {key: each.product for key, each in goods.items()}
        for row, product_id in zip(rows, ids, strict=True):
            if product_id not in products:
                raise row.wrong("product_id", _("This product is not there any more."))
        own = _prices(list(zip(ids, quantities, strict=True)), customer, desk)
    lots = _lots(rows)
    given = [row.number("unit_price") for row in rows]
    wanted = [
        Wanted(products[product_id], quantity, own_price if price is None else price, row.number("discount") or ZERO,
               lot_id=row.key("lot_id"))
        for row, product_id, quantity, own_price, price in zip(rows, ids, quantities, own, given, strict=True)
    ]  # fmt: skip
    tokens = [*(row.text("override", most=80) for row in rows), *sent.text("override").split()]
    ready = Ready(
        {key: each.category_id for key, each in goods.items()},
        frozenset(key for key, each in goods.items() if each.is_stocked), desk.place.id,
        desk.outside.id if desk.outside is not None else None,
    )  # fmt: skip
    costs = {key: each.cost for key, each in goods.items() if each.cost}
    return Cart(wanted, own, tokens, customer, _percent(sent), ready, costs, lots)


def _lots(rows: Sequence[Sent]) -> Mapping[int, Lot]:
    """The lots that lines name; raises Invalid at `lot` of a line that names none there is."""
    named = {place: key for place, row in enumerate(rows) if (key := row.key("lot_id")) is not None}
    if not named:
        return {}
    found = {each.id: each for each in session().scalars(sa.select(Lot).where(Lot.id.in_(named.values())))}
    gone = [place for place, key in named.items() if key not in found]
    if gone:
        raise Invalid(fields={f"lines-{place}-lot": _("This number is not known any more.") for place in gone})
    return found


def _percent(sent: Sent) -> Decimal:
    found = sent.number("discount") or ZERO
    if not ZERO <= found <= HUNDRED:
        raise sent.wrong("discount", _("A discount lies between 0 and 100 percent."))
    return found


def _customer(sent: Sent) -> Party | None:
    key = sent.key("customer_id")
    if key is None:
        return None
    found = session().get(Party, key)
    if found is None:
        raise sent.wrong("customer_id", _("This customer is not there any more."))
    return found


class Goods(NamedTuple):
    """A product with what selling it asks of it."""

    product: Product
    category_id: int | None
    is_stocked: bool
    cost: Decimal | None


def _goods(ids: Sequence[int]) -> Mapping[int, Goods]:
    rows = session().execute(_products(), {"ids": sorted(set(ids))})
    return {row[0].id: Goods(row[0], row[1], row[0].has_stock and row[2] is not False, row[3]) for row in rows}


@cache
def _products() -> sa.Select[*tuple[Any, ...]]:
    """The products `ids` with their units and categories, taxes and costs."""
    beside = (joinedload(Product.uom), joinedload(Product.category))
    held = StockCost.quantity > 0
    mean = sa.case((held, StockCost.value / sa.func.nullif(StockCost.quantity, 0)), else_=StockCost.last_cost)
    cost = sa.func.coalesce(sa.func.nullif(mean, 0), Product.cost)
    return (
        sa.select(Product, ProductTax.tax_category_id, ProductStock.is_stocked, cost)  # type: ignore[attr-defined]
        .outerjoin(ProductTax, ProductTax.record_id == Product.id)
        .outerjoin(ProductStock, ProductStock.record_id == Product.id)
        .outerjoin(StockCost, StockCost.product_id == Product.id)
        .where(bulk.among(Product.id, "ids"))
        .options(*beside)
    )


def _prices(wanted: Sequence[tuple[int, Decimal]], customer: Party | None, desk: Desk) -> list[Decimal]:
    terms = Terms(
        party_id=customer.id if customer is not None else None, price_list_id=desk.terminal.price_list_id,
        branch_id=desk.branch_id,
    )  # fmt: skip
    try:
        return [each.amount for each in prices_of(wanted, terms)]
    except NotFound as error:
        raise Invalid(fields={"lines": _("This product is not there any more.")}) from error


def told(found: Basket, cart: Cart) -> dict[str, Any]:
    """The priced cart for the till; numbers as text."""
    sums = found.sums
    lines = [
        {"unit_price": plain(each.unit_price or ZERO), "own_price": plain(own), "amount": plain(line.amount),
         "discount": plain(line.discount), "net": plain(line.net), "tax": plain(line.tax), "total": plain(line.gross)}
        for each, own, line in zip(found.wanted, cart.own_prices, sums.lines, strict=True)
    ]  # fmt: skip
    return {
        "lines": lines, "discount": plain(sums.discount), "net": plain(sums.net), "tax": plain(sums.tax),
        "taxes": [{"name": each.tax.name, "rate": plain(each.tax.rate), "base": plain(each.base),
                   "amount": plain(each.amount)} for each in sums.taxes],
        "total": plain(sums.total), "rounding": plain(sums.rounding), "payable": plain(sums.payable),
    }  # fmt: skip


def exact(amount: Decimal, currency: str) -> str:
    """An amount with the places of its currency."""
    return f"{amount.quantize(money.quantum(currency)):f}"
