"""Gateways: where paths are chosen, split and meet again."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.util.task import TaskState

from erp.i18n import _
from erp.workflow.diagrams.diagram import Flow
from erp.workflow.engine.step import Step, evaluate
from erp.workflow.engine.tokens import CalledProcess, Process, Token
from erp.workflow.errors import NoPath
from erp.workflow.scripting import scripts
from erp.workflow.scripting.values import merged


class Choice(Step):
    """What gateways with conditions have in common: what was asked, and what it came to."""

    flows: list[tuple[Flow, Any]]
    """Those with a condition, in the order of the file."""
    default: tuple[Flow, Any] | None
    takes_one: bool

    def choose(self, my_task: Token) -> list[Any]:
        """The elements that follow: the first whose condition holds, or all of them; else the default."""
        tried: list[dict[str, Any]] = []
        inputs: dict[str, Any] = {}
        chosen: list[tuple[Flow, Any]] = []
        for flow, spec in self.flows:
            holds = bool(evaluate(my_task, flow.condition, self.element))
            inputs.update(scripts.inputs(flow.condition, my_task.data, my_task.run_state.host.names()))
            tried.append({"flow": flow.id, "condition": flow.condition, "holds": holds})
            if holds:
                chosen.append((flow, spec))
                if self.takes_one:
                    break
        if not chosen and self.default is not None:
            chosen = [self.default]
        if not chosen:
            raise NoPath(
                _("“%(name)s”: no condition holds and there is no default flow.", name=self.element.label),
                detail={"element": self.element.id, "conditions": tried},
            )
        if tried or self.takes_one:
            self.tell(my_task, chosen, {"conditions": tried, "inputs": inputs})
        return [spec for _flow, spec in chosen]

    def tell(self, my_task: Token, chosen: list[tuple[Flow, Any]], asked: dict[str, Any]) -> None:
        """Note the decision: `flow` and `outcome` of the first way taken, `flows` where several may be."""
        flow = chosen[0][0]
        told = {**asked, "flow": flow.id, "outcome": ", ".join(each.name for each, _spec in chosen if each.name)}
        if not self.takes_one:
            told["flows"] = [each.id for each, _spec in chosen]
        my_task.run_state.recorder.event("decided", my_task.place, my_task.id, **told)


class Decision(Choice, defaults.ExclusiveGateway):
    """An exclusive gateway: the first flow whose condition holds, else the default."""

    takes_one = True

    def ways(self, my_task: Token) -> list[Any]:
        """The one element that follows, decided by the conditions in the order of the file."""
        return self.choose(my_task)

    def left(self, my_task: Token) -> None:
        """Nothing more: the decision is noted."""


class Meeting(Step):
    """What gateways have in common at which several paths meet: tokens that wait, in order of arrival."""

    name: str
    _inputs: list[str]

    def arrived(self, workflow: Process | CalledProcess) -> dict[str, Token]:
        """The first waiting token of each way in; a second one of a way waits for the next round."""
        first: dict[str, Token] = {}
        for token in workflow.arrivals.get(self.name, ()):
            first.setdefault(token.origin, token)
        return first

    def wait(self, my_task: Token) -> None:
        """Wait for the others."""
        my_task.workflow.arrivals.setdefault(self.name, []).append(my_task)
        my_task._set_state(TaskState.WAITING)  # noqa: SLF001 - SpiffWorkflow's way to wait

    def meet(self, tokens: list[Token], onward: Token) -> None:
        """Let tokens go on as one, with what each of them wrote last."""
        onward.data, onward.stamps = merged([(token.data, token.stamps) for token in tokens])
        waiting = onward.workflow.arrivals.get(self.name, [])
        waiting[:] = [token for token in waiting if token not in tokens]
        for token in tokens:
            if token is not onward:
                token._set_state(TaskState.COMPLETED)  # noqa: SLF001 - it goes on in this one
                token.remove()

    def _on_cancel(self, my_task: Token) -> None:
        waiting = my_task.workflow.arrivals.get(self.name, [])
        waiting[:] = [token for token in waiting if token is not my_task]
        my_task.remove()


class Parallel(Meeting, defaults.ParallelGateway):
    """A parallel gateway: waits for one token of each way in, then sends one to each way out.

    SpiffWorkflow finds the tokens by walking up and down the tree and merges lists wrongly; here each arrival knows
    where it came from, excess tokens wait for the next round, and data merges by what was written last.
    """

    def _update_hook(self, my_task: Token) -> bool:
        first = self.arrived(my_task.workflow)
        first.setdefault(my_task.origin, my_task)
        if my_task not in first.values() or len(first) < len(set(self._inputs)):
            self.wait(my_task)
            return False
        self.meet(list(first.values()), my_task)
        return True


# SpiffWorkflow's own inclusive gateway wires its flows in another way; all we need is a gateway that waits
class Inclusive(Choice, Meeting, defaults.ParallelGateway):
    """An inclusive gateway: waits for every token that can still come, then goes every way whose condition holds.

    It opens, by the rule of BPMN 2.0, once something has come in and no token elsewhere in its process can reach a way
    in that is still empty (unless that token could as well come to one that is taken: then it belongs to the next
    round). That is asked only when nothing is left to run, so that what is on its way has come.
    """

    takes_one = False

    def draw(self, element: Any) -> None:
        """Tie the spec to its element, with room for what is worked out once for each combination of ways in."""
        super().draw(element)
        self._awaited: dict[frozenset[str], frozenset[str]] = {}

    def _update_hook(self, my_task: Token) -> bool:
        if len(set(self._inputs)) < 2:
            return True
        self.wait(my_task)
        my_task.run_state.meetings[my_task.workflow, self.name] = None
        return False

    def opens(self, workflow: Process | CalledProcess) -> bool:
        """Go on if nothing can come any more; whether it did."""
        first = self.arrived(workflow)
        awaited = self.awaited(frozenset(first))
        if any(token.task_spec.name in awaited and "on" not in token.internal_data for token in workflow.live.values()):
            return False
        tokens = list(first.values())
        self.meet(tokens, tokens[-1])
        tokens[-1]._ready()  # noqa: SLF001 - SpiffWorkflow's way to go on
        return True

    def awaited(self, taken: frozenset[str]) -> frozenset[str]:
        """The elements from which a token may still come, where tokens came from the elements `taken`."""
        if taken not in self._awaited:
            self._awaited[taken] = self._before(set(self._inputs) - taken) - self._before(taken)
        return self._awaited[taken]

    def _before(self, ends: set[str] | frozenset[str]) -> frozenset[str]:
        """Every element on a path that ends at one of these without passing this gateway."""
        specs: dict[str, Any] = self._wf_spec.task_specs
        found: set[str] = set()
        waiting = [end for end in ends if end != self.name]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting.extend(before for before in specs[name]._inputs if before != self.name)  # noqa: SLF001
        return frozenset(found)

    def ways(self, my_task: Token) -> list[Any]:
        """Every element that follows whose condition holds, else the default one."""
        return self.choose(my_task)

    def left(self, my_task: Token) -> None:
        """Note it where it only brings paths together; a decision is noted."""
        if not self.flows:
            super().left(my_task)
