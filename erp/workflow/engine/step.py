"""What every element of a diagram does on entering, running and leaving, on top of SpiffWorkflow's task specs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.control import BpmnStartTask
from SpiffWorkflow.util.task import TaskState

from erp.workflow.diagrams.diagram import Diagram, Element
from erp.workflow.engine.changes import Milestone, Place
from erp.workflow.engine.tokens import Token
from erp.workflow.errors import NoStart, ProcessError, ScriptError
from erp.workflow.scripting import scripts


class ProcessSpec(BpmnProcessSpec):
    """One process, or one embedded subprocess, of a diagram."""

    def __init__(self, name: str, diagram: Diagram) -> None:
        super().__init__(name=name)
        # SpiffWorkflow's own start and end would take those ids from the diagram's elements; # starts no XML id
        self.task_specs.clear()
        self.start = BpmnStartTask(self, "#root")
        self.diagram = diagram
        self.triggers: list[Any] = []
        """What its event subprocesses wait for, errors left out."""
        self.handlers: list[Any] = []
        """Errors its event subprocesses catch."""
        self.begins: dict[str, Any] = {}
        """What each start event is run by, by its id."""

    def begin(self, at: str = "") -> Any:
        """Where the first token goes: the start event with this id, or the plain one; raises NoStart."""
        plain = (id_ for id_, spec in self.begins.items() if not spec.element.events)
        found = self.begins.get(at or next(plain, ""))
        if found is None:
            raise NoStart
        return found


class Step:
    """What all elements have in common: data is handed on, boundary events are armed and disarmed."""

    is_call = False
    manual: bool
    name: str
    outputs: list[Any]

    def draw(self, element: Element) -> None:
        """Tie the spec to its element; called once while a diagram is compiled."""
        self.element = element
        self.watchers: list[Any] = []
        """Timers, messages and signals on its boundary."""
        self.catchers: list[Any] = []

    def _update_hook(self, my_task: Token) -> bool:
        self.arm(my_task)
        return True

    def _run_hook(self, my_task: Token) -> bool | None:
        del my_task
        return True

    def _on_complete_hook(self, my_task: Token) -> None:
        self.disarm(my_task)
        self.left(my_task)
        self.proceed(my_task, self.ways(my_task))

    def _on_cancel(self, my_task: Token) -> None:
        self.disarm(my_task)
        self.gone(my_task)
        my_task.remove()

    def _on_error_hook(self, my_task: Token) -> None:
        """Nothing: whoever made it fail follows the boundary event."""

    def ways(self, my_task: Token) -> list[Any]:
        """The elements that follow."""
        del my_task
        return self.outputs

    def left(self, my_task: Token) -> None:
        """Note that it is done."""
        my_task.run_state.recorder.event("completed", my_task.place, my_task.id)

    def gone(self, my_task: Token) -> None:
        """Note that it was cancelled."""
        my_task.run_state.recorder.event("cancelled", my_task.place, my_task.id)

    def proceed(self, my_task: Token, ways: list[Any]) -> None:
        """Send a token to each element; paths have names of their own, and values are never changed in place."""
        if "of" in my_task.internal_data:
            outer = my_task.workflow.tasks[my_task.internal_data["of"]]
            outer.task_spec.body_done(outer, my_task)
            return
        if not ways:
            my_task.workflow.settle(my_task)
        for spec in ways[1:]:
            my_task.follow(spec, dict(my_task.data), dict(my_task.stamps))
        for spec in ways[:1]:
            my_task.follow(spec, my_task.data, my_task.stamps)

    def arm(self, my_task: Token) -> None:
        """Set the timers, and wait for the messages and signals, on its boundary."""
        for spec in self.watchers:
            self.arm_one(my_task, spec)

    def arm_one(self, my_task: Token, spec: Any) -> None:
        """Set one timer, or wait for one message or signal, on its boundary."""
        watcher = Token(my_task.workflow, spec, my_task.workflow.task_tree)
        watcher.internal_data["on"] = my_task.id
        my_task.run_state.watching.setdefault(my_task.id, []).append(watcher)
        spec.watch(watcher, my_task)

    def disarm(self, my_task: Token) -> None:
        """Wait for nothing on its boundary any more."""
        for watcher in my_task.run_state.watching.pop(my_task.id, ()):
            watcher._set_state(TaskState.CANCELLED)  # noqa: SLF001 - what never happened leaves no event
            watcher.task_spec.unwatch(watcher)
            watcher.remove()


def note_passed(element: Element, my_task: Token) -> None:
    """Note a plain event, and the milestone if it is one."""
    recorder = my_task.run_state.recorder
    if element.is_milestone:
        recorder.milestones.append(Milestone(my_task.place))
        recorder.event("passed", my_task.place, my_task.id, state=element.id, kind_of_state=element.state)
    else:
        recorder.event("completed", my_task.place, my_task.id)


def evaluate(my_task: Token, expression: str, element: Element) -> Any:
    """The value of an expression at a token; raises ScriptError naming the element."""
    host = my_task.run_state.host
    try:
        return scripts.evaluate(expression, my_task.data, host.names(), host.now)
    except ScriptError as error:
        raise error.at(element.id, element.label, expression) from error


def find_catcher(my_task: Token, code: str) -> tuple[Token, Any] | None:
    """What catches an error at a token: the nearest boundary event or event subprocess around it, and where that is.

    An event subprocess comes before the boundary of what it lies in, and one for the code before one for any.
    """
    around: Token | None = my_task
    while around is not None:
        workflow = around.workflow
        leaves = "of" not in around.internal_data and not workflow.is_handled
        for catchers in (around.task_spec.catchers, workflow.spec.handlers if leaves else ()):
            for wanted in (code, None):
                for spec in catchers:
                    if spec.element.error_code == wanted:
                        return around, spec
        around = above(around)
    return None


def catching(my_task: Token) -> tuple[Place, ...]:
    """Where an error at a token may be caught, the nearest first: each error event that some code leads to."""
    found: list[Place] = []
    around: Token | None = my_task
    while around is not None:
        for spec in (*around.task_spec.catchers, *around.workflow.spec.handlers):
            caught = find_catcher(my_task, spec.element.error_code or "")
            if caught is not None and caught[1] is spec:
                found.append(replace(around.place, element=spec.element))
        around = above(around)
    return tuple(found)


def above(token: Token) -> Token | None:
    """The activity a token runs in: the repetition it is a body of, or what runs its process; None at the top."""
    workflow = token.workflow
    if "of" in token.internal_data:
        found: Token = workflow.tasks[token.internal_data["of"]]
        return found
    caller = workflow.parent_task_id
    return workflow.top_workflow.get_task_from_id(caller) if caller is not None else None


def raise_error(my_task: Token, error: ProcessError) -> None:
    """Follow the boundary event that catches an error; raises it again if there is none."""
    found = find_catcher(my_task, error.error_code)
    if found is None:
        raise error
    around, spec = found
    recorder, told = my_task.run_state.recorder, {"code": error.error_code, "message": error.message}
    recorder.event("failed", my_task.place, my_task.id, **told)
    recorder.event("error_caught", replace(around.place, element=spec.element), around.id, **told)
    my_task._set_state(TaskState.ERROR)  # noqa: SLF001 - so that it is not cancelled with what is around it
    my_task.task_spec.disarm(my_task)
    my_task.remove()
    spec.catch(around, my_task)


def interrupt(around: Token, spec: Any, written: Mapping[str, Any] | None = None) -> None:
    """End an activity and go on at the event on its boundary, with the data as the activity was entered.

    `written` is what the event brings with it.
    """
    workflow = around.workflow
    around.cancel()
    workflow.task_tree.follow(spec, around.data, around.stamps, written)


def won(my_task: Token) -> None:
    """What a token waited for has happened: whatever else its event based gateway waited for is called off."""
    gate = my_task.internal_data.pop("gate", None)
    if gate is None:
        return
    workflow = my_task.workflow
    gateway = workflow.spec.task_specs[my_task.origin].element
    chosen = next(flow for flow in workflow.diagram.outgoing[gateway.id] if flow.target == my_task.task_spec.name)
    place = replace(my_task.place, element=gateway)
    my_task.run_state.recorder.event("decided", place, gate, flow=chosen.id, outcome=chosen.name, conditions=[])
    for other in list(workflow.live.values()):
        if other.internal_data.get("gate") == gate:
            other.cancel()
