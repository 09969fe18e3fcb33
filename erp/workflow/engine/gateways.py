"""Gateways: where paths are chosen, split and meet again."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.util.task import TaskState

from erp.i18n import _
from erp.workflow import scripts
from erp.workflow.diagram import Flow
from erp.workflow.engine.step import Step, evaluate
from erp.workflow.engine.tokens import Token
from erp.workflow.errors import NoPath
from erp.workflow.values import merged


class Decision(Step, defaults.ExclusiveGateway):
    """An exclusive gateway: the first flow whose condition holds, else the default."""

    flows: list[tuple[Flow, Any]]
    default: tuple[Flow, Any] | None

    def ways(self, my_task: Token) -> list[Any]:
        """The one element that follows, decided by the conditions in the order of the file."""
        tried: list[dict[str, Any]] = []
        inputs: dict[str, Any] = {}
        chosen = self.default
        for flow, spec in self.flows:
            holds = bool(evaluate(my_task, flow.condition, self.element))
            inputs.update(scripts.inputs(flow.condition, my_task.data, my_task.run_state.host.names()))
            tried.append({"flow": flow.id, "condition": flow.condition, "holds": holds})
            if holds:
                chosen = (flow, spec)
                break
        if chosen is None:
            raise NoPath(
                _("“%(name)s”: no condition holds and there is no default flow.", name=self.element.label),
                detail={"element": self.element.id, "conditions": tried},
            )
        my_task.run_state.recorder.event(
            "decided",
            my_task.place,
            my_task.id,
            conditions=tried,
            inputs=inputs,
            flow=chosen[0].id,
            outcome=chosen[0].name,
        )
        return [chosen[1]]

    def left(self, my_task: Token) -> None:
        """Nothing more: the decision is noted."""


class Parallel(Step, defaults.ParallelGateway):
    """A parallel gateway: waits for one token of each way in, then sends one to each way out.

    SpiffWorkflow finds the tokens by walking up and down the tree and merges lists wrongly; here each arrival knows
    where it came from, excess tokens wait for the next round, and data merges by what was written last.
    """

    def _update_hook(self, my_task: Token) -> bool:
        waiting = my_task.workflow.arrivals.setdefault(self.name, [])
        waiting.append(my_task)
        first: dict[str, Token] = {}
        for token in waiting:
            first.setdefault(token.origin, token)
        if len(first) < len(set(self._inputs)):
            my_task._set_state(TaskState.WAITING)  # noqa: SLF001 - SpiffWorkflow's way to wait
            return False
        arrived = list(first.values())
        my_task.data, my_task.stamps = merged([(token.data, token.stamps) for token in arrived])
        waiting[:] = [token for token in waiting if token not in arrived]
        for token in arrived:
            if token is not my_task:
                token._set_state(TaskState.COMPLETED)  # noqa: SLF001 - it goes on in this one
                token.remove()
        return True

    def _on_cancel(self, my_task: Token) -> None:
        waiting = my_task.workflow.arrivals.get(self.name, [])
        waiting[:] = [token for token in waiting if token is not my_task]
        my_task.remove()
