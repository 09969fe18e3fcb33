"""The inbox: what the actor can do now, the overdue first, with the chosen task's form beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask import Response, flash, redirect, render_template, request
from flask_appbuilder import BaseView, expose
from werkzeug.wrappers import Response as BaseResponse

from erp import clock, context, i18n, operations
from erp.access import Member
from erp.data.base import session
from erp.documents.types import declared
from erp.errors import NotFound
from erp.i18n import _, format_date, format_number
from erp.people.absences import Away
from erp.screens import stream
from erp.screens.guard import members_only
from erp.screens.task_forms import Result, TaskPage, desk_of, submit, task_page
from erp.web.shapes import Empty, Link, Tab, TaskRow
from erp.workflow.models import WorkflowTask
from erp.workflow.people import tasks

SHOWN = 200
Answer = Response | BaseResponse | str | tuple[str, int]


@dataclass(frozen=True)
class TaskGroup:
    """Tasks due about the same time."""

    label: str
    tasks: Sequence[TaskRow]
    late: bool = False


@dataclass(frozen=True)
class InboxPage:
    """millrace/inbox.html."""

    tabs: Sequence[Tab]
    groups: Sequence[TaskGroup]
    empty: Empty | None = None
    kinds: Sequence[Link] = ()
    kind_label: str = ""
    task: TaskPage | None = None
    next_url: str = ""


def inbox_page(
    view: str, kind: str, limit: int, *, chosen: int | None = None, task: TaskPage | None = None
) -> InboxPage:
    """The queue, narrowed by view (mine) and kind of task, with the chosen task's form."""
    found = tasks.inbox(limit)
    mine = [each for each in found if each.assignee_id == context.current().member_id]
    listed = mine if view == "mine" else found
    kinds = _kinds(listed, view, kind)
    if kind:
        listed = [each for each in listed if _kind(each) == kind]
    tabs = [
        Tab(_("Mine and my roles"), _address("", kind), format_number(len(found)), current=view != "mine"),
        Tab(_("Claimed"), _address("mine", kind), format_number(len(mine)), current=view == "mine"),
    ]
    empty = Empty(_("Nothing waits for you."))
    if kind or (view == "mine" and found):
        empty = Empty(_("Nothing here waits for you."), _("Show all"), "/inbox/")
    labels = {_kind(each): _(each.name) for each in found}
    return InboxPage(
        tabs=tabs,
        groups=_groups(listed, view, kind, chosen),
        empty=None if listed else empty,
        kinds=kinds,
        kind_label=labels.get(kind, ""),
        task=task,
        next_url=_address(view, kind, limit=str(limit + SHOWN)) if len(found) == limit else "",
    )


def _kind(task: WorkflowTask) -> str:
    return f"{task.document_type}.{task.element}"


def _address(view: str, kind: str, **more: str) -> str:
    parts = [f"{name}={value}" for name, value in {"view": view, "kind": kind, **more}.items() if value]
    return f"/inbox/?{'&'.join(parts)}" if parts else "/inbox/"


def _kinds(listed: Sequence[WorkflowTask], view: str, kind: str) -> list[Link]:
    """The kinds of tasks there are, when there are several."""
    counts: dict[str, int] = {}
    names: dict[str, str] = {}
    for task in listed:
        counts[_kind(task)] = counts.get(_kind(task), 0) + 1
        names[_kind(task)] = _(task.name)
    if len(counts) < 2 and not kind:
        return []
    ordered = sorted(counts, key=lambda each: names[each])
    found = [Link(_("All kinds"), _address(view, ""))]
    found += [Link(names[k], _address(view, k), sub="✓" if k == kind else format_number(counts[k])) for k in ordered]
    return found


def _groups(listed: Sequence[WorkflowTask], view: str, kind: str, chosen: int | None) -> list[TaskGroup]:
    now = clock.now()
    today = i18n.local(now).date()
    sorted_: dict[str, list[TaskRow]] = {"overdue": [], "today": [], "later": []}
    for task in listed:
        row = task_row(task, now, today, _address(view, kind), chosen=chosen)
        group = (
            "overdue" if row.late else "today" if task.due_at and i18n.local(task.due_at).date() == today else "later"
        )
        sorted_[group].append(row)
    labels = {"overdue": _("Overdue"), "today": _("Today"), "later": _("Later")}
    return [TaskGroup(labels[name], rows, late=name == "overdue") for name, rows in sorted_.items() if rows]


def task_row(task: WorkflowTask, now: datetime, today: date, back: str, *, chosen: int | None = None) -> TaskRow:
    """A task as a row of the queue."""
    late, due = task.due_at is not None and task.due_at < now, ""
    if task.due_at is not None:
        local = i18n.local(task.due_at)
        is_today = local.date() == today
        due = i18n.digits(f"{local:%H:%M}") if is_today else format_date(local.date())
    mine = task.assignee_id == context.current().member_id
    away = tasks.done_for(task)
    query = back.partition("?")[2]
    return TaskRow(
        title=_(task.name),
        url=f"/inbox/{task.id}" + (f"?{query}" if query else ""),
        sub=task.title,
        icon=task.icon or "checkbox",
        due=due,
        late=late,
        mine=mine,
        role="" if mine or away else tasks.for_whom_first(task),
        claim_url="" if mine or task.approval is not None else f"/inbox/{task.id}/claim",
        current=task.id == chosen,
        stands_in=stands_in(away),
    )


def stands_in(away: Away | None) -> str:
    """For whom the actor would do a task, and how long; '' for nobody but themselves."""
    if away is None:
        return ""
    return _("For %(who)s, away until %(day)s", who=away.name, day=format_date(away.until_on))


class Inbox(BaseView):
    """`/inbox/`: the queue, one task, and what is done with it."""

    route_base = "/inbox"
    default_view = "index"

    @expose("/")
    @members_only
    def index(self) -> Answer:
        """The queue alone."""
        return _page(None, None)

    @expose("/<int:task_id>", methods=("GET", "POST"))
    @members_only
    def task(self, task_id: int) -> Answer:
        """The queue with one task's form; a post does the task."""
        desk = desk_of(task_id, "/inbox")
        if request.method != "POST":
            return _page(task_id, task_page(desk))
        result = submit(desk)
        if result.page is not None:
            return _page(task_id, result.page, result.status)
        tell(result)
        return redirect("/inbox/")

    @expose("/<int:task_id>/claim", methods=("POST",))
    @members_only
    def claim(self, task_id: int) -> Answer:
        """Take a task."""
        operations.claim(task_id)
        return _back(task_id)

    @expose("/<int:task_id>/release", methods=("POST",))
    @members_only
    def release(self, task_id: int) -> Answer:
        """Give it back to its role."""
        operations.release(task_id)
        return _back(task_id)

    @expose("/<int:task_id>/delegate", methods=("POST",))
    @members_only
    def delegate(self, task_id: int) -> Answer:
        """Hand it to a colleague."""
        member = request.form.get("member", "")
        if not member.isdecimal() or len(member) > 18:
            raise NotFound(_("There is no such colleague."))
        task = operations.delegate(task_id, int(member), request.form.get("note", ""))
        # of an approval only one voice went to them, and the task has no assignee
        who = session().get_one(Member, int(member)).name
        flash(_("“%(task)s” is now with %(who)s.", task=_(task.name), who=who), "success")
        return redirect("/inbox/")

    @expose("/stream")
    @members_only
    def stream(self) -> Answer:
        """The count as server-sent events; with `?once`, or when all places are taken, once as JSON or not at all."""
        if request.args.get("once"):
            return stream.once()
        return stream.events()


class Task(BaseView):
    """`/task/<id>`: one task alone, as links lead to it."""

    route_base = "/task"
    default_view = "task"

    @expose("/<int:task_id>", methods=("GET", "POST"))
    @members_only
    def task(self, task_id: int) -> Answer:
        """The form; a post does the task and goes back to the document."""
        desk = desk_of(task_id, "/task")
        if request.method != "POST":
            return render_template("millrace/task.html", view=task_page(desk))
        result = submit(desk)
        if result.page is not None:
            return render_template("millrace/task.html", view=result.page), result.status
        tell(result)
        may = ("show", result.task.document_type) in context.current().permissions
        return redirect(desk.it.url if may else "/inbox/")


def tell(result: Result) -> None:
    """Say what was done."""
    task = result.task
    flash(_("%(task)s: done for %(document)s.", task=_(task.name), document=task.title), "success")


def _page(task_id: int | None, task: TaskPage | None, status: int = 200) -> Answer:
    limit = request.args.get("limit", "")
    count = min(int(limit), 2000) if limit.isdecimal() and len(limit) < 6 else SHOWN
    kind = request.args.get("kind", "")
    known = kind.partition(".")[0] in declared()
    page = inbox_page(request.args.get("view", ""), kind if known else "", count, chosen=task_id, task=task)
    return render_template("millrace/inbox.html", view=page), status


def _back(task_id: int) -> Answer:
    return redirect(f"/task/{task_id}" if request.args.get("alone") else f"/inbox/{task_id}")
