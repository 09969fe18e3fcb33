"""A step among a hundred thousand waiting instances against the same step among a thousand."""

from __future__ import annotations

import statistics
import time

from erp import operations
from erp.data.base import session
from tests.bench import jobs
from tests.bench.lists import without_triggers
from tests.bench.site import Site
from tests.bench.steps import inspected

FEW, MANY = 1_000, 100_000
ROUNDS, STEPS = 2, 80
FIRST = 1_000_000_000
"""Where the ids of copies begin."""
PARTS = {
    "repair_order": "id = :order",
    "workflow_instance": "document_type = 'repair_order' and document_id = :order",
    "workflow_task": "document_type = 'repair_order' and document_id = :order",
    "workflow_event": "instance_id = (select id from workflow_instance where document_id = :order"
    " and document_type = 'repair_order')",
}
"""All that a waiting instance is besides its timer, and which rows are the pattern's."""
COPIED = {
    "id": f"{FIRST} + g", "instance_id": f"{FIRST} + g", "document_id": f"{FIRST} + g",
    "number": "'W-' || g", "business_key": "'W-' || g", "token": "token || '-' || g",
}  # fmt: skip
"""What a copy has of its own, by column."""
NUMBERED = {"repair_order", "workflow_instance"}
"""Whose ids the others name."""


def measure(site: Site) -> dict[str, float]:
    """workflow.instances_100k: the step among MANY ÷ among FEW, filled and emptied in turn."""
    assert site.app is not None
    site.act()
    customer = operations.create("party", {"name": "Amina Hassan"}).id
    waiting = [inspected(site, customer) for _task in range(2 * ROUNDS * STEPS + 20)]
    pattern = operations.create("repair_order", {"customer": customer, "item": "Canon", "fault": "Error 20"}).id
    _steps([waiting.pop() for _task in range(20)])
    _copy(site, pattern, 1, FEW)
    few, many = [], []
    for _round in range(ROUNDS):
        few += _steps([waiting.pop() for _task in range(STEPS)])
        print(f"workflow.instances_100k: copying {MANY - FEW} waiting instances ...", flush=True)
        _copy(site, pattern, FEW + 1, MANY)
        for table in (*PARTS, "job"):
            assert site.run_sql(f"select count(*) from {table}")[0][0] >= MANY, table
        site.act()
        many += _steps([waiting.pop() for _task in range(STEPS)])
        _remove(site, FEW + 1)
        site.act()
    _remove(site, 1)
    return {
        "workflow.instances_100k": _typical(many) / _typical(few),
        "workflow.instances_100k_ms": _typical(many) * 1000,
    }


def _typical(taken: list[float]) -> float:
    """The lower quartile: what others do on this machine between two fillings counts less."""
    return statistics.quantiles(taken, n=4)[0]


def _steps(tasks: list[int]) -> list[float]:
    taken = []
    for task_id in tasks:
        session.remove()
        start = time.perf_counter()
        operations.complete(task_id, {"findings": "Cracked mount", "verdict": "repairable"})
        taken.append(time.perf_counter() - start)
    return taken


def _copy(site: Site, order: int, low: int, high: int) -> None:
    """Copies of a waiting order with all that hangs on it, numbered from `low` to `high`."""
    session.remove()
    for table, which in PARTS.items():
        named = site.run_sql(
            "select column_name from information_schema.columns where table_name = :table and is_generated = 'NEVER'"
            " and table_schema = 'public'", table=table,
        )  # fmt: skip
        columns = [name for (name,) in named if name != "id" or table in NUMBERED]
        taken = ", ".join(COPIED.get(name, name) for name in columns)
        with without_triggers(site, table):
            site.run_sql(
                f"insert into {table} ({', '.join(columns)}) select {taken} from {table}"
                f" cross join generate_series(cast(:low as int), cast(:high as int)) g where {which}",
                order=order, low=low, high=high,
            )  # fmt: skip
    timers = jobs.FILL.replace("sleep-", f"timer-{low}-")
    site.run_sql(timers, tenant=site.place.tenant_id, count=high - low + 1)
    site.vacuum(*PARTS, "job")


def _remove(site: Site, low: int) -> None:
    session.remove()
    place = {"repair_order": "id", "workflow_instance": "id", "workflow_event": "instance_id"}
    for table in reversed(PARTS):
        with without_triggers(site, table):
            column = place.get(table, "document_id")
            site.run_sql(f"delete from {table} where {column} >= :first", first=FIRST + low)
    site.run_sql("delete from job where kind = 'bench.noop' and due_at > now() and key not like 'timer-1-%'")
    site.vacuum(*PARTS, "job")
