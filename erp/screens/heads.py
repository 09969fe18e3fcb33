"""The head every tab of a document shares: number, states, figures, the tasks this user may do now, incidents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from erp import operations
from erp.access import can, require
from erp.comments import messages
from erp.data import files
from erp.data.base import session
from erp.data.files import File
from erp.documents import archiving
from erp.documents.archiving import Archived
from erp.documents.arrivals import ImportedDocument, arrival
from erp.documents.base import Document
from erp.documents.fields import Field, Kind
from erp.documents.types import EXTENSION_MARK, DocumentType, document_type
from erp.errors import NotFound
from erp.i18n import _, format_number
from erp.jobs.models import Job
from erp.screens import words
from erp.screens.relations import counted
from erp.web.shapes import LinesShown, Link, Shown, State, Tab
from erp.web.states import states_in
from erp.workflow import definitions, steps
from erp.workflow.definitions import Published
from erp.workflow.models import HELD_STATES, LIVE, WorkflowIncident, WorkflowInstance, WorkflowTask
from erp.workflow.operating import causes, incidents
from erp.workflow.people import tasks

SUMMED = 5
"""Figures under the title."""
RATE = "tax_rate"
"""The standard word for a tax percentage; it stands beside the tax it makes."""


@dataclass(frozen=True)
class TaskButton:
    """A task this user may do now; `post` when its form asks nothing; `blocked` says why it may not be pressed.

    What is `aside` may be done, and is never offered as what comes next.
    """

    label: str
    url: str
    icon: str = "check"
    post: bool = False
    blocked: str = ""
    aside: bool = False


@dataclass(frozen=True)
class Incident:
    """A step that is stuck, and what may be done about it."""

    title: str
    reason: str
    at: datetime
    todo: str = ""
    attempts: int = 0
    detail: str = ""
    retry_url: str = ""
    skip_url: str = ""
    correct_url: str = ""
    """Where what it sends may be put right."""
    error_url: str = ""
    ways: Sequence[tuple[str, str]] = ()
    """(code, name) of the error events it may be sent down to."""
    like_url: str = ""
    """All that is stuck for the same cause."""


@dataclass(frozen=True)
class DocumentHead:
    """`view.head` of document, process, history and files."""

    number: str
    title: str
    crumbs: Sequence[Link]
    states: Sequence[State]
    summary: Sequence[Shown]
    tabs: Sequence[Tab]
    tasks: Sequence[TaskButton] = ()
    prints: Sequence[Link] = ()
    more: Sequence[Link] = ()
    incidents: Sequence[Incident] = ()
    held: str = ""
    """Who has suspended the process, and why."""


@dataclass
class Opened:
    """A document with what its pages need, each read once."""

    type: DocumentType
    row: Any
    instance: WorkflowInstance | None
    published: Published | None
    states: dict[str, State]
    tasks: list[WorkflowTask]
    incidents: list[WorkflowIncident]
    files: list[File]
    arrival: ImportedDocument | None = None
    """From where it came, if it is imported history."""
    links: Sequence[Link] = ()
    """What the type's own view adds to the menu."""
    facts: Sequence[Shown] = ()
    """What the type's own view works out beside the fields."""
    buttons: Sequence[TaskButton] = ()
    """What it adds beside the tasks."""
    badges: Sequence[State] = ()
    """What it says of a document without a process."""
    tables: Sequence[LinesShown] = ()
    """What it shows below the lines."""
    archived: Archived | None = None
    """Since when a record is put away."""

    @property
    def url(self) -> str:
        """The document's own address."""
        return f"/{self.type.name}/{self.row.id}"

    @property
    def number(self) -> str:
        """What people call it when they point at it."""
        number = self.row.number if self.type.is_document else None
        return str(number or self.row.title)

    @property
    def currency(self) -> str:
        """The currency of its amounts."""
        return str(getattr(self.row, "currency", "") or "")

    def task(self, element: str) -> WorkflowTask | None:
        """Its open task at an element."""
        return next((task for task in self.tasks if task.element == element), None)


def opened(type_name: str, row_id: int) -> Opened:
    """A document the actor may see, with its links, lines, tasks, incidents and files; NotFound or Forbidden."""
    require("show", type_name)
    kind = document_type(type_name)
    row = session().scalar(sa.select(kind.cls).where(kind.cls.id == row_id).options(*_loaded(kind)))
    if row is None:
        raise NotFound
    instance = published = None
    if isinstance(row, Document) and (instance := steps.instance_of(row)) is not None:
        published = definitions.published(instance.definition_id)
    diagram = published.diagram if published else None
    came = arrival(type_name, row_id) if kind.is_document and instance is None else None
    if came is not None:
        diagram = words.live_diagram(type_name)
    return Opened(
        kind,
        row,
        instance,
        published,
        states_in(diagram),
        tasks.open_of(type_name, [row_id]) if instance else [],
        incidents.open_of(type_name, [row_id]) if instance else [],
        files.of(type_name, row_id),
        came,
        archived=archiving.entry(kind, row_id),
    )


def _loaded(kind: DocumentType) -> list[Any]:
    """Everything a page reads of a document, in one statement and one more for its lines."""
    options: list[Any] = [joinedload(getattr(kind.cls, e.name)) for e in kind.fields if _is_plain_link(e)]
    for table in kind.tables:
        links = [joinedload(getattr(table.cls, e.name)) for e in table.fields if e.kind is Kind.LINK]
        options.append(selectinload(getattr(kind.cls, table.name)).options(*links))
    return options


def _is_plain_link(entry: Field) -> bool:
    return entry.kind is Kind.LINK and not entry.extra and EXTENSION_MARK not in entry.name


def head(it: Opened, current: str) -> DocumentHead:
    """The head with one of the tabs open: document, process, history or files."""
    kind = it.type
    return DocumentHead(
        number=it.number,
        title=it.row.title,
        crumbs=[Link(str(kind.plural), f"/{kind.name}/")] if can("list", kind.name) else [],
        states=_states(it),
        summary=summary(it),
        tabs=_tabs(it, current),
        tasks=[*_buttons(it), *it.buttons],
        prints=_prints(it),
        more=_more(it),
        incidents=[_incident(entry) for entry in it.incidents],
        held=steps.why_held(it.instance) if it.instance is not None and it.instance.status in HELD_STATES else "",
    )


def _states(it: Opened) -> list[State]:
    badge = words.state_of(it.row, it.states)
    found = [badge] if badge else list(it.badges)
    if it.arrival is not None:
        found.append(State("idle", _("Imported history")))
    if it.instance is not None and it.instance.status == "cancelled":
        found.append(State("done", _("Stopped")))
    if it.instance is not None and it.instance.status in HELD_STATES:
        found.append(State("wait", _("Suspended")))
    if it.incidents:
        found.append(State("bad", _("Stuck")))
    if it.archived is not None:
        found.append(State("done", _("Put away")))
    return found


def summary_fields(kind: DocumentType) -> list[Field]:
    """The fields that stand under the title: the first link, the amount, the first date that is listed."""
    amount = getattr(kind.cls, "amount_field", "")
    own = [entry for entry in kind.fields if EXTENSION_MARK not in entry.name]
    first_link = next((entry for entry in own if entry.kind is Kind.LINK), None)
    date = next((entry for entry in own if entry.kind is Kind.DATE and entry.listed), None)
    found = [first_link, *(entry for entry in own if entry.name == amount), date]
    return [entry for entry in found if entry is not None][: SUMMED - 1]


def summary(it: Opened) -> list[Shown]:
    """The figures under the title."""
    found = [Shown(_("Number"), it.row.number or "–")] if it.type.is_document else []
    return found + [shown(it, entry) for entry in summary_fields(it.type)]


def shown(it: Opened, entry: Field) -> Shown:
    """One field as it is read."""
    value, url, sub = it.type.value(it.row, entry), "", ""
    kind = entry.kind.value
    if entry.kind is Kind.LINK:
        linked = it.type.linked(it.row, entry)
        value = words.title_of(linked)
        url = words.address_of(linked) if linked is not None else ""
        sub = linked.subtitle if linked is not None else ""
    elif entry.kind is Kind.MONEY and entry.readonly and not value:
        value = None
    elif entry.kind is Kind.CHOICE:
        value, kind = entry.shown(value) if value else "", "text"
    return Shown(str(entry.label), value, kind, url=url, currency=it.currency, unit=str(entry.unit), sub=sub)


def _tabs(it: Opened, current: str) -> list[Tab]:
    found = [Tab(_("Document") if it.type.is_document else str(it.type.title), it.url, current=current == "document")]
    if it.instance is not None:
        found.append(Tab(_("Process"), f"{it.url}/process", current=current == "process"))
    found.append(Tab(_("History"), f"{it.url}/history", current=current == "history"))
    said, related = (
        session().execute(sa.select(messages.counted(it.type.name, it.row.id), counted(it.type, it.row))).one()
    )
    counts = (
        (_("Files"), "files", len(it.files)),
        (_("Messages"), "messages", said),
        (_("Related"), "related", related),
    )
    for label, name, count in counts:
        found.append(Tab(label, f"{it.url}/{name}", format_number(count) if count else "", current=current == name))
    return found


def _buttons(it: Opened) -> list[TaskButton]:
    found = []
    is_held = it.instance is not None and it.instance.status in HELD_STATES
    for task in it.tasks:
        label, icon = _(task.name), task.icon or "check"
        if is_held and tasks.is_for_me(task):
            found.append(TaskButton(label, "", icon, blocked=_("The process is suspended.")))
        elif tasks.may_do(task):
            form = operations.task_form(task)
            asks = bool(form.fields) or bool(form.problems)
            url = f"/task/{task.id}"
            found.append(TaskButton(label, url, icon, post=not asks and not task.edits))
        elif tasks.is_for_me(task):
            found.append(TaskButton(label, "", icon, blocked=_("%(who)s has claimed this task.", who=task.assignee)))
    return found


def _prints(it: Opened) -> list[Link]:
    newest = {file.purpose: file for file in it.files if file.purpose and file.purpose != "export"}
    return [
        Link(_(purpose.replace("_", " ").capitalize()), f"{it.url}/files/{file.id}", "file-type-pdf")
        for purpose, file in newest.items()
    ]


def _more(it: Opened) -> list[Link]:
    found = list(it.links)
    if can("edit", it.type.name) and operations.editable_fields(it.row):
        found.append(Link(_("Edit"), f"{it.url}/edit", "pencil"))
    if can("add", it.type.name) and it.type.editable:
        found.append(Link(_("Duplicate"), f"/{it.type.name}/new?copy={it.row.id}", "copy"))
    if can("edit", it.type.name) and archiving.is_archivable(it.type):
        away = it.archived is not None
        found.append(
            Link(_("Take back"), f"{it.url}/unarchive", "archive-off", post=True)
            if away
            else Link(_("Put away"), f"{it.url}/archive", "archive", post=True)
        )
    if it.instance is not None and it.instance.status in LIVE and can("stop", it.type.name):
        found.append(Link(_("Stop the process"), f"{it.url}/cancel", "player-stop", danger=True))
    if can("list", "member"):
        found.append(Link(_("Who may do what"), f"/people/why?type={it.type.name}&row={it.row.id}", "user-question"))
    return found


def _incident(entry: WorkflowIncident) -> Incident:
    may = can("edit", entry.document_type)
    job = session().get(Job, entry.job_id)
    skips, ways = incidents.may_skip(entry), incidents.ways(entry)
    todo = _("Mend the cause, then try again.")
    if skips:
        todo = _("Mend the cause and try again, or skip the step and say why.")
    return Incident(
        title=_(entry.name),
        reason=entry.reason.split("\n")[0][:300],
        at=entry.opened_at,
        todo=todo if may else _("Tell your manager."),
        attempts=job.attempts if job else 0,
        detail=entry.reason if "\n" in entry.reason or len(entry.reason) > 300 else "",
        retry_url=f"/incident/{entry.id}/retry" if may else "",
        skip_url=f"/incident/{entry.id}/skip" if may and skips else "",
        correct_url=f"/incident/{entry.id}/correct" if may and incidents.correctable(entry) else "",
        error_url=f"/incident/{entry.id}/error" if may and ways else "",
        ways=[(code, _(name)) for code, name in ways],
        like_url=f"/incidents/like/{entry.id}" if can("list", causes.SUBJECT) else "",
    )
