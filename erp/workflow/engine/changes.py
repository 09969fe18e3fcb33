"""What a step did, told to the caller: tasks, timers and calls that came or went, and every event in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from erp.decisions import Outcome
from erp.workflow.diagrams.business import Hours
from erp.workflow.diagrams.diagram import Element

Scope = tuple[str, ...]
"""Ids of the call activities from the top process down to here; empty for the top process."""


class Host(Protocol):
    """What the engine asks of its caller while it runs."""

    def act(self, action: str, parameters: Mapping[str, Any], element: Element) -> Any:
        """Carry out an inline action; what comes back goes to the result variable. May raise ProcessError."""

    def decide(self, decision: str, values: Mapping[str, Any]) -> Outcome:
        """What a decision answers to process data. Raises DecisionFailed."""

    def is_call(self, element: Element) -> bool:
        """Whether the element's action goes outside: its task then waits for `answer` or `fail`."""

    def names(self) -> Mapping[str, Any]:
        """Read-only names expressions see beside process data, such as `document`."""

    def now(self) -> datetime:
        """The moment of this step, aware."""

    def hours(self) -> Hours:
        """When the document's branch is open, for timers in business time."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the running process something is: element, its process and the call activities above it."""

    process: str
    element: Element
    scope: Scope = ()
    number: int = 0
    """Which body of a repetition it is, from 1; 0 for what is done once."""

    @property
    def element_id(self) -> str:
        """Id of the element in its diagram."""
        return self.element.id

    @property
    def is_top(self) -> bool:
        """Whether it is in the document's own process, not in a called one."""
        return not self.scope


@dataclass(frozen=True)
class UserTask:
    """A user task that waits for somebody; form, lane, due and icon are its element's."""

    id: UUID
    place: Place

    @property
    def element(self) -> Element:
        """The task as drawn."""
        return self.place.element


@dataclass(frozen=True)
class ClosedTask:
    """A user task that waits no more: completed, or cancelled."""

    id: UUID
    place: Place
    is_completed: bool


@dataclass(frozen=True)
class SetTimer:
    """A timer to be fired at `due` (UTC); the same id set again moves it."""

    id: UUID
    place: Place
    due: datetime
    remaining: int | None
    """How often it will fire, this time included; None without end."""

    @property
    def is_boundary(self) -> bool:
        """Whether it sits on another element, or is a step of its own."""
        return self.place.element.kind == "boundaryEvent"

    @property
    def is_interrupting(self) -> bool:
        """Whether firing it ends the element it sits on."""
        return self.is_boundary and self.place.element.interrupting


@dataclass(frozen=True)
class RequestedCall:
    """A service task that waits for an answer from outside."""

    id: UUID
    place: Place
    action: str
    parameters: Mapping[str, Any]
    result_variable: str


@dataclass(frozen=True)
class Subscription:
    """A message or signal that is waited for until `receive`; the id is that of the token that waits."""

    id: UUID
    place: Place
    kind: str
    """message or signal"""
    name: str
    key: str
    """Correlation key; "" for a signal."""


@dataclass(frozen=True)
class Thrown:
    """A message or signal a process sent."""

    id: UUID
    place: Place
    kind: str
    name: str
    key: str
    payload: Mapping[str, Any]
    ttl: str
    """ISO duration it waits for its receiver; "" for as long as is usual."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened at an element, or to a process (started, ended, cancelled: no element).

    Kinds: started, ended, entered, completed, cancelled, passed, decided, script, action, timer_fired, failed,
    error_caught, skipped, sent, received, moved.
    """

    kind: str
    process: str
    element_id: str
    scope: Scope
    values: Mapping[str, Any] = field(default_factory=dict)
    task_id: UUID | None = None

    @property
    def is_top(self) -> bool:
        """Whether it happened in the document's own process, not in a called one."""
        return not self.scope


@dataclass(frozen=True, slots=True)
class Milestone:
    """A plain event marked with a `state` was passed; only one with `is_top` sets the document's state."""

    place: Place

    @property
    def state(self) -> str:
        """Id of the state."""
        return self.place.element.id

    @property
    def is_top(self) -> bool:
        """Whether it belongs to the document's own process."""
        return self.place.is_top


@dataclass(frozen=True)
class Changes:
    """Everything that happened since the instance was started or loaded; what came and went within is left out."""

    opened: tuple[UserTask, ...]
    closed: tuple[ClosedTask, ...]
    timers_set: tuple[SetTimer, ...]
    timers_cleared: tuple[UUID, ...]
    calls_requested: tuple[RequestedCall, ...]
    calls_cancelled: tuple[UUID, ...]
    subscribed: tuple[Subscription, ...]
    unsubscribed: tuple[UUID, ...]
    thrown: tuple[Thrown, ...]
    events: tuple[Event, ...]
    milestones: tuple[Milestone, ...]
    ended: bool

    @property
    def state(self) -> Element | None:
        """The last milestone of the document's own process passed in this step, if any."""
        passed = [milestone.place.element for milestone in self.milestones if milestone.is_top]
        return passed[-1] if passed else None


class Recorder:
    """Collects the changes of one step."""

    def __init__(self) -> None:
        self.opened: dict[UUID, UserTask] = {}
        self.closed: list[ClosedTask] = []
        self.timers_set: dict[UUID, SetTimer] = {}
        self.timers_new: set[UUID] = set()
        self.timers_cleared: list[UUID] = []
        self.calls_requested: dict[UUID, RequestedCall] = {}
        self.calls_cancelled: list[UUID] = []
        self.subscribed: dict[UUID, Subscription] = {}
        self.unsubscribed: list[UUID] = []
        self.thrown: list[Thrown] = []
        self.events: list[Event] = []
        self.milestones: list[Milestone] = []
        self.ended = False

    def event(self, kind: str, place: Place, task_id: UUID | None = None, **values: Any) -> None:
        """Note one thing that happened at an element; in a body of a repetition, with its number."""
        if place.number:
            values = {"number": place.number, **values}
        self.events.append(Event(kind, place.process, place.element.id, place.scope, values, task_id))

    def open(self, task: UserTask) -> None:
        """A user task waits."""
        self.opened[task.id] = task
        self.event("entered", task.place, task.id)

    def close(self, task: ClosedTask) -> None:
        """A user task waits no more."""
        if self.opened.pop(task.id, None) is None:
            self.closed.append(task)

    def set_timer(self, timer: SetTimer, *, is_new: bool) -> None:
        """A timer waits, or was moved."""
        self.timers_set[timer.id] = timer
        if is_new:
            self.timers_new.add(timer.id)

    def clear_timer(self, id_: UUID) -> None:
        """A timer waits no more."""
        self.timers_set.pop(id_, None)
        if id_ in self.timers_new:
            self.timers_new.discard(id_)
        else:
            self.timers_cleared.append(id_)

    def request(self, call: RequestedCall) -> None:
        """A service task waits for its answer."""
        self.calls_requested[call.id] = call
        self.event("entered", call.place, call.id, action=call.action, parameters=call.parameters)

    def cancel_call(self, id_: UUID) -> None:
        """Nobody waits for this answer any more."""
        if self.calls_requested.pop(id_, None) is None:
            self.calls_cancelled.append(id_)

    def subscribe(self, wanted: Subscription) -> None:
        """A message or signal is waited for."""
        self.subscribed[wanted.id] = wanted

    def unsubscribe(self, id_: UUID) -> None:
        """It is waited for no more."""
        if self.subscribed.pop(id_, None) is None:
            self.unsubscribed.append(id_)

    def throw(self, thrown: Thrown) -> None:
        """A message or signal is sent."""
        self.thrown.append(thrown)
        self.event("sent", thrown.place, thrown.id, sort=thrown.kind, name=thrown.name, key=thrown.key)

    def changes(self) -> Changes:
        """What was collected so far."""
        return Changes(
            opened=tuple(self.opened.values()),
            closed=tuple(self.closed),
            timers_set=tuple(self.timers_set.values()),
            timers_cleared=tuple(self.timers_cleared),
            calls_requested=tuple(self.calls_requested.values()),
            calls_cancelled=tuple(self.calls_cancelled),
            subscribed=tuple(self.subscribed.values()),
            unsubscribed=tuple(self.unsubscribed),
            thrown=tuple(self.thrown),
            events=tuple(self.events),
            milestones=tuple(self.milestones),
            ended=self.ended,
        )
