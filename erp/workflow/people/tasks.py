"""The inbox: user tasks opened and closed by steps, claimed, released and delegated by people."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from erp import clock, context
from erp.access import Member, has_role, role_name, seen_as
from erp.data import prepared
from erp.data.base import session
from erp.documents.base import Document
from erp.documents.types import declared
from erp.errors import Conflict, Forbidden, NotFound
from erp.i18n import _, format_inside, format_number
from erp.notifications import notify
from erp.people import absences
from erp.people.absences import Away
from erp.workflow import definitions, history, office_hours
from erp.workflow.diagrams.timing import parse_duration
from erp.workflow.models import DONE, DROPPED, HELD_STATES, OPEN, WorkflowInstance, WorkflowTask
from erp.workflow.people import approvals, candidates

if TYPE_CHECKING:
    from erp.workflow.diagrams.diagram import Element
    from erp.workflow.engine import Changes, UserTask
    from erp.workflow.steps import Step


class DoneAlready(Conflict):
    """Somebody else has done this step already."""

    code = "done_already"


def write(step: Step, changes: Changes) -> list[WorkflowTask]:
    """Close and open inbox rows as the step's changes say; the approvals among the new ones."""
    for status, is_completed in ((DONE, True), (DROPPED, False)):
        tokens = [str(closed.id) for closed in changes.closed if closed.is_completed is is_completed]
        if tokens:
            _close(tokens, status, sorted(set(step.doers)) if is_completed else [])
    # bodies of a repetition are due together
    due = {each.id: _due(step.document, each) for each in {t.element.id: t.element for t in changes.opened}.values()}
    rows = [_row(step, opened, due[opened.element.id]) for opened in changes.opened]
    session().add_all(rows)
    return [row for row in rows if row.approval is not None]


def _close(tokens: list[str], status: str, doers: list[int]) -> None:
    acting = context.current()
    told = {"becomes": status, "by_name": acting.name, "by_ids": doers, "at": clock.now()}
    prepared.run(_closing(), {"own": acting.tenant_id, "tokens": tokens, **told})


@cache
def _closing() -> sa.Update:
    table, given = cast("sa.Table", WorkflowTask.__table__), sa.bindparam
    these = table.c.token == sa.any_(given("tokens", type_=ARRAY(sa.Text)))
    statement = sa.update(table).where(table.c.tenant_id == given("own"), these, table.c.status == OPEN)
    told = {"status": "becomes", "closed_at": "at", "closed_by": "by_name", "closed_by_ids": "by_ids"}
    return statement.values({column: given(name) for column, name in told.items()})


def _row(step: Step, opened: UserTask, due_at: datetime | None) -> WorkflowTask:
    element, document = opened.element, step.document
    asking = approvals.describe if element.is_approval else candidates.describe
    return WorkflowTask(
        instance_id=step.row.id,
        token=str(opened.id),
        process="" if opened.place.is_top else opened.place.process,
        scope="/".join(opened.place.scope),
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
        **{"due_at": due_at, **asking(step, element, opened.id)},
    )


def _due(document: Document, element: Element) -> datetime | None:
    if not element.due:
        return None
    duration, now = parse_duration(element.due), clock.now()
    return office_hours.of(document).after(now, duration) if element.is_business else duration.after(now)


def _mine() -> sa.ColumnElement[bool]:
    """What the actor may do; nothing of a plugin that takes no part."""
    return sa.and_(WorkflowTask.document_type.in_(sorted(declared())), candidates.mine())


def inbox(limit: int = 200) -> list[WorkflowTask]:
    """What the actor can do now, the earliest due first."""
    statement = sa.select(WorkflowTask).where(_mine()).order_by(WorkflowTask.due_at.asc().nulls_last(), WorkflowTask.id)
    return list(session().scalars(statement.limit(limit)))


def waiting() -> sa.ScalarSelect[int]:
    """How many tasks wait for the actor, at most 1,000: a column of any statement."""
    inner = sa.select(WorkflowTask.id).where(_mine()).limit(1000).subquery()
    return sa.select(sa.func.count(inner.c.id)).scalar_subquery()


def count() -> int:
    """How many tasks wait for the actor, at most 1,000."""
    return session().scalar(sa.select(waiting())) or 0


def open_of(document_type: str, document_ids: list[int]) -> list[WorkflowTask]:
    """The open tasks of documents; who has them and since when."""
    return list(session().scalars(_open_of(document_type, document_ids)))


def with_open(task: WorkflowTask) -> list[WorkflowTask]:
    """A task and the open ones of its document, all as they are now."""
    told = {"of": task.document_type, "document": task.document_id, "task": task.id}
    return list(session().scalars(_with_open(), told))


@cache
def _with_open() -> sa.Select[WorkflowTask]:
    given = sa.bindparam
    statement = sa.select(WorkflowTask).where(
        WorkflowTask.document_type == given("of"), WorkflowTask.document_id == given("document"),
        sa.or_(WorkflowTask.status == OPEN, WorkflowTask.id == given("task")),
    )  # fmt: skip
    return statement.order_by(WorkflowTask.id).execution_options(populate_existing=True)


class Place(NamedTuple):
    """What a list says of an open task: whose it is, since when, and whether its process is suspended."""

    document_id: int
    name: str
    role: str
    candidates: list[str] | None
    asked: dict[str, Any]
    assignee_id: int | None
    assignee: str
    claimed_at: datetime | None
    opened_at: datetime
    due_at: datetime | None
    held: bool


def places_of(document_type: str, document_ids: list[int]) -> list[Place]:
    """The open tasks of documents for a list, no more of each than says where it is."""
    of_task = [getattr(WorkflowTask, name) for name in Place._fields[:-1]]
    held = WorkflowInstance.status.in_(sorted(HELD_STATES))
    there = _open_of(document_type, document_ids).join(
        WorkflowInstance, WorkflowInstance.id == WorkflowTask.instance_id
    )
    return [Place._make(row) for row in session().execute(there.with_only_columns(*of_task, held))]


def _open_of(document_type: str, document_ids: list[int]) -> sa.Select[WorkflowTask]:
    statement = sa.select(WorkflowTask).where(
        WorkflowTask.document_type == document_type,
        WorkflowTask.document_id.in_(document_ids),
        WorkflowTask.status == OPEN,
    )
    return statement.order_by(WorkflowTask.id)


def drop_open_again(instance: WorkflowInstance) -> None:
    """Close what waited to be approved once more: the process is over."""
    session().execute(
        sa.update(WorkflowTask)
        .where(WorkflowTask.instance_id == instance.id, WorkflowTask.status == OPEN)
        .values(status=DROPPED, closed_at=clock.now(), closed_by=context.current().name)
        .execution_options(synchronize_session=False)
    )


def get(task_id: int) -> WorkflowTask:
    """A task; raises NotFound."""
    if (found := session().get(WorkflowTask, task_id)) is None:
        raise NotFound
    return found


def is_for_me(task: WorkflowTask) -> bool:
    """Whether a task is the actor's to do: as a candidate, for one who is away, or as the diagram's stand-in."""
    if candidates.is_trusted() or candidates.standing_for(task) is not None:
        return True
    if task.candidates is not None or task.excluded:
        return False
    # the counter for a customer who phones
    stand_in = element_of(task).properties.get("stand_in", "").strip()
    return bool(stand_in) and has_role(stand_in)


def element_of(task: WorkflowTask) -> Element:
    """The task as it is drawn in the version its document runs."""
    instance = session().get_one(WorkflowInstance, task.instance_id)
    published = definitions.published(instance.definition_id)
    return published.diagrams[task.process or published.key].elements[task.element]


def done_for(task: WorkflowTask) -> Away | None:
    """The absence of the colleague for whom the actor would do the task; None for their own."""
    if candidates.is_trusted():
        return None
    if task.for_id is not None and task.assignee_id == context.current().member_id:
        return next((each for each in absences.stood_in_for() if each.member_id == task.for_id), None)
    found = candidates.standing_for(task)
    return found.away if found is not None else None


def name_for(away: Away | None) -> str:
    """How history calls the actor who does something for a colleague who is away: `Peter Otieno for Anne Njeri`."""
    own = context.current().name
    return own if away is None else f"{own} for {away.name}"[:200]


def doers(away: Away | None) -> list[int]:
    """The acting member, and whom they stand in for."""
    found = [context.current().member_id, away.member_id if away is not None else None]
    return [each for each in found if each is not None]


def may_do(task: WorkflowTask) -> bool:
    """Whether the actor may complete this task now."""
    if task.status != OPEN or not is_for_me(task):
        return False
    return candidates.is_trusted() or not is_claimed_by_another(task)


def is_claimed_by_another(task: WorkflowTask) -> bool:
    """Whether a colleague has it who is here."""
    here = {context.current().member_id, None, *(each.member_id for each in absences.stood_in_for())}
    return task.assignee_id not in here


def require_open(task: WorkflowTask) -> None:
    """Raise DoneAlready, saying who and when, unless the task is open; Forbidden unless the actor may do it."""
    if task.status == DONE:
        who = task.closed_by or _("The system")
        when = format_inside(task.closed_at)
        raise DoneAlready(_("%(who)s has already done “%(task)s”: %(when)s.", who=who, task=task.name, when=when))
    if task.status == DROPPED:
        raise DoneAlready(_("“%(task)s” is no longer needed: the process went another way.", task=task.name))
    if not is_for_me(task):
        raise Forbidden(why_not(task))
    if not may_do(task):
        raise Conflict(_("%(who)s has claimed “%(task)s”.", who=task.assignee, task=task.name))


def why_not(task: WorkflowTask) -> str:
    """Why a task is not the actor's, in a sentence."""
    ids = {context.current().member_id, *(each.member_id for each in absences.stood_in_for())}
    if ids & set(task.excluded or ()):
        return _(
            "“%(task)s” is not for you: nobody does it for a document of their own, or of whom they stand in for.",
            task=_(task.name),
        )
    return _("“%(task)s” is for %(who)s.", task=_(task.name), who=for_whom(task))


def for_whom(task: WorkflowTask | Place) -> str:
    """Who may do a task, in words: its role, or the roles and colleagues the diagram names."""
    return _(", ").join(_names(task))


def for_whom_first(task: WorkflowTask) -> str:
    """The same where there is little room: the first of them, and how many more."""
    names = _names(task)
    if len(names) < 2:
        return "".join(names)
    return _("%(who)s +%(count)s", who=names[0], count=format_number(len(names) - 1))


def _names(task: WorkflowTask | Place) -> list[str]:
    keys = task.candidates if task.candidates is not None else [task.role]
    names = task.asked.get("names", {})
    return [names.get(key) or role_name(key) for key in keys]


def who_has(task: WorkflowTask) -> str:
    """Who has a task, else who may do it."""
    return task.assignee or for_whom(task)


def locked(task_id: int) -> tuple[WorkflowTask, WorkflowInstance]:
    """A task and its instance, both locked by one statement; raises NotFound."""
    if (found := session().execute(_locking(), {"task": task_id}).first()) is None:
        raise NotFound
    return found[0], found[1]


@cache
def _locking() -> sa.Select[WorkflowTask, WorkflowInstance]:
    """The task `task` and its instance; every step begins with it, so it is put together once."""
    statement = (
        sa.select(WorkflowTask, WorkflowInstance)
        .join(WorkflowInstance, WorkflowInstance.id == WorkflowTask.instance_id)
        .where(WorkflowTask.id == sa.bindparam("task"))
    )
    return statement.with_for_update().execution_options(populate_existing=True)


def claim(task_id: int) -> WorkflowTask:
    """Take a task for oneself, or for a colleague who is away."""
    task, instance = locked(task_id)
    require_open(task)
    _require_single(task)
    acting, away = context.current(), done_for(task)
    _assign(task, acting.member_id, acting.name)
    task.for_id = away.member_id if away is not None else None
    history.about(instance, task, "claimed", **({"for": away.name} if away is not None else {}))
    return task


def release(task_id: int) -> WorkflowTask:
    """Give a claimed task back to whoever may do it."""
    task, instance = locked(task_id)
    require_open(task)
    _require_single(task)
    _assign(task, None, "")
    history.about(instance, task, "released")
    return task


def delegate(task_id: int, member_id: int, note: str = "") -> WorkflowTask:
    """Hand a task to a colleague who may do it, with a note; raises NotFound, or Forbidden for who may not."""
    task, instance = locked(task_id)
    require_open(task)
    member, acting = receiver(task, member_id), context.current()
    if task.approval is not None:
        with context.acting(name=name_for(away := done_for(task))):
            approvals.hand_on(task, instance, member, away, note)
        tell_given(task, member)
        return task
    _assign(task, member.id, member.name)
    task.given_by_id, task.given_by, task.note = acting.member_id, acting.name, note.strip()[:400]
    history.about(instance, task, "delegated", to=member.name, note=task.note)
    tell_given(task, member)
    return task


def _assign(task: WorkflowTask, member_id: int | None, name: str) -> None:
    task.assignee_id, task.assignee = member_id, name
    task.claimed_at = clock.now() if member_id is not None else None
    task.for_id = task.given_by_id = None
    task.given_by = task.note = ""


def _require_single(task: WorkflowTask) -> None:
    if task.approval is not None:
        raise Conflict(_("Several people decide “%(task)s”: nobody takes it for themselves.", task=_(task.name)))


def receiver(task: WorkflowTask, member_id: int) -> Member:
    """The colleague a task may be handed to; raises NotFound, or Forbidden saying why not."""
    member = session().get(Member, member_id)
    if member is None or not member.is_active:
        raise NotFound(_("There is no such colleague."))
    if not candidates.may_be_given(task, member):
        raise Forbidden(
            _("%(who)s cannot be given “%(task)s”: it is for %(role)s.",
              who=member.name, task=_(task.name), role=for_whom(task))
        )  # fmt: skip
    if not _is_reached_by(member, task):
        raise Forbidden(
            _("%(who)s does not reach this document: it belongs to another branch or a rule hides it.", who=member.name)
        )
    return member


def tell_given(task: WorkflowTask, member: Member) -> None:
    """Tell a colleague that a task is theirs now."""
    notify(
        member.id, "task_delegated", subject=(task.document_type, task.document_id), url=f"/inbox/{task.id}",
        who=context.current().name, task=task.name, document=task.title, excerpt=task.note,
    )  # fmt: skip


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
