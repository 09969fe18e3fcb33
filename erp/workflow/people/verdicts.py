"""What was decided of a document as it is now, by whom a table names for it."""

from __future__ import annotations

import sqlalchemy as sa

from erp import context
from erp.data.base import session
from erp.documents import content
from erp.documents.base import Document
from erp.workflow import definitions
from erp.workflow.models import DONE, WorkflowInstance, WorkflowTask
from erp.workflow.people import approvals, asked_anew


def verdict(document: Document, decision: str) -> str | None:
    """How the approval ended of what a document says now: "approved" also where the table names nobody for it.

    None while nobody decided of that. Without a process, or where its version has no such table that reads the document
    alone, there is nobody to ask: "approved". Raises DecisionFailed.
    """
    with context.whole():
        instance = WorkflowInstance
        mine = instance.document_type == document.__tablename__, instance.document_id == document.id
        running = session().scalar(sa.select(instance.definition_id).where(*mine).order_by(instance.id.desc()).limit(1))
        if running is None:
            return approvals.APPROVED
        ruling = asked_anew.ruling(definitions.published(running), decision, document)
        if ruling is None or not ruling.outputs.get(asked_anew.APPROVERS):
            return approvals.APPROVED
        return _last(document, ruling.decision)


def _last(document: Document, table: str) -> str | None:
    """How the newest approval ended that no other table asked for and that is about what the document says now."""
    task = WorkflowTask
    statement = sa.select(task.approval["outcome"].as_string()).where(
        task.document_type == document.__tablename__, task.document_id == document.id, task.status == DONE,
        task.approval["hash"].as_string() == content.digest(content.of(document)),
        sa.func.coalesce(task.asked[("rule", "decision")].as_string(), table) == table,
    )  # fmt: skip
    return session().scalar(statement.order_by(task.id.desc()).limit(1))
