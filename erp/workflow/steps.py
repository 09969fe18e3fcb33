"""The step: one transaction moves one instance to its next waits and writes everything that follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from erp import clock, context, logs
from erp.data.base import before_commit, session
from erp.documents import numbers
from erp.documents.base import Document
from erp.documents.types import declared, document_type
from erp.errors import Conflict, NotFound, PluginAway
from erp.forms import Form
from erp.i18n import _
from erp.jobs import outbox
from erp.jobs.models import Job
from erp.workflow import actions, beginning, definitions, engine, history
from erp.workflow.actions import Call, document_name
from erp.workflow.definitions import Published
from erp.workflow.document_names import Naming
from erp.workflow.engine import Changes, RequestedCall, SetTimer
from erp.workflow.errors import Suspended
from erp.workflow.hosting import StepHost
from erp.workflow.messaging import subscriptions
from erp.workflow.models import (
    DONE,
    ENDED,
    LIVE,
    OPEN,
    RESUMING,
    RUNNING,
    WorkflowIncident,
    WorkflowInstance,
    WorkflowTask,
)
from erp.workflow.people import approvals, reopening, tasks

CALL, TIMER = "workflow.call", "workflow.timer"


@dataclass
class Step(Naming):
    """An instance locked, loaded and on its way to the next waits."""

    row: WorkflowInstance
    document: Document
    published: Published
    run: engine.Instance
    doers: Sequence[int] = ()
    """The members who complete a task in this step, and those they stand in for."""
    was_asked: bool = True
    """Whether somebody may have been asked to approve the document before this step."""
    is_new: bool = False
    """Whether the process begins with it."""

    def values(self, token: Any) -> Mapping[str, Any]:
        """Process data as a waiting task sees it; raises NotWaiting."""
        return self.run.values(token)

    def ruled(self) -> Sequence[Mapping[str, Any]]:
        """What tables answered in this step, the newest first."""
        return [each.values for each in reversed(self.run.changes.events) if each.kind == "ruled"]


@dataclass(frozen=True)
class Beginning:
    """How a process begins: at which start event ("" is the plain one), with what in it, and what is told of it."""

    at: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    told: Mapping[str, Any] = field(default_factory=dict)


BY_HAND = Beginning()


def start(document: Document, how: Beginning = BY_HAND) -> WorkflowInstance | None:
    """Start the document's process in this transaction; None where its type has none. Raises NoStart."""
    kind = document.__tablename__
    published = definitions.live(kind)
    if published is None:
        return None
    row = beginning.new(published.id, document)
    known, host = {**how.values, "document_id": document.id}, StepHost(document, published, row)
    run = engine.Instance.start(published.spec, known, host, how.at, how.told)
    if not beginning.is_written(row):
        row.snapshot, row.events = run.snapshot(), len(run.changes.events)
        beginning.insert(row)
    write(Step(row, document, published, run, was_asked=False, is_new=True))
    return row


def begin(document: Document, how: Beginning = BY_HAND) -> None:
    """Start the document's process, if its type has one."""
    start(document, how)


def opened(instance_id: int, *, held: bool = False) -> Step:
    """Lock and load a running instance; raises NotFound, or Conflict when it is over.

    One that is suspended is loaded only for whoever looks after it (`held`); else Suspended is raised.
    """
    statement = sa.select(WorkflowInstance).where(WorkflowInstance.id == instance_id).with_for_update()
    row = session().scalar(statement.execution_options(populate_existing=True))
    if row is None:
        raise NotFound
    return load(row, held=held)


def load(row: WorkflowInstance, *, held: bool = False) -> Step:
    """The step of an instance that is locked already; raises as `opened`."""
    logs.add(instance=row.id)
    if row.status not in LIVE:
        raise Conflict(_("The process of this document is over."))
    if row.status != RUNNING and not held:
        raise Suspended(why_held(row))
    if row.document_type not in declared():
        raise PluginAway
    published = definitions.published(row.definition_id)
    document, was_asked = lock_document(row, asks=published.has_approvals)
    run = engine.Instance.load(published.spec, row.snapshot, StepHost(document, published))
    return Step(row, document, published, run, was_asked=was_asked)


def lock_document(row: WorkflowInstance, *, asks: bool = False) -> tuple[Document, bool]:
    """The document of a locked instance, locked and as it is now; with `asks`, whether approvals of it were asked."""
    cls = document_type(row.document_type).cls
    document, was_asked = session().execute(_locking(cls, asks=asks), {"document": row.document_id}).one()
    assert isinstance(document, Document)
    return document, was_asked


@cache
def _locking(cls: Any, *, asks: bool) -> sa.Select[Any, bool]:
    """Put together once; not session.get(): with a lock it refuses a row that was read before somebody else's step."""
    was_asked = reopening.was_asked(cls) if asks else sa.false()
    statement = sa.select(cls, was_asked).where(cls.id == sa.bindparam("document"))
    return statement.with_for_update(of=cls).execution_options(populate_existing=True)


def why_held(row: WorkflowInstance) -> str:
    """Who suspended an instance and why, in a sentence."""
    if row.status == RESUMING:
        return _("The process is catching up on what came while it was suspended. Try again in a moment.")
    said = _("%(who)s has suspended this process: “%(reason)s”.", who=row.held_by, reason=row.held_reason)
    return " ".join((said, _("Nothing moves until it is resumed.")))


def write(step: Step) -> None:
    """Run to the next waits and write what follows: state, tasks, timers, calls, messages, events, snapshot."""
    subscriptions.settle(step)
    changes = step.run.changes
    history.pass_milestones(step, changes)
    asked = tasks.write(step, changes)
    _write_timers(step, changes)
    _write_calls(step, changes)
    subscriptions.write(step, changes)
    for job in subscriptions.thrown(step, changes):
        _leave(step, job)
    history.append(step, changes)
    for approval in asked:
        session().flush()
        approvals.opened(step.row, approval)
    if changes.ended:
        step.row.status, step.row.ended_at = ENDED, clock.now()
    step.row.snapshot = step.run.snapshot()
    if not step.is_new:
        step.row.lock_version += 1
    session().flush()
    if asked or (step.published.has_approvals and step.was_asked):
        _settle_approvals(step)


def _settle_approvals(step: Step) -> None:
    """What the step changed of the document may be what somebody has voted on."""
    if step.row.status in LIVE:
        reopening.look_again(step.document)
    else:
        tasks.drop_open_again(step.row)


def _write_timers(step: Step, changes: Changes) -> None:
    outbox.cancel_like(
        [f"timer:{token}:" for token in (*changes.timers_cleared, *(timer.id for timer in changes.timers_set))]
    )
    drop_incidents(step.row, (*changes.timers_cleared, *changes.unsubscribed))
    for timer in changes.timers_set:
        set_timer(step, timer)


def timer_key(timer: SetTimer) -> str:
    """Under which key a timer's job is kept."""
    return f"timer:{timer.id}:{timer.due.timestamp():.0f}"


def set_timer(step: Step, timer: SetTimer) -> None:
    """Leave the job behind that fires a timer."""
    request = {"token": str(timer.id), "element": timer.place.element_id}
    _leave(step, Job(kind=TIMER, key=timer_key(timer), request=request, due_at=timer.due))


def drop_incidents(row: WorkflowInstance, tokens: Sequence[UUID] | None = None) -> None:
    """Close the incidents at tokens that wait no more, or all of an instance: nobody need decide now."""
    if tokens is not None and not tokens:
        return
    mine = sa.and_(WorkflowIncident.instance_id == row.id, WorkflowIncident.status == OPEN)
    if tokens is not None:
        mine &= WorkflowIncident.token.in_([str(token) for token in tokens])
    session().execute(
        sa.update(WorkflowIncident)
        .where(mine)
        .values(status=DONE, resolution="dropped", closed_at=clock.now(), closed_by=context.current().name)
    )


def drop_calls(step: Step, changes: Changes) -> None:
    """Take back the calls nobody waits for any more; an incident of one needs no decision now."""
    outbox.cancel_like([f"call:{token}:" for token in changes.calls_cancelled])
    drop_incidents(step.row, changes.calls_cancelled)


def _write_calls(step: Step, changes: Changes) -> None:
    drop_calls(step, changes)
    name = context.current().name
    for wanted in changes.calls_requested:
        # what is sent may speak of a gapless number, and those are given last
        before_commit(partial(_request, step, wanted, name), order=numbers.LAST + 1)


def _request(step: Step, wanted: RequestedCall, name: str) -> None:
    entry = actions.find(wanted.action)
    assert entry.call is not None
    call = entry.call(step.document, actions.typed(entry, wanted.parameters))
    with context.whole(), context.acting(name=name):
        request = {
            "token": str(wanted.id),
            "element": wanted.place.element_id,
            "action": entry.name,
            "parameters": history.plain(dict(wanted.parameters)),
            "request": call.request(),
        }
        key = f"call:{wanted.id}:"
        due = Job(kind=CALL, key=key, request=request, due_at=clock.now(), queue=call.queue, max_attempts=call.attempts)
        _leave(step, due)


def _leave(step: Step, job: Job) -> None:
    """Leave a job of this instance behind."""
    job.request = {"instance": step.row.id, **job.request}
    job.subject, job.subject_id = step.row.document_type, step.row.document_id
    outbox.put(job)


def lock(instance_id: int) -> str:
    """Lock an instance without loading it, and say its state; everything else of a step is locked after it."""
    statement = sa.select(WorkflowInstance.status).where(WorkflowInstance.id == instance_id)
    return session().scalar(statement.with_for_update()) or ""


def form_of(task: WorkflowTask) -> Form:
    """The form pinned to the version the task's instance runs; empty where the task has none."""
    instance = session().get_one(WorkflowInstance, task.instance_id)
    published = definitions.published(instance.definition_id)
    cls = document_type(task.document_type).cls
    document: Any = session().get_one(cls, task.document_id) if task.approval is not None else None
    return form_in(published, task, document)


def form_in(published: Published, task: WorkflowTask, document: Document | None) -> Form:
    """The form of a task in the version its instance runs; an approval asks about its document."""
    if task.approval is not None and document is not None:
        return approvals.form(task, document)
    return published.forms.get(task.form) or Form(task.form)


def finish(step: Step, token: str, answers: Mapping[str, Any], *, doers: Sequence[int] = ()) -> Step:
    """Complete a user task of an opened step and go on to the next waits; `doers` are the members who did it."""
    step.doers = doers
    step.run.complete(UUID(token), answers)
    write(step)
    return step


def fire(instance_id: int, token: str) -> None:
    """A timer is due."""
    with context.acting(name=""):
        step = opened(instance_id)
        step.run.fire(UUID(token))
        write(step)


def answered(job: Job, answer: Any) -> None:
    """Record a call's answer and go on; runs exactly once, in the step that completes the task."""
    with context.acting(name=""):
        step = opened(job.request["instance"])
        entry = actions.find(job.request["action"])
        assert entry.call is not None
        call: Call = entry.call.__new__(entry.call)
        setattr(call, document_name(entry.call), step.document)
        for name, value in actions.typed(entry, job.request["parameters"]).items():
            setattr(call, name, value)
        result = call.record(answer)
        step.run.answer(UUID(job.request["token"]), result)
        write(step)


def failed(job: Job, code: str, message: str) -> bool:
    """Send a call's error down its boundary path; False when the diagram does not catch it."""
    with context.acting(name=""):
        step = opened(job.request["instance"])
        caught = step.run.fail(UUID(job.request["token"]), code, message)
        if caught:
            write(step)
        return caught


def with_instance(document_type: str, document_ids: Sequence[int]) -> set[int]:
    """Those documents that have, or had, a process."""
    statement = sa.select(WorkflowInstance.document_id).where(
        WorkflowInstance.document_type == document_type, WorkflowInstance.document_id.in_(document_ids)
    )
    return set(session().scalars(statement))


def instance_of(document: Document) -> WorkflowInstance | None:
    """The document's newest instance."""
    statement = (
        sa.select(WorkflowInstance)
        .where(WorkflowInstance.document_type == document.__tablename__, WorkflowInstance.document_id == document.id)
        .order_by(WorkflowInstance.id.desc())
        .limit(1)
    )
    return session().scalar(statement)
