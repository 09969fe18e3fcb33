from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import sqlalchemy as sa

from erp import (
    N_,
    BranchFigure,
    Document,
    _,
    branch_figures,
    branch_opened,
    can,
    currency,
    i18n,
    money,
    notifications,
    session,
    telling,
)
from plugins.accounting.api import ClosingCheck, Event, closing_checks, postable, sources_of
from plugins.stock import closing, counting
from plugins.stock.beginning import HELD, of_branch
from plugins.stock.counts import StockCount
from plugins.stock.journal import EVENTS, SOURCE
from plugins.stock.models import Location, StockCost, StockLevel, StockMove
from plugins.stock.places import home
from plugins.stock.reading import available_of


@postable.answer
def events_of_stock() -> Sequence[Event]:
    """What happens to goods, as posting rules name it."""
    return EVENTS


@notifications.kinds.answer
def kinds_of_stock() -> Sequence[notifications.NoticeKind]:
    """What who keeps the stock is told."""
    return (
        notifications.NoticeKind(
            "stock_low", N_("A product runs low"), N_("%(product)s runs low at %(place)s: %(count)s left"),
            "trending-down", to_oneself=True,
        ),
        notifications.NoticeKind(
            "stock_low_many", N_("Many products run low at once"), N_("%(count)s products run low at %(place)s"),
            "trending-down", to_oneself=True,
        ),
    )  # fmt: skip


@telling.stopped.answer
def free_lines(document: Document, reason: str) -> None:
    """What a stopped count was counting may be counted elsewhere."""
    if isinstance(document, StockCount) and document.is_under_way:
        counting.end(document)


@telling.picked_from.answer
def how_many_there_are(type_name: str, row_ids: Sequence[int]) -> Mapping[int, str]:
    """How many of a product nobody was promised, beside its name in a picker."""
    if type_name != "product" or not row_ids or not can("list", "stock_move"):
        return {}
    left = available_of(row_ids)
    return {key: _("%(count)s available", count=i18n.format_number(count)) for key, count in left.items()}


@branch_figures.answer
def stock_of_branch(branch_id: int) -> Sequence[BranchFigure]:
    """What lies at a branch, and what it cost for those who may see that."""
    if not can("list", "stock_move"):
        return ()
    share = StockLevel.quantity * StockCost.value / sa.func.nullif(StockCost.quantity, 0)
    statement = (
        sa.select(sa.func.count(StockLevel.product_id.distinct()), sa.func.coalesce(sa.func.sum(share), 0))
        .join(Location, Location.id == StockLevel.location_id)
        .join(StockCost, StockCost.product_id == StockLevel.product_id)
        .where(Location.branch_id == branch_id, Location.kind.in_(HELD), StockLevel.quantity != 0)
    )
    count, worth = session().execute(statement).one()
    own = currency()
    sub = i18n.format_money(money.rounded(worth, own), own) if can("see_value", "stock_move") else ""
    return (BranchFigure(_("Products in stock"), i18n.format_number(count), sub, f"/location/{home(branch_id).id}"),)


@branch_opened.answer
def place_of_branch(branch_id: int, name: str) -> None:
    """Give a new branch a place for its goods."""
    session().add(Location(**of_branch(branch_id, name)))


@sources_of.answer
def moves_of(document: Document) -> Sequence[tuple[str, int]]:
    """The moves of a document's goods, which post what they cost."""
    mine = StockMove.source_type == document.__tablename__, StockMove.source_id == document.id
    return [(SOURCE, key) for key in session().scalars(sa.select(StockMove.id).where(*mine))]


@closing_checks.answer
def stock_in_a_close(_first: date, last: date) -> Sequence[ClosingCheck]:
    """Whether goods and books agree, and what is still counted or adjusted."""
    return closing.own_checks(last)
