"""Documents of another system, brought in as history: kept as they ended there, and never acted upon."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from erp import clock, context
from erp.data import audit
from erp.data.base import session, tell_at_end
from erp.data.tenancy import TenantScoped


class ImportedDocument(TenantScoped):
    """Says of a document that it is imported history; a table of its own, so that every type has it."""

    __tablename__ = "imported_document"
    __table_args__ = (sa.UniqueConstraint("tenant_id", "document_type", "document_id"),)
    document_type: Mapped[str] = mapped_column(sa.String(60))
    document_id: Mapped[int] = mapped_column(sa.BigInteger)
    file_name: Mapped[str] = mapped_column(sa.String(200), default="")
    at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), default=lambda: clock.now())
    by: Mapped[str] = mapped_column(sa.String(200), default=lambda: context.current().name)


def mark(documents: Sequence[tuple[str, int]], file_name: str) -> None:
    """Mark documents, (type, id), as brought in from a file, and have history say so."""
    if documents:
        rows = [{"document_type": kind, "document_id": key, "file_name": file_name} for kind, key in documents]
        session().execute(sa.insert(ImportedDocument), rows)
        tell_at_end(audit.values("imported", kind, key, item=file_name) for kind, key in documents)


def arrival(type_name: str, document_id: int) -> ImportedDocument | None:
    """From which file and when a document was brought in; None for our own."""
    statement = sa.select(ImportedDocument).where(
        ImportedDocument.document_type == type_name, ImportedDocument.document_id == document_id
    )
    return session().scalar(statement)


def arrived(type_name: str, document_ids: Collection[int]) -> set[int]:
    """Which of these documents are imported history."""
    statement = sa.select(ImportedDocument.document_id).where(
        ImportedDocument.document_type == type_name, ImportedDocument.document_id.in_(document_ids)
    )
    return set(session().scalars(statement))
