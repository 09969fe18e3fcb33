"""What accounts hold: balances by period, folded from a queue, and the lines that are not folded yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from erp import current, session, transaction
from plugins.accounting.models import (
    Account,
    JournalEntry,
    JournalLine,
    LedgerBalance,
    Unfolded,
)

BATCH = 5000
"""Entries folded at once."""
ZERO = Decimal(0)
FOLDING = "folding"


@dataclass(frozen=True, slots=True)
class Sums:
    """What was debited and credited, in the company's currency."""

    debit: Decimal = ZERO
    credit: Decimal = ZERO

    @property
    def balance(self) -> Decimal:
        """Above zero where more was debited."""
        return self.debit - self.credit


def sums(*, since: date | None = None, until: date | None = None) -> Mapping[int, Sums]:
    """{account: what was debited and credited} from a day until a day, both with; all in one statement."""
    moved = sa.func.ledger_sums(sa.cast(since, sa.Date), sa.cast(until or date.max, sa.Date)).table_valued(
        sa.column("account_id", sa.BigInteger), sa.column("debit", sa.Numeric), sa.column("credit", sa.Numeric)
    )
    totals = sa.select(moved.c.account_id, sa.func.sum(moved.c.debit), sa.func.sum(moved.c.credit))
    rows = session().execute(totals.group_by(moved.c.account_id))
    return {key: Sums(debit, credit) for key, debit, credit in rows}


def balance(account: str | int, until: date | None = None) -> Decimal:
    """What an account, or all accounts of a use, held at the end of a day; above zero where more was debited."""
    chosen = Account.id == account if isinstance(account, int) else Account.use == account
    found = sums(until=until)
    return sum((found[key].balance for key in session().scalars(sa.select(Account.id).where(chosen)) if key in found),
               ZERO)  # fmt: skip


def fold(batch: int = BATCH) -> int:
    """Add the lines of waiting entries to the balances, in one transaction; how many entries that were.

    Nothing where somebody else is folding just now.
    """
    with transaction():
        lock = sa.func.pg_try_advisory_xact_lock(sa.func.hashtextextended(FOLDING, current().tenant_id))
        if not session().scalar(sa.select(lock)):
            return 0
        first = sa.select(Unfolded.id).order_by(Unfolded.id).limit(batch)
        taken = list(session().scalars(sa.delete(Unfolded).where(Unfolded.id.in_(first)).returning(Unfolded.entry_id),
                                       execution_options={"synchronize_session": False}))  # fmt: skip
        if taken:
            session().execute(_adding(taken))
        return len(taken)


def _adding(entry_ids: list[int]) -> Any:
    """The statement that adds the lines of entries to the balances."""
    keys = (JournalLine.account_id, JournalEntry.period_id, JournalLine.branch_id, JournalLine.currency)
    sums_ = (
        sa.func.sum(JournalLine.debit),
        sa.func.sum(JournalLine.credit),
        sa.func.coalesce(sa.func.sum(JournalLine.currency_amount), 0),
    )
    read = (
        sa.select(JournalLine.tenant_id, *keys, *sums_)
        .join(JournalEntry, JournalEntry.id == JournalLine.document_id)
        .where(JournalEntry.id == sa.any_(sa.literal(entry_ids, sa.ARRAY(sa.BigInteger))))
        .where(JournalLine.tenant_id == current().tenant_id)
        .group_by(JournalLine.tenant_id, *keys)
        .order_by(*keys)
    )
    columns = ("tenant_id", "account_id", "period_id", "branch_id", "currency", "debit", "credit", "currency_amount")
    added = insert(LedgerBalance).from_select(columns, read, include_defaults=False)
    own, new = LedgerBalance.__table__.c, added.excluded
    return added.on_conflict_do_update(
        constraint="ledger_balance_once",
        set_={name: own[name] + new[name] for name in ("debit", "credit", "currency_amount")},
    )
