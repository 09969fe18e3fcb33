"""What the holder of a signed link is shown: the document as far as it concerns them, and the question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from erp import context, i18n, operations
from erp.access import CUSTOMER
from erp.data import files
from erp.data.base import session
from erp.data.files import File
from erp.data.organisation import company
from erp.documents import telling
from erp.documents.base import Document
from erp.documents.fields import Field, Kind
from erp.documents.signed_links import Grant
from erp.documents.types import DocumentType, document_type, line_value
from erp.forms import Bound, Form
from erp.i18n import _
from erp.operations.messages import BY_LINK
from erp.web.shapes import Cell, Column, LinesShown, Link, PortalView, Row, Shown, Submit, Total
from erp.workflow.models import DONE, WorkflowTask
from erp.workflow.people import tasks

TASK, FILES, FACTS = "task", "files", "facts"
"""Keys of a link's scope: the task's element, the purposes of files and the fields its holder may see."""


def open_task(grant: Grant, document: Document) -> WorkflowTask | None:
    """The customer's open task the link is for."""
    element = grant.scope.get(TASK)
    found = tasks.open_of(document.__tablename__, [document.id])
    return next((task for task in found if task.element == element and task.role == CUSTOMER), None)


def is_replaced(grant: Grant, document: Any) -> bool:
    """Whether the document says something else than when the link was sent."""
    present = getattr(document, "content_hash", None)
    return bool(grant.content_hash) and present is not None and present() != grant.content_hash


def prints(grant: Grant) -> list[File]:
    """The newest file of each purpose the link names."""
    newest: dict[str, File] = {}
    for row in files.of(grant.subject, grant.subject_id):
        if row.purpose in grant.scope.get(FILES, ()):
            newest[row.purpose] = row
    return list(newest.values())


def bound(document: Document, task: WorkflowTask, raw: Mapping[str, Any] | None = None) -> Bound:
    """The task's form with the document's values, or with what was typed."""
    return filled(operations.task_form(task), document, raw)


def filled(form: Form, document: Document, raw: Mapping[str, Any] | None = None) -> Bound:
    """A form with the document's values, or with what was typed."""
    kind = document_type(document.__tablename__)
    known = {entry.name: entry for entry in kind.editable}
    values = {
        entry.name: kind.value(document, known[entry.binds])
        for entry in form.fields
        if entry.binds in known and known[entry.binds].kind is not Kind.LINES
    }
    return form.bind(raw, values, currency=document.currency)


def asked(grant: Grant, document: Document, answer: Bound, task: WorkflowTask, action: str) -> PortalView:
    """The question, what it is about, and the ways to answer."""
    return replace(
        question(operations.task_form(task), document, answer, grant.scope.get(FACTS, ())),
        action=action,
        prints=[Link(_print_label(row), f"{action}/file/{row.id}", "file-type-pdf") for row in prints(grant)],
        expires=grant.expires_at,
    )


def question(form: Form, document: Document, answer: Bound, facts: Sequence[str] = ()) -> PortalView:
    """The same page without what belongs to one link: what may be looked at before there is any."""
    kind = document_type(document.__tablename__)
    return PortalView(
        company=company().name,
        title=document.title,
        sentence=_sentence(document),
        number=document.number or "",
        action="",
        contact=_contact(),
        facts=facts_of(kind, document, facts),
        lines=lines_of(kind, document),
        fields=answer.inputs(),
        buttons=form.buttons() or [Submit(_("Send"), "answer", "1", primary=True)],
        errors=answer.other_errors,
        version=str(document.version),
    )


def empty_question(form: Form, title: str) -> PortalView:
    """The same with no document in it."""
    answer = form.bind(None, {}, currency=company().currency)
    return PortalView(
        company=company().name,
        title=title,
        sentence=_("Please tell us how you decide."),
        number="",
        action="",
        contact=_contact(),
        fields=answer.inputs(),
        buttons=form.buttons() or [Submit(_("Send"), "answer", "1", primary=True)],
    )


def confirming(grant: Grant, document: Document, action: str) -> PortalView:
    """The page of a link that sends one message: a button, and afterwards thanks."""
    told = grant.scope[BY_LINK]
    is_sent = operations.sent_by_link(grant) is not None
    return PortalView(
        company=company().name,
        title=document.title,
        sentence=told.get("sentence") or _("Please confirm."),
        number=document.number or "",
        action=action,
        contact=_contact(),
        buttons=[Submit(told.get("button") or _("Confirm"), "answer", "1", primary=True)],
        done=_("Thank you. We have your answer.") if is_sent else "",
        expires=grant.expires_at,
    )


def closed(grant: Grant, document: Document, task: WorkflowTask | None) -> PortalView:
    """Why nothing can be answered any more: answered by whom and when, replaced, or gone another way."""
    done = "" if task is not None else _outcome(grant, document)
    replaced = _("This offer was replaced by a newer one. Please use the link in our latest message.")
    return PortalView(
        company=company().name,
        title=document.title,
        sentence="",
        number=document.number or "",
        action="",
        contact=_contact(),
        done=done or replaced,
        done_kind="good" if done and _was_answered(grant, document) else "wait",
        prints=_onward(document) if done else [],
    )


def _onward(document: Document) -> list[Link]:
    """Where the document leads its customer after the answer, such as a deposit to be paid."""
    return [Link(*found, "credit-card") for found in telling.onward(document) if found is not None]


def _last(grant: Grant, document: Document) -> WorkflowTask | None:
    statement = (
        sa.select(WorkflowTask)
        .where(
            WorkflowTask.document_type == document.__tablename__,
            WorkflowTask.document_id == document.id,
            WorkflowTask.element == grant.scope.get(TASK),
        )
        .order_by(WorkflowTask.id.desc())
        .limit(1)
    )
    return session().scalar(statement)


def _was_answered(grant: Grant, document: Document) -> bool:
    task = _last(grant, document)
    return task is not None and task.status == DONE


def _outcome(grant: Grant, document: Document) -> str:
    task = _last(grant, document)
    if task is None:
        return _("There is nothing to decide yet. We will write to you again.")
    when = i18n.format_inside(task.closed_at)
    if task.status != DONE:
        return _("This offer is closed since %(when)s. Please call us if you still want to decide.", when=when)
    if task.closed_by == context.current().name:
        return _("Thank you. Your answer has reached us: %(when)s.", when=when)
    return _("%(who)s has already answered: %(when)s.", who=task.closed_by or _("Somebody"), when=when)


def _sentence(document: Document) -> str:
    words = getattr(document, "invitation", None)
    if words is not None:
        return str(words())
    value = getattr(document, document.amount_field, None) if document.amount_field else None
    if value is None:
        return _("Please tell us how you decide.")
    return _(
        "Our offer is %(amount)s. Please tell us how you decide.", amount=i18n.format_money(value, document.currency)
    )


def _contact() -> str:
    own = company()
    return _(", ").join(part for part in (own.name, own.phone, own.email, own.address) if part)


def _print_label(row: File) -> str:
    return _(row.purpose.replace("_", " ").capitalize())


def facts_of(kind: DocumentType, document: Document, wished: Sequence[str] = ()) -> list[Shown]:
    """The fields that are wished, else what tells the item from others and the days that were promised."""
    named = wished or [
        kind.cls.subtitle_field,
        *(entry.name for entry in kind.fields if entry.listed and entry.kind is Kind.DATE),
    ]
    own = {entry.name: entry for entry in kind.fields}
    found = []
    for name in named:
        entry = own.get(name)
        value = None if entry is None else kind.value(document, entry)
        if entry is not None and value not in (None, "") and entry.kind not in {Kind.LINK, Kind.LINES, Kind.FILES}:
            found.append(_shown(entry, value, document.currency))
    return found


def _shown(entry: Field, value: Any, currency: str) -> Shown:
    if entry.kind is Kind.CHOICE:
        return Shown(str(entry.label), entry.shown(value))
    return Shown(str(entry.label), value, entry.kind.value, currency=currency, unit=str(entry.unit))


def lines_of(kind: DocumentType, document: Any) -> list[LinesShown]:
    """The lines, two columns wide for a phone, with the sums the document keeps; our own records are not named."""
    if kind.lines is None or not document.lines:
        return []
    fields = [entry for entry in kind.line_fields if entry.kind not in {Kind.LINK, Kind.CHOICE}]
    sums = [entry for entry in fields if entry.kind is Kind.MONEY and entry.readonly][-1:]
    named = [entry for entry in fields if entry.name == kind.line_cls.title_field]
    columns = [
        *(Column(entry.name, str(entry.label), "title") for entry in named),
        *(Column(entry.name, _head(entry, document.currency), "amount", number=True) for entry in sums),
    ]
    details = [entry for entry in fields if entry not in (*named, *sums)]
    rows = []
    for line in document.lines:
        values = {entry.name: line_value(line, entry) for entry in fields}
        title = str(getattr(line, line.title_field, "") or "")
        said = [_said(entry, values[entry.name], document.currency) for entry in details if values[entry.name]]
        cells = [Cell(title, sub=_(", ").join(said)) for _entry in named]
        cells += [Cell(_plain(entry, values[entry.name], document.currency), "number") for entry in sums]
        rows.append(Row(str(line.id), title, cells))
    totals = [
        Total(
            str(entry.label),
            i18n.format_money(kind.value(document, entry), document.currency),
            strong=entry.name == kind.cls.__dict__.get("amount_field"),
        )
        for entry in kind.fields
        if entry.kind is Kind.MONEY and entry.readonly and not entry.beside
    ]
    changes = [row for rows in telling.changed_since(document) for row in rows]
    return [LinesShown(str(kind.lines.label), columns, rows, totals), *_changes(changes)]


def _changes(rows: Sequence[tuple[str, str, str]]) -> list[LinesShown]:
    """What is new since the offer before, as (what, how it changed, amount) that the document tells."""
    if not rows:
        return []
    columns = [Column("what", _("What"), "title"), Column("amount", _("Amount"), "amount", number=True)]
    shown = [Row(what, what, [Cell(what, sub=how), Cell(amount, "number")]) for what, how, amount in rows]
    return [LinesShown(_("Compared with the offer before"), columns, shown)]


def _head(entry: Field, currency: str) -> str:
    return _(", ").join((str(entry.label), currency)) if currency else str(entry.label)


def _said(entry: Field, value: Any, currency: str) -> str:
    """`Quantity 4.5`."""
    return f"{entry.label} {_plain(entry, value, currency)}{f' {entry.unit}' if entry.unit else ''}"


def _plain(entry: Field, value: Any, currency: str) -> str:
    """The value without the currency's code, which stands in the head."""
    text = i18n.format_money(value, currency) if entry.kind is Kind.MONEY else entry.shown(value)
    return text.removeprefix(f"{currency} ")
