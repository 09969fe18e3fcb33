"""What has to be in order with goods before a month is closed: moves and books agree, nothing waits to be posted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import sqlalchemy as sa

from erp import Document, _, company, i18n, session
from plugins.accounting.api import ClosingCheck, balance, drafts
from plugins.stock.adjustments import StockAdjustment
from plugins.stock.beginning import HELD
from plugins.stock.counts import StockCount
from plugins.stock.models import ZERO, Location, StockLevel, StockMove


def own_checks(last: date) -> Sequence[ClosingCheck]:
    """What the goods say at the end of a day."""
    kinds: Sequence[tuple[type[Document], str, str]] = (
        (StockAdjustment, _("Stock adjustments"), "draft"),
        (StockAdjustment, _("Stock adjustments to be approved"), "submitted"),
        (StockCount, _("Stock counts"), "counting"),
        (StockCount, _("Stock counts to be approved"), "submitted"),
    )
    return [_value(last), _below_nothing(), *(drafts(cls, title, state, last) for cls, title, state in kinds)]


def _value(last: date) -> ClosingCheck:
    """What moves until then come to, beside what the accounts for stock hold."""
    goods, books = value_on(last), balance("stock", last)
    currency = company().currency
    said = _("Goods and books both say %(amount)s.", amount=i18n.format_money(goods, currency))
    if goods != books:
        said = _(
            "Goods come to %(goods)s, the books say %(books)s.",
            goods=i18n.format_money(goods, currency), books=i18n.format_money(books, currency),
        )  # fmt: skip
    return ClosingCheck("stock", _("Value of stock"), said, goods == books, f"/reports/stock_valuation?day={last}")


def value_on(last: date) -> Decimal:
    """What the goods at our places cost at the end of a day, as their moves say."""
    held = sa.select(Location.id).where(Location.kind.in_(HELD))
    comes, goes = StockMove.to_location_id.in_(held), StockMove.from_location_id.in_(held)
    sign = sa.case((comes & ~goes, 1), (goes & ~comes, -1), else_=0)
    return session().scalar(sa.select(sa.func.sum(sign * StockMove.value)).where(StockMove.moved_on <= last)) or ZERO


def _below_nothing() -> ClosingCheck:
    count = session().scalar(sa.select(sa.func.count(StockLevel.id)).where(StockLevel.is_negative)) or 0
    said = (
        _("%(count)s products are below nothing at a place.", count=count) if count else _("Nothing is below nothing.")
    )
    return ClosingCheck("stock", _("Levels"), said, not count, "/reports/stock_on_hand")
