"""What was decided of a document as it is now, by whom a table names for it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa

from erp import context
from erp.data import prepared
from erp.data.base import session
from erp.documents import content
from erp.documents.base import Document
from erp.workflow import definitions
from erp.workflow.models import DONE, OPEN, WorkflowInstance, WorkflowTask
from erp.workflow.people import approvals, asked_anew


def verdict(document: Document, decision: str) -> str | None:
    """How the approval ended of what a document says now: "approved" also where the table names nobody for it.

    None while nobody decided of that. Without a process, or where its version has no such table that reads the document
    alone, there is nobody to ask: "approved". Raises DecisionFailed.
    """
    return standing(document, decision).verdict


@dataclass(frozen=True)
class Standing:
    """What was decided of a document as it is now, as `verdict` gives it, and at which elements its process waits."""

    verdict: str | None
    open: Collection[str]


def standing(document: Document, decision: str) -> Standing:
    """Both by one statement where nobody had to decide; raises as `verdict`."""
    with context.whole():
        mine = {"type": document.__tablename__, "document": document.id}
        found = next(iter(prepared.rows(_running(), mine)), None)
        if found is None:
            return Standing(approvals.APPROVED, ())
        ruling = asked_anew.ruling(definitions.published(found.definition_id), decision, document)
        if ruling is None or not ruling.outputs.get(asked_anew.APPROVERS):
            return Standing(approvals.APPROVED, found.open or ())
        return Standing(_last(document, ruling.decision), found.open or ())


@cache
def _running() -> sa.Select[*tuple[Any, ...]]:
    """Which version a document's newest process runs, and the elements of its open tasks."""
    instance, task = WorkflowInstance, WorkflowTask
    kind, document = sa.bindparam("type", type_=sa.String), sa.bindparam("document", type_=sa.BigInteger)
    waits = sa.select(sa.func.array_agg(task.element)).where(
        task.document_type == kind, task.document_id == document, task.status == OPEN
    )
    return (
        sa.select(instance.definition_id, waits.scalar_subquery().label("open"))
        .where(instance.document_type == kind, instance.document_id == document)
        .order_by(instance.id.desc())
        .limit(1)
    )


def _last(document: Document, table: str) -> str | None:
    """How the newest approval ended that no other table asked for and that is about what the document says now."""
    task = WorkflowTask
    statement = sa.select(task.approval["outcome"].as_string()).where(
        task.document_type == document.__tablename__, task.document_id == document.id, task.status == DONE,
        task.approval["hash"].as_string() == content.digest(content.of(document)),
        sa.func.coalesce(task.asked[("rule", "decision")].as_string(), table) == table,
    )  # fmt: skip
    return session().scalar(statement.order_by(task.id.desc()).limit(1))
