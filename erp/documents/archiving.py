"""Master data put away: hidden from lists and pickers, still shown where it is used, taken back at any time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from erp import clock, context
from erp.data.base import session
from erp.data.tenancy import TenantScoped
from erp.documents.types import DocumentType

VIEW = "archived"
"""The view of a list that shows what is put away."""


class Archived(TenantScoped):
    """A record that is put away; a table of its own, so that every type has it and only few rows are looked at."""

    __tablename__ = "archived"
    __table_args__ = (sa.UniqueConstraint("tenant_id", "document_type", "row_id"),)
    document_type: Mapped[str] = mapped_column(sa.String(60))
    row_id: Mapped[int] = mapped_column(sa.BigInteger)
    at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), default=lambda: clock.now())
    by: Mapped[str] = mapped_column(sa.String(200), default=lambda: context.current().name)


def is_archivable(kind: DocumentType) -> bool:
    """Whether rows of a type are put away; documents are cancelled instead."""
    return not kind.is_document


def archived(kind: DocumentType) -> sa.ColumnElement[bool]:
    """The condition that a row of this type is put away."""
    return sa.exists().where(Archived.document_type == kind.name, Archived.row_id == kind.cls.id)


def entry(kind: DocumentType, row_id: int) -> Archived | None:
    """Since when and by whom a row is put away, None while it is not."""
    statement = sa.select(Archived).where(Archived.document_type == kind.name, Archived.row_id == row_id)
    return session().scalar(statement) if is_archivable(kind) else None


def count(kind: DocumentType, most: int) -> int:
    """How many rows are put away, at most `most` + 1."""
    inner = sa.select(Archived.id).where(Archived.document_type == kind.name).limit(most + 1).subquery()
    return session().scalar(sa.select(sa.func.count(inner.c.id))) or 0


def put_away(kind: DocumentType, row: Any) -> bool:
    """Put a row away, in this transaction; False when it already is."""
    if entry(kind, row.id) is not None:
        return False
    session().add(Archived(document_type=kind.name, row_id=row.id))
    session().flush()
    return True


def take_back(kind: DocumentType, row: Any) -> bool:
    """Show a row again, in this transaction; False when it is not put away."""
    found = entry(kind, row.id)
    if found is None:
        return False
    session().delete(found)
    session().flush()
    return True
