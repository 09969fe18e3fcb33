"""The worker's side of a batch: row by row through operations, each row's change and its record in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from erp import clock, context, operations
from erp.access import Member, enter_as
from erp.batches.models import (
    CANCEL,
    DONE,
    FAILED,
    INCIDENT,
    JUDGE,
    MOVE,
    MOVING,
    REFUSED,
    SAME,
    TASK,
    WAITING,
    WRITING,
    Batch,
    BatchChange,
)  # fmt: skip
from erp.batches.starting import KIND
from erp.data import tenancy
from erp.data.base import repeated, savepoint, session
from erp.documents.base import Document, Record
from erp.documents.fields import Field, Kind
from erp.documents.types import DocumentType, declared, document_type
from erp.errors import ErpError, Forbidden, Invalid, NotFound, StaleVersion
from erp.i18n import _, format_inside
from erp.jobs import outbox, worker
from erp.jobs.claims import Claim
from erp.jobs.models import RUNNING, Job
from erp.modelling import migrating
from erp.notifications import notify
from erp.workflow.models import WorkflowTask
from erp.workflow.operating import incidents
from erp.workflow.people import tasks

CHUNK = 50
"""Rows of one transaction. A task or a stop is a transaction of its own: each locks an instance and wakes jobs."""


class Stopped(Exception):
    """The row is no longer this worker's: somebody stopped the batch, or another worker has it."""


def init() -> None:
    """Tell the worker who runs batches."""
    worker.registry.handle(KIND, run, _give_up)


def run(claim: Claim) -> None:
    """Make the changes that are still waiting, in the name and with the present rights of who wished them."""
    before = context.current()
    acting = enter_as(before.user_id or 0, claim.tenant_id, source=KIND, language=before.language)
    if acting is None:
        tenancy.enter(before)
        _close(claim, FAILED, _("%(who)s does not belong to the company any more.", who=before.name))
        return
    with context.acting(batch_id=claim.request["batch"]):
        try:
            while _chunk(claim):
                session.remove()
            _close(claim, DONE)
        except Stopped:
            session.remove()


def _own(claim: Claim) -> tuple[Job, Batch]:
    """The job and the batch, locked in this order."""
    job = session().get_one(Job, claim.id, with_for_update=True, populate_existing=True)
    if job.state != RUNNING or job.attempts != claim.attempts:
        raise Stopped
    return job, session().get_one(Batch, claim.request["batch"], with_for_update=True, populate_existing=True)


@repeated
def _chunk(claim: Claim) -> int:
    """Do the next rows in one transaction; returns how many there were."""
    job, batch = _own(claim)
    waiting = sa.select(BatchChange).where(BatchChange.batch_id == batch.id, BatchChange.state == WAITING)
    size = CHUNK if batch.kind in WRITING | {JUDGE} else 1
    changes = list(session().scalars(waiting.order_by(BatchChange.id).limit(size)))
    kind = document_type(batch.document_type)
    # which documents run which version is no matter of who asks
    with context.whole() if batch.kind in MOVING else nullcontext():
        rows = _rows(kind, [each.row_id for each in changes], lock=batch.kind in WRITING)
    way = _way(kind, batch)
    done = _write_all(kind, batch, changes, rows) if batch.kind in WRITING else set()
    for change in changes:
        if change.row_id not in done:
            _apply(change, rows.get(change.row_id), way, _number if batch.kind in MOVING else _called)
    batch.done += sum(each.state == DONE for each in changes)
    batch.same += sum(each.state == SAME for each in changes)
    batch.refused += sum(each.state == REFUSED for each in changes)
    outbox.report_progress(job, batch.reached, batch.total)
    return len(changes)


def _rows(kind: DocumentType, ids: Sequence[int], *, lock: bool) -> dict[int, Record]:
    statement = sa.select(kind.cls).where(kind.cls.id.in_(ids)).order_by(kind.cls.id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return {row.id: row for row in session().scalars(statement)}


@repeated
def _close(claim: Claim, state: str, error: str = "") -> None:
    """Say how it ended, and mark the job done, in one transaction."""
    job, batch = _own(claim)
    batch.state, batch.ended_at, batch.error = state, clock.now(), error
    if batch.undo_of is not None and batch.done:
        session().get_one(Batch, batch.undo_of, with_for_update=True).undone_at = clock.now()
    worker.finish(job, {"done": batch.done, "same": batch.same, "refused": batch.refused})
    if batch.member_id is not None:
        notify(batch.member_id, "ready", url=f"/batch/{batch.id}", key=f"batch:{batch.id}", what=batch.title)


def _give_up(claim: Claim, error: str) -> None:
    """The last attempt failed: what was reached stays, and can be taken back."""
    batch = session().get_one(Batch, claim.request["batch"], with_for_update=True)
    batch.state, batch.ended_at, batch.error = FAILED, clock.now(), error


# -- one row ---------------------------------------------------------------------------------------------

Way = Callable[[BatchChange, Record], None]


def _way(kind: DocumentType, batch: Batch) -> Way:
    if batch.kind in WRITING:
        return lambda change, row: _write(kind, batch, change, row)
    if batch.kind == CANCEL:
        return lambda change, row: _cancel(batch, change, row)
    if batch.kind == MOVE:
        return lambda change, row: _move(batch, change, row)
    if batch.kind == JUDGE:
        return lambda _change, row: migrating.foresee(batch.document_type, row.id, batch.values)
    if batch.kind == INCIDENT:
        return lambda change, row: _decide(batch, change, row)
    if batch.kind == TASK and "member" in batch.values:
        return lambda change, row: _delegate(batch, change, row)
    return lambda change, row: _complete(batch, change, row)


def _apply(change: BatchChange, row: Record | None, way: Way, called: Callable[[Record], str]) -> None:
    """Do it, or keep the sentence that says why not; what a refused row began is undone."""
    label = f"#{change.row_id}" if row is None else called(row)
    state, refusal = DONE, ""
    try:
        if row is None:
            raise NotFound(_("This row is gone."))
        with savepoint():
            way(change, row)
        state = change.state if change.state == SAME else DONE
    except ErpError as error:
        state, refusal = REFUSED, _sentence(document_type(row.__tablename__) if row is not None else None, row, error)
    change.label, change.state, change.refusal = label[:200], state, refusal


def _called(row: Record) -> str:
    if isinstance(row, Document) and row.number and row.number != row.title:
        return _(", ").join((row.number, row.title))
    return row.title


def _number(row: Record) -> str:
    """All that is told of a document to who may not look at it."""
    return (row.number if isinstance(row, Document) else "") or f"#{row.id}"


def _sentence(kind: DocumentType | None, row: Record | None, error: ErpError) -> str:
    if isinstance(error, StaleVersion) and row is not None:
        who = row.updated_by or _("Somebody")
        return _("%(who)s changed this meanwhile: %(moment)s.", who=who, moment=format_inside(row.updated_at))
    if not error.fields or kind is None:
        return error.message
    labels = {entry.name: str(entry.label) for entry in kind.all_fields}
    return " ".join(f"{labels[name]}: {text}" if name in labels else text for name, text in error.fields.items())


@dataclass(frozen=True)
class Wished:
    """What a change makes of a row: its values as they were and shall be, as JSON and typed."""

    values: Mapping[str, Any]
    before: dict[str, Any]
    after: dict[str, Any]
    version: int

    def keep(self, change: BatchChange, row: Record) -> None:
        """Note what stood there and stands there now."""
        change.version_before, change.version_after = self.version, row.version
        change.before, change.after = self.before, self.after


def _wished(kind: DocumentType, batch: Batch, change: BatchChange, row: Record) -> Wished:
    """Raises StaleVersion when the row is not what the wish was made from, Invalid for what does not fit."""
    wished = {**batch.values, **change.after}
    fields = {entry.name: entry for entry in kind.fields if entry.name in wished}
    values = typed(list(fields.values()), wished)
    if change.version_before is not None and change.version_before != row.version:
        raise StaleVersion
    before = {name: entry.to_json(kind.value(row, entry)) for name, entry in fields.items()}
    return Wished(values, before, {name: entry.to_json(values[name]) for name, entry in fields.items()}, row.version)


def _write(kind: DocumentType, batch: Batch, change: BatchChange, row: Record) -> None:
    """Set the wished fields; the row is locked and as it is now."""
    wished = _wished(kind, batch, change, row)
    if wished.before == wished.after:
        change.state = SAME
    else:
        operations.edit(row.id, kind.name, wished.values, version=wished.version)
    wished.keep(change, row)


def _write_all(
    kind: DocumentType, batch: Batch, changes: Sequence[BatchChange], rows: Mapping[int, Record]
) -> set[int]:
    """Set the fields of all rows that nothing speaks against at once; returns their ids, none if that is refused.

    What is left is done one by one, so that each refusal is told of its own row.
    """
    wishes: dict[int, tuple[BatchChange, Record, Wished]] = {}
    for change in changes:
        try:
            row = rows[change.row_id]
            wished = _wished(kind, batch, change, row)
        except (KeyError, ErpError):
            continue
        if wished.before != wished.after:
            wishes[change.row_id] = (change, row, wished)
    try:
        with savepoint():
            operations.edit_all(kind.name, {key: (each.version, each.values) for key, (*_rest, each) in wishes.items()})
    except ErpError:
        return set()
    for change, row, wished in wishes.values():
        wished.keep(change, row)
        change.label, change.state, change.refusal = _called(row)[:200], DONE, ""
    return set(wishes)


def typed(fields: Sequence[Field], wished: Mapping[str, Any]) -> dict[str, Any]:
    """Values as JSON in their types; raises Invalid for what does not fit and for fields there are not any more."""
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for entry in fields:
        try:
            values[entry.name] = _linked(entry, entry.from_json(wished[entry.name]))
        except ValueError as error:
            errors[entry.name] = str(error)
    for name in set(wished) - {entry.name for entry in fields}:
        errors[name] = _("There is no such field.")
    if errors:
        raise Invalid(fields=errors)
    return values


def _linked(entry: Field, value: Any) -> Any:
    if entry.kind is Kind.LINK and value is not None and session().get(declared()[entry.target].cls, value) is None:
        raise ValueError(_("Choose one of the list."))
    return value


def _open(row: Record, element: str = "") -> list[WorkflowTask]:
    found = tasks.open_of(row.__tablename__, [row.id])
    return [task for task in found if not element or task.element == element]


def _complete(batch: Batch, change: BatchChange, row: Record) -> None:
    """Do the document's open task of this element with the answers given once for all."""
    found = _open(row, batch.values["element"])
    if not found:
        raise Forbidden(_("“%(task)s” is not open here.", task=_(batch.values["name"])))
    asked = {entry.name: entry for entry in operations.task_form(found[0]).fields}
    answers: Mapping[str, Any] = batch.values["answers"]
    unknown = set(answers) - set(asked)
    if unknown:
        raise Invalid(_("This document runs another version of the process, whose form asks something else."))
    values = typed([asked[name] for name in answers], answers)
    change.version_before = row.version
    operations.complete(found[0].id, values)
    change.version_after = row.version


def _delegate(batch: Batch, change: BatchChange, row: Record) -> None:
    """Hand the document's open tasks the actor may do to a colleague."""
    member = session().get(Member, batch.values["member"])
    mine = [task for task in _open(row) if tasks.may_do(task)]
    if not mine:
        raise Forbidden(_("No task of this is yours to hand on."))
    if member is not None and all(task.assignee_id == member.id for task in mine):
        change.state = SAME
    for task in mine:
        operations.delegate(task.id, batch.values["member"])
    change.version_before = change.version_after = row.version


def _decide(batch: Batch, change: BatchChange, row: Record) -> None:
    """Decide about what is stuck in the document for the batch's cause: every incident of it, or none."""
    wished = batch.values
    found = [
        each for each in incidents.open_of(row.__tablename__, [row.id])
        if (each.element, each.cause) == (wished["element"], wished["cause"])
    ]  # fmt: skip
    if not found:
        change.state = SAME
    for incident in found:
        if wished["way"] == "retry":
            operations.retry_incident(incident.id)
        elif wished["way"] == "skip":
            operations.skip_incident(incident.id, wished["reason"])
        else:
            operations.send_down_incident(incident.id, wished["code"], wished["reason"])
    change.version_before = change.version_after = row.version


def _cancel(batch: Batch, change: BatchChange, row: Record) -> None:
    """Stop the document's process."""
    change.version_before = row.version
    operations.cancel(row.__tablename__, row.id, batch.values["reason"])
    change.version_after = row.version


def _move(batch: Batch, change: BatchChange, row: Record) -> None:
    """Move the document to another version, or back to the one it came from."""
    if "move" in change.after:
        migrating.put_back(change.after["move"])
    else:
        change.before = {"move": migrating.move(batch.document_type, row.id, batch.values).id}
    change.version_before = change.version_after = row.version
