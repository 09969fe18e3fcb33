"""Master data put away: hidden from lists and pickers, still shown where it is used, taken back at any time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from erp import clock, context
from erp.access import require
from erp.data import audit
from erp.data.base import repeated, session
from erp.data.tenancy import TenantScoped
from erp.documents import narrowing
from erp.documents.base import Record
from erp.documents.types import DocumentType, document_type
from erp.errors import Conflict, NotFound
from erp.i18n import _

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


@repeated
def put_away(type_name: str, row_id: int) -> Record:
    """Put a record away; raises NotFound, Forbidden, or Conflict for a document."""
    kind, row = _locked(type_name, row_id)
    if entry(kind, row_id) is None:
        session().add(Archived(document_type=type_name, row_id=row_id))
        audit.note("archived", type_name, row_id)
    return row


@repeated
def take_back(type_name: str, row_id: int) -> Record:
    """Show a record again; raises NotFound, Forbidden, or Conflict for a document."""
    kind, row = _locked(type_name, row_id)
    found = entry(kind, row_id)
    if found is not None:
        session().delete(found)
        audit.note("unarchived", type_name, row_id)
    return row


def locked(type_name: str, row_id: int) -> Any:
    """A record which nobody else changes meanwhile, of whoever may edit it; NotFound, Forbidden or Conflict."""
    return _locked(type_name, row_id)[1]


def _locked(type_name: str, row_id: int) -> tuple[DocumentType, Record]:
    kind = document_type(type_name)
    require("edit", type_name)
    row: Record | None = session().scalar(sa.select(kind.cls).where(kind.cls.id == row_id).with_for_update())
    if row is None:
        raise NotFound
    narrowing.require(narrowing.EDIT, kind, [row_id])
    if not is_archivable(kind):
        raise Conflict(_("Documents are not put away: stop their process instead."))
    return kind, row
