"""The job console: what waits, runs, is done or failed, what each kind costs, and what runs periodically."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import flash, redirect, render_template, request
from flask_appbuilder import BaseView, expose
from werkzeug.wrappers import Response

from erp import i18n, prepare
from erp.access import can, require
from erp.data.base import session
from erp.documents.types import declared
from erp.errors import Conflict, NotFound
from erp.i18n import N_, _
from erp.jobs import console, schedules
from erp.jobs.models import CANCELLED, DONE, FAILED, HELD, RUNNING, WAITING, Job, Schedule
from erp.screens.guard import members_only
from erp.web.shapes import Link, State, Tab

INSTALLATION = "installation"
TABS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "waiting": (N_("Waiting"), (WAITING, HELD)),
    "running": (N_("Running"), (RUNNING,)),
    "failed": (N_("Failed"), (FAILED,)),
    "done": (N_("Done"), (DONE, CANCELLED)),
}
STATES: Mapping[str, tuple[str, str]] = {
    WAITING: ("wait", N_("Waiting")),
    HELD: ("idle", N_("Suspended")),
    RUNNING: ("move", N_("Running")),
    DONE: ("good", N_("Done")),
    FAILED: ("bad", N_("Failed")),
    CANCELLED: ("done", N_("Cancelled")),
}
KINDS: Mapping[str, str] = {
    "workflow.call": N_("Outside call of a process"),
    "workflow.timer": N_("Timer of a process"),
    "workflow.message": N_("Message a process sends"),
    "workflow.resume": N_("A suspended process goes on"),
    "workflow.begin": N_("A process begins"),
    "message.deliver": N_("Message to a process"),
    "message.tell": N_("Signal to a process"),
    "call": N_("Outside call"),
    "webhook": N_("Notice of an outside service"),
    "notifications.mail": N_("Mail to a colleague"),
    "reports.export": N_("Export"),
    "reports.paper": N_("Print"),
    "import": N_("Import"),
}
"""What kinds are called; those of plugins go by the plugin and their own name."""
LEVELS: Mapping[str, str] = {"first": N_("Before others"), "normal": N_("In turn"), "last": N_("After others")}


@dataclass(frozen=True)
class JobRow:
    """One row of work."""

    id: int
    kind: str
    what: str
    """Which call or step of the kind it is."""
    state: State
    by: str
    due: str
    took: str
    attempts: str
    about: Link | None
    error: str
    percent: int | None
    actions: Sequence[Link]
    levels: Sequence[Link]
    """How urgent it may be made while it waits."""


@dataclass(frozen=True)
class KindRow:
    """What one kind costs."""

    kind: str
    ended: str
    failed: int
    median: str
    p95: str
    slowest: str
    memory: str


@dataclass(frozen=True)
class ScheduleRow:
    """One periodic function."""

    name: str
    period: str
    last: datetime | None
    took: str
    state: State
    error: str
    next: datetime


@dataclass(frozen=True)
class JobsView:
    """millrace/jobs.html."""

    tabs: Sequence[Tab]
    rows: Sequence[JobRow] = ()
    kinds: Sequence[KindRow] = ()
    slow: Sequence[JobRow] = ()
    schedules: Sequence[ScheduleRow] = ()
    empty: str = ""
    next_url: str = ""
    is_live: bool = False


def kind_name(kind: str) -> str:
    """What people call a kind of work."""
    plugin, _dot, own = kind.partition(".")
    if kind not in KINDS and plugin in prepare.loaded():
        return f"{_(prepare.loaded()[plugin].title)}: {own.replace('_', ' ')}"
    return _(KINDS.get(kind, kind))


def _rows(jobs: Sequence[Job], *, edits: bool) -> list[JobRow]:
    titles = _titles(jobs)
    return [_row(job, titles, edits=edits) for job in jobs]


def _titles(jobs: Sequence[Job]) -> dict[tuple[str, int], str]:
    """What the documents they are about are called; one statement for each type the actor may see."""
    wanted: dict[str, set[int]] = {}
    for job in jobs:
        if job.subject in declared() and job.subject_id is not None and can("show", job.subject):
            wanted.setdefault(job.subject, set()).add(job.subject_id)
    found: dict[tuple[str, int], str] = {}
    for name, ids in wanted.items():
        cls = declared()[name].cls
        for row in session().scalars(sa.select(cls).where(cls.id.in_(ids))):
            found[name, row.id] = getattr(row, "number", None) or row.title
    return found


def _row(job: Job, titles: Mapping[tuple[str, int], str], *, edits: bool) -> JobRow:
    mood, label = STATES[job.state]
    done, total = job.progress.get("done"), job.progress.get("total")
    of_a_process = job.kind.startswith(console.OF_A_PROCESS)
    return JobRow(
        id=job.id,
        kind=kind_name(job.kind),
        what=str(job.request.get("action") or job.request.get("type") or ""),
        state=State(mood, _(label)),
        by=str(job.context.get("name", "")),
        due=_when(job),
        took=_span(job.took) if job.took is not None else "",
        attempts=_(
            "%(count)s of %(most)s", count=i18n.format_number(job.attempts), most=i18n.format_number(job.max_attempts)
        ),
        about=_about(job, titles),
        error=job.error,
        percent=round(100 * done / total) if done is not None and total and job.state == RUNNING else None,
        actions=() if not edits or of_a_process else _actions(job),
        levels=_levels(job) if edits and job.state == WAITING and not of_a_process else (),
    )


def _when(job: Job) -> str:
    if job.state == WAITING:
        return i18n.format_inside(job.due_at)
    return i18n.format_inside(job.finished_at or job.started_at)


def _about(job: Job, titles: Mapping[tuple[str, int], str]) -> Link | None:
    """The document it is about, for whoever may see it."""
    title = titles.get((job.subject, job.subject_id or 0))
    return None if title is None else Link(title, f"/{job.subject}/{job.subject_id}")


def _span(time: timedelta) -> str:
    """How long work took; most takes milliseconds."""
    if time < timedelta(seconds=1):
        return _("%(count)s ms", count=i18n.format_number(round(time / timedelta(milliseconds=1))))
    return i18n.format_duration(time)


def _actions(job: Job) -> list[Link]:
    if job.state == FAILED:
        return [Link(_("Try again"), f"/jobs/{job.id}/retry", "refresh", post=True)]
    stop = Link(_("Cancel"), f"/jobs/{job.id}/cancel", "x", post=True, confirm=_("Cancel this job?"), danger=True)
    if job.state == WAITING:
        return [Link(_("Run now"), f"/jobs/{job.id}/hurry", "player-play", post=True), stop]
    return [stop] if job.state == RUNNING else []


def _levels(job: Job) -> list[Link]:
    return [
        Link(_(LEVELS[level]), f"/jobs/{job.id}/priority/{level}", "check" if job.priority == number else "", post=True)
        for level, number in console.LEVELS.items()
    ]


def _kind_rows() -> list[KindRow]:
    return [
        KindRow(
            kind=kind_name(each.kind),
            ended=i18n.format_number(each.ended),
            failed=each.failed,
            median=_span(each.median),
            p95=_span(each.p95),
            slowest=_span(each.slowest),
            memory=_("%(count)s MB", count=i18n.format_number(each.memory_mb)) if each.memory_mb else "",
        )
        for each in console.kinds()
    ]


def _schedule_row(row: Schedule) -> ScheduleRow:
    finished, started = row.finished_at, row.started_at
    is_running = started is not None and (finished is None or finished < started)
    state = State("bad", _("Failed")) if row.error else State("good", _("Done"))
    if is_running:
        state = State("move", _("Running"))
    elif started is None:
        state = State("wait", _("Waiting"))
    return ScheduleRow(
        name=row.name,
        period=i18n.format_duration(row.period),
        last=started,
        took=_span(finished - started) if finished and started and not is_running else "",
        state=state,
        error=row.error,
        next=row.due_at,
    )


def _tabs(current: str) -> list[Tab]:
    counts = console.counts()
    found = []
    for name, (label, states) in TABS.items():
        count = sum(counts.get(state, 0) for state in states)
        text = i18n.format_number(count) if count else ""
        found.append(Tab(_(label), f"/jobs/?state={name}", text, late=name == "failed", current=current == name))
    found.append(Tab(_("Kinds"), "/jobs/kinds", current=current == "kinds"))
    if can("list", INSTALLATION):
        found.append(Tab(_("Schedules"), "/jobs/schedules", current=current == "schedules"))
    return found


class Jobs(BaseView):
    """`/jobs/`."""

    route_base = "/jobs"
    default_view = "index"

    @expose("/")
    @members_only
    def index(self) -> str:
        """The rows in one state, the newest first."""
        wanted = request.args.get("state", "waiting")
        name = wanted if wanted in TABS else "waiting"
        before = request.args.get("before", "")
        last = int(before) if before.isdecimal() and len(before) <= 18 else None
        rows = console.page(TABS[name][1], request.args.get("kind", ""), last)
        more, rows = len(rows) > console.PAGE, rows[: console.PAGE]
        edits = can("edit", console.SUBJECT)
        view = JobsView(
            tabs=_tabs(name),
            rows=_rows(rows, edits=edits),
            empty=_("Nothing is %(state)s.", state=_(TABS[name][0]).lower()),
            next_url=f"/jobs/?state={name}&before={rows[-1].id}" if more else "",
            is_live=name in {"waiting", "running"},
        )
        return render_template("millrace/jobs.html", view=view)

    @expose("/kinds")
    @members_only
    def kinds(self) -> str:
        """What each kind cost in the last week, and the slowest rows."""
        view = JobsView(
            tabs=_tabs("kinds"),
            kinds=_kind_rows(),
            slow=_rows(console.slowest(), edits=False),
            empty=_("Nothing ran in the last seven days."),
        )
        return render_template("millrace/jobs.html", view=view)

    @expose("/schedules")
    @members_only
    def schedules(self) -> str:
        """What the code declares to run periodically, and how its last turn went."""
        require("list", INSTALLATION)
        view = JobsView(tabs=_tabs("schedules"), schedules=[_schedule_row(row) for row in schedules.listed()])
        return render_template("millrace/jobs.html", view=view)

    @expose("/<int:job_id>/retry", methods=("POST",))
    @members_only
    def retry(self, job_id: int) -> Response:
        """Try a failed row again."""
        return _done(lambda: console.retry(job_id), _("It is being tried again."))

    @expose("/<int:job_id>/cancel", methods=("POST",))
    @members_only
    def cancel(self, job_id: int) -> Response:
        """Take a row back."""
        return _done(lambda: console.cancel(job_id), _("It was cancelled."))

    @expose("/<int:job_id>/hurry", methods=("POST",))
    @members_only
    def hurry(self, job_id: int) -> Response:
        """Run it before all others."""
        return _done(lambda: console.hurry(job_id), _("It runs next."))

    @expose("/<int:job_id>/priority/<level>", methods=("POST",))
    @members_only
    def priority(self, job_id: int, level: str) -> Response:
        """Say how urgent it is."""
        if level not in console.LEVELS:
            raise NotFound
        return _done(lambda: console.prioritise(job_id, level), _("Its place in the queue has changed."))


def _done(act: Callable[[], object], said: str) -> Response:
    """Do it and go back to the console, with what came of it."""
    try:
        act()
    except Conflict as error:
        flash(error.message, "danger")
    else:
        flash(said, "success")
    return redirect("/jobs/")
