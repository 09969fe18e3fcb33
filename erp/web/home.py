"""The overview: what waits for me, in which states the documents are that somebody works on, and what is stuck."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import redirect
from flask_appbuilder import BaseView, expose

from erp import access, clock, context, i18n
from erp.comments import reminders
from erp.data.base import session
from erp.documents.base import Document
from erp.documents.types import DocumentType, declared
from erp.i18n import _
from erp.notifications import reading
from erp.notifications.kinds import known, sentence
from erp.reports import tiles
from erp.web import shell
from erp.web.shapes import Figure, Link, State, StateCount, StuckRow, TaskRow, TypeStates
from erp.web.states import badge, states_of
from erp.workflow.models import OPEN, WorkflowIncident, WorkflowTask
from erp.workflow.people import tasks

TASKS = 8
STUCK = 10
REMINDED = 8
TOLD = 4
NEWEST = 10_000
"""States are counted among so many of the newest documents: counting all of a million takes too long for a look."""
States = dict[str, dict[str, State]]


@dataclass(frozen=True)
class ReminderRow:
    """A reminder that is open, or something one was told and has not read."""

    title: str
    url: str
    sub: str = ""
    when: str = ""
    late: bool = False
    icon: str = "alarm"
    done_url: str = ""
    """POST; '' for what is only read."""


@dataclass(frozen=True)
class HomeView:
    """millrace/home.html."""

    figures: Sequence[Figure]
    tasks: Sequence[TaskRow]
    tasks_url: str
    types: Sequence[TypeStates]
    stuck: Sequence[StuckRow]
    stuck_url: str = ""
    reminders: Sequence[ReminderRow] = ()
    unread: Sequence[ReminderRow] = ()
    tiles_url: str = ""
    """Where the tiles of reports are fetched from, once the page is there."""
    starts: Sequence[Link] = ()
    """Primary first: "Receive an item"."""


class Home(BaseView):
    """`/`, which reads only what the member may list."""

    route_base = ""
    default_view = "index"

    @expose("/")
    def index(self) -> Any:
        """The overview of the acting member; whoever has one page to work on is led there."""
        if alone := shell.only_page():
            return redirect(alone)
        listed = [entry for entry in declared().values() if entry.is_document and access.can("list", entry.name)]
        states = {entry.name: states_of(entry.name) for entry in listed}
        with_process = [entry for entry in listed if states[entry.name]]
        return self.render_template("millrace/home.html", view=overview(with_process, states))


def overview(types: list[DocumentType], states: States) -> HomeView:
    """What the overview shows of these types."""
    mine = tasks.inbox(TASKS)
    names = [entry.name for entry in types]
    late, incidents = _late(names), _incidents(names)
    worked_on = _worked_on(names)
    counted = {entry.name: _counted(entry, states[entry.name]) for entry in types if entry.name in worked_on}
    return HomeView(
        figures=_figures(names, len(incidents)),
        tasks=[_task(task) for task in mine],
        tasks_url="/inbox/",
        types=list(counted.values()),
        stuck=_stuck(late, incidents, states),
        reminders=_reminders(),
        unread=_unread(),
        tiles_url="/reports/tiles" if tiles.shown() else "",
        starts=_starts(types, counted),
    )


def _starts(types: list[DocumentType], counted: Mapping[str, TypeStates]) -> list[Link]:
    """What may be begun, that of which there is most first."""

    def many(entry: DocumentType) -> int:
        return sum(state.count for state in counted[entry.name].states) if entry.name in counted else 0

    return [
        Link(_("New %(what)s", what=str(entry.title).lower()), f"/{entry.name}/new", "plus")
        for entry in sorted(types, key=many, reverse=True)
        if access.can("add", entry.name)
    ]


def _figures(names: list[str], incidents: int) -> list[Figure]:
    now = clock.now()
    statement = sa.select(
        sa.func.count(),
        sa.func.count().filter(WorkflowTask.due_at < now),
        sa.func.count().filter(WorkflowTask.assignee_id == context.current().member_id),
    ).where(WorkflowTask.status == OPEN, WorkflowTask.document_type.in_(names))
    waiting, late, mine = session().execute(statement).one()
    return [
        Figure(_("Claimed by me"), i18n.format_number(mine), _("open tasks"), url="/inbox/"),
        Figure(_("Open steps"), i18n.format_number(waiting), _("of everybody")),
        Figure(_("Overdue"), i18n.format_number(late), _("past their time"), mood="bad" if late else ""),
        Figure(_("Stuck"), i18n.format_number(incidents), _("need a decision"), mood="bad" if incidents else ""),
    ]


def _task(task: WorkflowTask) -> TaskRow:
    late = task.due_at is not None and task.due_at < clock.now()
    mine = task.assignee_id is not None and task.assignee_id == context.current().member_id
    return TaskRow(
        title=_(task.name),
        url=f"/inbox/{task.id}",
        sub=task.title,
        icon=task.icon or "checkbox",
        due=i18n.format_datetime(task.due_at) if task.due_at else "",
        late=late,
        mine=mine,
        role="" if mine else tasks.for_whom_first(task),
    )


def _reminders() -> list[ReminderRow]:
    """The member's open reminders of what they may still see, the earliest first."""
    rows = reminders.mine(REMINDED)
    documents = reminders.documents_of([row for row in rows if access.can("show", row.subject)])
    today = i18n.local(clock.now()).date()
    return [
        ReminderRow(
            title=row.note or document.called,
            url=f"/{row.subject}/{row.subject_id}/messages",
            sub=document.called if row.note else "",
            when=i18n.format_date(row.due_on),
            late=row.due_on < today,
            done_url=f"/{row.subject}/{row.subject_id}/reminders/{row.id}",
        )
        for row in rows
        if (document := documents.get((row.subject, row.subject_id))) is not None
    ]


def _unread() -> list[ReminderRow]:
    kinds = known()
    return [
        ReminderRow(
            title=sentence(kinds[row.kind], row.values),
            url=row.url,
            sub=row.values.get("excerpt", ""),
            when=i18n.format_datetime(row.at),
            icon=kinds[row.kind].icon,
            done_url=f"/notifications/{row.id}/read",
        )
        for row in reading.page(only_unread=True, size=TOLD)[0]
    ]


def _worked_on(names: list[str]) -> set[str]:
    """Types of which a document waits for somebody: how the others stand is no news."""
    waiting = sa.select(WorkflowTask.document_type).where(
        WorkflowTask.status == OPEN, WorkflowTask.document_type.in_(names)
    )
    return set(session().scalars(waiting.distinct()))


def _counted(entry: DocumentType, states: dict[str, State]) -> TypeStates:
    newest = sa.select(entry.cls.state).order_by(entry.cls.id.desc()).limit(NEWEST).subquery()  # type: ignore[attr-defined]
    statement = sa.select(newest.c.state, sa.func.count()).group_by(newest.c.state)
    counts = {str(state): int(count) for state, count in session().execute(statement).all()}
    largest = max(counts.values(), default=1)
    known = [(name, state) for name, state in states.items() if counts.get(name)]
    rows = [
        StateCount(
            state.kind,
            state.label,
            counts[name],
            f"/{entry.name}/?state__eq={name}",
            max(1, counts[name] * 100 // largest),
        )
        for name, state in known
    ]
    return TypeStates(str(entry.plural), f"/{entry.name}/", rows)


def _late(names: list[str]) -> list[WorkflowTask]:
    statement = (
        sa.select(WorkflowTask)
        .where(WorkflowTask.status == OPEN, WorkflowTask.document_type.in_(names), WorkflowTask.due_at < clock.now())
        .order_by(WorkflowTask.due_at)
        .limit(STUCK)
    )
    return list(session().scalars(statement))


def _incidents(names: list[str]) -> list[WorkflowIncident]:
    statement = (
        sa.select(WorkflowIncident)
        .where(WorkflowIncident.status == OPEN, WorkflowIncident.document_type.in_(names))
        .order_by(WorkflowIncident.id)
        .limit(STUCK)
    )
    return list(session().scalars(statement))


def _stuck(late: list[WorkflowTask], incidents: list[WorkflowIncident], states: States) -> list[StuckRow]:
    """Incidents first, then what is longest past its time."""
    keys = [(row.document_type, row.document_id) for row in incidents]
    documents = _documents(keys + [(row.document_type, row.document_id) for row in late])
    found = []
    for incident in incidents:
        document = documents[incident.document_type, incident.document_id]
        found.append(
            _row(
                document,
                states,
                waiting=_("%(step)s failed", step=_(incident.name)),
                since=incident.opened_at,
                next_label=_("Decide"),
                next_url=f"/{incident.document_type}/{incident.document_id}",
            )
        )
    for task in late:
        document = documents[task.document_type, task.document_id]
        may = tasks.may_do(task)
        found.append(
            _row(
                document,
                states,
                waiting=task.assignee or access.role_name(task.role),
                since=task.due_at,
                next_label=_(task.name),
                next_url=f"/inbox/{task.id}" if may else "",
            )
        )
    return found[:STUCK]


def _documents(keys: list[tuple[str, int]]) -> dict[tuple[str, int], Document]:
    """The documents of (type, id) pairs; one statement for each type."""
    by_type: dict[str, set[int]] = {}
    for type_name, row_id in keys:
        by_type.setdefault(type_name, set()).add(row_id)
    found: dict[tuple[str, int], Document] = {}
    for type_name, ids in by_type.items():
        cls: Any = declared()[type_name].cls
        found.update({(type_name, row.id): row for row in session().scalars(sa.select(cls).where(cls.id.in_(ids)))})
    return found


def _row(document: Document, states: States, *, waiting: str, since: Any, next_label: str, next_url: str) -> StuckRow:
    type_name = document.__tablename__
    value = getattr(document, document.amount_field, None) if document.amount_field else None
    return StuckRow(
        number=document.number or f"#{document.id}",
        url=f"/{type_name}/{document.id}",
        what=document.summary,
        state=badge(document, states[type_name]),
        waiting=waiting,
        stuck=i18n.format_duration(clock.now() - since),
        late=True,
        amount=i18n.format_money(value, document.currency) if value else "",
        next_label=next_label,
        next_url=next_url,
    )
