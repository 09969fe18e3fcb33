"""Random processes and random changes of them: whatever is allowed to move comes to its end, and does no step twice."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from erp.workflow import engine
from erp.workflow.migration.mapping import ElementMap
from erp.workflow.migration.standing import Past
from tests.erp.workflow.engine_tools import Caller
from tests.erp.workflow.sketch import sketch

SEEDS = range(60)


class Drawing:
    """Blocks within blocks: one after the other, side by side, one of several."""

    def __init__(self, chance: random.Random):
        self.chance, self.nodes, self.flows, self.left = chance, [], [], [f"t{n}" for n in range(9)]
        chance.shuffle(self.left)
        self.gates = 0
        first, last = self.block(3)
        self.nodes += ["start begun", "end over"]
        self.flows += [f"begun > {first}", f"{last} > over"]

    def block(self, depth: int) -> tuple[str, str]:
        """A part: (its first element, its last)."""
        kind = (
            self.chance.choice(["step", "after", "after", "fork", "any", "ask"])
            if depth and len(self.left) > 2
            else "step"
        )
        if kind == "step":
            name = self.left.pop()
            self.nodes.append(f"do {name}")
            return name, name
        if kind == "after":
            one, other = self.block(depth - 1), self.block(depth - 1) if self.left else None
            if other is None:
                return one
            self.flows.append(f"{one[1]} > {other[0]}")
            return one[0], other[1]
        return self.side_by_side(kind, depth)

    def side_by_side(self, kind: str, depth: int) -> tuple[str, str]:
        self.gates += 1
        split, join = f"{kind}{self.gates}", f"{kind}{self.gates}_end"
        self.nodes += [f"{kind} {split}", f"{kind} {join}"]
        for _branch in range(self.chance.choice([2, 2, 3])):
            if not self.left:
                self.left.append(f"more{len(self.flows)}")
            begins, ends = self.block(depth - 1)
            when = (
                "" if kind == "fork" else "?" + ("number != 0" if self.chance.random() < 0.7 else "number == 0 or True")
            )
            self.flows += [f"{split} > {begins}{when}", f"{ends} > {join}"]
        return split, join

    def bpmn(self) -> bytes:
        return sketch(*self.nodes, flows=", ".join(self.flows))


def changed(drawing: Drawing, chance: random.Random) -> bytes:
    """The drawing again with a step more, a step less, or another kind of gateway; or quite another one."""
    if chance.random() < 0.3:
        return Drawing(chance).bpmn()
    nodes, flows = list(drawing.nodes), list(drawing.flows)
    way = chance.randrange(len(flows))
    source, target = flows[way].split(" > ")
    flows[way : way + 1] = [
        f"{source} > extra{'?' + target.partition('?')[2] if '?' in target else ''}",
        f"extra > {target.partition('?')[0]}",
    ]
    nodes.append("do extra")
    if chance.random() < 0.5:
        nodes = [each.replace("any ", "fork ", 1) if each.startswith("any ") else each for each in nodes]
        flows = [each.partition("?")[0] if each.startswith("any") else each for each in flows]
    return sketch(*nodes, flows=", ".join(flows))


@pytest.mark.parametrize("seed", SEEDS)
def test_what_moves_comes_to_its_end(seed: int):
    chance, caller = random.Random(seed), Caller()
    drawing = Drawing(chance)
    old = engine.compile({"order": drawing.bpmn()}, "order")
    new = engine.compile({"order": changed(drawing, chance)}, "order")
    instance = engine.Instance.start(old, {"number": 7}, caller)
    done: Counter[str] = Counter()
    for _step in range(chance.randrange(6)):
        step(instance, chance, done)
    if instance.ended:
        return
    before = engine.Instance.load(old, instance.snapshot(), caller)
    passed = {("order", each) for each in done}
    moved = engine.migrate(before, new, ElementMap(old.diagrams, new.diagrams), Past(passed), caller)
    if moved.instance is None:
        assert moved.obstacles
        return
    assert [each.id for each in moved.instance.open_tasks()] == [each.id for each in instance.open_tasks()]
    instance = engine.Instance.load(new, moved.instance.snapshot(), caller)
    since: Counter[str] = Counter()
    while not instance.ended:
        assert instance.open_tasks(), "it waits for ever"
        step(instance, chance, since)
    assert max(since.values(), default=0) <= 1


def step(instance: engine.Instance, chance: random.Random, done: Counter[str]) -> None:
    """Somebody does one of the open steps."""
    tasks = instance.open_tasks()
    if tasks:
        task = chance.choice(tasks)
        done[task.element.id] += 1
        instance.complete(task.id)


def test_enough_of_them_move_to_mean_something():
    """Of the random pairs above many are allowed and many are not."""
    found = Counter(_verdict(seed) for seed in SEEDS)
    assert found["moves"] > 10
    assert found["stays"] > 10


def _verdict(seed: int) -> str:
    chance, caller = random.Random(seed), Caller()
    drawing = Drawing(chance)
    old = engine.compile({"order": drawing.bpmn()}, "order")
    new = engine.compile({"order": changed(drawing, chance)}, "order")
    instance = engine.Instance.start(old, {"number": 7}, caller)
    done: Counter[str] = Counter()
    for _step in range(chance.randrange(6)):
        step(instance, chance, done)
    if instance.ended:
        return "over"
    passed = {("order", each) for each in done}
    moved = engine.migrate(instance, new, ElementMap(old.diagrams, new.diagrams), Past(passed), caller)
    return "stays" if moved.instance is None else "moves"
