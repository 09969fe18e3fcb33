"""Plain and error events: starts, milestones on the way, ends."""

from __future__ import annotations

from SpiffWorkflow.bpmn.specs import defaults

from erp.workflow.engine.step import Step, note_passed, raise_error
from erp.workflow.engine.tokens import Token
from erp.workflow.errors import ProcessError


class StartEvent(Step, defaults.StartEvent):
    """The plain start of a process; may be a milestone."""

    def left(self, my_task: Token) -> None:
        """Note it, as a milestone if it is one."""
        note_passed(self.element, my_task)


class MilestoneEvent(Step, defaults.IntermediateThrowEvent):
    """A plain event on the way; may be a milestone."""

    def left(self, my_task: Token) -> None:
        """Note it, as a milestone if it is one."""
        note_passed(self.element, my_task)


class EndEvent(Step, defaults.EndEvent):
    """The end of a path, plain or with an error for the caller; may be a milestone."""

    def _run_hook(self, my_task: Token) -> bool:
        if not self.element.events:
            return True
        note_passed(self.element, my_task)
        raise_error(my_task, ProcessError(self.element.error_code or "", self.element.label))
        return False

    def left(self, my_task: Token) -> None:
        """Note it, as a milestone if it is one."""
        note_passed(self.element, my_task)
