"""Processes in processes: called ones and those drawn inside another."""

from __future__ import annotations

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.util.task import TaskState

from erp.workflow.engine.step import Step
from erp.workflow.engine.tokens import CalledProcess, Token


class Nested(Step):
    """What call activities and embedded subprocesses have in common."""

    spec: str
    starts_at = ""
    """Id of the start event it begins at, "" for the plain one."""

    def _update_hook(self, my_task: Token) -> bool:
        self.arm(my_task)
        my_task._set_state(TaskState.STARTED)  # noqa: SLF001 - SpiffWorkflow's way to wait for a subprocess
        run = my_task.run_state
        run.recorder.event("entered", my_task.place, my_task.id)
        called = my_task.workflow.top_workflow.create_subprocess(my_task, self.spec)
        self.attach(my_task, called)
        called.begin(dict(my_task.data), dict(my_task.stamps), self.starts_at)
        return False

    def attach(self, my_task: Token, called: CalledProcess) -> None:
        """Be told when the called process ends."""
        called.completed_event.connect(self.returned, my_task)

    def returned(self, called: CalledProcess, my_task: Token) -> None:
        """The called process ended: its result becomes the data here."""
        my_task.data, my_task.stamps = called.data, called.stamps
        del my_task.workflow.top_workflow.subprocesses[my_task.id]
        my_task._set_state(TaskState.READY)  # noqa: SLF001 - SpiffWorkflow's way to go on

    def gone(self, my_task: Token) -> None:
        """Cancel what runs inside, then note that it was cancelled."""
        called = my_task.workflow.top_workflow.subprocesses.pop(my_task.id, None)
        if called is not None:
            called.abandon()
        super().gone(my_task)


class CallActivity(Nested, defaults.CallActivity):
    """Another process, called by its id."""

    is_call = True


class EmbeddedSubprocess(Nested, defaults.SubWorkflowTask):
    """A process drawn inside another one."""
