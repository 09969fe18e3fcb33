"""What a document posted, itself and by what it caused."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import aliased, selectinload

from erp import Document, hook, session, whole
from plugins.accounting.models import JournalEntry

Source = tuple[str, int]
"""(type, id) of what an entry was posted for."""


@hook
def sources_of(document: Document) -> Sequence[Source]:
    """Asked what else posts for a document, such as the moves of its goods."""
    raise NotImplementedError


def entries_of(source_type: str, source_id: int) -> Sequence[JournalEntry]:
    """The entries of a source that were not taken back, the oldest first."""
    mirror = aliased(JournalEntry)
    statement = sa.select(JournalEntry).where(
        JournalEntry.source_type == source_type, JournalEntry.source_id == source_id,
        ~sa.exists().where(mirror.reverses_id == JournalEntry.id),
    )  # fmt: skip
    return session().scalars(statement.order_by(JournalEntry.id)).all()


def entries_for(document: Document) -> Sequence[JournalEntry]:
    """Every entry of a document and of what posts for it, with their mirrors, the oldest first."""
    sources = [(document.__tablename__, document.id), *(each for found in sources_of(document) for each in found)]
    own = sa.tuple_(JournalEntry.source_type, JournalEntry.source_id).in_(sources)
    with whole():
        ids = list(session().scalars(sa.select(JournalEntry.id).where(own)))
        both = sa.or_(JournalEntry.id.in_(ids), JournalEntry.reverses_id.in_(ids))
        statement = sa.select(JournalEntry).where(both).options(selectinload(JournalEntry.lines))
        return session().scalars(statement.order_by(JournalEntry.id)).all() if ids else []
