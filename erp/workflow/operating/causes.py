"""What is stuck, gathered by its cause: the same step of the same process failing for the same reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from erp.access import can, require
from erp.data.base import session
from erp.documents.types import declared
from erp.workflow.models import DONE, OPEN, WorkflowIncident

SUBJECT = "incident"
"""What the right to look through everything that is stuck is about (`list`)."""
MOST = 200
"""Causes of one page."""
PAGE = 50


@dataclass(frozen=True)
class Cause:
    """What is stuck for one reason; `newest` is an incident that stands for all of them."""

    document_type: str
    element: str
    name: str
    cause: str
    count: int
    oldest: datetime
    newest: int


def types() -> list[str]:
    """The types of documents whose incidents the actor may see."""
    require("list", SUBJECT)
    return sorted(name for name in declared() if can("list", name))


def open_causes(process: str = "") -> list[Cause]:
    """The causes of what is stuck, the most frequent first; of one process, or of all."""
    mine = WorkflowIncident
    by = (mine.document_type, mine.element, mine.cause)
    statement = (
        sa.select(
            mine.document_type, mine.element, sa.func.max(mine.name), mine.cause, sa.func.count(),
            sa.func.min(mine.opened_at), sa.func.max(mine.id),
        )
        .where(mine.status == OPEN, mine.document_type.in_([process] if process else types()))
        .group_by(*by)
        .order_by(sa.func.count().desc(), sa.func.max(mine.id).desc())
    )  # fmt: skip
    return [Cause(*row) for row in session().execute(statement.limit(MOST))]


def counts() -> dict[str, int]:
    """{process: how many incidents are open} of those the actor may see."""
    statement = (
        sa.select(WorkflowIncident.document_type, sa.func.count())
        .where(WorkflowIncident.status == OPEN, WorkflowIncident.document_type.in_(types()))
        .group_by(WorkflowIncident.document_type)
    )
    return {name: count for name, count in session().execute(statement)}  # noqa: C416 - rows are no pairs to mypy


def like(incident: WorkflowIncident) -> sa.Select[WorkflowIncident]:
    """The open incidents with the same cause, the newest first."""
    return (
        sa.select(WorkflowIncident)
        .where(
            WorkflowIncident.status == OPEN,
            WorkflowIncident.document_type == incident.document_type,
            WorkflowIncident.element == incident.element,
            WorkflowIncident.cause == incident.cause,
        )
        .order_by(WorkflowIncident.id.desc())
    )


def count_like(incident: WorkflowIncident) -> int:
    """How many there are."""
    inner = like(incident).order_by(None).with_only_columns(WorkflowIncident.id).subquery()
    return session().scalar(sa.select(sa.func.count()).select_from(inner)) or 0


def documents_like(incident: WorkflowIncident, most: int) -> Sequence[int]:
    """The documents that are stuck for the same cause, the longest first."""
    statement = like(incident).order_by(None).with_only_columns(WorkflowIncident.document_id).distinct()
    return list(session().scalars(statement.order_by(WorkflowIncident.document_id).limit(most)))


def page(statement: sa.Select[WorkflowIncident], before: int | None) -> list[WorkflowIncident]:
    """Incidents from before one on; one more than a page holds when there are more."""
    if before is not None:
        statement = statement.where(WorkflowIncident.id < before)
    return list(session().scalars(statement.limit(PAGE + 1)))


def opened(process: str = "") -> sa.Select[WorkflowIncident]:
    """The open incidents of one process or of all, the newest first."""
    return _of(process, OPEN)


def decided(process: str = "") -> sa.Select[WorkflowIncident]:
    """Incidents somebody has decided about, the newest first."""
    return _of(process, DONE)


def _of(process: str, status: str) -> sa.Select[WorkflowIncident]:
    known = types()
    wanted = [process] if process in known else [] if process else known
    statement = sa.select(WorkflowIncident).where(
        WorkflowIncident.status == status, WorkflowIncident.document_type.in_(wanted)
    )
    return statement.order_by(WorkflowIncident.id.desc())
