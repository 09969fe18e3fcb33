"""A running process: started or loaded, told what happened, brought to its next waits, and saved."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from time import thread_time
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from SpiffWorkflow.util.task import TaskState

from erp.i18n import _
from erp.workflow import snapshot
from erp.workflow.diagrams import exchange
from erp.workflow.engine import moving, saving
from erp.workflow.engine.changes import Changes, Host, Place, RequestedCall, SetTimer, Subscription, UserTask
from erp.workflow.engine.compiling import Spec
from erp.workflow.engine.messages import Subscribed
from erp.workflow.engine.moving import Wait
from erp.workflow.engine.step import catching, find_catcher, raise_error
from erp.workflow.engine.timers import TimerStep
from erp.workflow.engine.tokens import Process, Run, Token
from erp.workflow.errors import (
    Endless,
    EngineError,
    MoveRefused,
    NotDue,
    NotFitting,
    NotWaiting,
    ProcessError,
    SnapshotInvalid,
)
from erp.workflow.scripting.values import Values, cleaned, copied


@dataclass(frozen=True)
class Limits:
    """How far one verb may go before somebody or something is waited for."""

    steps: int = 50_000
    seconds: float = 10.0
    """Of the processor."""


LIMITS = Limits()

P = ParamSpec("P")
R = TypeVar("R")


def _whole(verb: Callable[P, R]) -> Callable[P, R]:
    """A verb that is done wholly or not at all: after an error the instance can no longer be saved."""

    @wraps(verb)
    def carried_out(*args: P.args, **kwargs: P.kwargs) -> R:
        instance: Any = args[0]
        if instance.is_broken:
            raise EngineError(_("An earlier error left this instance half way; load it again."))
        try:
            return verb(*args, **kwargs)
        except (NotWaiting, NotDue, NotFitting, MoveRefused):
            raise
        except BaseException:
            instance.is_broken = True
            raise

    return carried_out


class Instance:
    """One running process. Every verb ends with the process at its next waits; `changes` tells what happened."""

    def __init__(self, spec: Spec, process: Process, limits: Limits = LIMITS) -> None:
        self.spec = spec
        self.limits = limits
        self.is_broken = False
        self._process = process

    @classmethod
    def start(
        cls, spec: Spec, values: Mapping[str, Any], host: Host, at: str = "", told: Mapping[str, Any] | None = None,
        limits: Limits = LIMITS,
    ) -> Instance:  # fmt: skip
        """Begin the process with these values and run to the next waits; `at` names a start event, "" the plain one.

        `told` is kept with the event of a message, signal or timer. Raises NoStart where there is no such start.
        """
        instance = cls(spec, Process(spec.processes[spec.key], spec.processes, Run(host)), limits)
        instance._begin(cleaned(values), at, told or {})
        return instance

    @classmethod
    def load(cls, spec: Spec, saved: bytes, host: Host) -> Instance:
        """The instance as it was saved; raises SnapshotInvalid for another format or elements that are gone."""
        state, parts = snapshot.decode_with_parts(saved)
        try:
            clock, processes = state
            process = Process(spec.processes[spec.key], spec.processes, Run(host, clock))
            saving.restore(process, processes, parts)
        except (KeyError, ValueError, TypeError, IndexError, struct.error) as error:
            raise SnapshotInvalid(
                _("The saved state does not fit this version of the diagram (%(reason)s).", reason=str(error)),
            ) from error
        return cls(spec, process)

    # what it is

    @property
    def changes(self) -> Changes:
        """Everything that happened since it was started or loaded."""
        return self._run.recorder.changes()

    @property
    def ended(self) -> bool:
        """Whether nothing in it is alive any more."""
        return self._process.is_completed()

    @property
    def result(self) -> Values:
        """Process data of the paths that have ended: the outcome, once `ended`."""
        return copied(self._process.data)  # type: ignore[no-any-return]

    def values(self, task_id: UUID) -> Values:
        """Process data as a waiting task sees it; raises NotWaiting."""
        return copied(self._token(task_id).data)  # type: ignore[no-any-return]

    def open_tasks(self) -> tuple[UserTask, ...]:
        """The user tasks that wait for somebody."""
        return tuple(UserTask(t.id, t.place) for t in self._tokens() if t.task_spec.manual)

    def timers(self) -> tuple[SetTimer, ...]:
        """The timers that are set."""
        found = []
        for token in self._tokens():
            spec = token.task_spec
            if isinstance(spec, TimerStep) and token.has_state(TaskState.WAITING):
                found.append(SetTimer(token.id, token.place, spec.due(token), spec.remaining(token)))
        return tuple(found)

    def subscriptions(self) -> tuple[Subscription, ...]:
        """The messages and signals that are waited for."""
        return tuple(
            token.task_spec.subscription(token)
            for token in self._tokens()
            if isinstance(token.task_spec, Subscribed) and token.has_state(TaskState.WAITING)
        )

    def calls(self) -> tuple[RequestedCall, ...]:
        """The service tasks that wait for an answer; their parameters were told when they were requested."""
        return tuple(
            RequestedCall(t.id, t.place, t.task_spec.element.action, {}, t.task_spec.element.result_variable)
            for t in self._tokens()
            if t.internal_data.get("call")
        )

    def catching(self, call_id: UUID) -> tuple[Place, ...]:
        """The error events, the nearest first, that a call which failed may be sent to; raises NotWaiting."""
        return catching(self._call(call_id))

    def waits(self) -> tuple[Wait, ...]:
        """Everything that waits and may be moved."""
        return moving.waits(self._tokens())

    def snapshot(self) -> bytes:
        """Its state as bytes; refused after an error."""
        if self.is_broken:
            raise EngineError(_("A step that failed half way is not saved."))
        processes, parts = saving.saved(self._process)
        return snapshot.encode([self._run.clock, processes], parts)

    # what happens to it

    @_whole
    def _begin(self, values: Values, at: str, told: Mapping[str, Any]) -> None:
        token = self._process.begin(values, dict.fromkeys(values, 0), at)
        element = token.place.element
        if element.events:
            kind = "received" if exchange.kind_of(element) else "timer_fired"
            self._run.recorder.event(kind, token.place, token.id, **told)
        self._advance()

    @_whole
    def advance(self) -> None:
        """Run to the next waits; every other verb has done so already."""
        self._advance()

    @_whole
    def complete(self, task_id: UUID, values: Mapping[str, Any] | None = None) -> None:
        """Complete a user task with the values it adds to process data; raises NotWaiting."""
        token = self._token(task_id)
        if not (token.task_spec.manual and token.has_state(TaskState.READY)):
            raise NotWaiting(detail={"task": str(task_id)})
        token.write(cleaned(values or {}))
        token.run()
        self._advance()

    @_whole
    def fire(self, timer_id: UUID, *, early: bool = False) -> None:
        """A timer is due: go on; raises NotWaiting, and NotDue before its time unless `early`."""
        token = self._token(timer_id)
        spec = token.task_spec
        if not (isinstance(spec, TimerStep) and token.has_state(TaskState.WAITING)):
            raise NotWaiting(detail={"task": str(timer_id)})
        due: datetime = spec.due(token)
        if not early and self._run.host.now().astimezone(UTC) < due:
            raise NotDue(detail={"due": due.isoformat()})
        spec.fire(token)
        self._advance()

    @_whole
    def receive(self, subscription_id: UUID, payload: Mapping[str, Any], **told: Any) -> None:
        """A message or signal has come: its declared values are taken over; `told` is kept with the event.

        Raises NotWaiting, and NotFitting for values that are not as declared: then nothing has changed.
        """
        token = self._token(subscription_id)
        spec = token.task_spec
        if not (isinstance(spec, Subscribed) and token.has_state(TaskState.WAITING)):
            raise NotWaiting(detail={"task": str(subscription_id)})
        values, wanted = exchange.taken(spec.element, payload), spec.subscription(token)
        told = {"sort": wanted.kind, "name": wanted.name, "key": wanted.key, "written": sorted(values), **told}
        self._run.recorder.event("received", token.place, token.id, **told)
        spec.receive(token, values)
        self._advance()

    @_whole
    def answer(self, call_id: UUID, result: Any = None) -> None:
        """The answer to a call: it goes to the result variable; raises NotWaiting."""
        token = self._call(call_id)
        token.task_spec.keep(token, result)
        token.complete()
        self._advance()

    @_whole
    def fail(self, call_id: UUID, code: str, message: str = "") -> bool:
        """A call failed for good: True if a boundary event catches it; else nothing changes. Raises NotWaiting."""
        token = self._call(call_id)
        if find_catcher(token, code) is None:
            return False
        raise_error(token, ProcessError(code, message))
        self._advance()
        return True

    @_whole
    def skip(self, call_id: UUID, **told: Any) -> None:
        """Go on without the answer to a call, its result variable unwritten; raises NotWaiting."""
        token = self._call(call_id)
        self._run.recorder.event("skipped", token.place, token.id, **told)
        token.complete()
        self._advance()

    @_whole
    def move(self, token_id: UUID, target: str, *, past_approvals: bool = False, **told: Any) -> None:
        """Put a waiting token at another element of its scope and go on; see `moving.move` for what is refused."""
        moving.move(self.spec, self._token(token_id), target, past_approvals=past_approvals, **told)
        self._advance()

    @_whole
    def cancel(self) -> None:
        """End the process here: everything alive in it is cancelled."""
        if not self.ended:
            self._process.abandon()
            self._run.recorder.ended = True

    # inside

    @property
    def _run(self) -> Run:
        return self._process.run

    def _tokens(self) -> Iterator[Token]:
        for outer in list(self._run.folders.values()):
            saving.unfold_all(outer)
        for process in saving.processes(self._process):
            yield from process.live.values()

    def _token(self, task_id: UUID) -> Token:
        if saving.address_of(task_id) in self._run.folders:
            saving.unfold(self._run.folders[saving.address_of(task_id)], saving.number_of(task_id))
        for process in saving.processes(self._process):
            if task_id in process.live:
                return process.live[task_id]
        raise NotWaiting(detail={"task": str(task_id)})

    def _call(self, call_id: UUID) -> Token:
        token = self._token(call_id)
        if not token.internal_data.get("call"):
            raise NotWaiting(detail={"task": str(call_id)})
        return token

    def _advance(self) -> None:
        ready, steps, started = self._run.ready, 0, thread_time()
        while ready or self._run.open_meeting():
            token = ready.popleft()
            if not token.has_state(TaskState.READY):
                continue
            steps += 1
            if steps > self.limits.steps or thread_time() - started > self.limits.seconds:
                raise Endless(detail={"element": token.task_spec.name})
            token.run()
        if self.ended:
            self._run.recorder.ended = True
