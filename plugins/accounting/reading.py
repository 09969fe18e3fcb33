"""What a document posted, itself and by what it caused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import aliased, selectinload

from erp import Document, NotFound, document_type, hook, session, whole
from plugins.accounting.models import JournalEntry, JournalLine
from plugins.accounting.vouchers import JournalVoucher

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


def numbers_of(line_ids: Sequence[int]) -> Mapping[int, str]:
    """{line: number of the document it was posted for}, as whoever owes it knows it; of vouchers and the like none."""
    wanted = (
        sa.select(JournalLine.id, JournalEntry.source_type, JournalEntry.source_id)
        .join(JournalEntry, JournalEntry.id == JournalLine.document_id)
        .where(JournalLine.id.in_(line_ids), JournalEntry.source_type != JournalVoucher.__tablename__)
    )
    with whole():
        rows = session().execute(wanted).all() if line_ids else []
        found = {key: _document(type_name, source_id) for key, type_name, source_id in rows}
        return {key: document.number for key, document in found.items() if document is not None and document.number}


def _document(type_name: str, row_id: int) -> Document | None:
    """The document a line was posted for, if it was one."""
    try:
        cls = document_type(type_name).cls
    except NotFound:
        return None
    return session().get(cls, row_id) if issubclass(cls, Document) else None
