"""The process tab: the diagram with what was passed, where it is, with whom and how long each step took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from erp import clock, context
from erp.data.base import session
from erp.errors import NotFound
from erp.i18n import _, format_duration, format_number
from erp.operations import instances
from erp.screens.explained import Why
from erp.screens.heads import DocumentHead, Opened, head
from erp.screens.pieces import NextStep
from erp.screens.ways import next_steps
from erp.screens.why import RACE, why
from erp.screens.why_decided import taken
from erp.web.shapes import Link
from erp.web.shell import initials
from erp.workflow import history
from erp.workflow.diagrams.diagram import Diagram
from erp.workflow.diagrams.dialect import CONDITIONAL
from erp.workflow.models import DONE, RUNNING, SUSPENDED, WorkflowEvent, WorkflowInstance, WorkflowTask
from erp.workflow.people import tasks

COMPARED = 2000
"""Newest finished tasks of a version that say what is usual."""
BEGINS, ENDS = (
    frozenset({"entered"}),
    frozenset({"completed", "cancelled", "failed", "skipped", "timer_fired", "received", "decided", "moved"}),
)
TIMED = frozenset({"userTask", "serviceTask", "receiveTask", "callActivity", "subProcess"})


@dataclass(frozen=True)
class StepRow:
    """One step that was or is being done."""

    label: str
    who: str
    started: datetime
    took: str
    running: bool = False
    url: str = ""


@dataclass(frozen=True)
class ProcessPage:
    """millrace/process.html."""

    head: DocumentHead
    title: str
    version: str
    xml_url: str
    marks: Mapping[str, object]
    steps: Sequence[StepRow]
    why: Why | None = None
    next_steps: Sequence[NextStep] = ()
    element_url: str = ""
    operating: Sequence[Link] = ()
    """What the actor may do to the running process."""


@dataclass(frozen=True)
class Visit:
    """One passage through a step; `ended` is None while it lasts."""

    element: str
    began: datetime
    ended: datetime | None
    who: str
    kind: str

    @property
    def lasted(self) -> timedelta:
        """How long it took, or has taken until now."""
        return (self.ended or clock.now()) - self.began


def visits(events: Sequence[WorkflowEvent]) -> list[Visit]:
    """The passages through the steps of the document's own process, in order."""
    found: list[Visit] = []
    waiting: dict[str, list[int]] = {}
    for event in events:
        if event.scope:
            continue
        if event.kind in BEGINS:
            waiting.setdefault(event.element, []).append(len(found))
            found.append(Visit(event.element, event.at, None, "", ""))
        elif event.kind == "action":
            found.append(Visit(event.element, event.at, event.at, event.actor, event.kind))
        elif event.kind in ENDS and waiting.get(event.element):
            place = waiting[event.element].pop(0)
            began = found[place].began
            found[place] = Visit(event.element, began, event.at, event.actor, event.kind)
    return found


def process_page(it: Opened, asked: str) -> ProcessPage:
    """The process tab; `asked` is the element whose panel is open."""
    if it.instance is None or it.published is None:
        raise NotFound(_("This document has no process."))
    events = history.of(it.instance.id)
    diagram = it.published.diagram
    timed = [v for v in visits(events) if v.element in diagram.elements and diagram.elements[v.element].kind in TIMED]
    url = f"{it.url}/process"
    return ProcessPage(
        head=head(it, "process"),
        title=_(diagram.name) if diagram.name else str(it.type.title),
        version=_("Version %(number)s", number=format_number(it.published.number)),
        xml_url=f"{url}.bpmn?in={context.current().language}",
        marks=_marks(it, diagram, events, timed, asked),
        steps=[_row(it, diagram, visit, url) for visit in timed],
        why=why(it, diagram, events, asked, url) if asked else None,
        next_steps=next_steps(it),
        element_url=url,
        operating=operating_links(it),
    )


def operating_links(it: Opened) -> list[Link]:
    """Suspend or resume, move, stop: each for who may."""
    found = []
    if instances.may(instances.SUSPEND, it.instance) and it.instance is not None:
        if it.instance.status == RUNNING:
            found.append(Link(_("Suspend"), f"{it.url}/suspend", "player-pause"))
        elif it.instance.status == SUSPENDED:
            found.append(Link(_("Resume"), f"{it.url}/resume", "player-play"))
    if instances.may(instances.MOVE, it.instance):
        found.append(Link(_("Move"), f"{it.url}/move", "arrow-right"))
    if instances.may(instances.STOP, it.instance):
        found.append(Link(_("Stop the process"), f"{it.url}/cancel", "player-stop", danger=True))
    return found


def _row(it: Opened, diagram: Diagram, visit: Visit, url: str) -> StepRow:
    element = diagram.elements[visit.element]
    running = visit.ended is None
    task = it.task(visit.element) if running else None
    if task is not None:
        who = tasks.who_has(task)
    elif element.kind == "userTask":
        who = visit.who or _(element.lane)
    else:
        who = _("Automatic")
    took = _("running") if running else format_duration(visit.lasted)
    if visit.kind in {"cancelled", "failed", "moved"}:
        took = _("%(time)s (broken off)", time=took)
    return StepRow(_(element.label), who, visit.began, took, running, f"{url}?element={visit.element}")


def _marks(
    it: Opened, diagram: Diagram, events: Sequence[WorkflowEvent], timed: Sequence[Visit], asked: str
) -> dict[str, object]:
    """What the browser draws over the diagram."""
    here = {visit.element for visit in visits(events) if visit.ended is None and visit.element in diagram.elements}
    usual = p90(it.instance) if it.instance is not None else {}
    last: dict[str, Visit] = {visit.element: visit for visit in timed}
    chips = []
    for element, visit in last.items():
        slow = element in usual and visit.lasted > usual[element]
        kind = "slow" if slow else "run" if visit.ended is None else ""
        chips.append({"id": element, "text": format_duration(visit.lasted), "kind": kind})
    tokens = [
        {"id": task.element, "text": initials(tasks.who_has(task))}
        for task in it.tasks
        if task.element in diagram.elements
    ]
    stuck = [incident.element for incident in it.incidents]
    past = sorted(passed(diagram, events) - here)
    return {"past": past, "here": sorted(here), "asked": asked, "chips": chips, "tokens": tokens, "stuck": stuck}


def passed(diagram: Diagram, events: Sequence[WorkflowEvent]) -> set[str]:
    """Ids of the elements and flows the document came through."""
    own = [event for event in events if not event.scope]
    elements = {event.element for event in own if event.element in diagram.elements}
    decided = {flow for event in own if event.kind == "decided" for flow in taken(event)}
    left = {event.element for event in own if event.kind not in BEGINS | {"cancelled", "failed"}}
    flows = set()
    for flow in diagram.flows:
        source = diagram.elements.get(flow.source)
        if source is None or flow.source not in left or flow.target not in elements:
            continue
        if source.kind not in CONDITIONAL | {RACE} or flow.id in decided:
            flows.add(flow.id)
    return elements | flows


def p90(instance: WorkflowInstance) -> dict[str, timedelta]:
    """The time nine of ten tasks of this version stay below, by element; from the newest finished ones."""
    newest = (
        sa.select(WorkflowTask.element, (WorkflowTask.closed_at - WorkflowTask.opened_at).label("took"))
        .join(WorkflowInstance, WorkflowInstance.id == WorkflowTask.instance_id)
        .where(WorkflowInstance.definition_id == instance.definition_id, WorkflowTask.status == DONE)
        .order_by(WorkflowTask.id.desc())
        .limit(COMPARED)
        .subquery()
    )
    share = sa.func.percentile_cont(0.9).within_group(newest.c.took)
    statement = sa.select(newest.c.element, share).group_by(newest.c.element).having(sa.func.count() >= 5)
    return {row[0]: row[1] for row in session().execute(statement)}
