"""Moves a saved process into the spec of another version: same tokens, same data, same moments, other elements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from SpiffWorkflow.util.task import TaskState

from erp.errors import ErpError
from erp.workflow.diagrams.elements import Element
from erp.workflow.engine import saving
from erp.workflow.engine.changes import Host
from erp.workflow.engine.compiling import Spec
from erp.workflow.engine.event_subprocesses import together
from erp.workflow.engine.gateways import Meeting
from erp.workflow.engine.instance import Instance
from erp.workflow.engine.tokens import CalledProcess, Process, Run, Token
from erp.workflow.migration.mapping import BODY, TRIGGER, ElementMap
from erp.workflow.migration.obstacles import Obstacle, obstacle
from erp.workflow.migration.standing import Past, Spot, judge
from erp.workflow.scripting.values import copied

Scope = Process | CalledProcess
GONE = ""
"""Where a token goes that only waited beside others, for what the new version does not wait for."""


@dataclass(frozen=True)
class Migrated:
    """What became of it: the instance as it stands in the other version, or every reason why it cannot."""

    obstacles: tuple[Obstacle, ...]
    instance: Instance | None = None


def migrate(
    before: Instance, spec: Spec, plan: ElementMap, past: Past, host: Host, *, is_asked: bool = False
) -> Migrated:
    """Put an instance into another version of its process; it is not touched itself, but is of no use any more.

    `is_asked` allows what somebody gave a reason for.
    """
    return _Migration(before, spec, plan, past, host).result(is_asked=is_asked)


class _Migration:
    def __init__(self, before: Instance, spec: Spec, plan: ElementMap, past: Past, host: Host) -> None:
        self.old: Process = before._process  # noqa: SLF001 - of the same room
        self.spec, self.plan, self.past, self.host = spec, plan, past, host
        self.found: dict[Obstacle, None] = {}
        self.names: dict[UUID, str] = {}
        """By token: what the new version calls its element."""
        self.inner: dict[UUID, str] = {}
        """By the token of a part or a call: what runs in it."""

    def result(self, *, is_asked: bool) -> Migrated:
        entries, parts = saving.laid_open(self.old)
        for process in saving.processes(self.old):
            self._place(process)
        if not self.found:
            self._note(*judge(self.plan, self._spots(), self.past))
        if not self.found or (is_asked and all(each.is_askable for each in self.found)):
            asked, self.found = self.found, {}
            instance = self._restored(entries, parts)
            self.found = {**asked, **self.found}
            if all(each.is_askable for each in self.found):
                return Migrated(tuple(self.found), instance)
        return Migrated(tuple(self.found))

    def _note(self, *found: Obstacle) -> None:
        self.found.update(dict.fromkeys(found))

    # -- where each token goes

    def _place(self, process: Scope) -> None:
        """Find what every token of a process becomes; what waits beside others may go."""
        for token in list(process.live.values()):
            internal, element = token.internal_data, token.task_spec.element
            if "on" in internal:
                self.names[token.id] = self._watcher(process, token)
            elif "watch" in internal:
                self.names[token.id] = self._trigger(process, token)
            elif "gate" in internal:
                self.names[token.id] = self._arm(process, token)
            else:
                self._stand(process, token, element)
        for gate in {each.internal_data["gate"] for each in process.live.values() if "gate" in each.internal_data}:
            arms = [each for each in process.live.values() if each.internal_data.get("gate") == gate]
            if not any(self.names[each.id] for each in arms):
                self._note(obstacle("element_gone", arms[0].task_spec.element))

    def _stand(self, process: Scope, token: Token, element: Element) -> None:
        key = process.diagram.id
        target = self.plan.target(key, element.id)
        if target is None:
            code = "element_gone" if self.plan.named(key, element.id) is None else "kind_changed"
            self._note(obstacle(code, element))
            return
        self.names[token.id] = target.id + (BODY if "of" in token.internal_data else "")
        if target.inside != self._scope(process):
            self._note(obstacle("part_changed", element))
        if _repeats(element) != _repeats(target):
            self._note(obstacle("repetition_changed", element))
        if element.called != target.called:
            self._note(obstacle("other_process", element))
        if token.internal_data.get("call"):
            self._note(obstacle("call_in_flight", element))
        if isinstance(token.task_spec, Meeting) and token.has_state(TaskState.WAITING):
            self._meet(key, token, target)

    def _meet(self, key: str, token: Token, target: Element) -> None:
        """A token that waits for others came by a way that has to be there still."""
        came = self.plan.name(key, token.origin)
        if came not in {flow.source for flow in self.plan.after[key].incoming.get(target.id, ())}:
            self._note(obstacle("paths_changed", token.task_spec.element))

    def _scope(self, process: Scope) -> str:
        inside = _inside(process)
        return self.plan.name(process.diagram.id, inside) if inside else ""

    def _watcher(self, process: Scope, token: Token) -> str:
        """An event on a boundary goes along with what it sits on."""
        key, element = process.diagram.id, token.task_spec.element
        target = self.plan.target(key, element.id)
        is_there = target is not None and target.attached_to == self.plan.name(key, element.attached_to)
        return target.id if target is not None and is_there else GONE

    def _trigger(self, process: Scope, token: Token) -> str:
        """What an event subprocess waits for goes along with it."""
        key, part = process.diagram.id, token.task_spec.event.element
        target = self.plan.target(key, part.id)
        start = self.plan.after[key].start(target.id) if target is not None else None
        is_there = start is not None and start.events == token.task_spec.element.events
        return f"{target.id}{TRIGGER}" if target is not None and is_there else GONE

    def _arm(self, process: Scope, token: Token) -> str:
        """One of several events of which the first decides stays if the gateway waits for it still."""
        key, element = process.diagram.id, token.task_spec.element
        target, gateway = self.plan.target(key, element.id), self.plan.target(key, token.origin)
        if target is None or gateway is None or gateway.inside != self._scope(process):
            return GONE
        flows = self.plan.after[key].outgoing.get(gateway.id, ())
        return target.id if target.id in {flow.target for flow in flows} else GONE

    def _spots(self) -> list[Spot]:
        found: dict[tuple[UUID, int], Spot] = {}
        for process in saving.processes(self.old):
            key, inside = process.diagram.id, _inside(process)
            for token in process.live.values():
                internal, element = token.internal_data, token.task_spec.element
                if internal.keys() & {"on", "watch", "of"}:
                    continue
                spot = Spot(key, inside, element.id)
                if "gate" in internal:
                    found[internal["gate"], 0] = replace(spot, element=token.origin)
                    continue
                if isinstance(token.task_spec, Meeting) and token.has_state(TaskState.WAITING):
                    spot = replace(spot, came_from=token.origin)
                found[token.id, 0] = spot
        return list(found.values())

    # -- the other version

    def _restored(self, entries: list[list[Any]], parts: list[Any]) -> Instance | None:
        """The instance in the new spec, with what that waits for beside; None if it would go on by itself."""
        top = Process(self.spec.processes[self.spec.key], self.spec.processes, Run(self.host, self.old.run.clock))
        kept = [memoryview(b"".join(part)) for part in parts]
        was = list(saving.processes(self.old))
        for process, entry in zip(was, entries, strict=True):
            saving.restore(top, [self._renamed(top, process, entry)], kept)
        try:
            for process in saving.processes(top):
                self._wait_beside(process)
        except ErpError as error:
            self._note(obstacle("key_unknown", None, step=str(error.detail.get("element", "")), reason=error.message))
            return None
        if top.run.ready or top.run.open_meeting():
            self._note(obstacle("paths_changed", next(iter(self.old.live.values())).task_spec.element))
            return None
        return Instance(self.spec, top)

    def _renamed(self, top: Process, process: Scope, entry: list[Any]) -> list[Any]:
        """What was saved of a process, by the names of the new version."""
        key = process.diagram.id
        name, caller = entry[0], entry[1]
        if caller is not None:
            name = top.get_task_from_id(UUID(hex=caller)).task_spec.spec
        tokens = []
        for id_, _spec, state, origin, values, stamps, internal in entry[6]:
            goes_to = self.names[UUID(hex=id_)]
            if goes_to:
                came_from = self.plan.name(key, origin) or origin
                tokens.append([id_, goes_to, state, came_from, values, stamps, internal])
        return [name, *entry[1:6], tokens, *entry[7:]]

    def _wait_beside(self, process: Scope) -> None:
        """Begin to wait for what only the new version waits for; what was over already does not begin again."""
        key = process.diagram.id
        for token in list(process.live.values()):
            internal = token.internal_data
            if internal.keys() & {"on", "watch"}:
                continue
            waits = {each.task_spec.name for each in token.run_state.watching.get(token.id, ())}
            for spec in token.task_spec.watchers:
                if spec.name not in waits and not self._sat_there(key, spec.element):
                    token.task_spec.arm_one(token, spec)
        if not process.is_handled and not process.completed:
            self._await_events(process, key)
        self._open_arms(process, key)

    def _sat_there(self, key: str, event: Element) -> bool:
        """Whether the old version had an event on the boundary of the same activity: then it has happened."""
        names = (source for source in self.plan.sources(key, event.id))
        return any(self.plan.name(key, each.attached_to) == event.attached_to for each in names)

    def _await_events(self, process: Scope, key: str) -> None:
        waits = {each.task_spec.name for each in process.triggers.values()}
        for trigger in process.spec.triggers:
            known = any(True for _source in self.plan.sources(key, trigger.event.element.id))
            if trigger.name in waits or known:
                continue
            token = Token(process, trigger, process.task_tree)
            token.internal_data["watch"] = True
            process.triggers[token.id] = token
            token.data, token.stamps = together(process)
            trigger.watch(token, token)
            token.data, token.stamps = {}, {}

    def _open_arms(self, process: Scope, key: str) -> None:
        """Wait for what a gateway behind which several events are awaited leads to besides."""
        for gate, one in _arms(process):
            for flow in process.diagram.outgoing.get(one.origin, ()):
                if not any(True for _source in self.plan.sources(key, flow.target)):
                    _add_arm(process, one, flow.target, gate)


def _add_arm(process: Scope, beside: Token, name: str, gate: UUID) -> None:
    spec = process.spec.task_specs[name]
    token = Token(process, spec, process.task_tree)
    token.data, token.stamps = copied(beside.data), dict(beside.stamps)
    token.origin, token.internal_data["gate"] = beside.origin, gate
    spec._update(token)  # noqa: SLF001 - SpiffWorkflow's way to enter a task


def _arms(process: Scope) -> Iterator[tuple[UUID, Token]]:
    found = {each.internal_data["gate"]: each for each in process.live.values() if "gate" in each.internal_data}
    yield from found.items()


def _inside(process: Scope) -> str:
    """The embedded subprocess a running process is, "" for a process of its own."""
    return process.spec.name.partition("/")[2]  # type: ignore[no-any-return]


def _repeats(element: Element) -> tuple[str, ...]:
    repeat = element.repeat
    return () if repeat is None else (
        repeat.kind, repeat.count, repeat.collection, repeat.item, repeat.results, repeat.result
    )  # fmt: skip
