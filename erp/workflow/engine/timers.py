"""Timers, on the way and on the boundary of activities."""

from __future__ import annotations

from datetime import UTC, datetime

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.util.task import TaskState

from erp.workflow.diagrams import timing
from erp.workflow.diagrams.diagram import Element
from erp.workflow.engine.changes import SetTimer
from erp.workflow.engine.step import Step, interrupt, won
from erp.workflow.engine.tokens import Token


class TimerStep(Step):
    """What catching timers have in common: they wait until the caller says that they are due."""

    element: Element

    def fire(self, my_task: Token) -> None:
        """The timer is due."""
        raise NotImplementedError

    def watch(self, my_task: Token, host: Token) -> None:
        """Wait beside the activity it sits on."""
        del host
        self.set_timer(my_task)

    def unwatch(self, my_task: Token) -> None:
        """Wait no more: the activity is over."""
        my_task.run_state.recorder.clear_timer(my_task.id)

    def set_timer(self, my_task: Token) -> None:
        """Wait, counted from now."""
        my_task._set_state(TaskState.WAITING)  # noqa: SLF001 - SpiffWorkflow's way to wait
        my_task.internal_data["since"] = my_task.run_state.host.now().astimezone(UTC)
        my_task.internal_data["fired"] = 0
        self.note_timer(my_task, is_new=True)

    def note_timer(self, my_task: Token, *, is_new: bool) -> None:
        """Keep when it is due, whatever a later version of the diagram says, and tell the caller."""
        my_task.internal_data["due"] = self.next_due(my_task)
        timer = SetTimer(my_task.id, my_task.place, self.due(my_task), self.remaining(my_task))
        my_task.run_state.recorder.set_timer(timer, is_new=is_new)

    def due(self, my_task: Token) -> datetime:
        """When it fires next, in UTC."""
        due: datetime = my_task.internal_data["due"]
        return due

    def next_due(self, my_task: Token) -> datetime:
        """When it fires next, by the diagram."""
        timer, since = self.element.timer, my_task.internal_data["since"]
        assert timer is not None
        if timer.kind == "date":
            return timing.parse_moment(timer.text)
        if timer.kind == "duration":
            duration = timing.parse_duration(timer.text)
            return self.later(my_task, since, duration) if self.element.is_business else duration.after(since)
        repetition, fired = timing.parse_repetition(timer.text), my_task.internal_data["fired"]
        if self.element.is_business and (fired or repetition.start is None):
            return self.later(my_task, my_task.internal_data["due"] if fired else since, repetition.every)
        return repetition.due(since, fired)

    def later(self, my_task: Token, start: datetime, duration: timing.Duration) -> datetime:
        """When so much business time has passed."""
        return my_task.run_state.host.hours().after(start, duration)

    def is_used_up(self, my_task: Token) -> bool:
        """Whether it has fired as often as it may."""
        assert self.element.timer is not None
        return self.element.timer.kind != "cycle" or self.remaining(my_task) == 0

    def remaining(self, my_task: Token) -> int | None:
        """How often it will fire; None without end."""
        assert self.element.timer is not None
        if self.element.timer.kind != "cycle":
            return 1
        count = timing.parse_repetition(self.element.timer.text).count
        return None if count is None else count - int(my_task.internal_data["fired"])


class CatchTimer(TimerStep, defaults.IntermediateCatchEvent):
    """A timer on the way."""

    def _update_hook(self, my_task: Token) -> bool:
        self.set_timer(my_task)
        my_task.run_state.recorder.event("entered", my_task.place, my_task.id)
        return False

    def _on_ready_hook(self, my_task: Token) -> None:
        """Nothing: SpiffWorkflow's list of waiting events is not kept."""

    def gone(self, my_task: Token) -> None:
        """Note that it was cancelled."""
        super().gone(my_task)
        my_task.run_state.recorder.clear_timer(my_task.id)

    def fire(self, my_task: Token) -> None:
        """Go on."""
        won(my_task)
        my_task.run_state.recorder.event("timer_fired", my_task.place, my_task.id, due=self.due(my_task))
        my_task.run_state.recorder.clear_timer(my_task.id)
        my_task._ready()  # noqa: SLF001 - SpiffWorkflow's way to go on


class BoundaryEvent(TimerStep, defaults.BoundaryEvent):
    """A timer or error on the boundary of an activity."""

    def _update_hook(self, my_task: Token) -> bool:
        """A token comes here only when the event has happened."""
        del my_task
        return True

    def _on_ready_hook(self, my_task: Token) -> None:
        """Nothing: SpiffWorkflow's list of waiting events is not kept."""

    def left(self, my_task: Token) -> None:
        """Nothing more: that it happened was noted."""

    def fire(self, my_task: Token) -> None:
        """The timer is due: interrupt what it sits on, or start a path beside it and wait on if it repeats."""
        run = my_task.run_state
        host = my_task.workflow.tasks[my_task.internal_data["on"]]
        run.recorder.event("timer_fired", my_task.place, my_task.id, due=self.due(my_task))
        if self.element.interrupting:
            interrupt(host, self)
            return
        my_task.internal_data["fired"] += 1
        if self.is_used_up(my_task):
            run.watching[host.id].remove(my_task)
            my_task._set_state(TaskState.COMPLETED)  # noqa: SLF001 - it will not fire again
            run.recorder.clear_timer(my_task.id)
            my_task.remove()
        else:
            self.note_timer(my_task, is_new=False)
        host.follow(self, dict(host.data), dict(host.stamps))

    def catch(self, around: Token, failed: Token) -> None:
        """An error has happened within the activity it sits on."""
        del failed
        interrupt(around, self)
