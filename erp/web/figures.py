"""`/metrics`: the figures of this host and of the whole installation, for Prometheus and who holds METRICS_TOKEN."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa
from flask import Response, current_app
from flask_appbuilder import BaseView, expose
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import orm
from sqlalchemy.exc import SQLAlchemyError

from erp import clock, metrics
from erp.config import Settings
from erp.data.base import system
from erp.errors import NotFound, SignInRequired
from erp.jobs.models import FAILED, RUNNING, WAITING, Job
from erp.web.guard import public
from erp.web.tokens import bearer
from erp.workflow.models import WorkflowIncident

COUNTED = 100_000
"""Rows are counted up to here: a million timers may sleep, and figures are asked for every few seconds."""


class Figures(BaseView):
    """One address, which is not there for who has no token."""

    route_base = "/metrics"
    default_view = "show"

    @expose("")
    @public
    def show(self) -> Any:
        """Everything there is to know, in Prometheus' text; raises NotFound unless METRICS_TOKEN is set."""
        settings: Settings = current_app.config["MILLRACE"]
        if not settings.metrics_token:
            raise NotFound
        if not hmac.compare_digest(bearer().encode(), settings.metrics_token.encode()):
            raise SignInRequired
        registry = metrics.collected()
        return Response(generate_latest(registry) + generate_latest(Installation()), content_type=CONTENT_TYPE_LATEST)


class Installation(Collector):
    """What the database knows of all companies, counted now by the platform role."""

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The figures, or only that the database is away."""
        alive = GaugeMetricFamily("millrace_database_up", "Whether the database answers")
        try:
            found = list(_figures())
        except SQLAlchemyError:
            found = []
        alive.add_metric([], 1 if found else 0)
        return [alive, *found]


def _figures() -> Iterator[GaugeMetricFamily]:
    now = clock.now()
    due = sa.and_(sa.text("state = 'waiting'"), Job.due_at <= now)
    with system() as current:
        jobs = GaugeMetricFamily("millrace_jobs", "Rows of the outbox", labels=["kind", "state"])
        for state in (WAITING, RUNNING, FAILED):
            # a literal, so that the small index of each state is read
            inner = sa.select(Job.kind).where(sa.text(f"state = '{state}'")).limit(COUNTED).subquery()
            for kind, count in current.execute(sa.select(inner.c.kind, sa.func.count()).group_by(inner.c.kind)):
                jobs.add_metric([kind, state], count)
        yield jobs
        waiting = sa.select(Job.id).where(due).limit(COUNTED).subquery()
        depth = current.scalar(sa.select(sa.func.count()).select_from(waiting)) or 0
        yield GaugeMetricFamily("millrace_outbox_due", "Rows whose time has come and nobody has taken", value=depth)
        oldest = current.scalar(sa.select(sa.func.min(Job.due_at)).where(due))
        age = (now - oldest).total_seconds() if oldest is not None else 0
        yield GaugeMetricFamily("millrace_outbox_oldest_seconds", "How long the oldest of them has been due", value=age)
        open_ones = sa.select(sa.func.count()).select_from(WorkflowIncident).where(sa.text("status = 'open'"))
        incidents = current.scalar(open_ones) or 0
        yield GaugeMetricFamily(
            "millrace_incidents_open", "Processes that wait for somebody to decide", value=incidents
        )
        yield _incidents_by_step(current)


def _incidents_by_step(current: orm.Session) -> GaugeMetricFamily:
    """The same by process and element, where there are any: of all companies together."""
    found = GaugeMetricFamily(
        "millrace_incidents", "Processes that wait for somebody to decide, by where", labels=["process", "element"]
    )
    statement = (
        sa.select(WorkflowIncident.document_type, WorkflowIncident.element, sa.func.count())
        .where(sa.text("status = 'open'"))
        .group_by(WorkflowIncident.document_type, WorkflowIncident.element)
    )
    for process, element, count in current.execute(statement):
        found.add_metric([process, element], count)
    return found
