"""The same task of many documents: one form's answers for all, handed to one colleague, printed as one paper."""

from __future__ import annotations

from collections import Counter
from typing import Any

import sqlalchemy as sa
from flask import redirect, request

from erp import batches, context, operations
from erp.data import files
from erp.data.base import session
from erp.data.files import File
from erp.documents.fields import Kind
from erp.documents.types import DocumentType
from erp.errors import Invalid
from erp.forms import Bound, Form, FormField
from erp.forms.inputs import Choice, Input, Section, Submit
from erp.i18n import _, format_number
from erp.reports import prints
from erp.screens import filing
from erp.screens.bulk import Answer, BulkPage, Selection, Tally, again, shown, told
from erp.screens.bulk_edit import left_out, selection
from erp.screens.editing import said
from erp.screens.guard import typed
from erp.screens.lookups import Records
from erp.workflow.models import WorkflowTask
from erp.workflow.people import candidates, tasks

PAPERS = 200
"""Most papers of one print."""
OWN = frozenset({"csrf_token", "step", "seen", "task", "id", "all", "query"})
"""What a step posts that is no answer."""


def mine(chosen: Selection) -> list[WorkflowTask]:
    """The open tasks of these documents the actor may do now."""
    found = []
    for ids in chosen.chunks():
        found += [task for task in tasks.open_of(chosen.type.name, list(ids)) if tasks.may_do(task)]
    return found


# -- one form's answers for all ----------------------------------------------------------------------------


def complete(kind: DocumentType) -> Answer:
    """Choose a task, fill its form in once, look, go."""
    chosen = selection(kind)
    found = mine(chosen)
    step, wished = request.form.get("step", ""), request.form.get("task", "")
    task = next((each for each in found if each.element == wished), None)
    if task is None:
        return shown(_ask_task(chosen, found, step), 422 if step else 200)
    form = operations.task_form(task)
    if any(_differs(entry) for entry in form.fields):
        said_so = _("“%(task)s” asks for lines or files, which differ from document to document.", task=_(task.name))
        return shown(chosen.page(_title(chosen), "task", errors=[said_so]), 422)
    if step == "task":
        return shown(_ask_answers(chosen, task, form, form.bind(None, {}, lookup=Records())))
    bound = form.bind(typed(), {}, lookup=Records())
    if not bound.ok:
        return shown(_ask_answers(chosen, task, form, bound), 422)
    if chosen.is_as_seen():
        values = {"element": task.element, "name": task.name, "answers": _answers(form, bound)}
        changes = [batches.Change(row_id) for row_id in chosen.ids]
        made = batches.start(batches.TASK, kind.name, changes, _(task.name), values=values)
        return redirect(f"/batch/{made.id}")
    return shown(_preview(chosen, task, found, bound))


def _differs(entry: FormField) -> bool:
    """Whether no answer can be given once for all."""
    return not entry.readonly and (entry.kind is Kind.LINES or (entry.kind is Kind.FILES and entry.required))


def _sections(form: Form, bound: Bound) -> list[Section]:
    """What is asked; files that may be left out are."""
    found = [(s.label, [each for each in s.fields if each.kind != "file"]) for s in form.sections(bound)]
    return [Section(fields, label) for label, fields in found if fields]


def _title(chosen: Selection) -> str:
    return _("Do a task of %(rows)s", rows=chosen.words)


def _answers(form: Form, bound: Bound) -> dict[str, Any]:
    """The answers as JSON; a field of the document that was left empty stays as it is in each."""
    found = {}
    for entry in form.fields:
        value = bound.values.get(entry.name)
        is_given = entry.name in bound.values and entry.kind is not Kind.FILES
        if is_given and not (entry.binds and value in (None, "")):
            found[entry.name] = entry.to_json(value)
    return found


def _ask_task(chosen: Selection, found: list[WorkflowTask], step: str) -> BulkPage:
    counts = Counter((task.element, task.name) for task in found)
    choices = tuple(
        Choice(element, _("%(task)s (%(count)s)", task=_(name), count=format_number(count)))
        for (element, name), count in counts.most_common()
    )
    if not choices:
        return chosen.page(_title(chosen), "task", errors=[_("None of these documents waits for you.")])
    error = _("Choose a task.") if step else ""
    asked = Input("task", _("Task"), "choice", choices=choices, required=True, error=error)
    return chosen.page(_title(chosen), "task", sections=[Section([asked])], step="task", submit=_("Go on"))


def _ask_answers(chosen: Selection, task: WorkflowTask, form: Form, bound: Bound) -> BulkPage:
    return chosen.page(
        _("%(task)s: %(rows)s", task=_(task.name), rows=chosen.words), "task",
        sections=_sections(form, bound),
        hidden=[("task", task.element)], step="answers", submit=_("Look at it"),
        buttons=[Submit(each.label, each.name, each.value, primary=each.primary) for each in form.buttons()],
        errors=said(bound), note=_("What you leave empty stays as it is in each document."),
    )  # fmt: skip


def _preview(chosen: Selection, task: WorkflowTask, found: list[WorkflowTask], bound: Bound) -> BulkPage:
    ready = {each.document_id for each in found if each.element == task.element}
    others = left_out(chosen, ready, _("“%(task)s” does not wait for you here.", task=_(task.name)))
    tallies = [Tally("good", len(ready), _(task.name), _("will be done")), *others.tallies(_("do not wait for you"))]
    kept = [(name, text) for name, text in request.form.items(multi=True) if name not in OWN]
    return chosen.page(
        _("%(task)s: %(rows)s", task=_(task.name), rows=chosen.words), "task",
        hidden=[("task", task.element), *kept, ("seen", chosen.seen)], tallies=tallies, refused=others.refused,
        refused_note=told(others.count, others.refused), step="go",
        submit=_("Do it %(count)s times", count=format_number(len(ready))), errors=again(),
        note=_("Each process goes on from there. This cannot be taken back."),
    )  # fmt: skip


# -- handed on -------------------------------------------------------------------------------------------


def delegate(kind: DocumentType) -> Answer:
    """Hand the open tasks of many documents to a colleague."""
    chosen = selection(kind)
    found = mine(chosen)
    colleagues = {member.id: member for task in _of_each_kind(found) for member in candidates.givable(task)}
    sent, error = request.form.get("member", ""), ""
    member = colleagues.get(int(sent)) if sent.isdecimal() and len(sent) <= 18 else None
    if chosen.is_as_seen():
        if member is not None:
            title = _("Handed to %(who)s", who=member.name)
            changes = [batches.Change(row_id) for row_id in chosen.ids]
            made = batches.start(batches.TASK, kind.name, changes, title, values={"member": member.id})
            return redirect(f"/batch/{made.id}")
        error = _("Choose a colleague.")
    title = _("Hand on %(rows)s", rows=chosen.words)
    choices = tuple(Choice(str(each.id), each.name) for each in sorted(colleagues.values(), key=lambda each: each.name))
    asked = Input("member", _("Colleague"), "choice", sent, choices=choices, required=True, error=error)
    ready = {task.document_id for task in found}
    others = left_out(chosen, ready, _("No task of this is yours to hand on."))
    tallies = [Tally("good", len(ready), _("Rows"), _("will be handed on")), *others.tallies(_("do not wait for you"))]
    page = chosen.page(
        title, "delegate", sections=[Section([asked])], hidden=[("seen", chosen.seen)], tallies=tallies,
        step="go" if ready else "", submit=_("Hand on"), refused=others.refused,
        refused_note=told(others.count, others.refused), errors=again() if not error else (),
    )  # fmt: skip
    return shown(page, Invalid.status if error else 200)


def _of_each_kind(found: list[WorkflowTask]) -> list[WorkflowTask]:
    """One task of each that differ in who may do them."""
    return list({(task.role, tuple(task.candidates or ()), task.branch_id): task for task in found}.values())


# -- printed ---------------------------------------------------------------------------------------------


def paper(kind: DocumentType) -> Answer:
    """The newest print of each document, as one PDF."""
    chosen = selection(kind)
    newest = _newest(chosen)
    title = _("Print %(rows)s", rows=chosen.words)
    if len(newest) > PAPERS:
        most = _("At most %(count)s papers at once. Pick fewer rows.", count=format_number(PAPERS))
        return shown(chosen.page(title, "print", errors=[most]), 422)
    if chosen.is_as_seen() and newest:
        tenant = context.current().tenant_id or 0
        papers = [files.read(tenant, newest[key].sha256) for key in chosen.ids if key in newest]
        return filing.pdf(prints.joined(papers), f"{kind.name}.pdf")
    others = left_out(chosen, newest.keys(), _("Nothing was printed for this yet."))
    page = chosen.page(
        title, "print", hidden=[("seen", chosen.seen)], refused=others.refused,
        refused_note=told(others.count, others.refused),
        tallies=[Tally("good" if newest else "idle", len(newest), _("Papers"), _("the newest of each document"))],
        step="go" if newest else "", submit=_("One PDF of all") if newest else "",
        note="" if newest else _("Prints are made by the process of a document."), errors=again(),
    )  # fmt: skip
    return shown(page)


def _newest(chosen: Selection) -> dict[int, File]:
    """The newest PDF a program made for each document."""
    found: dict[int, File] = {}
    for ids in chosen.chunks():
        statement = sa.select(File).where(
            File.owner == chosen.type.name, File.owner_id.in_(ids), File.media_type == "application/pdf",
            File.purpose != "",
        )  # fmt: skip
        found |= {file.owner_id: file for file in session().scalars(statement.order_by(File.id))}
    return found
