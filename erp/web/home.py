"""The overview: what waits for me, how many documents are in which state, and what is stuck."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask_appbuilder import BaseView, expose

from erp import access, clock, context, i18n
from erp.data.base import session
from erp.documents.base import Document
from erp.documents.types import DocumentType, declared
from erp.i18n import _
from erp.web.shapes import Figure, HomeView, Link, State, StateCount, StuckRow, TaskRow, TypeStates
from erp.web.states import badge, states_of
from erp.workflow import tasks
from erp.workflow.models import OPEN, WorkflowIncident, WorkflowTask

TASKS = 8
STUCK = 10
NEWEST = 10_000
"""States are counted among so many of the newest documents: counting all of a million takes too long for a look."""
States = dict[str, dict[str, State]]


class Home(BaseView):
    """`/`, which reads only what the member may list."""

    route_base = ""
    default_view = "index"

    @expose("/")
    def index(self) -> Any:
        """The overview of the acting member."""
        listed = [entry for entry in declared().values() if entry.is_document and access.can("list", entry.name)]
        states = {entry.name: states_of(entry.name) for entry in listed}
        with_process = [entry for entry in listed if states[entry.name]]
        return self.render_template("millrace/home.html", view=overview(with_process, states))


def overview(types: list[DocumentType], states: States) -> HomeView:
    """What the overview shows of these types."""
    mine = tasks.inbox(TASKS)
    names = [entry.name for entry in types]
    late, incidents = _late(names), _incidents(names)
    return HomeView(
        figures=_figures(names, len(incidents)),
        tasks=[_task(task) for task in mine],
        tasks_url="/inbox/",
        types=[_counted(entry, states[entry.name]) for entry in types],
        stuck=_stuck(late, incidents, states),
        starts=[
            Link(_("New %(what)s", what=str(entry.title).lower()), f"/{entry.name}/new", "plus")
            for entry in types
            if access.can("add", entry.name)
        ],
    )


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
        role="" if mine else access.role_name(task.role),
    )


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
