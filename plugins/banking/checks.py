"""What must be true of statements, matches and payments, whatever happened on the way."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from erp import check, session
from plugins.accounting.api import keeps_books, posted_sums
from plugins.accounting.models import JournalLine
from plugins.banking.models import BankAccount, BankStatementLine, ReconciledLine, Reconciliation
from plugins.banking.paying import EVENT, SOURCE
from plugins.banking.runs import PAID, PaymentRun, PaymentRunLine

NAMED = 20
"""Rows named of one kind of difference."""


@check
def matches_are_equal() -> Iterator[str]:
    """Both sides of every match come to the same, and each of its lines is of the account it says."""
    signed = sa.case((ReconciledLine.journal_line_id.is_not(None), -ReconciledLine.amount), else_=ReconciledLine.amount)
    left = (
        sa.select(BankAccount.name, Reconciliation.id, sa.func.sum(signed))
        .join(Reconciliation, Reconciliation.bank_account_id == BankAccount.id)
        .join(ReconciledLine, ReconciledLine.reconciliation_id == Reconciliation.id)
        .group_by(BankAccount.name, Reconciliation.id).having(sa.func.sum(signed) != 0)
        .order_by(Reconciliation.id).limit(NAMED)
    )  # fmt: skip
    for name, key, amount in session().execute(left):
        yield f"{name}: {amount:f} is left over in match {key}"
    wrong = sa.or_(
        BankStatementLine.bank_account_id != BankAccount.id, BankStatementLine.amount != ReconciledLine.amount,
        JournalLine.account_id != BankAccount.account_id,
    )  # fmt: skip
    lines = (
        sa.select(BankAccount.name, Reconciliation.id)
        .join(Reconciliation, Reconciliation.bank_account_id == BankAccount.id)
        .join(ReconciledLine, ReconciledLine.reconciliation_id == Reconciliation.id)
        .outerjoin(BankStatementLine, BankStatementLine.id == ReconciledLine.statement_line_id)
        .outerjoin(JournalLine, JournalLine.id == ReconciledLine.journal_line_id)
        .where(ReconciledLine.is_current, wrong).order_by(Reconciliation.id).limit(NAMED)
    )  # fmt: skip
    for name, key in session().execute(lines):
        yield f"{name}: match {key} has a line of another account or amount"


@check
def undone_is_undone() -> Iterator[str]:
    """The lines of a match that was undone are free, those of every other one are not."""
    apart = ReconciledLine.is_current != Reconciliation.undone_at.is_(None)
    statement = sa.select(Reconciliation.id).join(ReconciledLine, ReconciledLine.reconciliation_id == Reconciliation.id)
    for key in session().scalars(statement.where(apart).distinct().order_by(Reconciliation.id).limit(NAMED)):
        yield f"Match {key} and its lines do not agree whether it was undone"


@check
def paid_is_posted() -> Iterator[str]:
    """Every payment run that is paid is in the books, each supplier once, with what it paid; no other run is."""
    if not keeps_books():
        return
    paid = (
        sa.select(PaymentRun.id, sa.cast(PaymentRunLine.party_id, sa.String).label("party"),
                  sa.func.sum(PaymentRunLine.amount).label("amount"))
        .join(PaymentRunLine, PaymentRunLine.document_id == PaymentRun.id)
        .where(PaymentRun.state == PAID, ~PaymentRunLine.is_excluded)
        .group_by(PaymentRun.id, PaymentRunLine.party_id).subquery()
    )  # fmt: skip
    posted = posted_sums(SOURCE, {EVENT})
    statement = (
        sa.select(sa.func.coalesce(paid.c.id, posted.c.source_id), paid.c.amount, posted.c.moved)
        .select_from(paid)
        .join(posted, sa.and_(posted.c.source_id == paid.c.id, posted.c.source_key == paid.c.party), full=True)
        .where(paid.c.amount.is_distinct_from(posted.c.moved)).limit(NAMED)
    )  # fmt: skip
    for key, amount, moved in session().execute(statement):
        number = session().get_one(PaymentRun, key).number
        yield f"{number}: {amount or 0:f} was paid to a supplier, {moved or 0:f} is posted"


@check
def ended_runs_hold_nothing() -> Iterator[str]:
    """What a run that is over took up may be paid by another one."""
    statement = (
        sa.select(PaymentRun.number)
        .join(PaymentRunLine, PaymentRunLine.document_id == PaymentRun.id)
        .where(~PaymentRun.is_under_way, PaymentRunLine.holds_id.is_not(None)).distinct().limit(NAMED)
    )  # fmt: skip
    for number in session().scalars(statement.order_by(PaymentRun.number)):
        yield f"{number} is over, and still keeps bills from being paid"
