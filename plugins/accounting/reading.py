"""What a document posted."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from erp import session
from plugins.accounting.models import JournalEntry


def entries_of(source_type: str, source_id: int) -> Sequence[JournalEntry]:
    """The entries of a document that were not taken back, the oldest first."""
    mirror = aliased(JournalEntry)
    statement = sa.select(JournalEntry).where(
        JournalEntry.source_type == source_type, JournalEntry.source_id == source_id,
        ~sa.exists().where(mirror.reverses_id == JournalEntry.id),
    )  # fmt: skip
    return session().scalars(statement.order_by(JournalEntry.id)).all()
