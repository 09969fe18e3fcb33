"""A running document goes to another version of its process, and back while nothing has happened since.

It keeps its data, its tasks with whoever has them, what is due when, and what it waits for. Forms, names and what an
open task may change come from the new version.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from erp import clock, context
from erp.data import audit
from erp.data.base import session
from erp.documents.types import declared
from erp.errors import Conflict, NotFound
from erp.i18n import _
from erp.jobs import outbox
from erp.jobs.models import HELD as LAID_ASIDE
from erp.jobs.models import RUNNING as AT_WORK
from erp.jobs.models import WAITING, Job
from erp.workflow import engine, history, steps
from erp.workflow.definitions import Published
from erp.workflow.messaging import subscriptions
from erp.workflow.migration import judging
from erp.workflow.migration.judging import MOVABLE, Facts, Wish
from erp.workflow.migration.mapping import ElementMap
from erp.workflow.migration.obstacles import Obstacle, obstacle
from erp.workflow.models import (
    LIVE,
    OPEN,
    WorkflowEvent,
    WorkflowInstance,
    WorkflowMigration,
    WorkflowSubscription,
    WorkflowTask,
    WorkflowVote,
)  # fmt: skip
from erp.workflow.people import approvals, reopening
from erp.workflow.steps import Step

STAFF = ("role", "candidates", "branch_id", "excluded", "asked", "approval", "voted")
"""What says who does a task."""
DRAWN = ("process", "scope", "element", "name", "icon", "form", "edits")
"""What a task has of its element."""
NOBODY: Mapping[str, Any] = {
    "candidates": None, "branch_id": None, "excluded": [], "asked": {}, "approval": None, "voted": []
}  # fmt: skip
"""What they say where a version says nothing."""
MOMENTS = ("due_at", "remind_at")
"""What was promised stays, whatever the new version says."""
HELD = ("assignee_id", "assignee", "for_id", "given_by_id", "given_by", "note")
"""Who has it; let go only by what becomes an approval."""


class CannotMove(Conflict):
    """The document cannot go to that version; `detail["obstacles"]` says why."""

    code = "cannot_move"

    def __init__(self, found: Sequence[Obstacle]) -> None:
        self.obstacles = tuple(found)
        told = [{"code": each.code, "element": each.element, "message": each.message} for each in found]
        super().__init__(" ".join(each.message for each in found), detail={"obstacles": told})


def move(instance_id: int, wish: Wish) -> WorkflowMigration:
    """Take a locked step of its own: judge again, and go; raises CannotMove, or NotFound."""
    row = _locked(instance_id)
    if row.document_type in declared():
        steps.lock_document(row)
    verdict = judging.verdict(row, Facts.of([row]), wish)
    if verdict.moved is None:
        raise CannotMove(verdict.obstacles)
    before = steps.load(row, held=True)
    _forget_earlier(row.id)
    plan = ElementMap(before.published.diagrams, wish.target.diagrams, wish.chosen)
    waits = _timers(before.run)
    kept = WorkflowMigration(
        instance_id=row.id, from_id=row.definition_id, to_id=wish.target.id, snapshot=row.snapshot,
        chosen={key: dict(some) for key, some in wish.chosen.items()}, reason=wish.reason[:400], lock_version=0,
        state=before.document.state or "", passed_states=list(before.document.passed_states or []),
        moved_by=context.current().name,
    )  # fmt: skip
    row.definition_id = wish.target.id
    step = Step(row, before.document, wish.target, verdict.moved)
    kept.tasks = _retask(step, plan)
    _rename_states(step, plan)
    _reset_timers(step, waits)
    _resubscribe(step)
    history.append(step, step.run.changes)
    _tell_places(before, step)
    _close(step, "migrated", before.published, wish.reason)
    kept.lock_version = row.lock_version
    session().add(kept)
    session().flush()
    return kept


def put_back(move_id: int) -> WorkflowMigration:
    """Bring a document back to the version it was moved from; raises CannotMove once it has gone on, or NotFound."""
    kept = session().get(WorkflowMigration, move_id)
    if kept is None:
        raise NotFound
    row = _locked(kept.instance_id)
    session().refresh(kept, with_for_update=True)
    _require_untouched(row, kept)
    left = steps.load(row, held=True)
    waits = _timers(left.run)
    row.definition_id, row.snapshot = kept.from_id, kept.snapshot
    step = steps.load(row, held=True)
    for task in session().scalars(sa.select(WorkflowTask).where(WorkflowTask.id.in_([int(id_) for id_ in kept.tasks]))):
        for name, value in kept.tasks[str(task.id)].items():
            setattr(task, name, value)
        task.remind_at = task.remind_at if task.approval is not None else None
    if (step.document.state or "") != kept.state:
        step.document.state = kept.state
    step.document.passed_states = list(kept.passed_states)
    _reset_timers(step, waits)
    _resubscribe(step)
    _tell_places(left, step)
    _close(step, "migrated_back", left.published, "")
    session().flush()
    reopening.look_again(step.document)  # it may have been changed while it stood there
    kept.undone_at = clock.now()
    session().flush()
    return kept


def _forget_earlier(instance_id: int) -> None:
    """Nothing goes back behind the last move: what earlier ones kept is dropped."""
    earlier = sa.update(WorkflowMigration).where(WorkflowMigration.instance_id == instance_id)
    session().execute(earlier.values(snapshot=b"", tasks={}).execution_options(synchronize_session=False))


def _locked(instance_id: int) -> WorkflowInstance:
    statement = sa.select(WorkflowInstance).where(WorkflowInstance.id == instance_id).with_for_update()
    row = session().scalar(statement.execution_options(populate_existing=True))
    if row is None:
        raise NotFound
    return row


def _require_untouched(row: WorkflowInstance, kept: WorkflowMigration) -> None:
    if row.status not in MOVABLE:
        raise CannotMove([obstacle("is_over" if row.status not in LIVE else "is_resuming")])
    is_other = row.lock_version != kept.lock_version or row.definition_id != kept.to_id or kept.undone_at is not None
    voted = sa.select(WorkflowVote.id).join(WorkflowTask, WorkflowTask.id == WorkflowVote.task_id)
    since = voted.where(WorkflowTask.instance_id == row.id, WorkflowVote.at > kept.moved_at).limit(1)
    if is_other or session().scalar(since) is not None:
        last = sa.select(WorkflowEvent).where(WorkflowEvent.instance_id == row.id).order_by(WorkflowEvent.seq.desc())
        event = session().scalars(last.limit(1)).first()
        raise CannotMove(
            [obstacle("went_on", step=_(event.name) if event is not None and event.name else _("moved again"))]
        )


def _tell_places(before: Step, step: Step) -> None:
    """Write down what waits at an element of another name now."""
    places = {each.id: each.place for each in before.run.waits()}
    for each in step.run.waits():
        here = places.get(each.id)
        if here is not None and here.element_id != each.place.element_id:
            history.carried(step.row, here, each.place, str(each.id))


def _close(step: Step, kind: str, left: Published, reason: str) -> None:
    """Tell history and the audit, and keep the state."""
    row, versions = step.row, [left.number, step.published.number]
    told = {"from": versions[0], "to": versions[1], **({"reason": reason} if reason else {})}
    acting = context.current()
    history.note(step, kind, **told, **({"batch": acting.batch_id} if acting.batch_id else {}))
    audit.note(kind, row.document_type, row.document_id, item=reason, process_version=list(versions))
    row.snapshot = step.run.snapshot()
    row.lock_version += 1


# -- tasks -----------------------------------------------------------------------------------------------


def _retask(step: Step, plan: ElementMap) -> dict[str, dict[str, Any]]:
    """Bring the tasks in line with the new version; {id: what was changed, as it was}."""
    opened = {str(each.id): each for each in step.run.open_tasks()}
    kept: dict[str, dict[str, Any]] = {}
    mine = sa.select(WorkflowTask).where(WorkflowTask.instance_id == step.row.id).order_by(WorkflowTask.id)
    for task in session().scalars(mine.with_for_update().execution_options(populate_existing=True)):
        process = task.process or step.published.key
        before = {name: getattr(task, name) for name in (*DRAWN, *STAFF, *HELD)}
        if task.status == OPEN and task.token in opened:
            _reopen(step, plan, task, opened[task.token])
        elif name := plan.name(process, task.element) if process in plan.before else "":
            task.element = name  # what was done is found by what the new version calls it
        changed = {name: value for name, value in before.items() if getattr(task, name) != value}
        if changed:
            kept[str(task.id)] = changed
    return kept


def _reopen(step: Step, plan: ElementMap, task: WorkflowTask, opened: engine.UserTask) -> None:
    element, place = opened.element, opened.place
    old = plan.before[task.process or step.published.key].elements[task.element]
    was_approval = task.approval is not None
    task.process, task.scope = "" if place.is_top else place.process, "/".join(place.scope)
    task.element, task.name, task.icon = element.id, element.label, element.icon
    task.form, task.edits, task.role = element.form, list(element.edits), element.lane
    if not judging.has_other_people(old, element):
        return
    found = judging.staffing(step, element, opened.id)
    if task.assignee_id is not None and not element.is_approval:
        found = {name: value for name, value in found.items() if name not in (*HELD, "claimed_at")}
    fresh: dict[str, Any] = {
        "candidates": None,
        "branch_id": None,
        "excluded": [],
        "asked": {},
        "approval": None,
        "voted": [],
    }
    for name, value in {**fresh, **found}.items():
        if name != "due_at" or task.due_at is None:
            setattr(task, name, value)
    if element.is_approval:
        if not was_approval:
            task.assignee_id = task.for_id = task.given_by_id = task.claimed_at = None
            task.assignee = task.given_by = task.note = ""
        session().flush()
        approvals.opened(step.row, task)


def _rename_states(step: Step, plan: ElementMap) -> None:
    """A milestone that is called otherwise is passed under its new name."""
    document, key = step.document, step.published.key

    def name_of(state: str) -> str:
        return plan.name(key, state) if judging.has_milestone(plan, key, state) else state

    passed = list(dict.fromkeys(name_of(state) for state in document.passed_states or []))
    if passed != list(document.passed_states or []):
        document.passed_states = passed
    if document.state and name_of(document.state) != document.state:
        document.state = name_of(document.state)


# -- what it waits for -----------------------------------------------------------------------------------


def _timers(run: engine.Instance) -> set[str]:
    return {str(each.id) for each in run.timers()}


def _reset_timers(step: Step, before: set[str]) -> None:
    """Take back the timers nobody waits for any more, and set those that are new."""
    wanted = {str(each.id): each for each in step.run.timers()}
    outbox.cancel_like([f"timer:{token}:" for token in sorted(before - wanted.keys())])
    for timer in wanted.values():
        job = outbox.by_key(steps.timer_key(timer), lock=True)
        if job is None:
            steps.set_timer(step, timer)
        elif job.state not in {WAITING, AT_WORK, LAID_ASIDE}:
            _revive(job)
    session().flush()


def _revive(job: Job) -> None:
    job.state, job.finished_at, job.told_at, job.attempts, job.error = WAITING, None, None, 0, ""


def _resubscribe(step: Step) -> None:
    """Bring the rows of what is waited for in line; what has come before anybody waited is led on."""
    wanted = {str(each.id): each for each in step.run.subscriptions()}
    mine = sa.select(WorkflowSubscription).where(WorkflowSubscription.instance_id == step.row.id)
    known: Mapping[str, WorkflowSubscription] = {row.token: row for row in session().scalars(mine)}
    kept: set[str] = set()
    for token, row in known.items():
        each = wanted.get(token)
        if each is not None and (each.kind, each.name, each.key) == (row.kind, row.name, row.key):
            row.element = each.place.element_id
            kept.add(token)
        else:
            session().delete(row)
    session().flush()
    subscriptions.begin(step, [each for token, each in wanted.items() if token not in kept])
