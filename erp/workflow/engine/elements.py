"""The elements of a diagram as task specs of SpiffWorkflow: what is particular to each kind."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.util.task import TaskState

from erp.decisions import DecisionFailed
from erp.i18n import _
from erp.workflow import scripts, timing
from erp.workflow.diagram import Element, Flow
from erp.workflow.engine.changes import ClosedTask, RequestedCall, SetTimer, UserTask
from erp.workflow.engine.step import Step, evaluate, interrupt, note_passed, raise_error
from erp.workflow.engine.tokens import CalledProcess, Token
from erp.workflow.errors import NoPath, ProcessError, RulesFailed, ScriptError
from erp.workflow.values import cleaned, cleaned_value, copied, merged


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
        if run.host.is_call(element.action):
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


class TimerStep(Step):
    """What catching timers have in common: they wait until the caller says that they are due."""

    element: Element

    def fire(self, my_task: Token) -> None:
        """The timer is due."""
        raise NotImplementedError

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
            return timing.parse_duration(timer.text).after(since)
        return timing.parse_repetition(timer.text).due(since, my_task.internal_data["fired"])

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
            run.timers_on[host.id].remove(my_task)
            my_task._set_state(TaskState.COMPLETED)  # noqa: SLF001 - it will not fire again
            run.recorder.clear_timer(my_task.id)
            my_task.remove()
        else:
            self.note_timer(my_task, is_new=False)
        host.follow(self, copied(host.data), dict(host.stamps))

    def is_used_up(self, my_task: Token) -> bool:
        """Whether it has fired as often as it may."""
        assert self.element.timer is not None
        return self.element.timer.kind != "cycle" or self.remaining(my_task) == 0


class Nested(Step):
    """What call activities and embedded subprocesses have in common."""

    spec: str

    def _update_hook(self, my_task: Token) -> bool:
        self.arm(my_task)
        my_task._set_state(TaskState.STARTED)  # noqa: SLF001 - SpiffWorkflow's way to wait for a subprocess
        run = my_task.run_state
        run.recorder.event("entered", my_task.place, my_task.id)
        called = my_task.workflow.top_workflow.create_subprocess(my_task, self.spec)
        self.attach(my_task, called)
        called.begin(copied(my_task.data), dict(my_task.stamps))
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
