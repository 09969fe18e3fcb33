"""Whether documents say what they posted: what other plugins' checks compare with."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from erp import session
from plugins.accounting.models import Account, JournalEntry, JournalLine


def kept_since() -> datetime | None:
    """When the company began to keep books; None where it keeps none."""
    return session().scalar(sa.select(sa.func.min(Account.created_at)))


def posted_sums(source_type: str, events: Collection[str]) -> sa.Subquery:
    """For each source and key what these events moved and what of it is receivable or payable, in their own currency.

    Columns source_id, source_key, moved (sum of debits) and owed (above zero where the party owes); entries that were
    taken back are left out.
    """
    mirror = aliased(JournalEntry)
    amount = sa.case((JournalLine.currency == "", JournalLine.amount), else_=JournalLine.currency_amount)
    return (
        sa.select(
            JournalEntry.source_id,
            JournalEntry.source_key,
            sa.func.sum(sa.func.greatest(amount, 0)).label("moved"),
            sa.func.coalesce(sa.func.sum(amount).filter(Account.is_allocated), 0).label("owed"),
        )
        .join(JournalLine, JournalLine.document_id == JournalEntry.id)
        .join(Account, Account.id == JournalLine.account_id)
        .where(
            JournalEntry.source_type == source_type, JournalEntry.event.in_(events),
            ~sa.exists().where(mirror.reverses_id == JournalEntry.id),
        )
        .group_by(JournalEntry.source_id, JournalEntry.source_key)
        .subquery()
    )  # fmt: skip
