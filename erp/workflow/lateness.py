"""Tell people that a task of theirs is late: whoever has it, else everybody of its role; once."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from erp import clock
from erp.access import CUSTOMER, members_with
from erp.data.base import session, transaction
from erp.data.organisation import each_tenant
from erp.documents.types import declared
from erp.jobs.marks import every
from erp.notifications import notify
from erp.workflow.models import OPEN, WorkflowTask

LOOKED_BACK = timedelta(days=1)
"""A task that became late longer ago is old news: it was told then, or nobody was running."""
AT_ONCE = 500
"""Tasks of one look; the next comes soon."""


@every(timedelta(minutes=5))
def tell_late() -> None:
    """Look for tasks that have become late, company by company."""
    for _tenant in each_tenant():
        with transaction():
            for task in _late():
                _tell(task)


def _late() -> list[WorkflowTask]:
    now = clock.now()
    statement = sa.select(WorkflowTask).where(
        WorkflowTask.status == OPEN,
        WorkflowTask.due_at < now,
        WorkflowTask.due_at > now - LOOKED_BACK,
        WorkflowTask.role != CUSTOMER,
        WorkflowTask.document_type.in_(sorted(declared())),
    )
    return list(session().scalars(statement.order_by(WorkflowTask.due_at).limit(AT_ONCE)))


def _tell(task: WorkflowTask) -> None:
    able = [task.assignee_id] if task.assignee_id is not None else [each.id for each in members_with(task.role)]
    for member_id in able:
        notify(
            member_id, "task_overdue", subject=(task.document_type, task.document_id), url=f"/inbox/{task.id}",
            key=f"overdue:{task.id}", task=task.name, document=task.title,
        )  # fmt: skip
