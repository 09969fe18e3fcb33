"""Lines an approver leaves out while approving the rest: which may be, asked as ticks of the form, and which were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from erp.documents.base import Document
from erp.documents.fields import Kind
from erp.documents.types import document_type
from erp.errors import Invalid
from erp.forms import FormField
from erp.forms.layout import Group
from erp.i18n import _
from erp.workflow.models import WorkflowTask

TICK = "drop_"
"""Before the id of a line: the name of the tick that leaves it out."""


def is_table(document: Document, name: str) -> bool:
    """Whether the document has lines of this name."""
    return any(table.name == name for table in document_type(document.__tablename__).tables)


def lines(task: WorkflowTask, document: Document) -> Sequence[Any]:
    """The lines an approver may leave out; none where only one is there, which is rejected instead."""
    name = (task.approval or {}).get("drops")
    found = list(getattr(document, name)) if name else []
    return found if len(found) > 1 else []


def ticks(task: WorkflowTask, document: Document) -> tuple[FormField, ...]:
    """A tick for each line that may be left out."""
    return tuple(
        FormField(f"{TICK}{line.id}", Kind.BOOLEAN, called(task, document, line)) for line in lines(task, document)
    )


def group(ticks: Sequence[FormField]) -> Group:
    """The ticks under their heading."""
    return Group(_("Leave out, and approve the rest"), tuple(ticks))


def called(task: WorkflowTask, document: Document, line: Any) -> str:
    """A line as people tell it from others: `Shutter unit, KES 14,800.00`."""
    assert task.approval is not None
    table = document_type(task.document_type).table(task.approval["drops"])
    sums = [entry for entry in table.fields if entry.kind is Kind.MONEY and entry.readonly]
    title = str(getattr(line, line.title_field) or "")
    if not sums:
        return title
    return _(", ").join((title, sums[-1].shown(getattr(line, sums[-1].name), document.currency)))


def ticked(task: WorkflowTask, document: Document, answers: Mapping[str, Any], *, approves: bool) -> list[Any]:
    """The lines to leave out; raises Invalid when all are, or when the rest is not approved."""
    there = lines(task, document)
    found = [line for line in there if answers.get(f"{TICK}{line.id}")]
    if found and not approves:
        raise Invalid(fields={f"{TICK}{found[0].id}": _("Lines are left out only where the rest is approved.")})
    if found and len(found) == len(there):
        raise Invalid(fields={f"{TICK}{found[0].id}": _("Nothing would be left: reject it instead.")})
    return found
