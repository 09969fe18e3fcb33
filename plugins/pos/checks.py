"""What must be true of tills, whatever happened at them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import sqlalchemy as sa

from erp import check, session
from plugins.accounting.api import keeps_books, kept_since
from plugins.accounting.models import Account, JournalEntry, JournalLine
from plugins.pos.drawer import figures
from plugins.pos.ledgers import PosSale, TillOverride, TillOverrideUse
from plugins.pos.models import CashSession, ZReport
from plugins.sales.models import Sale, SaleRefund, SaleRefundTender, SaleTender

CASH = "cash"


@check
def drawers_hold_what_was_paid() -> Iterator[str]:
    """A closed session's Z says what its sales, refunds and cash movements come to, and the session the same."""
    rows = session().execute(sa.select(CashSession, ZReport).join(ZReport, ZReport.session_id == CashSession.id))
    for mine, report in rows:
        now = figures(mine)
        for name in ("sales", "refunds", "total", "tax", "expected", "cash_in", "cash_out"):
            if now[name] != report.figures[name]:
                yield f"{report.number}: {name} says {report.figures[name]}, its rows come to {now[name]}"
        if mine.expected_amount != Decimal(report.figures["expected"]) or mine.closed_at is None:
            yield f"{mine.number}: it says something else than {report.number}"


@check
def closed_sessions_have_their_report() -> Iterator[str]:
    """Every closed session has one Z; their numbers have no gaps."""
    without = ~sa.exists().where(ZReport.session_id == CashSession.id)
    for number in session().scalars(sa.select(CashSession.number).where(CashSession.closed_at.is_not(None), without)):
        yield f"{number}: it is closed without a Z"
    numbers = [int((each or "").rpartition("-")[2]) for each in session().scalars(sa.select(ZReport.number))]
    if sorted(numbers) != list(range(1, len(numbers) + 1)):
        yield f"Z reports: {len(numbers)} of them, the last is {max(numbers)}"


@check
def cash_is_in_the_books() -> Iterator[str]:
    """Where books are kept, what tills took and gave in cash is what their sales and refunds moved on cash accounts."""
    if not keeps_books():
        return
    for cls, tenders, key in (
        (Sale, SaleTender, PosSale.sale_id), (SaleRefund, SaleRefundTender, PosSale.refund_id)
    ):  # fmt: skip
        moved = (
            sa.select(JournalEntry.source_id, sa.func.sum(sa.func.abs(JournalLine.amount)).label("cash"))
            .join(JournalLine, JournalLine.document_id == JournalEntry.id)
            .join(Account, Account.id == JournalLine.account_id)
            .where(JournalEntry.source_type == cls.__tablename__, Account.use == CASH)
            .group_by(JournalEntry.source_id)
            .subquery()
        )
        paid = (
            sa.select(tenders.document_id, sa.func.sum(tenders.amount).label("cash"))
            .where(tenders.kind == CASH)
            .group_by(tenders.document_id)
            .subquery()
        )
        drawn, told = sa.func.coalesce(paid.c.cash, 0), sa.func.coalesce(moved.c.cash, 0)
        statement = (
            sa.select(cls.number, drawn, told)
            .join(PosSale, key == cls.id)
            .outerjoin(paid, paid.c.document_id == cls.id)
            .outerjoin(moved, moved.c.source_id == cls.id)
            .where(drawn != told, cls.created_at > kept_since())
        )
        for number, cash, booked in session().execute(statement.order_by(cls.id)):
            yield f"{number}: {cash} in cash at the till, {booked} in the books"


@check
def each_sale_is_whole() -> Iterator[str]:
    """Every sale of a till has its number, and belongs to a session of the same till."""
    statement = (
        sa.select(Sale.id, Sale.number)
        .join(PosSale, PosSale.sale_id == Sale.id)
        .join(CashSession, CashSession.id == PosSale.session_id)
        .where(sa.or_(Sale.number.is_(None), CashSession.terminal_id != PosSale.terminal_id))
    )
    for sale_id, number in session().execute(statement):
        yield f"{number or sale_id}: it has no number, or its session is another till's"


@check
def nobody_allowed_themselves() -> Iterator[str]:
    """What somebody allowed was asked by somebody else, and used by a sale or refund of the same till."""
    own = sa.select(TillOverride.id, TillOverride.allowed_by).where(
        TillOverride.asked_by_id == TillOverride.allowed_by_id
    )
    for key, name in session().execute(own):
        yield f"{name} allowed themselves ({key})"
    stray = (
        sa.select(TillOverride.id)
        .join(TillOverrideUse, TillOverrideUse.override_id == TillOverride.id)
        .join(PosSale, PosSale.sale_id == TillOverrideUse.sale_id)
        .where(PosSale.terminal_id != TillOverride.terminal_id)
    )
    for key in session().scalars(stray):
        yield f"What was allowed ({key}) was used at another till"
