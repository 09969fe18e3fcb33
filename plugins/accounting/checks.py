"""What must be true of the ledger, whatever happened on the way."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from erp import check, session
from plugins.accounting.models import (
    Account,
    Allocation,
    FiscalPeriod,
    JournalEntry,
    JournalLine,
    LedgerBalance,
    Unfolded,
)

NAMED = 20
"""Rows named of one kind of difference."""


@check
def entries_balance() -> Iterator[str]:
    """Every entry has lines, and they come to nothing."""
    statement = (
        sa.select(JournalEntry.number, sa.func.count(JournalLine.id), sa.func.sum(JournalLine.amount))
        .outerjoin(JournalLine, JournalLine.document_id == JournalEntry.id)
        .group_by(JournalEntry.id, JournalEntry.number)
        .having(sa.or_(sa.func.count(JournalLine.id) == 0, sa.func.sum(JournalLine.amount) != 0))
        .order_by(JournalEntry.id)
        .limit(NAMED)
    )
    for number, count, left in session().execute(statement):
        yield f"{number}: its lines come to {left}" if count else f"{number}: it has no lines"


@check
def ledger() -> Iterator[str]:
    """Every balance is what the lines of its account and period sum up to; those that wait to be folded besides."""
    waiting = sa.select(Unfolded.entry_id)
    keys = (JournalLine.account_id, JournalEntry.period_id, JournalLine.branch_id, JournalLine.currency)
    lines = (
        sa.select(*keys, sa.func.sum(JournalLine.debit).label("debit"), sa.func.sum(JournalLine.credit).label("credit"))
        .join(JournalEntry, JournalEntry.id == JournalLine.document_id)
        .where(JournalEntry.id.not_in(waiting))
        .group_by(*keys)
        .subquery()
    )
    own = LedgerBalance
    same = sa.and_(
        own.account_id == lines.c.account_id, own.period_id == lines.c.period_id, own.currency == lines.c.currency,
        own.branch_id.is_not_distinct_from(lines.c.branch_id),
    )  # fmt: skip
    wrong = sa.or_(own.debit.is_distinct_from(lines.c.debit), own.credit.is_distinct_from(lines.c.credit))
    kept = sa.select(Account.code, FiscalPeriod.name, own.debit, own.credit, lines.c.debit, lines.c.credit)
    statement = (
        kept.select_from(own)
        .outerjoin(lines, same)
        .join(Account, Account.id == own.account_id)
        .join(FiscalPeriod, FiscalPeriod.id == own.period_id)
        .where(wrong)
        .order_by(Account.code, FiscalPeriod.name)
        .limit(NAMED)
    )
    for code, period, debit, credit, lines_debit, lines_credit in session().execute(statement):
        yield f"{code} in {period}: {debit} − {credit} is kept, its lines say {lines_debit or 0} − {lines_credit or 0}"
    absent = sa.select(Account.code, lines.c.debit, lines.c.credit).select_from(lines)
    missing = absent.outerjoin(own, same).join(Account, Account.id == lines.c.account_id).where(own.id.is_(None))
    for code, debit, credit in session().execute(missing.order_by(Account.code).limit(NAMED)):
        yield f"{code}: {debit} − {credit} is in no balance"


@check
def trial_balance() -> Iterator[str]:
    """All debits are all credits, in the lines as in the balances."""
    for name, column in (("lines", JournalLine.amount), ("balances", LedgerBalance.debit - LedgerBalance.credit)):
        left = session().scalar(sa.select(sa.func.sum(column)))
        if left:
            yield f"The {name} of all accounts come to {left}"


@check
def allocations_fit() -> Iterator[str]:
    """No line is allocated more than it has, nor less than nothing."""
    for column, sign in ((Allocation.debit_line_id, 1), (Allocation.credit_line_id, -1)):
        taken = sa.func.sum(Allocation.amount)
        statement = (
            sa.select(JournalEntry.number, JournalLine.amount, taken)
            .join(JournalLine, JournalLine.id == column)
            .join(JournalEntry, JournalEntry.id == JournalLine.document_id)
            .group_by(JournalLine.id, JournalEntry.number, JournalLine.amount)
            .having(sa.or_(taken < 0, taken > sign * JournalLine.amount))
            .limit(NAMED)
        )
        for number, amount, allocated in session().execute(statement):
            yield f"{number}: {allocated} of a line of {amount} is allocated"
