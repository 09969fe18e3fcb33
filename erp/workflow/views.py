"""The views every list of documents with a process has: what is open, mine, with the customer, late or stuck."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from erp import clock
from erp.access import CUSTOMER
from erp.data.base import session
from erp.documents import lists, narrowing
from erp.documents.types import DocumentType
from erp.workflow.models import OPEN, WorkflowIncident, WorkflowTask
from erp.workflow.people import candidates
from erp.workflow.people.candidates import Standing

COUNTED = 1000
"""A view's count stops here."""
Ids = sa.Select[int]


def _tasks(type_name: str, *more: sa.ColumnElement[bool]) -> Ids:
    """Documents with an open task."""
    return sa.select(WorkflowTask.document_id).where(
        WorkflowTask.document_type == type_name, WorkflowTask.status == OPEN, *more
    )


def _open(type_name: str) -> Ids:
    return _tasks(type_name)


def _mine(type_name: str) -> Ids:
    """Those with a task the actor may do, in their own name or for somebody who is away."""
    return _tasks(type_name, candidates.mine())


def _with_customer(type_name: str) -> Ids:
    return _tasks(type_name, WorkflowTask.role == CUSTOMER)


def _overdue(type_name: str) -> Ids:
    # what time it is, is asked when the statement runs: it is put together once and kept
    now = sa.bindparam("now", callable_=clock.now, type_=sa.DateTime(timezone=True), unique=True)
    return _tasks(type_name, WorkflowTask.due_at < now)


def _stuck(type_name: str) -> Ids:
    return sa.select(WorkflowIncident.document_id).where(
        WorkflowIncident.document_type == type_name, WorkflowIncident.status == OPEN
    )


VIEWS: Mapping[str, Callable[[str], Ids]] = {
    "open": _open,
    "mine": _mine,
    "customer": _with_customer,
    "overdue": _overdue,
    "stuck": _stuck,
}


def _condition(name: str) -> lists.Condition:
    return lambda document_type: document_type.cls.id.in_(VIEWS[name](document_type.name))


def init() -> None:
    """Tell lists of these views, and that tasks and incidents are reached with their document only."""
    narrowing.follow(WorkflowTask)
    narrowing.follow(WorkflowIncident)
    for name in VIEWS:
        lists.define_view(name, _condition(name))


def counts(document_type: DocumentType) -> dict[str, int]:
    """How many documents each view has, at most COUNTED + 1; one statement that reads only what is open."""
    row = session().execute(_counting(document_type.name, tuple(candidates.standings()))).one()
    return dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it


@lru_cache(maxsize=256)
def _counting(type_name: str, _stood: tuple[Standing, ...]) -> sa.Select[Any]:
    """Put together once for each type and actor: every list asks it."""
    columns = []
    for name, ids in VIEWS.items():
        inner = ids(type_name).limit(COUNTED + 1).subquery()
        columns.append(sa.select(sa.func.count(inner.c.document_id.distinct())).scalar_subquery().label(name))
    return sa.select(*columns)
