"""Loops, and activities with a body for each item of a collection or for a number of times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.util.task import TaskState

from erp.i18n import _
from erp.workflow import snapshot
from erp.workflow.diagrams.elements import LOOP, PARALLEL, SEQUENCE, Element, Repeat
from erp.workflow.engine.bodies import DONE, Bodies
from erp.workflow.engine.saving import PREFIX, put_aside, unfold_all
from erp.workflow.engine.step import Step, evaluate
from erp.workflow.engine.tokens import ADDRESS, Token
from erp.workflow.errors import ScriptError
from erp.workflow.scripting import scripts
from erp.workflow.scripting.values import merged

MAX_BODIES = 20_000


class Repeated(Step, BpmnSpecMixin):
    """What all repetitions have in common: an activity on whose boundary events sit, and bodies that do its work.

    A body is a token of the same process that came from here and ends here. It sees the data as it was when its turn
    came; what it writes goes on, except where results are collected: then those are all that is kept of it.
    """

    element: Element
    body: Any

    @property
    def repeat(self) -> Repeat:
        """How it is repeated."""
        assert self.element.repeat is not None
        return self.element.repeat

    def start(self, my_task: Token) -> None:
        """Begin the first bodies, or finish if there is nothing to do."""
        raise NotImplementedError

    def next(self, my_task: Token) -> None:
        """A body is over: begin another, or finish."""
        raise NotImplementedError

    def _update_hook(self, my_task: Token) -> bool:
        my_task.internal_data.update(done=0, clock=my_task.run_state.tick())
        self.arm(my_task)
        my_task._set_state(TaskState.STARTED)  # noqa: SLF001 - SpiffWorkflow's way to wait for what it holds
        self.start(my_task)
        return False

    def enter(self, my_task: Token, count: int | None = None) -> None:
        """Note that it began, and how many bodies there will be."""
        told = {} if count is None else {"count": count}
        my_task.run_state.recorder.event("entered", my_task.place, my_task.id, **told)

    def begin_body(self, my_task: Token, number: int, id_: UUID | None = None, *, is_bare: bool = False) -> None:
        """Begin one body; a bare one has no data, and is put aside at once."""
        body = self.put_body(my_task, number, TaskState.FUTURE, id_, is_bare=is_bare)
        self.body._update(body)  # noqa: SLF001 - SpiffWorkflow's way to enter a task

    def put_body(
        self, my_task: Token, number: int, state: int, id_: UUID | None = None, *, is_bare: bool = False
    ) -> Token:
        """A body with its data, in this state."""
        body = Token(my_task.workflow, self.body, my_task.workflow.task_tree, state, id_)
        body.stamps, body.origin = dict(my_task.stamps), self.name
        body.internal_data.update(of=my_task.id, n=number)
        my_task.unfolded[number] = body
        if is_bare:
            return body
        body.data = dict(my_task.data)
        if self.repeat.item:
            body.data[self.repeat.item] = self.item(my_task, number)
            body.stamps[self.repeat.item] = my_task.internal_data["clock"]
        return body

    def item(self, my_task: Token, number: int) -> Any:
        """What a body is about."""
        del my_task
        return number

    def body_done(self, my_task: Token, body: Token) -> None:
        """A body is over: take what it leaves, and go on."""
        del my_task.unfolded[body.internal_data["n"]]
        self.take(my_task, body)
        my_task.internal_data["done"] += 1
        self.next(my_task)

    def take(self, my_task: Token, body: Token) -> None:
        """Take over everything a body wrote, but not its item."""
        my_task.data, my_task.stamps = merged([(my_task.data, my_task.stamps), self.written(my_task, body)])

    def written(self, my_task: Token, body: Token) -> tuple[dict[str, Any], dict[str, int]]:
        """What a body wrote, without what is its own."""
        since, own = my_task.internal_data["clock"], {self.repeat.item, self.repeat.result}
        stamps = {name: stamp for name, stamp in body.stamps.items() if stamp > since and name not in own}
        return {name: body.data[name] for name in stamps if name in body.data}, stamps

    def finish(self, my_task: Token) -> None:
        """Go on behind the activity."""
        my_task._set_state(TaskState.READY)  # noqa: SLF001 - SpiffWorkflow's way to go on

    def call_off(self, my_task: Token) -> None:
        """Cancel every body that is alive."""
        for body in list(my_task.unfolded.values()):
            body.cancel()
        my_task.unfolded.clear()

    def gone(self, my_task: Token) -> None:
        """Cancel the bodies, then note that it was cancelled."""
        self.call_off(my_task)
        super().gone(my_task)

    def refused(self, reason: str, text: str) -> ScriptError:
        """An error that names the element."""
        return ScriptError(reason).at(self.element.id, self.element.label, text)


class Loop(Repeated):
    """A standard loop: the body again and again while a condition holds, a number of times at most."""

    def start(self, my_task: Token) -> None:
        """The first round, unless the condition is asked before."""
        self.enter(my_task)
        if self.repeat.is_tested_before:
            self.next(my_task)
        else:
            self.begin_body(my_task, 0)

    def next(self, my_task: Token) -> None:
        """Another round, or the end."""
        done, maximum, condition = my_task.internal_data["done"], self.repeat.maximum, self.repeat.condition
        if (maximum and done >= int(maximum)) or (condition and not evaluate(my_task, condition, self.element)):
            self.finish(my_task)
        else:
            self.begin_body(my_task, done)


class Several(Repeated):
    """What the two kinds of multi-instance have in common: how many bodies, about what, with which results."""

    def start(self, my_task: Token) -> None:
        """Count the bodies and begin."""
        count = self.count(my_task)
        my_task.internal_data["count"] = count
        if self.repeat.results:
            my_task.bodies = Bodies(count)
        self.enter(my_task, count)
        if count:
            self.begin(my_task, count)
        else:
            self.finish(my_task)

    def begin(self, my_task: Token, count: int) -> None:
        """Begin the first body, or all of them."""
        raise NotImplementedError

    def go_on(self, my_task: Token) -> None:
        """A body is over, and others are not."""
        raise NotImplementedError

    def count(self, my_task: Token) -> int:
        """How many bodies there are; raises ScriptError for what is no number or no collection, or too large."""
        if self.repeat.collection:
            return len(self.items(my_task))
        count = evaluate(my_task, self.repeat.count, self.element)
        if type(count) is not int or count < 0:
            raise self.refused(_("The number of times is not a whole number from 0 on."), self.repeat.count)
        return self.bounded(count, self.repeat.count)

    def items(self, my_task: Token) -> list[Any] | dict[str, Any]:
        """The collection."""
        name = self.repeat.collection
        items = my_task.data.get(name)
        if not isinstance(items, list | dict):
            raise self.refused(_("“%(name)s” is no list and no dictionary.", name=name), name)
        self.bounded(len(items), name)
        return items

    def bounded(self, count: int, text: str) -> int:
        """The count, unless it is too large."""
        if count > MAX_BODIES:
            raise self.refused(_("It would be done more than %(count)s times.", count=MAX_BODIES), text)
        return count

    def item(self, my_task: Token, number: int) -> Any:
        """The item of the collection, or the number from 0."""
        if not self.repeat.collection:
            return number
        items = self.items(my_task)
        if number >= len(items):
            raise self.refused(_("“%(name)s” became shorter on the way.", name=self.repeat.collection), "")
        return items[number] if isinstance(items, list) else items[list(items)[number]]

    def body_done(self, my_task: Token, body: Token) -> None:
        """Take what a body leaves; it is over with the last one, or as soon as the condition holds."""
        del my_task.unfolded[body.internal_data["n"]]
        self.take(my_task, body)
        my_task.internal_data["done"] += 1
        if my_task.internal_data["done"] == my_task.internal_data["count"]:
            self.finish(my_task)
        elif self.repeat.condition and self.is_enough(my_task, body):
            self.call_off(my_task)
            self.finish(my_task)
        else:
            self.go_on(my_task)

    def take(self, my_task: Token, body: Token) -> None:
        """Keep the result, or take over what the body wrote."""
        name = self.repeat.result
        if not self.repeat.results:
            self.take_over(my_task, body)
            return
        if name not in body.data:
            raise self.refused(_("It leaves no “%(name)s”.", name=name), self.repeat.results)
        assert my_task.bodies is not None
        my_task.bodies.put(body.internal_data["n"], DONE, snapshot.text(body.data[name]))

    def take_over(self, my_task: Token, body: Token) -> None:
        """Take over what the body wrote."""
        super().take(my_task, body)

    def is_enough(self, my_task: Token, body: Token) -> bool:
        """Whether the completion condition holds; it sees the body's data, the results and how many are done."""
        condition, host = self.repeat.condition, my_task.run_state.host
        done, count = my_task.internal_data["done"], my_task.internal_data["count"]
        told: Mapping[str, Any] = {
            "nrOfInstances": count, "nrOfCompletedInstances": done, "nrOfActiveInstances": self.active(count - done)
        }  # fmt: skip
        values = body.data
        if self.repeat.results and any(path[0] == self.repeat.results for path in scripts.names_in(condition)):
            values = {**values, self.repeat.results: self.results(my_task)}
        try:
            return bool(scripts.evaluate(condition, values, {**host.names(), **told}, host.now))
        except ScriptError as error:
            raise error.at(self.element.id, self.element.label, condition) from error

    def active(self, left: int) -> int:
        """How many bodies are waited for while so many are not done."""
        return left

    def results(self, my_task: Token) -> list[Any] | dict[str, Any]:
        """What the bodies left, in the order of the items; a dictionary for the items of one."""
        bodies = my_task.bodies
        assert bodies is not None
        found = {number: snapshot.value(bodies.get(number)) for number in bodies.all_in(DONE)}
        items = my_task.data.get(self.repeat.collection)
        if isinstance(items, dict):
            names = list(items)
            return {names[number]: value for number, value in found.items()}
        return list(found.values())

    def finish(self, my_task: Token) -> None:
        """Write the results and go on."""
        if self.repeat.results:
            my_task.write({self.repeat.results: self.results(my_task)})
        my_task.bodies = None
        super().finish(my_task)


class Sequence(Several):
    """A body for each, one after the other."""

    def begin(self, my_task: Token, count: int) -> None:
        """Begin the first one."""
        del count
        self.begin_body(my_task, 0)

    def go_on(self, my_task: Token) -> None:
        """Begin the next one."""
        self.begin_body(my_task, my_task.internal_data["done"])

    def active(self, left: int) -> int:
        """One, if any."""
        return min(left, 1)


class AtOnce(Several):
    """A body for each, all at once; those nobody touches are kept folded while the process is saved."""

    def begin(self, my_task: Token, count: int) -> None:
        """Begin all of them."""
        my_task.bodies = Bodies(count)
        my_task.internal_data["gathered"] = [{}, {}]
        address = b""
        if not my_task.workflow.address:
            # within a body that is folded itself they are folded with it
            address = uuid4().bytes[:PREFIX]
            my_task.internal_data["address"] = address.hex()
            my_task.run_state.folders[address] = my_task
        for number in range(count):
            # what only waits for somebody is made again, with its data, once somebody comes
            is_bare = bool(address) and self.body.manual
            self.begin_body(my_task, number, _id(address, number) if address else None, is_bare=is_bare)
            if is_bare:
                put_aside(my_task, number)

    def go_on(self, my_task: Token) -> None:
        """Nothing: the others are under way."""

    def take(self, my_task: Token, body: Token) -> None:
        """Keep the result, or what the body wrote; the data of the others does not change while they wait."""
        assert my_task.bodies is not None
        my_task.bodies.put(body.internal_data["n"], DONE)
        super().take(my_task, body)

    def take_over(self, my_task: Token, body: Token) -> None:
        """Gather what the body wrote until all are done."""
        values, stamps = my_task.internal_data["gathered"]
        my_task.internal_data["gathered"] = list(merged([(values, stamps), self.written(my_task, body)]))

    def as_begun(self, my_task: Token, number: int) -> Token:
        """A body that nobody has touched since it began, made again."""
        state = TaskState.READY if self.body.manual else TaskState.STARTED
        address = bytes.fromhex(my_task.internal_data["address"])
        body = self.put_body(my_task, number, state, _id(address, number))
        if not self.body.manual:
            body.internal_data["call"] = True
        return body

    def finish(self, my_task: Token) -> None:
        """Write what was gathered and go on."""
        values, stamps = my_task.internal_data.pop("gathered", ({}, {}))
        my_task.data, my_task.stamps = merged([(my_task.data, my_task.stamps), (values, stamps)])
        self._forget(my_task)
        super().finish(my_task)

    def call_off(self, my_task: Token) -> None:
        """Cancel every body that is not done, those folded too."""
        if "address" in my_task.internal_data:
            unfold_all(my_task)
        super().call_off(my_task)
        self._forget(my_task)

    def _forget(self, my_task: Token) -> None:
        address = my_task.internal_data.pop("address", "")
        my_task.run_state.folders.pop(bytes.fromhex(address), None)


def _id(address: bytes, number: int) -> UUID:
    return UUID(bytes=(address + number.to_bytes(ADDRESS - PREFIX, "big")).ljust(16, b"\0"))


KINDS: Mapping[str, Any] = {LOOP: Loop, SEQUENCE: Sequence, PARALLEL: AtOnce}
