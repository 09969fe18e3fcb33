"""Event subprocesses: what waits while a process or subprocess runs, and begins inside it when it happens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.util.task import TaskState

from erp.workflow.diagrams.diagram import Element
from erp.workflow.engine.messages import Subscribed
from erp.workflow.engine.step import Step
from erp.workflow.engine.subprocesses import Nested
from erp.workflow.engine.timers import TimerStep
from erp.workflow.engine.tokens import CalledProcess, Process, Token
from erp.workflow.scripting.values import Stamps, Values, merged


class EventSubprocess(Nested, defaults.SubWorkflowTask):
    """A process drawn inside another one that begins when its start event happens."""


class Trigger(Step):
    """The start event of an event subprocess, as the scope around it waits for it.

    An interrupting one ends everything else in the scope and takes its place; any other runs beside. Both begin with
    the data of all paths of the scope together, the last write of each name.
    """

    element: Element
    event: EventSubprocess

    def happen(self, workflow: Process | CalledProcess, found: tuple[Values, Stamps], written: Any = None) -> None:
        """Begin the event subprocess in a scope."""
        if self.element.interrupting:
            workflow.clear()
            workflow.is_handled = True
        workflow.task_tree.follow(self.event, *found, written)


class ErrorTrigger(Trigger, defaults.IntermediateCatchEvent):
    """An error caught by an event subprocess; nothing waits for it."""

    def catch(self, around: Token, failed: Token) -> None:
        """The error has happened at `failed`, within or at `around`."""
        workflow = around.workflow
        found = together(workflow)
        if failed.workflow is workflow and "of" not in failed.internal_data:
            found = merged([found, (failed.data, failed.stamps)])
        self.happen(workflow, found)


class TimerTrigger(Trigger, TimerStep, defaults.IntermediateCatchEvent):
    """A timer counted from the moment its scope began."""

    def fire(self, my_task: Token) -> None:
        """It is due: begin, and wait on if it repeats."""
        workflow, recorder = my_task.workflow, my_task.run_state.recorder
        recorder.event("timer_fired", my_task.place, my_task.id, due=self.due(my_task))
        found = together(workflow)
        my_task.internal_data["fired"] += 1
        if not self.element.interrupting and self.is_used_up(my_task):
            my_task._set_state(TaskState.COMPLETED)  # noqa: SLF001 - it will not fire again
            del workflow.triggers[my_task.id]
            recorder.clear_timer(my_task.id)
            my_task.remove()
        elif not self.element.interrupting:
            self.note_timer(my_task, is_new=False)
        self.happen(workflow, found)


class ExchangeTrigger(Trigger, Subscribed, defaults.IntermediateCatchEvent):
    """A message or signal awaited as long as its scope runs."""

    def watch(self, my_task: Token, host: Token) -> None:
        """Wait beside the first token of the scope."""
        self.subscribe(my_task, host)

    def unwatch(self, my_task: Token) -> None:
        """Wait no more: the scope is over."""
        my_task.run_state.recorder.unsubscribe(my_task.id)

    def receive(self, my_task: Token, values: Mapping[str, Any]) -> None:
        """It came: begin, and wait for the next where it does not interrupt."""
        self.happen(my_task.workflow, together(my_task.workflow), values)


TRIGGERS: Mapping[str, Any] = {
    "error": ErrorTrigger,
    "timer": TimerTrigger,
    "message": ExchangeTrigger,
    "signal": ExchangeTrigger,
}


def together(workflow: Process | CalledProcess) -> tuple[Values, Stamps]:
    """The data of all paths of a scope, those that have ended first."""
    paths = [
        (token.data, token.stamps)
        for token in workflow.live.values()
        if not token.internal_data.keys() & {"on", "of", "watch"}
    ]
    return merged([(workflow.data, workflow.stamps), *paths])
