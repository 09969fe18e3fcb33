"""A count goes its way: its lines are made, compared, counted again by others, valued and posted once."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from erp import Conflict, Invalid, _, clock, i18n, session
from plugins.products.models import Product, ProductCategory
from plugins.stock import posting
from plugins.stock.classes import class_of_products
from plugins.stock.counts import POSTED, StockCount, StockCountLine, StockCountScan
from plugins.stock.models import STOCKED, ZERO, Location, StockLevel
from plugins.stock.movements import Movement, Source
from plugins.stock.places import place
from plugins.stock.worth import worth_of

UNTRACKED = {"synchronize_session": False}
LEAVE, NONE, KEEP = "leave", "none", "keep"
AGAIN, CLEAR = "again", "clear"


def begin(count: StockCount) -> None:
    """Make a line for all that should lie there; raises Invalid where another count has some of it."""
    session().execute(sa.select(Location.id).where(Location.id == count.location_id).with_for_update())
    found = list(session().execute(_expected(count)))
    _refuse_twice(count, {product_id for product_id, _lot in found})
    rows = [
        {"count_id": count.id, "location_id": count.location_id, "product_id": product_id, "lot_id": lot_id}
        for product_id, lot_id in found
    ]
    if rows:
        session().execute(sa.insert(StockCountLine), rows)
    count.begun_at, count.line_count = clock.now(), len(rows)


def _expected(count: StockCount) -> sa.Select[int, int | None]:
    """(product, lot) of what lies there and belongs to the part that is counted."""
    statement = (
        sa.select(StockLevel.product_id, StockLevel.lot_id)
        .join(Product, Product.id == StockLevel.product_id)
        .where(StockLevel.location_id == count.location_id, StockLevel.quantity != 0, Product.kind.in_(STOCKED))
        .order_by(StockLevel.product_id, StockLevel.lot_id)
    )
    wanted = part_of(count)
    return statement if wanted is None else statement.where(StockLevel.product_id.in_(wanted))


def part_of(count: StockCount) -> sa.Select[int] | None:
    """The products a count of a part is about; None where all are counted."""
    if count.kind == "full":
        return None
    statement = sa.select(Product.id)
    if count.category is not None:
        statement = statement.where(Product.category_id.in_(_below(count.category.id)))  # type: ignore[attr-defined]
    if count.abc:
        statement = statement.where(Product.id.in_(class_of_products(count.location_id, count.abc)))
    return statement


def _below(category_id: int) -> sa.Select[int]:
    """A category and all that stand below it."""
    top = sa.select(ProductCategory.id).where(ProductCategory.id == category_id).cte("below", recursive=True)
    down = sa.select(ProductCategory.id).join(top, ProductCategory.parent_id == top.c.id)  # type: ignore[attr-defined]
    return sa.select(top.union_all(down).c.id)


def _refuse_twice(count: StockCount, product_ids: set[int]) -> None:
    other = (
        sa.select(StockCount.number)
        .join(StockCountLine, StockCountLine.count_id == StockCount.id)
        .where(StockCountLine.is_open, StockCountLine.location_id == count.location_id)
        .where(StockCountLine.product_id.in_(product_ids))
    )
    number = session().scalar(other.limit(1))
    if number is not None:
        raise Conflict(_("%(number)s is counting here already; end it first.", number=number))


def held(count: StockCount) -> None:
    """Keep scans away until this step is over, those under way included."""
    session().execute(sa.select(StockCount.id).where(StockCount.id == count.id).with_for_update())


def _level() -> sa.ScalarSelect[Decimal]:
    """The level of a line now."""
    found = sa.select(StockLevel.quantity).where(
        StockLevel.product_id == StockCountLine.product_id,
        StockLevel.location_id == StockCountLine.location_id,
        StockLevel.lot_id.is_not_distinct_from(StockCountLine.lot_id),
    )
    return sa.func.coalesce(found.correlate(StockCountLine).scalar_subquery(), 0)  # type: ignore[return-value]


def compare(count: StockCount, uncounted: str) -> str:
    """`again` where lines differ by more than may be and are counted anew, else `clear`.

    Lines nobody counted are left as they are or, with `none`, nothing lies there.
    """
    held(count)
    if uncounted == NONE:
        now = {"counted": 0, "expected": _level(), "level_before": _level(), "counted_at": clock.now()}
        session().execute(_lines(count, StockCountLine.counted.is_(None)).values(now), execution_options=UNTRACKED)
    apart = sa.func.abs(StockCountLine.counted - StockCountLine.expected)
    allowed = StockCountLine.expected * count.tolerance / 100
    moved = StockCountLine.level_before != StockCountLine.expected
    return _counted_anew(count, sa.and_(apart > 0, sa.or_(apart > allowed, moved)))


def compare_again(count: StockCount, uncounted: str) -> None:
    """Take the second count over; raises Invalid while lines wait for it, unless the first count is to be kept."""
    held(count)
    waiting = sa.select(sa.func.count(StockCountLine.id)).where(_waits(count))
    if uncounted == KEEP:
        first = {"counted": StockCountLine.first_counted, "expected": StockCountLine.first_expected}
        session().execute(_lines(count, _waits(count)).values(first), execution_options=UNTRACKED)
    elif left := session().scalar(waiting):
        raise Invalid(fields={"uncounted": _("%(count)s lines wait to be counted again.", count=left)})


def ask_again(count: StockCount) -> str:
    """Have every line that differs counted anew: `again`, or `clear` where none does."""
    held(count)
    return _counted_anew(count, StockCountLine.counted != StockCountLine.expected)


def _waits(count: StockCount) -> sa.ColumnElement[bool]:
    is_waiting = sa.and_(StockCountLine.round > 1, StockCountLine.counted.is_(None))
    return sa.and_(StockCountLine.count_id == count.id, is_waiting)


def _counted_anew(count: StockCount, which: sa.ColumnElement[bool]) -> str:
    anew = {
        "first_counted": StockCountLine.counted, "first_expected": StockCountLine.expected,
        "round": StockCountLine.round + 1, "counted": None, "expected": None, "level_before": None,
    }  # fmt: skip
    found = session().execute(_lines(count, which).values(anew), execution_options=UNTRACKED)
    return AGAIN if found.rowcount else CLEAR  # type: ignore[attr-defined]


def _lines(count: StockCount, which: sa.ColumnElement[bool]) -> sa.Update:
    return sa.update(StockCountLine).where(StockCountLine.count_id == count.id, which)


def differing(count: StockCount) -> Sequence[StockCountLine]:
    """The lines that differ, in the order they are posted."""
    apart = StockCountLine.counted != StockCountLine.expected
    statement = sa.select(StockCountLine).where(StockCountLine.count_id == count.id, apart)
    return list(session().scalars(statement.order_by(StockCountLine.id).execution_options(populate_existing=True)))


def value(count: StockCount) -> None:
    """Work out what the differences are worth as costs are now."""
    lines = differing(count)
    worth = worth_of({line.product_id for line in lines})
    for line in lines:
        line.value = worth[line.product_id].of(line.difference)
    count.difference_count = len(lines)
    count.net_amount = sum((line.value for line in lines), ZERO)
    count.gross_amount = sum((abs(line.value) for line in lines), ZERO)


def post(count: StockCount) -> list[int]:
    """Move what differs to where losses go, or from there; the ids of the moves. Adds, never sets a level."""
    held(count)
    loss, lines = place("loss").id, differing(count)
    movements = [_movement(line, loss) for line in lines]
    source = Source(count.__tablename__, count.id, POSTED, count.number or "")
    moved = posting.post(movements, source=source)
    end(count)
    return moved


def _movement(line: StockCountLine, loss: int) -> Movement:
    ways = (loss, line.location_id) if line.difference > 0 else (line.location_id, loss)
    return Movement(line.product_id, *ways, abs(line.difference), line.lot_id, line=str(line.id))


def end(count: StockCount) -> None:
    """Nobody counts any more, and what was counted may be counted elsewhere."""
    session().execute(
        _lines(count, StockCountLine.is_open.is_(True)).values(is_open=False), execution_options=UNTRACKED
    )
    count.ended_at = clock.now()


def progress(count_id: int) -> tuple[int, int, int]:
    """How many lines there are, how many are counted, how many wait to be counted again."""
    counted = sa.func.count(StockCountLine.counted)
    again = sa.func.count(StockCountLine.id).filter(StockCountLine.round > 1, StockCountLine.counted.is_(None))
    statement = sa.select(sa.func.count(StockCountLine.id), counted, again).where(StockCountLine.count_id == count_id)
    row: Any = session().execute(statement).one()
    return row[0], row[1], row[2]


def unknown_codes(count_id: int) -> list[tuple[str, int, str]]:
    """(barcode nobody knows, how often it was scanned, by whom last), the latest first."""
    last = sa.func.max(StockCountScan.at)
    who = sa.func.max(StockCountScan.by)
    statement = (
        sa.select(StockCountScan.code, sa.func.count(), who)
        .where(StockCountScan.count_id == count_id, StockCountScan.line_id.is_(None))
        .group_by(StockCountScan.code)
        .order_by(last.desc())
        .limit(100)
    )
    return [(code, times, by) for code, times, by in session().execute(statement)]


def told_number(count: Decimal | None) -> str:
    """A quantity as people read it; a dash for none."""
    return "–" if count is None else i18n.format_number(count)
