"""Tasks: of people, scripts, decisions, inline actions and calls outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.bpmn.specs import defaults

from erp.decisions import DecisionFailed
from erp.i18n import _
from erp.workflow.engine.changes import ClosedTask, RequestedCall, UserTask
from erp.workflow.engine.step import Step, evaluate, raise_error
from erp.workflow.engine.tokens import Token
from erp.workflow.errors import ProcessError, RulesFailed, ScriptError
from erp.workflow.scripting import scripts
from erp.workflow.scripting.values import cleaned, cleaned_value


class UserTaskStep(Step, defaults.UserTask):
    """A user task: it waits until somebody completes it."""

    def _on_ready_hook(self, my_task: Token) -> None:
        my_task.run_state.recorder.open(UserTask(my_task.id, my_task.place))

    def left(self, my_task: Token) -> None:
        """Note that it was completed."""
        super().left(my_task)
        my_task.run_state.recorder.close(ClosedTask(my_task.id, my_task.place, is_completed=True))

    def gone(self, my_task: Token) -> None:
        """Note that it was cancelled."""
        super().gone(my_task)
        my_task.run_state.recorder.close(ClosedTask(my_task.id, my_task.place, is_completed=False))


class ScriptStep(Step, defaults.ScriptTask):
    """A script over process data."""

    def _run_hook(self, my_task: Token) -> bool:
        host = my_task.run_state.host
        try:
            written, removed = scripts.run(self.element.script, my_task.data, host.names(), host.now)
        except ScriptError as error:
            raise error.at(self.element.id, self.element.label, self.element.script) from error
        my_task.write(written)
        for name in removed:
            my_task.erase(name)
        my_task.run_state.recorder.event(
            "script",
            my_task.place,
            my_task.id,
            written=sorted(written),
            removed=sorted(removed),
        )
        return True

    def left(self, my_task: Token) -> None:
        """Nothing more: running it was noted."""


class RulesStep(Step, defaults.ServiceTask):
    """A business rule task: a decision is asked, what it gives is written under the names of its outputs."""

    def _run_hook(self, my_task: Token) -> bool:
        element, run = self.element, my_task.run_state
        try:
            outcome = run.host.decide(element.decision, my_task.data)
            ruling = outcome.certain()
        except DecisionFailed as error:
            raise RulesFailed(
                _("“%(element)s”: %(reason)s", element=element.label, reason=error.message),
                detail={"element": element.id, "decision": element.decision},
            ) from error
        my_task.write(cleaned(ruling.outputs))
        run.recorder.event(
            "ruled",
            my_task.place,
            my_task.id,
            decision=element.decision,
            rulings=[ruling.as_json() for ruling in outcome.rulings],
        )
        return True

    def left(self, my_task: Token) -> None:
        """Nothing more: the ruling is noted."""


class ServiceStep(Step, defaults.ServiceTask):
    """A service task: an inline action, or a call that waits for its answer."""

    def _run_hook(self, my_task: Token) -> bool | None:
        element, run = self.element, my_task.run_state
        parameters = self.parameters(my_task)
        if run.host.is_call(element):
            run.recorder.request(
                RequestedCall(my_task.id, my_task.place, element.action, parameters, element.result_variable),
            )
            my_task.internal_data["call"] = True
            return None
        try:
            result = run.host.act(element.action, parameters, element)
        except ProcessError as error:
            raise_error(my_task, error)
            return False
        self.keep(my_task, result)
        run.recorder.event("action", my_task.place, my_task.id, action=element.action, parameters=parameters)
        return True

    def parameters(self, my_task: Token) -> Mapping[str, Any]:
        """The evaluated parameters in their declared types."""
        found = {}
        for parameter in self.element.parameters:
            value = evaluate(my_task, parameter.expression, self.element)
            try:
                found[parameter.name] = scripts.typed(parameter.type, value)
            except ScriptError as error:
                text = f"{parameter.name} = {parameter.expression}"
                raise error.at(self.element.id, self.element.label, text) from error
        return cleaned(found)

    def keep(self, my_task: Token, result: Any) -> None:
        """Write a result to the result variable, if there is one."""
        if name := self.element.result_variable:
            try:
                my_task.write({name: cleaned_value(result, name)})
            except ScriptError as error:
                raise error.at(self.element.id, self.element.label, self.element.action) from error

    def left(self, my_task: Token) -> None:
        """Note the end of a call; an inline action was noted when it ran."""
        if my_task.internal_data.get("call"):
            super().left(my_task)

    def gone(self, my_task: Token) -> None:
        """Note that nobody waits for the answer any more."""
        super().gone(my_task)
        if my_task.internal_data.get("call"):
            my_task.run_state.recorder.cancel_call(my_task.id)
