"""Remind people of a task, and tell them that it is late: whoever has it, else everybody who may do it; once.

An approval that is late is escalated to whom its diagram names.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import orm

from erp import clock
from erp.access import CUSTOMER
from erp.data.base import session, transaction
from erp.data.organisation import each_tenant
from erp.documents.types import declared
from erp.jobs.marks import every
from erp.notifications import notify
from erp.people import absences
from erp.workflow.models import OPEN, RUNNING, WorkflowInstance, WorkflowTask
from erp.workflow.people import approvals, candidates, tasks

LOOKED_BACK = timedelta(days=1)
"""A task that became late longer ago is old news: it was told then, or nobody was running."""
AT_ONCE = 500
"""Tasks of one look; the next comes soon."""


@every(timedelta(minutes=5))
def tell_late() -> None:
    """Look for tasks that have become late, company by company."""
    for _tenant in each_tenant():
        with transaction():
            for task in _since(WorkflowTask.remind_at):
                _tell(task, "task_reminder", "remind")
            for task in _since(WorkflowTask.due_at):
                _tell(task, "task_overdue", "overdue")
                if task.approval is not None and task.approval["escalate_to"] and not task.approval.get("escalated"):
                    approvals.escalate(*tasks.locked(task.id))


def _since(moment: orm.InstrumentedAttribute[datetime | None]) -> list[WorkflowTask]:
    """Open tasks whose moment has come in the last day; not those of a process that is suspended."""
    now = clock.now()
    with_process = sa.select(WorkflowTask).join(WorkflowInstance, WorkflowInstance.id == WorkflowTask.instance_id)
    statement = with_process.where(
        WorkflowTask.status == OPEN,
        WorkflowInstance.status == RUNNING,
        moment < now,
        moment > now - LOOKED_BACK,
        sa.or_(WorkflowTask.role != CUSTOMER, WorkflowTask.candidates.is_not(None)),
        WorkflowTask.document_type.in_(sorted(declared())),
    )
    return list(session().scalars(statement.order_by(moment).limit(AT_ONCE)))


def _tell(task: WorkflowTask, kind: str, key: str) -> None:
    able = {each.id for each in candidates.able(task)}
    stand_ins = {each.stand_in_id for each in absences.of(able) if each.is_now and each.stand_in_id is not None}
    for member_id in sorted(able | stand_ins):
        notify(
            member_id, kind, subject=(task.document_type, task.document_id), url=f"/inbox/{task.id}",
            key=f"{key}:{task.id}", task=task.name, document=task.title,
        )  # fmt: skip
