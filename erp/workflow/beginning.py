"""The row of a process that begins: written once, with what its first step came to, unless an action asks before."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import make_transient_to_detached

from erp import clock, context
from erp.data import prepared
from erp.data.base import session
from erp.documents.base import Document
from erp.workflow.models import RUNNING, WorkflowInstance


def new(definition_id: int, document: Document) -> WorkflowInstance:
    """The row of a document's process, not written yet; every column is said, as nothing is read of it again."""
    return WorkflowInstance(
        tenant_id=context.current().tenant_id, definition_id=definition_id, document_type=document.__tablename__,
        document_id=document.id, business_key=document.number or "", status=RUNNING, lock_version=1, snapshot=b"",
        events=0, started_at=clock.now(), ended_at=None, held_at=None, held_by="", held_reason="",
    )  # fmt: skip


def is_written(row: WorkflowInstance) -> bool:
    """Whether the database has it."""
    return row.id is not None


def show(row: WorkflowInstance) -> None:
    """Write it now, for who may ask the database for it."""
    if not is_written(row):
        session().add(row)
        session().flush()


def insert(row: WorkflowInstance) -> None:
    """Write it as it stands; the session has it from then on as if it had read it."""
    row.id = prepared.run(_inserting(), {name: getattr(row, name) for name in _names()}).scalar_one()
    make_transient_to_detached(row)
    session().add(row)


@cache
def _names() -> tuple[str, ...]:
    return tuple(column.name for column in WorkflowInstance.__table__.columns if column.name != "id")


@cache
def _inserting() -> sa.UpdateBase:
    table: Any = cast("sa.Table", WorkflowInstance.__table__)
    given = {name: sa.bindparam(name, type_=table.c[name].type) for name in _names()}
    return sa.insert(table).values(given).returning(table.c.id)
