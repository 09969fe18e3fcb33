"""How a process goes as a whole: how often each element was passed, how long that took, waiting and being worked on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import InstrumentedAttribute

from erp import context
from erp.access import require
from erp.data.base import session
from erp.errors import Invalid
from erp.i18n import _
from erp.modelling.rights import SUBJECT
from erp.workflow.diagrams.diagram import Diagram, parse
from erp.workflow.diagrams.dialect import CONDITIONAL
from erp.workflow.models import DONE, WorkflowDefinition, WorkflowEvent, WorkflowInstance, WorkflowTask

MOST = 20_000
"""The newest documents of a period that are counted."""
PATIENCE = timedelta(seconds=8)
"""How long the database may count."""
ENDED = ("completed", "skipped", "timer_fired", "received", "decided")
CHOICES = CONDITIONAL | {"eventBasedGateway"}
"""Elements of which one way or some are taken, and not every one."""
BROKEN_OFF = ("cancelled", "failed", "moved")
SEEN = ("entered", "passed", "action", "ruled", "sent", "error_caught", *ENDED, *BROKEN_OFF)
"""Kinds of events that belong to a visit of an element."""


@dataclass(frozen=True)
class Passage:
    """How it went at one element; times are None where nothing was measured."""

    element: str
    name: str
    """What it was called when it was last passed."""
    times: int
    here: int
    """Visits that are going on."""
    left: int
    """Visits that came to their end, neither going on nor broken off."""
    median: timedelta | None
    p90: timedelta | None
    """Nine of ten visits took no longer."""
    waited: timedelta | None = None
    """Median from when a step of a person opened to when somebody took it."""
    worked: timedelta | None = None
    """Median from when somebody took it to when it was done."""
    waiting: float | None = None
    """Share of its whole time, from 0 to 1, in which nobody had it."""


@dataclass(frozen=True)
class Heat:
    """A process over a period."""

    passages: Mapping[str, Passage]
    documents: int
    is_cut: bool
    """Whether more documents began in the period than are counted."""
    chosen: Mapping[str, int] = field(default_factory=dict)
    """{flow: how often a gateway decided for it}; of the other flows their sources tell."""

    def taken(self, diagram: Diagram) -> dict[str, int]:
        """{flow of the drawing: how often it was taken}, of those that were."""
        found: dict[str, int] = {}
        for flow in diagram.flows:
            source = diagram.elements.get(flow.source)
            if source is None:
                continue
            is_choice = source.kind in CHOICES and len(diagram.outgoing[flow.source]) > 1
            passage = self.passages.get(flow.source)
            found[flow.id] = self.chosen.get(flow.id, 0) if is_choice else passage.left if passage else 0
        return {id_: count for id_, count in found.items() if count}


Places = Mapping[str, list[int]]
"""{scope: ids of the versions in whose documents the process runs there}; "" where it is the document's own."""


def heat(key: str, since: datetime, until: datetime, number: int = 0) -> Heat:
    """How the documents begun in a period went, of one version or of all; called processes count where they are called.

    Raises Invalid when counting takes too long.
    """
    require("show", SUBJECT)
    with context.whole():
        places = places_of(key, number)
        try:
            return _counted(places, since, until) if places else Heat({}, 0, is_cut=False)
        except OperationalError as error:
            raise Invalid(_("There is too much to count; choose a shorter period.")) from error


def _counted(places: Places, since: datetime, until: datetime) -> Heat:
    ids = sorted({id_ for found in places.values() for id_ in found})
    those = (
        sa.select(WorkflowInstance.id, WorkflowInstance.definition_id)
        .where(WorkflowInstance.definition_id.in_(ids))
        .where(WorkflowInstance.started_at >= since, WorkflowInstance.started_at < until)
    )
    newest = those.order_by(WorkflowInstance.started_at.desc()).limit(MOST)
    with _patience():
        documents = session().scalar(sa.select(sa.func.count()).select_from(those.limit(MOST + 1).subquery())) or 0
        rows = session().execute(_visits(newest, places)).all()
        worked = {row.element: row for row in session().execute(_work(newest, places))}
        chosen = {row.flow: row.times for row in session().execute(_choices(newest, places))}
    found = {row.element: _passage(row, worked.get(row.element)) for row in rows}
    return Heat(found, min(documents, MOST), is_cut=documents > MOST, chosen=chosen)


class _patience:  # noqa: N801 - reads as a statement
    """A time limit for what is asked inside; what stood before counts again afterwards."""

    def __enter__(self) -> None:
        self.nested = session().begin_nested()
        self.before = session().scalar(sa.select(sa.func.current_setting("statement_timeout")))
        self._set(str(int(PATIENCE.total_seconds() * 1000)))

    def __exit__(self, kind: object, *rest: object) -> None:
        if kind is not None:
            self.nested.rollback()
            return
        self._set(str(self.before))
        self.nested.commit()

    def _set(self, value: str) -> None:
        session().execute(sa.select(sa.func.set_config("statement_timeout", value, sa.true())))


def _where(
    those: Any, scope: sa.ColumnElement[str] | InstrumentedAttribute[str], places: Places
) -> sa.ColumnElement[bool]:
    return sa.or_(*(sa.and_(scope == place, those.c.definition_id.in_(ids)) for place, ids in places.items()))


def _visits(newest: sa.Select[*tuple[Any, ...]], places: Places) -> sa.Select[*tuple[Any, ...]]:
    """Every element with its visits, each told by its token from beginning to end."""
    those = newest.cte("those")
    at, kind = WorkflowEvent.at, WorkflowEvent.kind
    visits = (
        sa.select(
            WorkflowEvent.element,
            sa.func.max(WorkflowEvent.name).label("name"),
            sa.func.min(at).filter(kind == "entered").label("began"),
            sa.func.max(at).filter(kind.in_(ENDED)).label("ended"),
            sa.func.bool_or(kind.in_(BROKEN_OFF)).label("is_off"),
        )
        .join(those, those.c.id == WorkflowEvent.instance_id)
        .where(kind.in_(SEEN), _where(those, WorkflowEvent.scope, places))
        .group_by(WorkflowEvent.instance_id, WorkflowEvent.element, WorkflowEvent.token)
        .cte("visits")
    )
    seen = visits.c
    took = sa.case((sa.not_(seen.is_off), seen.ended - seen.began))
    goes_on = sa.and_(seen.began.is_not(None), seen.ended.is_(None), sa.not_(seen.is_off))
    return sa.select(
        seen.element,
        sa.func.max(seen.name).label("name"),
        sa.func.count().label("times"),
        sa.func.count().filter(goes_on).label("here"),
        sa.func.count().filter(sa.not_(goes_on), sa.not_(seen.is_off)).label("left"),
        sa.func.percentile_cont([0.5, 0.9]).within_group(took).label("took"),
    ).group_by(seen.element)


def _choices(newest: sa.Select[*tuple[Any, ...]], places: Places) -> sa.Select[*tuple[Any, ...]]:
    """Every flow that gateways decided for, and how often; an inclusive one decides for several at once."""
    those = newest.cte("those")
    one = sa.func.jsonb_build_array(WorkflowEvent.data["flow"])
    several = sa.func.coalesce(WorkflowEvent.data["flows"], one)
    flows = (
        sa.select(sa.func.jsonb_array_elements_text(several).label("flow"))
        .join(those, those.c.id == WorkflowEvent.instance_id)
        .where(WorkflowEvent.kind == "decided", _where(those, WorkflowEvent.scope, places))
        .subquery("flows")
    )
    return sa.select(flows.c.flow, sa.func.count().label("times")).group_by(flows.c.flow)


def _work(newest: sa.Select[*tuple[Any, ...]], places: Places) -> sa.Select[*tuple[Any, ...]]:
    """Every step of a person: how long it waited until somebody took it, and how long they had it."""
    those = newest.cte("those")
    taken = sa.func.coalesce(WorkflowTask.claimed_at, WorkflowTask.closed_at)
    waited, worked = taken - WorkflowTask.opened_at, WorkflowTask.closed_at - WorkflowTask.claimed_at
    whole = sa.func.sum(WorkflowTask.closed_at - WorkflowTask.opened_at)
    seconds = [sa.func.extract("epoch", each) for each in (sa.func.sum(waited), whole)]
    return (
        sa.select(
            WorkflowTask.element,
            sa.func.percentile_cont(0.5).within_group(waited).label("waited"),
            sa.func.percentile_cont(0.5).within_group(worked).label("worked"),
            (seconds[0] / sa.func.nullif(seconds[1], 0)).label("waiting"),
        )
        .join(those, those.c.id == WorkflowTask.instance_id)
        .where(WorkflowTask.status == DONE, _where(those, WorkflowTask.scope, places))
        .group_by(WorkflowTask.element)
    )


def _passage(row: Any, work: Any) -> Passage:
    median, p90 = row.took or (None, None)
    return Passage(
        row.element,
        row.name,
        row.times,
        row.here,
        row.left,
        median,
        p90,
        waited=work.waited if work is not None else None,
        worked=work.worked if work is not None else None,
        waiting=float(work.waiting) if work is not None and work.waiting is not None else None,
    )


def places_of(key: str, number: int = 0) -> Places:
    """Where a process, or one version of it, runs: as its own documents' and wherever others call it."""
    columns = (WorkflowDefinition.id, WorkflowDefinition.key, WorkflowDefinition.number, WorkflowDefinition.calls)
    rows = {row.id: row for row in session().execute(sa.select(*columns))}
    wanted = {id_ for id_, row in rows.items() if row.key == key and number in (0, row.number)}
    found: dict[str, list[int]] = {"": sorted(wanted)} if wanted else {}
    for id_, row in rows.items():
        if row.calls and row.key != key:
            for scope in _scopes(id_, rows, wanted, ""):
                found.setdefault(scope, []).append(id_)
    return found


def _scopes(id_: int, rows: Mapping[int, Any], wanted: set[int], before: str) -> Iterator[str]:
    """The ways from a version through its call activities to one of those wanted."""
    diagram = _diagram(id_)
    for element in diagram.elements.values():
        called = rows[id_].calls.get(element.called)
        if called is None:
            continue
        scope = f"{before}/{element.id}" if before else element.id
        if called in wanted:
            yield scope
        elif rows[called].calls:
            yield from _scopes(called, rows, wanted, scope)


def _diagram(id_: int) -> Diagram:
    return parse(session().get_one(WorkflowDefinition, id_).bpmn)
