"""Running processes as SpiffWorkflow sees them, with an index of what is alive instead of walks through a tree.

SpiffWorkflow keeps every task ever run, predicts those to come, walks that tree from its root on every pass and stops
silently at depth 1000. Here a finished task leaves the tree at once and nothing is predicted: the tree is the root and
the live tokens, so a step costs the same after any number of steps.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from erp.workflow.diagrams.diagram import Diagram
from erp.workflow.engine.bodies import Bodies
from erp.workflow.engine.changes import Event, Host, Place, Recorder, Scope
from erp.workflow.errors import Endless
from erp.workflow.scripting.values import Stamps, Values, merged

LIVE = TaskState.READY | TaskState.WAITING | TaskState.STARTED
MAX_DEPTH = 20
ADDRESS = 11
"""Bytes an id shares with all others of the same body: eight for the repetition, three for the number."""


class Run:
    """One step of one instance: what is ready to run, who is asked, and what happened."""

    def __init__(self, host: Host, clock: int = 0) -> None:
        self.host = host
        self.clock = clock
        self.recorder = Recorder()
        self.ready: deque[Token] = deque()
        self.watching: dict[UUID, list[Token]] = {}
        """What waits on the boundary of each task."""
        self.folders: dict[bytes, Token] = {}
        """Repetitions whose bodies are kept folded, by the first bytes of the ids of everything in those."""
        self.meetings: dict[tuple[Process | CalledProcess, str], None] = {}
        """Gateways with waiting tokens that go on once nothing more can come: process and name."""

    def tick(self) -> int:
        """The next stamp for something written to process data."""
        self.clock += 1
        return self.clock

    def open_meeting(self) -> bool:
        """Let tokens go on at one gateway for which nothing more can come; whether there was one."""
        for workflow, name in list(self.meetings):
            if not workflow.arrivals.get(name):
                del self.meetings[workflow, name]
            elif workflow.spec.task_specs[name].opens(workflow):
                return True
        return False


class Token(Task):
    """One path through a process: a task of SpiffWorkflow with its own data and the stamps of who wrote it when."""

    def __init__(
        self,
        workflow: Process | CalledProcess,
        task_spec: Any,
        parent: Any = None,
        state: int = TaskState.FUTURE,
        id: UUID | None = None,  # noqa: A002 - SpiffWorkflow's name
    ) -> None:
        super().__init__(workflow, task_spec, parent, state, id or workflow.new_id())
        self.stamps: Stamps = {}
        self.bodies: Bodies | None = None
        """What is kept of the bodies, if it is a repetition that keeps something."""
        self.unfolded: dict[int, Token] = {}
        """The bodies that are alive, if it is a repetition."""
        self.origin = ""
        """Element this token came from; a join counts one of each."""
        if state & LIVE:
            workflow.live[self.id] = self

    @property
    def run_state(self) -> Run:
        """The step this token takes part in."""
        run: Run = self.workflow.top_workflow.run
        return run

    @property
    def place(self) -> Place:
        """Where it is, for the caller."""
        number = self.internal_data["n"] + 1 if "n" in self.internal_data else self.workflow.number
        return Place(self.workflow.diagram.id, self.task_spec.element, self.workflow.scope, number)

    def _set_state(self, value: int) -> None:
        # the one place every change of state passes: it keeps the index and the agenda, and logs nothing
        self._state = value
        if value & LIVE:
            self.workflow.live[self.id] = self
            if value == TaskState.READY and not self.task_spec.manual:
                self.run_state.ready.append(self)
        else:
            self.workflow.live.pop(self.id, None)

    def _inherit_data(self) -> None:
        """Nothing: a token is born with its data."""

    def follow(
        self, spec: Any, values: Values, stamps: Stamps, written: Mapping[str, Any] | None = None, **internal: Any
    ) -> Token:
        """A new token at `spec` with this data, which becomes its own, and what is written to it on the way."""
        token = Token(self.workflow, spec, self.workflow.task_tree)
        token.data, token.stamps, token.origin = values, stamps, self.task_spec.name
        token.internal_data.update(internal)
        token.write(written or {})
        spec._update(token)  # noqa: SLF001 - SpiffWorkflow's way to enter a task
        return token

    def write(self, values: Mapping[str, Any]) -> None:
        """Put values into this path's data."""
        if values:
            stamp = self.run_state.tick()
            self.data.update(values)
            self.stamps.update(dict.fromkeys(values, stamp))

    def erase(self, name: str) -> None:
        """Remove a name from this path's data."""
        if self.data.pop(name, self) is not self:
            self.stamps[name] = self.run_state.tick()

    def remove(self) -> None:
        """Take a finished token out of the tree."""
        self.workflow.tasks.pop(self.id, None)

    def _child_added_notify(self, child: Task) -> None:
        """Nothing: a process finds its tokens in its index."""


class _Living:
    """What a top process and a called one have in common."""

    spec: Any
    top_workflow: Any
    tasks: dict[UUID, Any]
    data: Values
    completed: bool
    success: bool
    parent_task_id: UUID | None

    def prepare(self) -> None:
        """Set up before SpiffWorkflow's own constructor creates anything."""
        self.live: dict[UUID, Token] = {}
        self.arrivals: dict[str, list[Token]] = {}
        """Tokens that wait at each joining gateway, in order of arrival."""
        self.stamps: Stamps = {}
        self.triggers: dict[UUID, Token] = {}
        """What its event subprocesses wait for; they do not keep it alive."""
        self.is_handled = False
        """Whether an event subprocess has taken the place of everything in it."""
        self.scope: Scope = ()
        self.number = 0
        """Which body of a repetition it runs in, from 1."""
        self.address = b""
        """How the id of everything in it begins, if it runs in a body that is kept folded."""

    def new_id(self) -> UUID:
        """The id of the next token in it."""
        if not self.address:
            return uuid4()
        return UUID(bytes=self.address + self.top_workflow.run.tick().to_bytes(16 - len(self.address), "big"))

    def plant(self) -> None:
        """Create the root; it is never run, tokens hang under it."""
        self.task_tree = Token(self, self.spec.start, None, TaskState.COMPLETED, uuid4())  # type: ignore[arg-type]

    @property
    def diagram(self) -> Diagram:
        """The diagram this process runs."""
        diagram: Diagram = self.spec.diagram
        return diagram

    def begin(self, values: Values, stamps: Stamps, at: str = "") -> Token:
        """Put the first token at a start event, the plain one if none is named; raises NoStart."""
        spec = self.spec.begin(at)
        self.note("started")
        first = self.task_tree.follow(spec, values, stamps)
        for trigger in self.spec.triggers:
            token = Token(first.workflow, trigger, self.task_tree)
            token.internal_data["watch"] = True
            self.triggers[token.id] = token
            trigger.watch(token, first)
        return first

    def note(self, kind: str) -> None:
        """Note something that happened to the process as a whole."""
        self.top_workflow.run.recorder.events.append(Event(kind, self.diagram.id, "", self.scope))

    def is_completed(self) -> bool:
        """Whether nothing is alive in it any more; never a guess."""
        return self.completed and not self.live

    def update_waiting_tasks(self) -> None:
        """Nothing: what waits is woken by what it waits for."""

    def settle(self, token: Token) -> None:
        """A path ends here: keep its data as the process's result."""
        self.data, self.stamps = merged([(self.data, self.stamps), (token.data, token.stamps)])

    def _task_completed_notify(self, token: Token) -> None:
        token.remove()
        self.finish_if_idle()

    def finish_if_idle(self) -> None:
        """End the process once nothing in it is alive."""
        if len(self.live) > len(self.triggers) or self.completed:
            return
        self.completed = True
        self.watch_no_more()
        self.note("ended")
        self.completed_event(self)  # type: ignore[attr-defined]

    def watch_no_more(self) -> None:
        """No event subprocess begins any more."""
        for token in self.triggers.values():
            token._set_state(TaskState.CANCELLED)  # noqa: SLF001 - what never happened leaves no event
            token.task_spec.unwatch(token)
            token.remove()
        self.triggers.clear()

    def abandon(self) -> None:
        """Cancel everything in it."""
        self.completed = True
        self.success = False
        self.note("cancelled")
        self.clear()

    def clear(self, but: Token | None = None) -> None:
        """Cancel every token in it but one; boundary timers go with what they sit on."""
        self.watch_no_more()
        for token in list(self.live.values()):
            if token is not but and "on" not in token.internal_data:
                token.cancel()


class Process(_Living, BpmnWorkflow):
    """The top process of an instance."""

    def __init__(self, spec: Any, called: Mapping[str, Any], run: Run) -> None:
        self.prepare()
        self.run = run
        super().__init__(spec, called, script_engine=object(), deserializing=True)
        self.plant()

    def create_subprocess(self, my_task: Token, spec_name: str) -> CalledProcess:
        """A called process or embedded subprocess under a task."""
        called = CalledProcess(self.subprocess_specs[spec_name], my_task)
        if called.depth > MAX_DEPTH:
            raise Endless(detail={"element": my_task.task_spec.name})
        self.subprocesses[my_task.id] = called
        return called


class CalledProcess(_Living, BpmnSubWorkflow):
    """A process another one called, or an embedded subprocess."""

    def __init__(self, spec: Any, caller: Token) -> None:
        self.prepare()
        super().__init__(spec, caller.id, caller.workflow.top_workflow, deserializing=True)
        # an embedded subprocess is part of the diagram around it
        self.scope = (*caller.workflow.scope, *((caller.task_spec.element.id,) if caller.task_spec.is_call else ()))
        self.number = caller.place.number
        outer = caller.workflow.tasks.get(caller.internal_data.get("of"))
        is_folded = outer is not None and "address" in outer.internal_data
        self.address = caller.id.bytes[:ADDRESS] if is_folded else caller.workflow.address
        self.plant()
