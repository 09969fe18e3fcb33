"""A document is changed while it is approved, or after: votes on what it said before count no more.

Where a table named who approves, it is asked anew for what the document is now.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from erp import clock, context
from erp.data.base import session
from erp.documents import content
from erp.documents.base import Document
from erp.documents.content import Difference
from erp.errors import Conflict
from erp.i18n import _
from erp.workflow import history
from erp.workflow.models import DONE, LIVE, OPEN, WorkflowInstance, WorkflowTask
from erp.workflow.people import approval_links, approvals, asked_anew
from erp.workflow.people.approvals import Outcome

SEATS = ("seats", "rule", "quorum", "ordered", "escalate_to", "drops")
"""What of an approval a table may give."""
STAYED = "stayed"
"""What of an approval is {hash: who was asked} of contents a vote made: their votes were cast on those seats."""
NOBODY = Outcome(approvals.APPROVED, "", ())
"""How an approval ends that is asked of nobody."""


def was_asked(cls: type[Document]) -> sa.Exists:
    """Whether there are approvals of a document, as a column beside it: while it is locked no others are asked for."""
    return sa.exists().where(
        WorkflowTask.document_type == cls.__tablename__, WorkflowTask.document_id == cls.id,
        WorkflowTask.approval.is_not(None), WorkflowTask.status.in_((OPEN, DONE)),
    )  # fmt: skip


def look_again(document: Document, *, voted: WorkflowTask | None = None) -> None:
    """After a document was changed: votes on what it said before count no more, also those that decided already.

    Where a vote changed it, the approval `voted` goes on with whom it asked: they may approve less.
    """
    statement = (
        sa.select(WorkflowTask, WorkflowInstance)
        .join(WorkflowInstance, WorkflowInstance.id == WorkflowTask.instance_id)
        .where(
            WorkflowTask.document_type == document.__tablename__, WorkflowTask.document_id == document.id,
            WorkflowTask.approval.is_not(None),
            WorkflowTask.status.in_((OPEN, DONE)), WorkflowInstance.status.in_(LIVE),
        )
        .order_by(WorkflowTask.id.desc())
        .with_for_update()
    )  # fmt: skip
    seen: set[tuple[str, str, str]] = set()
    for task, instance in session().execute(statement.execution_options(populate_existing=True)).all():
        place = (task.process, task.scope, task.element)
        if place not in seen:  # an earlier round of the same step was about an earlier content
            seen.add(place)
            _compare(task, instance, document, asks_anew=task is not voted)


def _compare(task: WorkflowTask, instance: WorkflowInstance, document: Document, *, asks_anew: bool) -> None:
    assert task.approval is not None
    said = content.of(document)
    now = content.digest(said)
    if now == task.approval["hash"] or (task.status == DONE and task.approval.get("outcome") != approvals.APPROVED):
        return
    before = task.approval["hash"]
    heard = approvals.votes(task)
    told = content.differences(document, task.approval["contents"][before], said)
    stayed = task.approval.get(STAYED, {})
    anew = (stayed.get(now) or asked_anew.columns(task, instance, document)) if asks_anew else None
    if not asks_anew:
        task.approval = {**task.approval, STAYED: {**stayed, now: _asked(task)}}
    elif anew:
        _ask(task, anew)
    task.approval = {
        **task.approval, "hash": now, "contents": {**task.approval["contents"], now: said},
        "seen": before if heard else task.approval.get("seen"),
        "changed_by": context.current().name, "changed_at": clock.now().isoformat(),
        "again": task.approval.get("again", False) or task.status == DONE,
    }  # fmt: skip
    outcome = approvals.count(task)
    if anew == {}:
        outcome = NOBODY
    if outcome is not None and task.approval["again"]:
        _closed(task, instance, outcome)
        return
    task.status = OPEN
    approval_links.revoke(task)
    history.about(instance, task, "reopened", votes=len(heard), changes=len(told))
    if anew:
        approvals.note_asked(instance, task)
    approvals.tell_asked(task, kind="approval_open_again" if heard else "approval_asked")


def _asked(task: WorkflowTask) -> dict[str, Any]:
    """Who is asked and why, to ask them once more."""
    seats = {name: (task.approval or {})[name] for name in SEATS}
    return {"approval": seats, "asked": task.asked, "excluded": task.excluded}


def _ask(task: WorkflowTask, anew: Mapping[str, Any]) -> None:
    """A table names others for what the document is now: who they are, until when, and why them."""
    assert task.approval is not None
    seats = {name: anew["approval"][name] for name in SEATS}
    task.approval = {**task.approval, **seats, "escalated": False}
    task.asked, task.excluded = anew["asked"], anew["excluded"]
    task.due_at = anew.get("due_at", task.due_at)


def _closed(task: WorkflowTask, instance: WorkflowInstance, outcome: Outcome) -> None:
    """What the document says now was decided before, or is asked of nobody: no vote is wanted any more."""
    approvals.decided(task, instance, outcome)
    approval_links.revoke(task)
    task.candidates = []
    task.status = DONE if outcome.outcome == approvals.APPROVED else OPEN


def changes(task: WorkflowTask, document: Document) -> list[Difference]:
    """What changed since somebody voted; nothing where all votes are about what stands there now."""
    assert task.approval is not None
    seen = task.approval.get("seen")
    if not seen or seen == task.approval["hash"]:
        return []
    contents = task.approval["contents"]
    return content.differences(document, contents[seen], contents[task.approval["hash"]])


def closed_again(task: WorkflowTask, outcome: Outcome) -> None:
    """A document that was approved before is decided once more: approved, it goes on; else it waits for a change."""
    task.candidates = []
    if outcome.outcome == approvals.APPROVED:
        task.status, task.closed_at, task.closed_by = DONE, clock.now(), context.current().name
        task.closed_by_ids = list(outcome.doers)


def require_none_open_again(task: WorkflowTask) -> None:
    """Raise Conflict while the document waits to be approved once more: until then nothing else goes on."""
    statement = sa.select(WorkflowTask).where(
        WorkflowTask.instance_id == task.instance_id, WorkflowTask.status == OPEN, WorkflowTask.id != task.id,
        WorkflowTask.approval["again"].as_boolean(),
    )  # fmt: skip
    waiting = session().scalars(statement).first()
    if waiting is not None and (waiting.approval or {}).get("outcome") not in (None, approvals.APPROVED):
        raise Conflict(
            _("“%(task)s” did not approve what was changed: take the change back, or stop the process.",
              task=_(waiting.name))
        )  # fmt: skip
    if waiting is not None:
        raise Conflict(
            _("“%(task)s” is open again, because the document was changed after it was approved. Until that is decided "
              "nothing else goes on.", task=_(waiting.name))
        )  # fmt: skip
