"""The end of a year: its result goes to retained earnings, the next year is made, the year is locked."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import sqlalchemy as sa

from erp import Conflict, Invalid, _, i18n, session, transaction, whole
from plugins.accounting.api import Part, Posting, locked_until, make_year, post
from plugins.accounting.models import FINAL, YEAR_CLOSED, Account, FiscalYear, LedgerLock
from plugins.closing.models import ZERO, YearEnd

ALL = "all"


def lock(until: date, reason: str, kind: str = ALL) -> None:
    """Lock everything until a day; what is locked longer stays so."""
    known = locked_until().get(kind)
    if known is None or known < until:
        session().add(LedgerLock(kind=kind, until=until, reason=reason[:300]))
        session().flush()


def carry_result(document: YearEnd) -> None:
    """Post what is left in income and expenses to retained earnings, on the last day of the year.

    A lock of that day is opened for this one entry and closed again in the same transaction: both stand in its history.
    Raises Conflict where there is no account for retained earnings, Invalid where the year is locked for ever.
    """
    last = document.year.ends_on
    parts = _parts(last, _retained_earnings())
    document.result = -sum((part.amount for part in parts), ZERO)
    locks = locked_until()
    if locks.get(FINAL, date.min) >= last and parts:
        raise Invalid(_("The year is locked for ever, and its result was not carried before."))
    before = locks.get(ALL)
    reason = _("%(number)s carries the result of %(year)s", number=document.number, year=document.year.name)
    with transaction():
        if before is not None and before >= last and parts:
            _set(last - timedelta(days=1), reason)
        post(Posting(YEAR_CLOSED, last, document.__tablename__, document.id, parts, text=reason))
        if before is not None and before >= last and parts:
            _set(before, reason)


def _set(until: date, reason: str) -> None:
    session().add(LedgerLock(kind=ALL, until=until, reason=reason[:300]))
    session().flush()


def _retained_earnings() -> Account:
    found = session().scalar(sa.select(Account).where(Account.use == "retained_earnings", ~Account.is_closed).limit(1))
    if found is None:
        raise Conflict(_("No account is used for retained earnings. Choose that use for one under Accounts."))
    return found


def _parts(last: date, retained: Account) -> list[Part]:
    """A part for each account and branch that holds a result at the end of the year, all there ever was of it."""
    held = sa.func.ledger_sums(sa.cast(None, sa.Date), sa.cast(last, sa.Date)).table_valued(
        sa.column("account_id", sa.BigInteger), sa.column("branch_id", sa.BigInteger),
        sa.column("debit", sa.Numeric), sa.column("credit", sa.Numeric),
    )  # fmt: skip
    total = sa.func.sum(held.c.debit - held.c.credit)
    statement = (
        sa.select(held.c.account_id, held.c.branch_id, total)
        .join(Account, Account.id == held.c.account_id)
        .where(Account.kind.in_(("income", "expense")))
        .group_by(held.c.account_id, held.c.branch_id)
        .having(total != 0)
        .order_by(held.c.account_id, held.c.branch_id)
    )
    with whole():
        return [
            Part("result", Decimal(amount), branch_id=branch_id, debit_account_id=retained.id, credit_account_id=key)
            for key, branch_id, amount in session().execute(statement)
        ]


def open_next(document: YearEnd) -> None:
    """Make the fiscal year after this one, unless it is there; raises Conflict where an earlier one is missing."""
    begins = document.year.ends_on + timedelta(days=1)
    if session().scalar(sa.select(FiscalYear.id).where(FiscalYear.starts_on == begins)) is None:
        make_year(begins)


def lock_year(document: YearEnd) -> None:
    """Lock the year, for ever where that was chosen."""
    last = document.year.ends_on
    reason = _("%(number)s closed %(year)s", number=document.number, year=document.year.name)
    lock(last, reason)
    if document.is_final:
        lock(last, reason, FINAL)


def refuse_open_months(document: YearEnd) -> None:
    """Raise Invalid while a month of the year is not locked."""
    until = locked_until()
    locked = max(until.get(ALL, date.min), until.get(FINAL, date.min))
    if locked < document.year.ends_on:
        day = i18n.format_date(locked) if locked > date.min else "–"
        raise Invalid(_("The books are locked until %(day)s. Close the months of this year first.", day=day))
