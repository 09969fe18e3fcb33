"""How processes begin without a person: rows for messages and signals, a waiting job for a timer's next moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from erp import clock
from erp.data.base import session
from erp.jobs import outbox
from erp.jobs.models import CANCELLED, RUNNING, WAITING, Job
from erp.workflow.diagrams import exchange, timing
from erp.workflow.diagrams.diagram import Diagram
from erp.workflow.models import TAKEN, WorkflowMessage, WorkflowStart

BEGIN = "process.begin"
"""Kind of the job that makes the document whose process begins."""
TIMER = "timer"
MONTH = timedelta(days=30.4375)


def reconcile(process: str, diagram: Diagram, definition_id: int) -> None:
    """Bring rows and timers to what the newest version of a process draws; a timer left as it was keeps its rhythm."""
    drawn = {each.id: each for each in diagram.starts() if each.events}
    known = {
        row.element: row for row in session().scalars(sa.select(WorkflowStart).where(WorkflowStart.process == process))
    }
    for id_, row in known.items():
        if id_ not in drawn:
            _forget(row)
    for id_, element in drawn.items():
        kind = exchange.kind_of(element) or TIMER
        name = element.timer.text.strip() if element.timer is not None and kind == TIMER else element.channel
        before = known.get(id_)
        if before is not None and (before.kind, before.name) == (kind, name):
            before.definition_id = definition_id
            continue
        if before is not None:
            _forget(before)
        row = WorkflowStart(process=process, element=id_, kind=kind, name=name, definition_id=definition_id)
        session().add(row)
        session().flush()
        if kind == TIMER:
            schedule(row, clock.now())


def _forget(row: WorkflowStart) -> None:
    if row.kind == TIMER:
        outbox.cancel_like([_prefix(row)])
    session().delete(row)
    session().flush()


def named(kind: str, name: str) -> Sequence[WorkflowStart]:
    """The starts that a message or signal of this name begins, in order of their processes."""
    statement = sa.select(WorkflowStart).where(WorkflowStart.kind == kind, WorkflowStart.name == name)
    return session().scalars(statement.order_by(WorkflowStart.process, WorkflowStart.element)).all()


def find(process: str, element: str) -> WorkflowStart | None:
    """A start of the newest version of a process; None when it is not drawn any more."""
    statement = sa.select(WorkflowStart).where(WorkflowStart.process == process, WorkflowStart.element == element)
    return session().scalar(statement)


def leave(start: WorkflowStart, message: WorkflowMessage) -> None:
    """Leave a job that makes the document a message or signal begins."""
    message.status, message.taken_at = (TAKEN if message.kind == exchange.MESSAGE else message.status), clock.now()
    request = {"process": start.process, "element": start.element, "message": message.id}
    key = f"begun:{message.id}:{start.process}:{start.element}"
    outbox.put(Job(kind=BEGIN, key=key, request=request, due_at=clock.now()))


def schedule(start: WorkflowStart, after: datetime) -> None:
    """Leave the job of a timer's next moment after the given one; the same moment twice is one job."""
    due = next_due(start.name, start.since, after)
    if due is None:
        return
    key = f"{_prefix(start)}{due.timestamp():.0f}"
    known = outbox.by_key(key, lock=True)
    if known is None:
        request = {"process": start.process, "element": start.element, "due": due.isoformat()}
        outbox.put(Job(kind=BEGIN, key=key, request=request, due_at=due))
    elif known.state == CANCELLED:
        known.state, known.due_at, known.finished_at, known.told_at, known.attempts = WAITING, due, None, None, 0


def unscheduled() -> list[WorkflowStart]:
    """Timers whose next moment has no job: its last one failed for good, or was taken back."""
    prefix = sa.func.concat("begin:", WorkflowStart.process, ":", WorkflowStart.element, ":")
    pending = sa.exists().where(
        Job.kind == BEGIN, Job.state.in_((WAITING, RUNNING)), sa.func.starts_with(Job.key, prefix)
    )
    statement = sa.select(WorkflowStart).where(WorkflowStart.kind == TIMER, ~pending)
    return list(session().scalars(statement.order_by(WorkflowStart.id)))


def _prefix(start: WorkflowStart) -> str:
    return f"begin:{start.process}:{start.element}:"


def next_due(text: str, since: datetime, after: datetime) -> datetime | None:
    """The first moment of a date or repetition that lies after the given one; None when there is none any more."""
    if not text.startswith("R"):
        moment = timing.parse_moment(text)
        return moment if moment > after else None
    cycle = timing.parse_repetition(text)
    length = cycle.every.months * MONTH + cycle.every.rest
    fired = max(0, int((after - (cycle.start or since)) / length) - 2)
    while (due := cycle.due(since, fired)) <= after:
        fired += 1
    return due if cycle.count is None or fired < cycle.count else None
