"""What is done with documents and records: make, change, complete, claim, cancel, attach."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DataError, IntegrityError

from erp import context
from erp.access import require
from erp.data import audit, files
from erp.data.base import before_commit, repeated, session, settle
from erp.data.files import File, Kept, Upload, received, receiving
from erp.data.organisation import currency
from erp.data.policies import APPEND_ONLY
from erp.documents import narrowing, numbers, telling, writing
from erp.documents.base import Document, Extension, Record
from erp.documents.fields import Field
from erp.documents.types import DocumentType, document_type, type_of
from erp.documents.writing import Values
from erp.errors import Conflict, Forbidden, Invalid, NotFound
from erp.forms import Form
from erp.forms.answers import checked, present
from erp.i18n import _
from erp.operations.versions import check_version
from erp.workflow import definitions, steps
from erp.workflow.models import WorkflowInstance, WorkflowTask
from erp.workflow.operating import operated
from erp.workflow.people import approvals, reopening, tasks
from erp.workflow.steps import BY_HAND, Beginning

Asked = Callable[[WorkflowTask, Form], Values]
"""What somebody answers to a locked task and its form."""


@receiving
@repeated
def create(type_name: str, values: Values, *, uploads: Sequence[Upload | Kept] = ()) -> Record:
    """Make a document or record from typed values (`lines` a list of dicts) and start its process.

    Raises Forbidden, or Invalid with a sentence for each field.
    """
    kind = document_type(type_name)
    require("add", type_name)
    row = _made(kind, values)
    _attach(row, uploads)
    return row


def make(kind: DocumentType, values: Values, how: Beginning) -> Document:
    """A document nobody makes by hand: a message, a signal or the clock begins its process.

    Rights are the caller's; raises Invalid as `create`.
    """
    row = _made(kind, values, how)
    assert isinstance(row, Document)
    settle()
    return row


def _made(kind: DocumentType, values: Values, how: Beginning = BY_HAND) -> Record:
    row = kind.cls()
    with session().no_autoflush:
        writing.apply(kind, row, kind.editable, values)
    try:
        if isinstance(row, Document):
            add(row, how)
        else:
            _derive(row)
            session().add(row)
            session().flush()
    except IntegrityError as error:
        raise writing.explained(kind, error) from error
    except DataError as error:
        raise Invalid(_("A number here is too large to be stored.")) from error
    return row


def add(document: Document, how: Beginning = BY_HAND) -> Document:
    """Make a document inside an action or a job: numbered, saved, its process started; rights are the caller's.

    Outside a transaction nothing is written.
    """
    document.company_id = document.company_id or context.current().company_id or 0
    document.currency = document.currency or currency()
    numbers.assign(document)
    _derive(document)
    session().add(document)
    session().flush()
    before_commit(lambda: steps.begin(document, how))
    return document


@receiving
@repeated
def edit(row_id: int, type_name: str, values: Values, *, version: int, uploads: Sequence[Upload | Kept] = ()) -> Record:
    """Change the given fields; raises StaleVersion with the other's change when `version` is not the newest."""
    kind = document_type(type_name)
    row = _locked(kind, row_id)
    require("edit", type_name)
    narrowing.require(narrowing.EDIT, kind, [row_id])
    _change(kind, row, editable_fields(row), values, version)
    _flush(kind)
    narrowing.require(narrowing.EDIT, kind, [row_id])  # nobody edits a row out of the rules that let them edit it
    _look_again(row)
    _attach(row, uploads)
    return row


@repeated
def edit_all(type_name: str, wishes: Mapping[int, tuple[int, Values]]) -> dict[int, Record]:
    """Edit many rows, {id: (version, values)}, in a few statements: all of them or, with the first refusal, none."""
    kind = document_type(type_name)
    _refuse_written_once(kind)
    statement = sa.select(kind.cls).where(kind.cls.id.in_(wishes)).order_by(kind.cls.id).with_for_update()
    rows = {row.id: row for row in session().scalars(statement.execution_options(populate_existing=True))}
    require("edit", type_name)
    if len(rows) < len(wishes):
        raise NotFound
    narrowing.require(narrowing.EDIT, kind, list(rows))
    allowed = editable_of(kind, list(rows))
    with session().no_autoflush:
        for row_id, row in rows.items():
            version, values = wishes[row_id]
            _change(kind, row, allowed[row_id], values, version)
            if kind.cls.check is not Record.check:
                # the next row's own check has to see this one
                _flush(kind)
    _flush(kind)
    narrowing.require(narrowing.EDIT, kind, list(rows))
    for row in rows.values():
        _look_again(row)
    return rows


@receiving
@repeated
def complete(
    task_id: int, answers: Values | Asked, *, version: int | None = None, uploads: Sequence[Upload | Kept] = ()
) -> WorkflowTask:
    """Do an open task: its form is validated, its document fields are written, the process goes on.

    `answers` may be a function that works them out once the task and its document are locked.
    Raises DoneAlready saying who and when, Forbidden, Invalid or StaleVersion.
    """
    task, instance = tasks.locked(task_id)
    tasks.require_open(task)
    away = tasks.done_for(task)
    with context.acting(name=tasks.name_for(away)):
        return _complete(task, instance, answers, version, uploads, tasks.doers(away))


def _complete(
    task: WorkflowTask, instance: WorkflowInstance, answers: Values | Asked, version: int | None,
    uploads: Sequence[Upload | Kept], doers: Sequence[int],
) -> WorkflowTask:  # fmt: skip
    step, kind = steps.load(instance), document_type(task.document_type)
    if version is not None:
        check_version(kind, step.document, version)
    form = steps.form_in(step.published, task, step.document).of_document(kind.editable, kind.hidden)
    if callable(answers):
        answers = answers(task, form)
    if task.approval is not None:
        _vote(task, step, checked(form.fields, answers))
        return task
    if step.was_asked:
        reopening.require_none_open_again(task)
    answered = checked(form.fields, {**present(kind, step.document, form), **answers})
    bound = {entry.binds: answered[entry.name] for entry in form.fields if entry.binds and entry.name in answered}
    free = {name: value for name, value in answered.items() if is_scalar(value)}
    for entry in form.fields:
        if entry.binds:
            free.pop(entry.name, None)
    # one flush at the end writes the document once, whatever the step adds to it
    with session().no_autoflush:
        if bound:
            writing.apply(
                kind, step.document, [entry for entry in kind.editable if entry.name in set(task.edits)], bound
            )
            _derive(step.document)
        _attach(step.document, uploads)
        try:
            steps.finish(step, task.token, free, doers=doers)
        except IntegrityError as error:
            raise writing.explained(kind, error) from error
    return task


def _vote(task: WorkflowTask, step: steps.Step, answers: dict[str, Any]) -> None:
    """Cast a vote on a locked task; the process goes on when it decides."""
    if left_out := approvals.left_out(task, step.row, step.document, answers):
        _take_out(step.document, task, left_out)
    outcome = approvals.vote(task, step.row, step.document, answers)
    if outcome is None:
        return
    approvals.decided(task, step.row, outcome)
    if (task.approval or {}).get("again"):
        reopening.closed_again(task, outcome)
    else:
        steps.finish(step, task.token, outcome.values, doers=outcome.doers)


def _take_out(document: Document, task: WorkflowTask, lines: Sequence[Any]) -> None:
    """Take lines off a document that is approved without them; what others voted on before counts no more."""
    with session().no_autoflush:
        for line in lines:
            getattr(document, (task.approval or {})["drops"]).remove(line)
    _derive(document)
    session().flush()
    reopening.look_again(document, voted=task)


@repeated
def claim(task_id: int) -> WorkflowTask:
    """Take a task for oneself."""
    return tasks.claim(task_id)


@repeated
def release(task_id: int) -> WorkflowTask:
    """Give a task back to its role."""
    return tasks.release(task_id)


@repeated
def delegate(task_id: int, member_id: int, note: str = "") -> WorkflowTask:
    """Hand a task to a colleague who may do it, with a note for them."""
    return tasks.delegate(task_id, member_id, note)


@repeated
def cancel(type_name: str, row_id: int, reason: str, *, version: int | None = None) -> Record:
    """Stop a document's process where it stands, with a reason; raises StaleVersion if `version` is not the newest."""
    kind = document_type(type_name)
    _lock_process(kind, row_id)
    row = _locked(kind, row_id)
    require("stop", type_name)
    narrowing.require(narrowing.EDIT, kind, [row_id])
    if version is not None:
        check_version(kind, row, version)
    if not reason.strip():
        raise Invalid(fields={"reason": _("Say why.")})
    if not isinstance(row, Document) or (instance := steps.instance_of(row)) is None:
        raise Conflict(_("This has no process to stop."))
    said = reason.strip()[:400]
    operated.cancelled(instance.id, said)
    audit.note("stopped", type_name, row_id, reason=[None, said])
    telling.stopped(row, said)
    return row


def attach(type_name: str, row_id: int, uploads: Sequence[Upload | Kept], *, version: int | None = None) -> list[File]:
    """Add files to a document; raises Invalid naming the file that is refused, StaleVersion as `cancel`."""
    require("edit", type_name)
    if not uploads:
        raise Invalid(fields={"files": _("Choose a file first.")})
    return _attached(type_name, row_id, received(uploads), version)


@repeated
def _attached(type_name: str, row_id: int, kept: Sequence[Kept], version: int | None) -> list[File]:
    kind = document_type(type_name)
    row = _locked(kind, row_id)
    narrowing.require(narrowing.EDIT, kind, [row_id])
    if version is not None:
        check_version(kind, row, version)
    return _attach(row, kept)


# -- what may be done ------------------------------------------------------------------------------------


def get(type_name: str, row_id: int) -> Record:
    """A row the actor may see; raises NotFound or Forbidden."""
    require("show", type_name)
    found = session().get(document_type(type_name).cls, row_id)
    if found is None:
        raise NotFound
    return found


def editable_fields(row: Record) -> list[Field]:
    """The fields the actor may edit now: all of master data; a document's as its open tasks or its beginning allow."""
    kind = type_of(row)
    return editable_of(kind, [row.id])[row.id]


def editable_of(kind: DocumentType, row_ids: Sequence[int]) -> dict[int, list[Field]]:
    """The same for many rows of a type, in one or two statements."""
    within = narrowing.which(narrowing.EDIT, kind, row_ids)
    if not kind.is_document:
        return {row_id: list(kind.editable) if row_id in within else [] for row_id in row_ids}
    free = set(row_ids) if definitions.shipped(kind.name) is None else set()
    if free:
        free -= steps.with_instance(kind.name, row_ids)
    allowed: dict[int, set[str]] = {row_id: set() for row_id in row_ids}
    busy = [row_id for row_id in row_ids if row_id not in free]
    for task in tasks.open_of(kind.name, busy) if busy else ():
        if tasks.may_do(task):
            allowed[task.document_id].update(task.edits)
    return {
        row_id: [entry for entry in kind.editable if row_id in within and (row_id in free or entry.name in names)]
        for row_id, names in allowed.items()
    }


def task_form(task: WorkflowTask) -> Form:
    """The task's pinned form as the actor may see it, its fields described as the document describes them."""
    kind = document_type(task.document_type)
    return steps.form_of(task).of_document(kind.editable, kind.hidden)


def is_scalar(value: Any) -> bool:
    """Whether process data may hold it: ids and scalars only."""
    return value is None or isinstance(value, str | int | bool | Decimal | date | datetime)


# -- inner parts -----------------------------------------------------------------------------------------


def _refuse_written_once(kind: DocumentType) -> None:
    """Rows of a ledger cannot even be locked: raise Forbidden before the database does."""
    if kind.cls.__table__.info.get(APPEND_ONLY):  # type: ignore[attr-defined] # a mapped class has a table
        raise Forbidden(_("This is never changed once it is written."))


def _locked(kind: DocumentType, row_id: int) -> Record:
    _refuse_written_once(kind)
    statement = sa.select(kind.cls).where(kind.cls.id == row_id).with_for_update()
    found: Record | None = session().scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise NotFound
    return found


def _lock_process(kind: DocumentType, row_id: int) -> None:
    """Lock the process of a document that is about to be stopped: as in every step, before the document itself."""
    row = session().get(kind.cls, row_id)
    if isinstance(row, Document) and (instance := steps.instance_of(row)) is not None:
        steps.lock(instance.id)


def _change(kind: DocumentType, row: Record, allowed: Sequence[Field], values: Values, version: int) -> None:
    """Set the given fields of a locked row that is still as it was read."""
    if not allowed:
        raise Forbidden(_("Nothing can be edited here now: the process decides when."))
    check_version(kind, row, version)
    writing.apply(kind, row, allowed, values)
    _derive(row)


def _derive(row: Record) -> None:
    """Work out what follows from the values, then ask whether other rows speak against them."""
    with session().no_autoflush:
        row.recompute()
        row.check()
        for part in (*session().dirty, *session().new):
            if isinstance(part, Extension) and (part.extends, part.record_id) == (row.__tablename__, row.id):
                part.check()


def _look_again(row: Record) -> None:
    """Votes on what a document said before it was edited count no more."""
    if isinstance(row, Document) and definitions.is_driven(row.__tablename__):
        reopening.look_again(row)


def _flush(kind: DocumentType) -> None:
    """Write now, turning a broken rule of the database into a sentence at its field."""
    try:
        session().flush()
    except IntegrityError as error:
        raise writing.explained(kind, error) from error
    except DataError as error:
        raise Invalid(_("A number here is too large to be stored.")) from error


def _attach(row: Record, uploads: Sequence[Upload | Kept]) -> list[File]:
    return [files.attach(each.row(), row.__tablename__, row.id) for each in received(uploads)]
