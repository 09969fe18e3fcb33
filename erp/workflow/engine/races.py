"""Event based gateways: several events are awaited, the first to happen decides."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.specs.base import TaskSpec

from erp.workflow.engine.step import Step
from erp.workflow.engine.tokens import Token


class EventGateway(Step, defaults.EventBasedGateway):
    """Waits at every event behind it; see `won` for what the first one does to the others.

    SpiffWorkflow keeps a task at the gateway and its children below it; here the tokens that wait know each other by
    the gateway's, so that none of them is looked for in a tree.
    """

    def connect(self, child: Any) -> None:
        """Lead to an event, which stays its own: SpiffWorkflow would take its definition away."""
        TaskSpec.connect(self, child)

    def proceed(self, my_task: Token, ways: list[Any]) -> None:
        """A token waits at each event, with data of its own."""
        for spec in ways:
            my_task.follow(spec, dict(my_task.data), dict(my_task.stamps), gate=my_task.id)

    def left(self, my_task: Token) -> None:
        """Note that the question is open."""
        my_task.run_state.recorder.event("entered", my_task.place, my_task.id)
