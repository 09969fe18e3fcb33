"""Conditions with guards and recording against SpiffWorkflow's own, unguarded and unrecorded, in turn."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from statistics import median
from time import thread_time
from types import SimpleNamespace

from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine, TaskDataEnvironment

from erp.workflow.scripting import scripts
from erp.workflow.scripting.scripts import ReadOnly
from tests.bench.engine import LINES

CONDITIONS = (
    "total > 1000",
    "document.total > limit",
    "document.total > limit and document.number != 'R-8'",
    "verdict == 'repairable' and not is_urgent",
    "total > limit or len(lines) > 30",
)
DOCUMENT = {"number": "R-7", "total": Decimal("1100.50")}
VALUES = {"total": Decimal("1100.50"), "limit": 1000, "verdict": "repairable", "is_urgent": False, "lines": LINES}
ROUNDS, TIMES = 60, 200


def measure() -> dict[str, float]:
    """expr.vs_stock: all conditions once, each asked and noted ÷ each asked in stock."""
    engine = PythonScriptEngine(TaskDataEnvironment({"document": SimpleNamespace(**DOCUMENT)}))
    task, ours, stock = SimpleNamespace(data=dict(VALUES)), [], []
    for condition in CONDITIONS:
        assert _asked(condition) is engine.evaluate(task, condition)
    for _round in range(ROUNDS):
        ours.append(_timed(_asked))
        stock.append(_timed(lambda condition: engine.evaluate(task, condition)))
    return {
        "expr.vs_stock": median(ours) / median(stock),
        "expr.us": median(ours) / TIMES / len(CONDITIONS) * 1e6,
    }


def _asked(condition: str) -> bool:
    """What a gateway does: ask, and note what was looked at."""
    names = {"document": ReadOnly(DOCUMENT)}
    holds = bool(scripts.evaluate(condition, VALUES, names, lambda: datetime.now(UTC)))
    assert scripts.inputs(condition, VALUES, names)
    return holds


def _timed(ask: Callable[[str], object]) -> float:
    started = thread_time()
    for _time in range(TIMES):
        for condition in CONDITIONS:
            ask(condition)
    return thread_time() - started
