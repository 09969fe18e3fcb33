"""Plain and error events: starts, milestones on the way, ends."""

from __future__ import annotations

from SpiffWorkflow.bpmn.specs import defaults

from erp.i18n import _
from erp.workflow.engine.step import Step, find_catcher, note_passed, raise_error
from erp.workflow.engine.tokens import Token
from erp.workflow.errors import ProcessError


class StartEvent(Step, defaults.StartEvent):
    """The plain start of a process; may be a milestone."""

    def left(self, my_task: Token) -> None:
        """Note it, as a milestone if it is one; that an event subprocess began was noted with what began it."""
        if not (self.element.inside and self.element.events):
            note_passed(self.element, my_task)


class MilestoneEvent(Step, defaults.IntermediateThrowEvent):
    """A plain event on the way; may be a milestone."""

    def left(self, my_task: Token) -> None:
        """Note it, as a milestone if it is one."""
        note_passed(self.element, my_task)


class EndEvent(Step, defaults.EndEvent):
    """The end of a path: plain, with an error for what is around it, or ending its whole scope; may be a milestone."""

    def _run_hook(self, my_task: Token) -> bool:
        if "terminate" in self.element.events:
            my_task.workflow.clear(my_task)
        if "error" not in self.element.events:
            return True
        code = self.element.error_code or ""
        text = _(
            "“%(element)s”: nothing in the diagram catches the error “%(code)s”.", element=self.element.label, code=code
        )
        note_passed(self.element, my_task)
        raise_error(my_task, ProcessError(code, text if find_catcher(my_task, code) is None else self.element.label))
        return False

    def left(self, my_task: Token) -> None:
        """Note it, as a milestone if it is one."""
        note_passed(self.element, my_task)
