"""Which running documents can go to another version, asked of many at once; nothing is written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from erp.data.base import session
from erp.documents.base import Document
from erp.documents.types import declared
from erp.errors import ErpError
from erp.workflow import definitions, engine
from erp.workflow.definitions import Published
from erp.workflow.diagrams.diagram import Diagram, Element
from erp.workflow.hosting import StepHost
from erp.workflow.migration.mapping import Chosen, ElementMap
from erp.workflow.migration.obstacles import Obstacle, obstacle
from erp.workflow.migration.standing import Past, terms_of
from erp.workflow.models import (
    LIVE,
    OPEN,
    RUNNING,
    SUSPENDED,
    WorkflowEvent,
    WorkflowIncident,
    WorkflowInstance,
    WorkflowTask,
    WorkflowVote,
)
from erp.workflow.people import approvals, candidates
from erp.workflow.steps import Step

CHUNK = 200
MOVABLE = frozenset({RUNNING, SUSPENDED})
"""States of an instance that can be moved: one that catches up on what came is soon one of them."""


@dataclass(frozen=True)
class Wish:
    """To which version documents shall go, what takes the place of what, and why something may be left out."""

    target: Published
    chosen: Chosen = field(default_factory=dict)
    reason: str = ""
    roles: Collection[str] | None = None
    """The roles lanes may be of; None asks nothing."""
    relies_on: Collection[str] = ()
    """Milestones the program asks documents for."""


@dataclass(frozen=True)
class Verdict:
    """Whether a document can go, and where it stands."""

    instance_id: int
    document_id: int
    number: str
    from_id: int
    obstacles: tuple[Obstacle, ...]
    moved: engine.Instance | None = field(default=None, compare=False)

    @property
    def can_move(self) -> bool:
        """Whether nothing stands in the way, or a reason was given for what does."""
        return self.moved is not None


def judge(instance_ids: Sequence[int], wish: Wish) -> Iterator[Verdict]:
    """A verdict for each, in order; what it is asked under `context.whole()` holds for all documents."""
    for first in range(0, len(instance_ids), CHUNK):
        ids = instance_ids[first : first + CHUNK]
        rows = {
            row.id: row for row in session().scalars(sa.select(WorkflowInstance).where(WorkflowInstance.id.in_(ids)))
        }
        facts = Facts.of(list(rows.values()))
        for id_ in ids:
            if id_ in rows:
                yield verdict(rows[id_], facts, wish)


def verdict(row: WorkflowInstance, facts: Facts, wish: Wish) -> Verdict:
    """Whether one document can go; its instance in the other version comes along."""
    document = facts.documents.get((row.document_type, row.document_id))
    number = document.number or f"#{row.document_id}" if document is not None else f"#{row.document_id}"
    told: Sequence[Obstacle]
    moved: engine.Instance | None = None
    if row.status not in MOVABLE:
        told = [obstacle("is_over" if row.status not in LIVE else "is_resuming")]
    elif row.definition_id == wish.target.id:
        told = [obstacle("is_there")]
    elif document is None:
        told = [obstacle("plugin_away")]
    else:
        told, moved = _moved(row, document, facts, wish)
    return Verdict(row.id, row.document_id, number, row.definition_id, tuple(told), moved)


def _moved(
    row: WorkflowInstance, document: Document, facts: Facts, wish: Wish
) -> tuple[list[Obstacle], engine.Instance | None]:
    origin = definitions.published(row.definition_id)
    plan = ElementMap(origin.diagrams, wish.target.diagrams, wish.chosen)
    found = [*_stuck(origin, facts.incidents.get(row.id, ())), *_states(plan, origin.key, document, wish)]
    found += _open_again(plan, origin.key, facts.approvals.get(row.id, ()))
    host = StepHost(document, wish.target)
    try:
        before = engine.Instance.load(origin.spec, row.snapshot, StepHost(document, origin))
        past = Past(facts.passed(row.id, origin), wish.roles, facts.fixed(row.id))
        moved = engine.migrate(before, wish.target.spec, plan, past, host, is_asked=bool(wish.reason))
    except ErpError as error:
        return [obstacle("unreadable", reason=error.message)], None
    found += [each for each in moved.obstacles if each.code != "call_in_flight" or not facts.incidents.get(row.id)]
    if moved.instance is not None:
        step = Step(row, document, wish.target, moved.instance)
        found += _people(step, plan, facts.open.get(row.id, {}))
    is_clear = all(wish.reason and each.is_askable for each in found)
    return found, moved.instance if is_clear else None


def _stuck(origin: Published, incidents: Sequence[WorkflowIncident]) -> Iterator[Obstacle]:
    for incident in incidents:
        element = origin.diagram.elements.get(incident.element)
        yield obstacle("incident_open", element or Element(incident.element, "", incident.name))


def _states(plan: ElementMap, key: str, document: Document, wish: Wish) -> Iterator[Obstacle]:
    """The state it is in has to be there; so have milestones the program asks for."""
    known = plan.before[key].elements
    for state in dict.fromkeys([document.state or "", *(document.passed_states or ())]):
        if not state or state not in known or has_milestone(plan, key, state):
            continue
        if state == document.state:
            yield obstacle("state_gone", known[state])
        elif state in wish.relies_on:
            yield obstacle("milestone_gone", known[state])


def has_milestone(plan: ElementMap, key: str, state: str) -> bool:
    """Whether a milestone is one in the other version too."""
    found = plan.target(key, state)
    return found is not None and found.is_milestone


def _open_again(plan: ElementMap, key: str, rows: Sequence[WorkflowTask]) -> Iterator[Obstacle]:
    """What is to be approved once more waits at no token, and is to be decided as it was."""
    for task in rows:
        process = task.process or key
        old = plan.before[process].elements.get(task.element) if process in plan.before else None
        if task.status != OPEN or not (task.approval or {}).get("again") or old is None:
            continue
        new = plan.target(process, task.element)
        if new is None or terms_of(old) != terms_of(new):
            yield obstacle("approval_begun", old)


def _people(step: Step, plan: ElementMap, rows: Mapping[str, WorkflowTask]) -> Iterator[Obstacle]:
    """Whom the new version names has to be worked out for every open task whose people it changes."""
    for opened in step.run.open_tasks():
        row = rows.get(str(opened.id))
        if row is None:
            continue
        old = plan.before[row.process or step.published.key].elements.get(row.element)
        if old is not None and has_other_people(old, opened.element):
            try:
                staffing(step, opened.element, opened.id)
            except ErpError as error:
                yield obstacle("people_unknown", opened.element, reason=error.message)


PEOPLE = (
    "candidates",
    "assign_to",
    "at",
    "not_by",
    "approvers",
    "quorum",
    "order",
    "escalate_to",
    "deadline",
    "remind",
)


def has_other_people(old: Element, new: Element) -> bool:
    """Whether a version says otherwise who does a step."""
    said = ([each.properties.get(name, "").strip() for name in PEOPLE] for each in (old, new))
    return old.lane != new.lane or next(said) != next(said)


def staffing(step: Step, element: Element, token: Any) -> dict[str, Any]:
    """The columns of a task that say who does it."""
    asking = approvals.describe if element.is_approval else candidates.describe
    return asking(step, element, token)


@dataclass
class Facts:
    """What is known of some instances beside their snapshots, read by a few statements for all of them."""

    documents: Mapping[tuple[str, int], Document]
    incidents: Mapping[int, list[WorkflowIncident]]
    approvals: Mapping[int, list[WorkflowTask]]
    open: Mapping[int, Mapping[str, WorkflowTask]]
    """By instance: its open tasks by their tokens."""
    voted: Collection[int]
    """Ids of approvals on which somebody has voted."""
    completed: Mapping[int, list[tuple[str, str]]]
    """By instance: (scope, element) of everything completed."""

    @classmethod
    def of(cls, rows: Sequence[WorkflowInstance]) -> Facts:
        """What is known of these instances."""
        ids = [row.id for row in rows]
        asked = list(session().scalars(_about(WorkflowTask, ids, WorkflowTask.approval.is_not(None))))
        open_: dict[int, dict[str, WorkflowTask]] = {}
        for task in session().scalars(_about(WorkflowTask, ids, WorkflowTask.status == OPEN)):
            open_.setdefault(task.instance_id, {})[task.token] = task
        votes = sa.select(WorkflowVote.task_id).where(WorkflowVote.task_id.in_([task.id for task in asked])).distinct()
        done = sa.select(WorkflowEvent.instance_id, WorkflowEvent.scope, WorkflowEvent.element).where(
            WorkflowEvent.instance_id.in_(ids), WorkflowEvent.kind == "completed"
        )
        completed: dict[int, list[tuple[str, str]]] = {}
        for instance_id, scope, element in session().execute(done.distinct()):
            completed.setdefault(instance_id, []).append((scope, element))
        stuck = session().scalars(_about(WorkflowIncident, ids, WorkflowIncident.status == OPEN))
        return cls(_documents(rows), _grouped(stuck), _grouped(asked), open_, set(session().scalars(votes)), completed)

    def passed(self, instance_id: int, origin: Published) -> set[tuple[str, str]]:
        """(process, element) of everything an instance has completed."""
        found = set()
        for scope, element in self.completed.get(instance_id, ()):
            process = _process_at(origin.diagrams, origin.key, scope)
            if process:
                found.add((process, element))
        return found

    def fixed(self, instance_id: int) -> set[str]:
        """Ids of open approvals that have begun: votes were cast, seats handed on, or the deadline is over."""
        return {
            task.element
            for task in self.approvals.get(instance_id, ())
            if task.status == OPEN and task.approval is not None
            if task.id in self.voted or task.approval.get("escalated")
            or any("given_by" in seat for seat in task.approval["seats"])
        }  # fmt: skip


def _about(cls: Any, ids: Sequence[int], condition: Any) -> sa.Select[Any]:
    return sa.select(cls).where(cls.instance_id.in_(ids), condition).order_by(cls.id)


def _grouped(rows: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.instance_id, []).append(row)
    return found


def _documents(rows: Sequence[WorkflowInstance]) -> dict[tuple[str, int], Document]:
    wanted: dict[str, list[int]] = {}
    for row in rows:
        wanted.setdefault(row.document_type, []).append(row.document_id)
    found: dict[tuple[str, int], Document] = {}
    for name, ids in wanted.items():
        kind = declared().get(name)
        if kind is None:
            continue
        for each in session().scalars(sa.select(kind.cls).where(kind.cls.id.in_(ids))):
            assert isinstance(each, Document)
            found[name, each.id] = each
    return found


def _process_at(diagrams: Mapping[str, Diagram], key: str, scope: str) -> str:
    """The process that runs below these call activities, "" where a version has them no more."""
    for step in filter(None, scope.split("/")):
        element = diagrams[key].elements.get(step) if key in diagrams else None
        key = element.called if element is not None else ""
    return key if key in diagrams else ""
