"""Messages and signals: events and tasks that send them, and those that wait until one comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.util.task import TaskState

from erp.workflow.diagrams import exchange
from erp.workflow.diagrams.diagram import Element
from erp.workflow.engine.changes import Subscription, Thrown
from erp.workflow.engine.step import Step, evaluate, interrupt, won
from erp.workflow.engine.tokens import Token
from erp.workflow.errors import NotFitting
from erp.workflow.scripting.values import cleaned


class Throwing(Step):
    """Sends a message or signal and goes on; who receives it is the caller's affair."""

    element: Element

    def _run_hook(self, my_task: Token) -> bool:
        element, kind = self.element, exchange.kind_of(self.element)
        payload = {
            name: evaluate(my_task, text, element) if text else my_task.data.get(name)
            for name, text in exchange.payload_of(element).items()
        }
        key = key_at(my_task, element) if kind == exchange.MESSAGE else ""
        my_task.run_state.recorder.throw(
            Thrown(my_task.id, my_task.place, kind, element.channel, key, cleaned(payload), exchange.ttl_of(element))
        )
        return True

    def left(self, my_task: Token) -> None:
        """Nothing more: that it was sent is noted."""


class ThrowEvent(Throwing, defaults.IntermediateThrowEvent):
    """A message or signal sent on the way."""


class EndThrow(Throwing, defaults.EndEvent):
    """A message or signal sent at the end of a path."""


class SendStep(Throwing, defaults.SendTask):
    """A task that sends a message."""


class Subscribed(Step):
    """What waits for a message or signal until the caller says that it came."""

    element: Element

    def receive(self, my_task: Token, values: Mapping[str, Any]) -> None:
        """It came, with the values it declares."""
        raise NotImplementedError

    def subscribe(self, my_task: Token, at: Token) -> None:
        """Wait; the key is worked out once, with the data of the token `at`."""
        element = self.element
        my_task._set_state(TaskState.WAITING)  # noqa: SLF001 - SpiffWorkflow's way to wait
        is_message = exchange.kind_of(element) == exchange.MESSAGE
        my_task.internal_data["key"] = key_at(at, element) if is_message else ""
        my_task.run_state.recorder.subscribe(self.subscription(my_task))

    def subscription(self, my_task: Token) -> Subscription:
        """What a token waits for, for the caller."""
        element = self.element
        key: str = my_task.internal_data["key"]
        return Subscription(my_task.id, my_task.place, exchange.kind_of(element), element.channel, key)


class Receiving(Subscribed):
    """A step of its own that waits for a message or signal."""

    def _update_hook(self, my_task: Token) -> bool:
        self.arm(my_task)
        my_task.run_state.recorder.event("entered", my_task.place, my_task.id)
        self.subscribe(my_task, my_task)
        return False

    def _on_ready_hook(self, my_task: Token) -> None:
        """Nothing: SpiffWorkflow's list of waiting events is not kept."""

    def gone(self, my_task: Token) -> None:
        """Note that it was cancelled."""
        super().gone(my_task)
        my_task.run_state.recorder.unsubscribe(my_task.id)

    def receive(self, my_task: Token, values: Mapping[str, Any]) -> None:
        """Take the values over and go on."""
        won(my_task)
        my_task.write(values)
        my_task.run_state.recorder.unsubscribe(my_task.id)
        my_task._ready()  # noqa: SLF001 - SpiffWorkflow's way to go on

    def left(self, my_task: Token) -> None:
        """Nothing more: that it came is noted."""


class CatchEvent(Receiving, defaults.IntermediateCatchEvent):
    """A message or signal awaited on the way."""


class ReceiveStep(Receiving, defaults.ReceiveTask):
    """A task that waits for a message."""


class BoundaryCatch(Subscribed, defaults.BoundaryEvent):
    """A message or signal awaited while the activity it sits on is done."""

    def watch(self, my_task: Token, host: Token) -> None:
        """Wait beside the host."""
        self.subscribe(my_task, host)

    def unwatch(self, my_task: Token) -> None:
        """Wait no more: the host is over."""
        my_task.run_state.recorder.unsubscribe(my_task.id)

    def _update_hook(self, my_task: Token) -> bool:
        """A token comes here only when the event has happened."""
        del my_task
        return True

    def _on_ready_hook(self, my_task: Token) -> None:
        """Nothing: SpiffWorkflow's list of waiting events is not kept."""

    def left(self, my_task: Token) -> None:
        """Nothing more: that it came is noted."""

    def receive(self, my_task: Token, values: Mapping[str, Any]) -> None:
        """Interrupt what it sits on, or start a path beside it and wait for the next."""
        host = my_task.workflow.tasks[my_task.internal_data["on"]]
        if self.element.interrupting:
            interrupt(host, self, values)
        else:
            host.follow(self, dict(host.data), dict(host.stamps), values)


def key_at(my_task: Token, element: Element) -> str:
    """The correlation key worked out at a token; raises NotFitting naming the element."""
    try:
        return exchange.key_text(evaluate(my_task, exchange.key_of(element), element))
    except NotFitting as error:
        raise error.at(element.label) from error
