"""One user-task step against the least a saved change costs, in turn."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import psycopg
import sqlalchemy as sa

from erp import operations
from erp.data.base import session, transaction
from erp.documents.types import document_type
from erp.workflow.people import tasks
from tests.bench.site import Site

ROUNDS = 200


def measure(site: Site) -> dict[str, float]:
    """bench.noise and workflow.step_vs_*."""
    assert site.app is not None
    site.act()
    customer = operations.create("party", {"name": "Amina Hassan"})
    waiting = [inspected(site, customer.id) for _round in range(ROUNDS + 20)]
    plain = psycopg.connect(site.url.replace("+psycopg", ""), autocommit=True)
    step, bare, raw = _measured(site, customer.id, waiting, plain)
    plain.close()
    return {
        "bench.noise": sorted(raw)[int(len(raw) * 0.95)] / statistics.median(raw),
        "workflow.step_ms": statistics.median(step) * 1000,
        "workflow.commit_ms": statistics.median(bare) * 1000,
        "workflow.step_vs_commit": statistics.median(step) / statistics.median(bare),
        "workflow.step_vs_psycopg": statistics.median(step) / statistics.median(raw),
    }


def inspected(site: Site, customer: int) -> int:
    """A repair order that waits for its inspection; the task's id."""
    order = operations.create("repair_order", {"customer": customer, "item": "Canon EOS R6", "fault": "Error 20"})
    return tasks.open_of("repair_order", [order.id])[0].id


def _measured(
    site: Site, customer: int, waiting: list[int], plain: Any
) -> tuple[list[float], list[float], list[float]]:
    taken: tuple[list[float], list[float], list[float]] = ([], [], [])
    answers = {"findings": "Cracked mount", "verdict": "repairable"}
    for place, task_id in enumerate(waiting):
        calls: tuple[Callable[[], Any], ...] = (
            lambda task_id=task_id: operations.complete(task_id, answers),
            lambda place=place: _bare(customer, place),
            lambda place=place: plain.execute("update party set note = %s where id = %s", (str(place), customer)),
        )
        for call, record in zip(calls, taken, strict=True):
            session.remove()
            start = time.perf_counter()
            call()
            record.append(time.perf_counter() - start)
    return tuple(record[20:] for record in taken)  # type: ignore[return-value]


def _bare(customer: int, place: int) -> None:
    """A one-row ORM update and commit through the same session, role and guard."""
    cls = document_type("party").cls
    with transaction() as current:
        row = current.scalar(sa.select(cls).where(cls.id == customer))
        assert row is not None
        row.note = str(place)  # type: ignore[attr-defined]
