"""Batches as they are started, watched, stopped and taken back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from erp import clock, context
from erp.access import can, require
from erp.batches.models import (
    CANCEL,
    DONE,
    EDIT,
    MOVE,
    MOVING,
    REFUSED,
    SHEET,
    STOPPED,
    TASK,
    UNDO,
    WAITING,
    Batch,
    BatchChange,
)
from erp.data.base import repeated, session
from erp.documents.types import document_type
from erp.errors import Conflict, Forbidden, Invalid, NotFound
from erp.i18n import _, format_number
from erp.jobs import outbox
from erp.jobs.models import CANCELLED, Job
from erp.modelling.rights import SUBJECT

KIND = "batch"
"""Of the job, and of the way in."""
MOST = 10_000
"""Rows of the largest batch."""
ATTEMPTS = 5
AT_A_TIME = 1000
"""Rows of one INSERT."""
SHOWN = 100


@dataclass(frozen=True)
class Change:
    """What is wished for one row; `values` as JSON, beside those of the whole batch."""

    row_id: int
    version: int | None = None
    """The version the wish was made from; None takes the newest."""
    values: Mapping[str, Any] = field(default_factory=dict)


@repeated
def start(
    kind: str,
    type_name: str,
    changes: Iterable[Change],
    title: str,
    *,
    values: Mapping[str, Any] | None = None,
    undo_of: int | None = None,
) -> Batch:
    """Leave many changes to a worker, who makes them in the actor's name with the rights they have then.

    Raises Forbidden, or Invalid when there are none or more than 10,000.
    """
    document_type(type_name)
    if kind in MOVING:
        require("migrate", SUBJECT)
    else:
        require({TASK: "list", CANCEL: "stop"}.get(kind, "edit"), type_name)
    wished = sorted({each.row_id: each for each in changes}.values(), key=lambda each: each.row_id)
    if not wished:
        raise Invalid(_("There is nothing to change."))
    if len(wished) > MOST:
        raise Invalid(_("At most %(count)s rows at once. Narrow the list first.", count=format_number(MOST)))
    acting = context.current()
    batch = Batch(
        kind=kind, document_type=type_name, title=title[:200], values=dict(values or {}), total=len(wished),
        undo_of=undo_of, user_id=acting.user_id, member_id=acting.member_id, made_by=acting.name,
    )  # fmt: skip
    session().add(batch)
    session().flush()
    _insert(batch, wished)
    job = Job(
        kind=KIND, key=f"batch:{batch.id}", queue="long", request={"batch": batch.id}, subject=KIND,
        subject_id=batch.id, max_attempts=ATTEMPTS,
    )  # fmt: skip
    batch.job_id = outbox.put(job).id
    return batch


def _insert(batch: Batch, wished: Sequence[Change]) -> None:
    for first in range(0, len(wished), AT_A_TIME):
        rows = [
            {
                "batch_id": batch.id, "row_id": each.row_id, "state": WAITING, "version_before": each.version,
                "after": dict(each.values), "before": {}, "label": "", "refusal": "",
            }
            for each in wished[first : first + AT_A_TIME]
        ]  # fmt: skip
        session().execute(sa.insert(BatchChange), rows)


def find(batch_id: int) -> Batch:
    """A batch of the acting member, or of a colleague for who may look at jobs; raises NotFound."""
    found = session().get(Batch, batch_id, populate_existing=True)
    if found is None or not (is_own(found) or (can("list", "job") and can("list", found.document_type))):
        raise NotFound
    return found


def is_own(batch: Batch) -> bool:
    """Whether the acting member made it."""
    return batch.member_id is not None and batch.member_id == context.current().member_id


def own(limit: int = 50) -> list[Batch]:
    """The acting member's batches, the newest first."""
    statement = sa.select(Batch).where(Batch.member_id == context.current().member_id).order_by(Batch.id.desc())
    return list(session().scalars(statement.limit(limit)))


def refused(batch: Batch, limit: int | None = SHOWN) -> list[BatchChange]:
    """The rows that were not changed, with why."""
    statement = sa.select(BatchChange).where(BatchChange.batch_id == batch.id, BatchChange.state == REFUSED)
    return list(session().scalars(statement.order_by(BatchChange.id).limit(limit)))


def is_over(batch: Batch) -> bool:
    """Whether nothing more will happen; a job somebody took back among all jobs leaves its batch where it was."""
    if batch.state != WAITING:
        return True
    job = session().get(Job, batch.job_id)
    return job is None or job.is_over


def is_undoable(batch: Batch) -> bool:
    """Whether its changes can be taken back: of fields or versions, over, and nobody has taken them back yet."""
    if (
        batch.kind not in {EDIT, SHEET, MOVE}
        or batch.undo_of is not None
        or not is_over(batch)
        or not batch.done
        or batch.undone_at is not None
    ):
        return False
    taken_back = sa.select(Batch.id).where(Batch.undo_of == batch.id, Batch.state.in_((WAITING, DONE)))
    return session().scalar(taken_back.limit(1)) is None


@repeated
def stop(batch_id: int) -> Batch:
    """Stop a batch after the rows it is at; what is written stays. Raises Conflict when it is over."""
    batch = find(batch_id)
    if not is_own(batch):
        raise Forbidden(_("Only %(who)s can stop this.", who=batch.made_by))
    # the worker locks the job first too
    job = session().get_one(Job, batch.job_id, with_for_update=True, populate_existing=True)
    session().refresh(batch, with_for_update=True)
    if job.is_over or batch.state != WAITING:
        raise Conflict(_("This is over already."))
    job.state, job.finished_at, job.locked_until = CANCELLED, clock.now(), None
    batch.state, batch.ended_at = STOPPED, clock.now()
    return batch


@repeated
def undo(batch_id: int) -> Batch:
    """Start the batch that brings back what was before; raises Conflict when that cannot be, Forbidden for others'."""
    batch = find(batch_id)
    if not is_own(batch):
        raise Forbidden(_("Only %(who)s can take this back.", who=batch.made_by))
    session().refresh(batch, with_for_update=True)
    if not is_undoable(batch):
        raise Conflict(_("This cannot be taken back, or it was taken back already."))
    statement = sa.select(BatchChange).where(BatchChange.batch_id == batch.id, BatchChange.state == DONE)
    changes = [Change(each.row_id, each.version_after, each.before) for each in session().scalars(statement)]
    title = _("Taken back: %(title)s", title=batch.title)
    kind = MOVE if batch.kind == MOVE else UNDO
    return start(kind, batch.document_type, changes, title, undo_of=batch.id)
