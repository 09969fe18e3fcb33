"""A document as it is read: facts, lines with their sums, who has it, what comes next, what happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from erp import clock, context, i18n, money
from erp.access import can
from erp.data.base import session
from erp.documents import telling
from erp.documents.fields import Field, Kind
from erp.documents.types import LINES, Table, line_value
from erp.forms.inputs import Total
from erp.i18n import _
from erp.jobs.models import RUNNING as AT_WORK
from erp.jobs.models import WAITING, Job
from erp.operations import editable_fields
from erp.screens import happenings, words
from erp.screens.happenings import Event
from erp.screens.heads import RATE, DocumentHead, Opened, head, shown, summary_fields
from erp.screens.pieces import NextStep
from erp.screens.ways import next_steps
from erp.web.shapes import Cell, Column, Face, FileRow, LinesShown, Row, Shown
from erp.web.shell import initials
from erp.workflow.models import WorkflowTask
from erp.workflow.people import tasks
from erp.workflow.steps import CALL

CODE = 3
"""Signs of a currency's code."""
IN_BOOKS, BOOKS = "books_amount", "books_currency"
"""The standard words for what a document comes to in the currency of the books, and for that currency."""


@dataclass(frozen=True)
class Holder:
    """Who has it, since when and until when."""

    name: str
    what: str
    since: datetime
    face: Face
    due: datetime | None = None
    left: str = ""
    share: int = 0
    late: bool = False
    delegate_url: str = ""


@dataclass(frozen=True)
class DocumentPage:
    """millrace/document.html."""

    head: DocumentHead
    facts: Sequence[Shown]
    facts_label: str = ""
    lines: Sequence[LinesShown] = ()
    edit_url: str = ""
    holders: Sequence[Holder] = ()
    next_steps: Sequence[NextStep] = ()
    timeline: Sequence[Event] = ()
    timeline_url: str = ""
    timeline_count: int = 0
    payments: Sequence[LinesShown] = ()


def document_page(it: Opened) -> DocumentPage:
    """The first tab."""
    events = happenings.everything(it)
    edits = can("edit", it.type.name) and bool(editable_fields(it.row))
    return DocumentPage(
        head=head(it, "document"),
        facts=facts(it),
        lines=[lines_shown(it, each) for each in it.type.tables if not each.is_quiet or getattr(it.row, each.name)],
        edit_url=f"{it.url}/edit" if edits else "",
        holders=holders(it),
        next_steps=next_steps(it),
        timeline=happenings.short_timeline(events),
        timeline_url=f"{it.url}/history",
        timeline_count=len(events),
        payments=it.tables,
    )


def facts(it: Opened) -> list[Shown]:
    """The fields not shown elsewhere; what is empty, or only repeats what was typed, is left out."""
    elsewhere = {entry.name for entry in summary_fields(it.type)} | {it.type.cls.title_field}
    if it.type.line_cls is not None:
        elsewhere |= {RATE, *(entry.name for entry in sums(it))}
    found: list[Shown] = []
    for entry in it.type.fields:
        if entry.name in elsewhere and it.type.is_document:
            continue
        fact = shown(it, entry)
        is_empty = fact.value is None or fact.value in ("", False)
        is_asked = fact.value is False and not it.type.is_document and not entry.readonly
        if is_asked or not (is_empty or (entry.readonly and (_repeats(fact, found) or is_own(it, entry, fact)))):
            found.append(fact)
    own = {fact.label for fact in it.facts}
    found = [fact for fact in found if fact.label not in own] + [*told(it), *it.facts]
    found.append(Shown(_("Created"), it.row.created_at, "datetime", sub=it.row.created_by))
    photos = [file_row(it.url, file) for file in it.files if file.is_image and not file.purpose]
    if photos:
        found.append(Shown(_("Photos"), photos[:8], "files", wide=True))
    return found


def _repeats(fact: Shown, others: Sequence[Shown]) -> bool:
    """Whether another of the kind reads the same but for its spaces: a phone number put in order."""
    return fact.kind == "phone" and any(
        each.kind == fact.kind and str(each.value).replace(" ", "") == str(fact.value).replace(" ", "")
        for each in others
    )


def is_own(it: Opened, entry: Field, fact: Shown) -> bool:
    """Whether it is the code of the currency all amounts of the document are in anyway."""
    return entry.length == CODE and bool(it.currency) and fact.value == it.currency


def told(it: Opened) -> list[Shown]:
    """What the document works out beside its fields."""
    answers = telling.worked_out(it.row) if it.type.is_document else []
    return [Shown(label, value, kind, currency=it.currency) for rows in answers for label, value, kind in rows]


def file_row(url: str, file: Any, side: int = 96) -> FileRow:
    """A file as it is listed, a picture with a small one; one a browser cannot show stays without."""
    address = f"{url}/files/{file.id}"
    is_shown = file.is_image and file.media_type != "image/heic"
    thumb = f"{address}?size={side}" if is_shown else ""
    return FileRow(file.name, address, file.size, file.created_by, file.created_at, is_shown, thumb, str(file.id))


# -- lines -----------------------------------------------------------------------------------------------


def sums(it: Opened) -> list[Field]:
    """The document's own amounts that stand under its lines."""
    return [e for e in it.type.fields if e.kind is Kind.MONEY and e.readonly and not e.beside]


def lines_shown(it: Opened, table: Table) -> LinesShown:
    """The rows inside as read, under lines the document's sums."""
    title = table.cls.title_field
    texts = [e for e in table.fields if not e.is_number and e.name != title]
    numbers = [e for e in table.fields if e.is_number and not _is_idle(it, table, e)]
    links = (e for e in table.fields if e.kind is Kind.LINK)
    named = next((e for e in table.fields if e.name == title), None) or next(links, None)
    heads = [Column(title, str(named.label) if named else _("Description"), "title")]
    results = (e.name for e in reversed(numbers) if e.kind is Kind.MONEY and e.readonly and not e.hides_zero)
    result = next(results, "")
    heads += [
        Column(e.name, _with_unit(e, it.currency), "amount" if e.name == result else "more", number=True)
        for e in numbers
    ]
    rows = []
    for line in getattr(it.row, table.name):
        name = _name(line, title, named)
        said = (text for e in texts if (text := _line_text(line, e)) and not name.startswith(text))
        sub = line.subtitle or _(", ").join(said)
        cells = [Cell(name, sub=sub, picture=getattr(line, "picture_url", ""))]
        cells += [Cell(_line_number(line, e, it.currency), "number") for e in numbers]
        rows.append(Row(str(line.id), cells[0].text, cells))
    return LinesShown(
        label=str(table.label),
        columns=heads,
        rows=rows,
        totals=totals(it) if rows and table.name == LINES else (),
        empty=_("No lines yet.") if table.name == LINES else _("None yet."),
    )


def _name(line: Any, title: str, named: Field | None) -> str:
    """What a line is called: one of its choices as people read it."""
    if named is not None and named.name == title and named.kind is Kind.CHOICE:
        return _line_text(line, named) or "–"
    return str(getattr(line, title, "") or "–")


def _is_idle(it: Opened, table: Table, entry: Field) -> bool:
    """Whether a figure that is not the line's own result is nought in every line: its column says nothing."""
    results = [e.name for e in table.fields if e.kind is Kind.MONEY and e.readonly]
    beside = entry.readonly and (entry.hides_zero or entry.name in results[:-1])
    return beside and not any(getattr(line, entry.name) for line in getattr(it.row, table.name))


def _with_unit(entry: Field, currency: str) -> str:
    unit = currency if entry.kind is Kind.MONEY else str(entry.unit)
    return _(", ").join((str(entry.label), unit)) if unit else str(entry.label)


def _line_text(line: Any, entry: Field) -> str:
    if entry.kind is Kind.LINK:
        return words.title_of(getattr(line, entry.name))
    value = line_value(line, entry)
    return "" if value in (None, "", False) else entry.shown(value)


def _line_number(line: Any, entry: Field, currency: str) -> str:
    value = line_value(line, entry)
    if value is None or (not value and (entry.hides_zero or not (entry.required or entry.readonly))):
        return ""
    if entry.kind is Kind.MONEY:
        return i18n.format_number(value, money.exponent(currency or "USD"))
    return i18n.format_number(value)


def totals(it: Opened) -> list[Total]:
    """The document's sums, the one people look for last and strong."""
    last = getattr(it.type.cls, "amount_field", "")
    found: list[Total] = []
    entries = sorted(sums(it), key=lambda each: each.name == last)
    for entry in entries:
        value: Decimal | None = getattr(it.row, entry.name)
        if entry.name == IN_BOOKS and getattr(it.row, BOOKS) == it.currency:
            continue  # it is in that currency anyway
        if value is not None and (value or entry.name == last):
            is_last = entry.name == last
            text = i18n.format_money(value, it.currency if is_last else "")
            rate = getattr(it.row, RATE, None) if entry.name == "tax" else None
            label = str(entry.label)
            if rate:
                label = _("%(label)s %(rate)s %%", label=label, rate=i18n.format_number(rate))
            found.append(Total(label, text, strong=is_last))
    return found


# -- who has it ------------------------------------------------------------------------------------------


def holders(it: Opened) -> list[Holder]:
    """With whom it is: people and roles with a task, else the machine or whoever must mend what is stuck."""
    found = [_holder(task) for task in it.tasks]
    stuck = {incident.job_id for incident in it.incidents}
    if it.instance is not None and not found:
        statement = sa.select(Job).where(
            Job.subject == it.type.name,
            Job.subject_id == it.row.id,
            Job.kind == CALL,
            Job.state.in_((WAITING, AT_WORK)),
            Job.id.not_in(stuck),
        )
        for job in session().scalars(statement):
            element = it.published.diagram.elements.get(job.request["element"]) if it.published else None
            name = _(element.label) if element else ""
            found.append(Holder(_("Automatic"), name, job.created_at, Face(icon="robot")))
    for incident in it.incidents:
        face = Face(icon="alert-triangle")
        found.append(Holder(_("Stuck"), _(incident.name), incident.opened_at, face, late=True))
    return found


def _holder(task: WorkflowTask) -> Holder:
    acting, now = context.current(), clock.now()
    since = task.claimed_at or task.opened_at
    if task.assignee_id is not None:
        name = _("You") if task.assignee_id == acting.member_id else task.assignee
        face = Face(initials=initials(task.assignee), me=task.assignee_id == acting.member_id)
    else:
        name, face = tasks.for_whom(task) or _("Anybody"), Face(icon=words.role_icon(task.role))
    share, left, late = 0, "", False
    if task.due_at is not None:
        whole = (task.due_at - task.opened_at).total_seconds()
        spent = (now - task.opened_at).total_seconds()
        share = max(0, min(100, round(100 * spent / whole))) if whole > 0 else 100
        left, late = words.left_until(task.due_at), task.due_at < now
    delegate = f"/task/{task.id}#delegate" if tasks.may_do(task) else ""
    return Holder(name, _(task.name), since, face, task.due_at, left, share, late, delegate)
