"""`workflow.growth`: ms per step among, or after, five thousand ÷ the same with ten; every count is checked."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from statistics import median
from time import thread_time
from typing import Any
from uuid import UUID

from erp.workflow import engine
from erp.workflow.engine import Instance, Spec
from tests.bench.engine import DIAGRAMS, HOST, LINES

FEW, MANY = 10, 5000
SAMPLE, ROUNDS = 60, 7


def measure() -> dict[str, float]:
    """The ratio of each way in which a process can grow; load, step and save are measured together."""
    return {
        "workflow.growth.user_loop": _over("asking", {"n": 0}, {"is_done": False}, {"is_done": True}, _asked),
        "workflow.growth.script_loop": _script_loop(),
        "workflow.growth.sequential_mi": _among("roll_call", in_turn=True),
        "workflow.growth.parallel_mi": _among("ballot", in_turn=False),
        "workflow.growth.nested_calls": _over(
            "orders", {"n": 0, "ordered": 0, "limit": MANY + SAMPLE}, {"is_done": True}, {"is_done": True}, _ordered
        ),
    }


def _over(
    key: str,
    values: Mapping[str, Any],
    on: Mapping[str, Any],
    off: Mapping[str, Any],
    check: Callable[[Instance], None],
) -> float:
    """A step after MANY steps ÷ a step after FEW, interleaved so that both meet the same noise."""
    spec = _spec(key)
    early = _steps(spec, Instance.start(spec, {**values, "lines": LINES}, HOST).snapshot(), FEW, on)
    late = _steps(spec, early, MANY - FEW, on)
    before, after = [], []
    for _number in range(SAMPLE):
        seconds, early = _timed(spec, early, on)
        before.append(seconds)
        seconds, late = _timed(spec, late, on)
        after.append(seconds)
    last = Instance.load(spec, late, HOST)
    if not last.ended:
        last.complete(last.open_tasks()[0].id, off)
    check(last)
    return median(after) / median(before)


def _asked(last: Instance) -> None:
    assert last.ended
    assert last.result["n"] == MANY + SAMPLE + 1


def _ordered(last: Instance) -> None:
    assert last.ended
    assert last.result["ordered"] == MANY + SAMPLE


def _script_loop() -> float:
    """A round of a loop without waits, of MANY ÷ of FEW; the start of the instance is taken off both."""
    spec, found = _spec("counting"), {}
    # the collector would walk through all modules of the bench, and only in the long run
    gc.collect()
    gc.freeze()
    for rounds in (FEW, MANY):
        times = []
        for _number in range(ROUNDS if rounds == MANY else ROUNDS * 20):
            empty, _instance = _run(spec, 1)
            seconds, instance = _run(spec, rounds + 1)
            assert instance.result["n"] == rounds + 1
            times.append((seconds - empty) / rounds)
        found[rounds] = median(times)
    gc.unfreeze()
    return found[MANY] / found[FEW]


def _run(spec: Spec, limit: int) -> tuple[float, Instance]:
    started = thread_time()
    instance = Instance.start(spec, {"n": 0, "limit": limit}, HOST)
    return thread_time() - started, instance


def _among(key: str, *, in_turn: bool) -> float:
    """A body completed among MANY ÷ among FEW; of the many, those in the middle."""
    spec, many = _spec(key), _Bodies(key, MANY, in_turn=in_turn)
    many.complete(MANY // 2)
    before, after = [], []
    while len(before) < SAMPLE:
        few = _Bodies(key, FEW, in_turn=in_turn)
        few.complete(1)
        for _number in range(FEW - 2):
            before.append(few.step())
            after.append(many.step())
        few.complete(1)
        assert few.ended
    many.complete(MANY - many.done)
    last = Instance.load(spec, many.saved, HOST)
    assert last.ended
    assert last.result["votes"] == [True] * MANY
    return median(after) / median(before)


class _Bodies:
    """A repetition of user tasks of which one after the other is completed, each with load and save."""

    def __init__(self, key: str, count: int, *, in_turn: bool) -> None:
        self.spec, self.in_turn, self.done, self.ended = _spec(key), in_turn, 0, False
        instance = Instance.start(self.spec, {"voters": count, "lines": LINES}, HOST)
        self.ids: list[UUID] = [task.id for task in instance.changes.opened]
        self.saved = instance.snapshot()

    def step(self) -> float:
        """Seconds for one body."""
        task_id = self.ids[0 if self.in_turn else self.done]
        started = thread_time()
        instance = Instance.load(self.spec, self.saved, HOST)
        instance.complete(task_id, {"is_for": True})
        self.saved = instance.snapshot()
        seconds = thread_time() - started
        self.done, self.ended = self.done + 1, instance.ended
        if self.in_turn:
            self.ids = [task.id for task in instance.changes.opened]
        return seconds

    def complete(self, count: int) -> None:
        """Complete some bodies."""
        for _number in range(count):
            self.step()


def _spec(key: str) -> Spec:
    return engine.compile({path.stem: path.read_bytes() for path in DIAGRAMS.glob("*.bpmn")}, key)


def _timed(spec: Spec, saved: bytes, values: Mapping[str, Any]) -> tuple[float, bytes]:
    started = thread_time()
    instance = Instance.load(spec, saved, HOST)
    instance.complete(instance.open_tasks()[0].id, values)
    saved = instance.snapshot()
    return thread_time() - started, saved


def _steps(spec: Spec, saved: bytes, count: int, values: Mapping[str, Any]) -> bytes:
    for _number in range(count):
        saved = _timed(spec, saved, values)[1]
    return saved


if __name__ == "__main__":
    for name, figure in measure().items():
        print(f"{name:32} {figure:8.3f}")
