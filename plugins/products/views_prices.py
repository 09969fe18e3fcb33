"""Prices as they are read on a product's page: what each list asks, and how its price came to be."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from erp import _, archiving, can, company, document_type, i18n, session
from erp.screens import Cell, Column, LinesShown, Opened, Row, State
from plugins.products.models import Product
from plugins.products.pricelists import PriceChange, PriceListLine
from plugins.products.prices import Price, steps_by_list

SHOWN = 10
"""Changes of a price on a product's page."""
MOST = 50
"""Prices on the page of their list."""


def tables(product: Product) -> Iterator[LinesShown]:
    """What lists ask for it, and the newest changes of its price."""
    if can("list", "price_list") and (found := steps_by_list(product.id)):
        yield _asked(found)
    if can("list", "price_change") and (changes := _changes(product)):
        yield _history(changes)


def _asked(prices: list[Price]) -> LinesShown:
    columns = [
        Column("rule", _("Price list"), "title"), Column("price", _("Price without tax"), "amount", number=True),
        Column("difference", _("Against its own price"), number=True),
    ]  # fmt: skip
    rows = [
        Row(
            str(each.line_id), each.rule,
            [
                Cell(each.rule, url=f"/price_list_line/{each.line_id}"),
                Cell(i18n.format_money(each.amount, each.currency), "number"), Cell(_difference(each), "number"),
            ],
        )
        for each in prices
    ]  # fmt: skip
    return LinesShown(_("Prices on lists"), columns, rows)


def _difference(price: Price) -> str:
    """`−10 %`, where both are in one currency."""
    if not price.own or price.currency != company().currency:
        return "–"
    share = (price.amount - price.own) / price.own * 100
    return f"{i18n.format_number(share, 1)} %"


def _changes(product: Product) -> list[PriceChange]:
    about = PriceChange.product == product
    if product.family is not None:
        about = sa.or_(about, PriceChange.family == product.family)
    statement = sa.select(PriceChange).where(about).order_by(PriceChange.id.desc()).limit(SHOWN)
    return list(session().scalars(statement))


def _history(changes: list[PriceChange]) -> LinesShown:
    columns = [
        Column("at", _("When"), "title"), Column("list", _("Price list")), Column("before", _("Before"), number=True),
        Column("now", _("Now"), "amount", number=True), Column("who", _("Who")),
    ]  # fmt: skip
    rows = [
        Row(
            str(each.id), each.title,
            [
                Cell(i18n.format_datetime(each.created_at), url=f"/price_change/{each.id}"), Cell(_list_of(each)),
                Cell(_told(each, "old"), "number"), Cell(_told(each, "new"), "number"), Cell(each.created_by),
            ],
        )
        for each in changes
    ]  # fmt: skip
    return LinesShown(_("Price history"), columns, rows)


def _list_of(change: PriceChange) -> str:
    if change.price_list is None:
        return _("its own price")
    if not change.from_quantity:
        return change.price_list.title
    quantity = i18n.format_number(change.from_quantity)
    return _("%(list)s, from %(quantity)s", list=change.price_list.title, quantity=quantity)


def _told(change: PriceChange, when: str) -> str:
    price, percent = getattr(change, f"{when}_price"), getattr(change, f"{when}_percent")
    if price is not None:
        return i18n.format_money(price, change.currency or company().currency)
    return "–" if percent is None else _("%(percent)s %% off", percent=i18n.format_number(percent))


def of_list(list_id: int) -> LinesShown:
    """The prices of a list, the newest first."""
    own = PriceListLine.price_list_id == list_id  # type: ignore[attr-defined]
    away = archiving.archived(document_type("price_list_line"))
    statement = sa.select(PriceListLine).where(own, ~away).order_by(PriceListLine.id.desc()).limit(MOST)
    columns = [
        Column("of", _("Price of"), "title"), Column("least", _("From quantity"), number=True),
        Column("price", _("Price without tax"), "amount", number=True), Column("days", _("Holds")),
    ]  # fmt: skip
    rows = [
        Row(
            str(each.id), each.target,
            [
                Cell(each.target, url=f"/price_list_line/{each.id}"),
                Cell(i18n.format_number(each.from_quantity) if each.from_quantity else "–", "number"),
                Cell(each.told(), "number"), Cell(each.days()),
            ],
        )
        for each in session().scalars(statement)
    ]  # fmt: skip
    return LinesShown(_("Prices"), columns, rows, empty=_("None yet. A list without prices changes nothing."))


def warnings(it: Opened) -> list[State]:
    """A word where a price is less than what products cost us, for those who may see that."""
    line: PriceListLine = it.row
    if not can("see_cost", "product") or not (count := line.below_cost()):
        return []
    said = _("Below cost") if line.product is not None else _("Below cost: %(count)s products", count=count)
    return [State("wait", said)]
