"""The inbox: user tasks opened and closed by steps, claimed, released and delegated by people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from erp import clock, context
from erp.access import CUSTOMER, Member, has_role, plays, role_name, seen_as
from erp.data.base import session
from erp.documents.base import Document
from erp.documents.types import declared
from erp.errors import Conflict, Forbidden, NotFound
from erp.i18n import _, format_inside
from erp.notifications import notify
from erp.workflow import definitions
from erp.workflow.models import DONE, DROPPED, OPEN, WorkflowInstance, WorkflowTask
from erp.workflow.timing import parse_duration

if TYPE_CHECKING:
    from erp.workflow.engine import Changes, UserTask
    from erp.workflow.steps import Step


class DoneAlready(Conflict):
    """Somebody else has done this step already."""

    code = "done_already"


def write(step: Step, changes: Changes) -> None:
    """Close and open inbox rows as the step's changes say."""
    for status, is_completed in ((DONE, True), (DROPPED, False)):
        tokens = [str(closed.id) for closed in changes.closed if closed.is_completed is is_completed]
        if tokens:
            session().execute(
                sa.update(WorkflowTask)
                .where(WorkflowTask.token.in_(tokens), WorkflowTask.status == OPEN)
                .values(status=status, closed_at=clock.now(), closed_by=context.current().name)
                .execution_options(synchronize_session=False)
            )
    session().add_all(_row(step, opened) for opened in changes.opened)


def _row(step: Step, opened: UserTask) -> WorkflowTask:
    element, document = opened.element, step.document
    return WorkflowTask(
        instance_id=step.row.id,
        token=str(opened.id),
        element=element.id,
        name=element.label,
        icon=element.icon,
        role=element.lane,
        form=element.form,
        edits=list(element.edits),
        document_type=step.row.document_type,
        document_id=step.row.document_id,
        title=", ".join(part for part in (document.number, document.summary) if part)[:400],
        opened_at=clock.now(),
        due_at=parse_duration(element.due).after(clock.now()) if element.due else None,
    )


def _mine() -> sa.ColumnElement[bool]:
    """My tasks, and those of my roles nobody has claimed; none of a plugin that takes no part."""
    acting = context.current()
    return sa.and_(
        WorkflowTask.status == OPEN,
        WorkflowTask.document_type.in_(sorted(declared())),
        sa.or_(
            WorkflowTask.assignee_id == acting.member_id,
            sa.and_(WorkflowTask.assignee_id.is_(None), WorkflowTask.role.in_(sorted(acting.roles - {CUSTOMER}))),
        ),
    )


def inbox(limit: int = 200) -> list[WorkflowTask]:
    """What the actor can do now, the earliest due first."""
    statement = sa.select(WorkflowTask).where(_mine()).order_by(WorkflowTask.due_at.asc().nulls_last(), WorkflowTask.id)
    return list(session().scalars(statement.limit(limit)))


def count() -> int:
    """How many tasks wait for the actor, at most 1,000."""
    inner = sa.select(WorkflowTask.id).where(_mine()).limit(1000).subquery()
    return session().scalar(sa.select(sa.func.count()).select_from(inner)) or 0


def open_of(document_type: str, document_ids: list[int]) -> list[WorkflowTask]:
    """The open tasks of documents; who has them and since when."""
    statement = sa.select(WorkflowTask).where(
        WorkflowTask.document_type == document_type,
        WorkflowTask.document_id.in_(document_ids),
        WorkflowTask.status == OPEN,
    )
    return list(session().scalars(statement.order_by(WorkflowTask.id)))


def get(task_id: int) -> WorkflowTask:
    """A task; raises NotFound."""
    found = session().get(WorkflowTask, task_id)
    if found is None:
        raise NotFound
    return found


def is_for_me(task: WorkflowTask) -> bool:
    """Whether a task is the actor's to do: by role, by name, or as a stand-in the diagram names."""
    if has_role(task.role) or (task.assignee_id is not None and task.assignee_id == context.current().member_id):
        return True
    instance = session().get_one(WorkflowInstance, task.instance_id)
    element = definitions.published(instance.definition_id).diagram.elements.get(task.element)
    # the counter for a customer who phones
    stand_in = element.properties.get("stand_in", "").strip() if element is not None else ""
    return bool(stand_in) and has_role(stand_in)


def may_do(task: WorkflowTask) -> bool:
    """Whether the actor may complete this task now."""
    acting = context.current()
    if task.status != OPEN or not is_for_me(task):
        return False
    return task.assignee_id in {None, acting.member_id} or acting.source in {"system", "demo"}


def require_open(task: WorkflowTask) -> None:
    """Raise DoneAlready, saying who and when, unless the task is open; Forbidden unless the actor may do it."""
    if task.status == DONE:
        who = task.closed_by or _("The system")
        when = format_inside(task.closed_at)
        raise DoneAlready(_("%(who)s has already done “%(task)s”: %(when)s.", who=who, task=task.name, when=when))
    if task.status == DROPPED:
        raise DoneAlready(_("“%(task)s” is no longer needed: the process went another way.", task=task.name))
    if not is_for_me(task):
        raise Forbidden(_("“%(task)s” is for %(role)s.", task=task.name, role=role_name(task.role)))
    if not may_do(task):
        raise Conflict(_("%(who)s has claimed “%(task)s”.", who=task.assignee, task=task.name))


def _locked(task_id: int) -> WorkflowTask:
    found = session().get(WorkflowTask, task_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound
    return found


def claim(task_id: int) -> WorkflowTask:
    """Take a task of one's role for oneself."""
    task = _locked(task_id)
    require_open(task)
    acting = context.current()
    task.assignee_id, task.assignee, task.claimed_at = acting.member_id, acting.name, clock.now()
    return task


def release(task_id: int) -> WorkflowTask:
    """Give a claimed task back to its role."""
    task = _locked(task_id)
    require_open(task)
    task.assignee_id, task.assignee, task.claimed_at = None, "", None
    return task


def delegate(task_id: int, member_id: int) -> WorkflowTask:
    """Hand a task to a colleague who plays its role; raises NotFound, or Forbidden for who does not play it."""
    task = _locked(task_id)
    require_open(task)
    member = session().get(Member, member_id)
    if member is None or not member.is_active:
        raise NotFound(_("There is no such colleague."))
    if not plays(member.id, task.role):
        raise Forbidden(
            _("%(who)s cannot be given “%(task)s”: it is for %(role)s.",
              who=member.name, task=_(task.name), role=role_name(task.role))
        )  # fmt: skip
    if not _is_reached_by(member, task):
        raise Forbidden(
            _("%(who)s does not reach this document: it belongs to another branch or a rule hides it.", who=member.name)
        )
    task.assignee_id, task.assignee, task.claimed_at = member.id, member.name, clock.now()
    notify(
        member.id, "task_delegated", subject=(task.document_type, task.document_id), url=f"/inbox/{task.id}",
        who=context.current().name, task=task.name, document=task.title,
    )  # fmt: skip
    return task


def _is_reached_by(member: Member, task: WorkflowTask) -> bool:
    """Whether branches and rules let a colleague see the task."""
    theirs = seen_as(member.user_id, source="web")
    if theirs is None:
        return False
    with context.entered(theirs):
        return session().scalar(sa.select(WorkflowTask.id).where(WorkflowTask.id == task.id)) is not None


def open_task(document: Document, element: str = "") -> WorkflowTask | None:
    """The document's open task, or the one of this element."""
    found = open_of(document.__tablename__, [document.id])
    return next((task for task in found if not element or task.element == element), None)
