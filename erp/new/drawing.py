"""Lays a straight process out: tasks and states from left to right in one lane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

GAP, TASK, EVENT, MIDDLE, LEFT = 44, (106, 72), (36, 36), 100, 60
LANE = (10, 20, 160)
"""Left edge, upper edge and height of the lane."""


class Step(Protocol):
    """A task and the state it leads to."""

    @property
    def task(self) -> str:
        """Id of the task."""

    @property
    def state(self) -> str:
        """Id of the state."""

    @property
    def label(self) -> str:
        """Name of the task."""

    @property
    def state_label(self) -> str:
        """Name of the state."""


@dataclass
class Node:
    """An element with its place."""

    id: str
    kind: str
    label: str
    properties: dict[str, str] = field(default_factory=dict)
    action: str = ""
    x: int = 0

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return TASK if self.kind.endswith("Task") else EVENT

    @property
    def y(self) -> int:
        """Its upper edge."""
        return MIDDLE - self.size[1] // 2


@dataclass(frozen=True)
class Drawing:
    """A process with everything the diagram file says."""

    id: str
    label: str
    role: str
    nodes: tuple[Node, ...]
    lane: tuple[int, int, int, int]
    """x, y, width, height."""

    @property
    def flows(self) -> list[tuple[str, Node, Node]]:
        """(id, from, to) of every arrow."""
        return [(f"f_{one.id}", one, other) for one, other in zip(self.nodes, self.nodes[1:], strict=False)]


def drawn(name: str, title: str, role: str, steps: Sequence[Step]) -> Drawing:
    """The process: it is opened, each task leads to its state, and the first one also prints the document."""
    nodes = [Node("opened", "startEvent", "Opened", {"state": "idle"})]
    for place, step in enumerate(steps):
        is_last = place == len(steps) - 1
        properties = {"form": f"{name}.{step.task}", "edits": "note", "due": "P2D", "icon": "checklist"}
        nodes.append(Node(step.task, "userTask", step.label, properties))
        if place == 0:
            nodes.append(Node(f"print_{name}", "serviceTask", f"Print {title.lower()}", action=f"print_{name}"))
        kind, state = ("endEvent", "done") if is_last else ("intermediateThrowEvent", "move")
        nodes.append(Node(step.state, kind, step.state_label, {"state": state}))
    x = LEFT
    for node in nodes:
        node.x = x
        x += node.size[0] + GAP
    return Drawing(name, title, role, tuple(nodes), (LANE[0], LANE[1], x - LANE[0], LANE[2]))
