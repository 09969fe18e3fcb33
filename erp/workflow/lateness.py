"""Tell people that a task of theirs is late: whoever has it, else everybody who may do it; once."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from erp import clock
from erp.access import CUSTOMER
from erp.data.base import session, transaction
from erp.data.organisation import each_tenant
from erp.documents.types import declared
from erp.jobs.marks import every
from erp.notifications import notify
from erp.people import absences
from erp.workflow import candidates
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
    able = {each.id for each in candidates.able(task)}
    stand_ins = {each.stand_in_id for each in absences.of(able) if each.is_now and each.stand_in_id is not None}
    for member_id in sorted(able | stand_ins):
        notify(
            member_id, "task_overdue", subject=(task.document_type, task.document_id), url=f"/inbox/{task.id}",
            key=f"overdue:{task.id}", task=task.name, document=task.title,
        )  # fmt: skip
