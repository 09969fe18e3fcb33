"""Figures of the engine alone, without a database: medians of interleaved runs, as ratios."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.spiff.parser import SpiffBpmnParser
from SpiffWorkflow.util.task import TaskState

from erp.workflow import engine
from erp.workflow.diagrams.business import Hours
from erp.workflow.engine import Instance, Spec

DIAGRAMS = Path(__file__).parents[1] / "erp" / "workflow" / "diagrams"
LINES = [{"product": f"P-{number}", "quantity": number, "amount": 10 * number} for number in range(20)]


class Host:
    """A caller that offers nothing but the time."""

    def act(self, action: str, parameters: Mapping[str, Any], element: Any) -> None:
        """No action is called here."""

    def is_call(self, element: Any) -> bool:
        """Nothing goes outside."""
        return False

    def names(self) -> Mapping[str, Any]:
        """No names beside process data."""
        return {}

    def hours(self) -> Hours:
        """Always open."""
        return Hours()

    def now(self) -> datetime:
        """The time."""
        return datetime.now(UTC)


HOST = Host()


def step_growth(steps: int = 2000, sample: int = 100) -> dict[str, float]:
    """ms per user-task step, load and save included, after `steps` steps ÷ after 10; right only if all were counted."""
    spec = engine.compile({"asking": (DIAGRAMS / "asking.bpmn").read_bytes()}, "asking")
    early = [Instance.start(spec, {"n": 0, "lines": LINES}, HOST).snapshot() for _ in range(sample)]
    early = [_answered(spec, saved, 10) for saved in early]
    late = _answered(spec, early[0], steps - 10)
    before, after = [], []
    for saved in early:
        before.append(_timed(lambda saved=saved: _answer(spec, saved)))
        after.append(_timed(lambda: _answer(spec, late)))
    ended = Instance.load(spec, late, HOST)
    ended.complete(ended.open_tasks()[0].id, {"is_done": True})
    assert ended.ended
    assert ended.result["n"] == steps + 1
    return {
        "workflow.step_growth": median(after) / median(before),
        "workflow.step_ms": median(after) * 1000,
        "workflow.snapshot_bytes": float(len(late)),
    }


def approval_vs_stock(rounds: int = 200) -> dict[str, float]:
    """An approval with three saves and two loads ÷ the same in SpiffWorkflow, in memory and never saved."""
    xml = (DIAGRAMS / "approval.bpmn").read_bytes()
    spec = engine.compile({"approval": xml}, "approval")
    stock_spec = _stock_spec(xml)
    ours, stock = [], []
    for _ in range(rounds):
        ours.append(_timed(lambda: approve(spec)))
        stock.append(_timed(lambda: approve_in_stock(stock_spec)))
    return {
        "workflow.approval_vs_stock": median(ours) / median(stock),
        "workflow.approval_ms": median(ours) * 1000,
        "workflow.approval_stock_ms": median(stock) * 1000,
    }


def measure() -> dict[str, float]:
    """All figures of the engine."""
    return {**step_growth(), **approval_vs_stock()}


def approve(spec: Spec) -> dict[str, Any]:
    """The approval from start to end, saved at every wait."""
    instance = Instance.start(spec, {"lines": LINES}, HOST)
    saved = instance.snapshot()
    for answers in ({"is_checked": True}, {"is_approved": True}):
        instance = Instance.load(spec, saved, HOST)
        instance.complete(instance.open_tasks()[0].id, answers)
        saved = instance.snapshot()
    assert instance.changes.ended
    return instance.result


def approve_in_stock(spec: Any) -> dict[str, Any]:
    """The same in SpiffWorkflow as it comes, kept in memory."""
    workflow = BpmnWorkflow(spec, {})
    workflow.task_tree.data["lines"] = [dict(line) for line in LINES]
    workflow.do_engine_steps()
    for answers in ({"is_checked": True}, {"is_approved": True}):
        task = workflow.get_next_task(state=TaskState.READY, manual=True)
        task.data.update(answers)
        task.run()
        workflow.do_engine_steps()
    assert workflow.is_completed()
    data: dict[str, Any] = workflow.data
    return data


def _stock_spec(xml: bytes) -> Any:
    parser = SpiffBpmnParser()
    parser.add_bpmn_io(BytesIO(xml.replace(b">PT48H<", b'>"PT48H"<')))
    return parser.get_spec("approval")


def _answer(spec: Spec, saved: bytes) -> bytes:
    instance = Instance.load(spec, saved, HOST)
    instance.complete(instance.open_tasks()[0].id, {"is_done": False})
    return instance.snapshot()


def _answered(spec: Spec, saved: bytes, times: int) -> bytes:
    for _ in range(times):
        saved = _answer(spec, saved)
    return saved


def _timed(action: Callable[[], object]) -> float:
    started = perf_counter()
    action()
    return perf_counter() - started


if __name__ == "__main__":
    for name, figure in measure().items():
        print(f"{name:32} {figure:8.3f}")
