"""The views every list of documents with a process has: what is open, mine, with the customer, late or stuck."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import sqlalchemy as sa

from erp import clock
from erp.access import CUSTOMER
from erp.data.base import session
from erp.documents import lists, narrowing
from erp.documents.types import DocumentType
from erp.workflow.models import OPEN, WorkflowIncident, WorkflowTask
from erp.workflow.people import candidates

COUNTED = 1000
"""A view's count stops here."""
Ids = sa.Select[int]


def _tasks(document_type: DocumentType, *more: sa.ColumnElement[bool]) -> Ids:
    """Documents with an open task."""
    return sa.select(WorkflowTask.document_id).where(
        WorkflowTask.document_type == document_type.name, WorkflowTask.status == OPEN, *more
    )


def _open(document_type: DocumentType) -> Ids:
    return _tasks(document_type)


def _mine(document_type: DocumentType) -> Ids:
    """Those with a task the actor may do, in their own name or for somebody who is away."""
    return _tasks(document_type, candidates.mine())


def _with_customer(document_type: DocumentType) -> Ids:
    return _tasks(document_type, WorkflowTask.role == CUSTOMER)


def _overdue(document_type: DocumentType) -> Ids:
    return _tasks(document_type, WorkflowTask.due_at < clock.now())


def _stuck(document_type: DocumentType) -> Ids:
    return sa.select(WorkflowIncident.document_id).where(
        WorkflowIncident.document_type == document_type.name, WorkflowIncident.status == OPEN
    )


VIEWS: Mapping[str, Callable[[DocumentType], Ids]] = {
    "open": _open,
    "mine": _mine,
    "customer": _with_customer,
    "overdue": _overdue,
    "stuck": _stuck,
}


def _condition(name: str) -> lists.Condition:
    return lambda document_type: document_type.cls.id.in_(VIEWS[name](document_type))


def init() -> None:
    """Tell lists of these views, and that tasks and incidents are reached with their document only."""
    narrowing.follow(WorkflowTask)
    narrowing.follow(WorkflowIncident)
    for name in VIEWS:
        lists.define_view(name, _condition(name))


def counts(document_type: DocumentType) -> dict[str, int]:
    """How many documents each view has, at most COUNTED + 1; one statement that reads only what is open."""
    columns = []
    for name, ids in VIEWS.items():
        inner = ids(document_type).limit(COUNTED + 1).subquery()
        columns.append(sa.select(sa.func.count(inner.c.document_id.distinct())).scalar_subquery().label(name))
    row = session().execute(sa.select(*columns)).one()
    return dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
