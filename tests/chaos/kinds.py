"""Kinds of processes for the storm: which diagram, what people and programs do in it, and what must come of it.

What must come of it is found out by running the same story once undisturbed, in the engine alone and in memory.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from erp.decisions import read
from erp.workflow import engine
from erp.workflow.engine import Instance
from erp.workflow.errors import ProcessError
from tests.chaos import outside
from tests.erp.decisions.rules import file, table
from tests.erp.workflow.engine_tools import Caller, files
from tests.erp.workflow.outside import ORDER
from tests.erp.workflow.test_rules import XML as DECIDING

Told = Counter[tuple[str, str]]
"""How often what has happened at which element of an instance."""
Values = Mapping[str, Any]
When = Callable[[Told], bool]
LONG, SOON = "P900D", "PT1S"
RULES = [('"dropped"', "false", "false"), ("-", "true", "true")]
WARRANTY = file(
    table({"fault": ("string", "")}, {"labour": ("boolean", ""), "parts": ("boolean", "")}, RULES,
          name="warranty", policy="FIRST")
).decode()  # fmt: skip


def at_once(told: Told) -> bool:
    """Do it as soon as it can be done."""
    del told
    return True


@dataclass(frozen=True)
class Deed:
    """What is answered at a task, or sent to a waiting element; `when` it is time, `last` is answered from then on."""

    values: Values = field(default_factory=dict)
    when: When = at_once
    last: Values | None = None
    from_visit: int = 0

    def now(self, element: str, told: Told) -> Values | None:
        """What to answer now; None if it is not time yet."""
        if not self.when(told):
            return None
        visits = told["completed", element]
        return self.values if self.last is None or visits < self.from_visit else self.last


@dataclass(frozen=True)
class Expected:
    """What every instance of a kind must come to."""

    events: Told
    state: str
    calls: Counter[str]
    """How often each service outside is asked."""
    inline: int
    """How often an inline action changed the document."""
    thrown: Counter[str]


@dataclass(frozen=True)
class Kind:
    """One story about one diagram; elements nobody speaks of are left alone by people and programs."""

    name: str
    diagram: str
    deeds: Mapping[str, Deed]
    begin: str = ""
    """Script that says what the process begins with."""
    changes: Mapping[str, str] = field(default_factory=dict)
    calls: tuple[str, ...] = ()
    starts_at: str = ""
    signals: frozenset[str] = frozenset()
    """Elements that hear a signal, not a message."""
    decisions: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def files(self) -> dict[str, bytes]:
        """Its diagram as the process of repair orders, and those it calls."""
        found = {name: _common(_source(name)) for name in self.calls}
        text = _common(_source(self.diagram))
        for quote in ("id", "processRef", "bpmnElement"):
            text = text.replace(f'{quote}="{self.diagram}"', f'{quote}="{ORDER}"')
        for old, new in self.changes.items():
            assert old in text, (self.name, old)
            text = text.replace(old, new)
        found[ORDER] = _prepared(text, self.begin)
        return {name: _with_own_forms(text, self.deeds).encode() for name, text in found.items()}

    @cached_property
    def forms(self) -> dict[str, Any]:
        """A form for each task, which asks what its deed answers."""
        return {f"{ORDER}.{element}": _form(element, deed) for element, deed in self.deeds.items()}

    @cached_property
    def expected(self) -> Expected:
        """What an undisturbed instance comes to."""
        return _undisturbed(self)


def _source(name: str) -> str:
    return (DECIDING if name == "deciding" else files()[name]).decode()


def _common(text: str) -> str:
    text = text.replace('name="Clerk"', 'name="Counter"').replace('id="carrier.book"', 'id="book_carrier"')
    text = text.replace('name="key" value="number"', 'name="key" value="document.number"')
    text = re.sub(r'name="TENANT_MANAGER"(?=[^>]*>\s*<bpmn:flowNodeRef)', 'name="Counter"', text)
    return re.sub(r"(<bpmn:time(?:Duration|Date)[^>]*>)(?:PT\d+H|P\d+D|2030-[^<]*)<", rf"\1{LONG}<", text).replace(
        "timeDate", "timeDuration"
    )


def _prepared(text: str, script: str) -> str:
    """The process with a script behind its plain start."""
    if not script:
        return text
    inner = {each for sub in re.findall(r"<bpmn:subProcess.*?</bpmn:subProcess>", text, re.DOTALL)
             for each in re.findall(r'<bpmn:startEvent id="(\w+)"', sub)}  # fmt: skip
    (start,) = [each for each in re.findall(r'<bpmn:startEvent id="(\w+)"', text) if each not in inner]
    text = text.replace(f'sourceRef="{start}"', 'sourceRef="prepared"')
    added = (
        f'<bpmn:scriptTask id="prepared" name="Prepare"><bpmn:script>{script}</bpmn:script></bpmn:scriptTask>'
        f'<bpmn:sequenceFlow id="to_prepared" sourceRef="{start}" targetRef="prepared" />'
    )
    return text.replace("</bpmn:process>", f"{added}</bpmn:process>")


def _with_own_forms(text: str, deeds: Mapping[str, Deed]) -> str:
    def own(match: re.Match[str]) -> str:
        form = f"{ORDER}.{match[1]}" if match[1] in deeds else ""
        return re.sub(r'(name="form" value=")[^"]*"', rf'\1{form}"', match[0])

    return re.sub(r'<bpmn:userTask id="(\w+)".*?</bpmn:userTask>', own, text, flags=re.DOTALL)


def _form(element: str, deed: Deed) -> dict[str, Any]:
    kinds: dict[type, dict[str, Any]] = {bool: {"type": "checkbox"}, Decimal: {"type": "number"}}
    parts = [
        {"id": f"field_{name}", "key": name, "label": name, **kinds[type(value)]}
        for name, value in deed.values.items()
        if type(value) in kinds
    ]
    return {"type": "default", "id": f"{ORDER}.{element}", "schemaVersion": 18, "components": parts}


class Calm(Caller):
    """The caller of an undisturbed run: services outside as the storm's, and the storm's decision."""

    def __init__(self) -> None:
        super().__init__("capture", "book_carrier", notify=None, reserve=None)
        self.inline = 0

    def act(self, action: str, parameters: Values, element: Any) -> Any:
        """An inline action, refused or counted."""
        if code := outside.refuses(action, dict(parameters)):
            raise ProcessError(code)
        self.inline += 1
        return super().act(action, parameters, element)

    def decide(self, decision: str, values: Values) -> Any:
        """What the rules give."""
        return read(WARRANTY.encode()).decide(decision, {**values, **self.names()}, self.moment.date())


class _Run:
    """An instance that is moved on by its story until it ends."""

    def __init__(self, kind: Kind) -> None:
        self.kind, self.caller = kind, Calm()
        self.told: Told = Counter()
        self.calls: Counter[str] = Counter()
        self.thrown: Counter[str] = Counter()
        self.parameters: dict[Any, tuple[str, dict[str, Any]]] = {}
        self.state = ""
        self.spec = engine.compile(kind.files, ORDER)
        told = {"reference": "x", "who": 1} if kind.starts_at else {}
        self.instance = Instance.start(self.spec, {"document_id": 1, **told}, self.caller, kind.starts_at)
        self._note()

    def _note(self) -> None:
        changes = self.instance.changes
        self.told.update((event.kind, event.element_id) for event in changes.events)
        self.thrown.update(each.name for each in changes.thrown)
        for call in changes.calls_requested:
            self.parameters[call.id] = (call.action, dict(call.parameters))
            self.calls[call.action] += 1
        if changes.state is not None:
            self.state = changes.state.id
        self.instance = Instance.load(self.spec, self.instance.snapshot(), self.caller)

    def step(self) -> bool:
        """Do one thing; False when nobody has anything to do."""
        deeds = self.kind.deeds
        for task in self.instance.open_tasks():
            deed = deeds.get(task.element.id)
            if deed is not None and (answers := deed.now(task.element.id, self.told)) is not None:
                self.instance.complete(task.id, answers)
                return True
        for call in self.instance.calls():
            name, parameters = self.parameters[call.id]
            if code := outside.refuses(name, parameters):
                assert self.instance.fail(call.id, code)
            else:
                self.instance.answer(call.id, "done")
            return True
        for waits in self.instance.subscriptions():
            deed = deeds.get(waits.place.element_id)
            if deed is not None and (payload := deed.now(waits.place.element_id, self.told)) is not None:
                self.instance.receive(waits.id, payload)
                return True
        soon = [timer for timer in self.instance.timers() if timer.due < self.caller.now() + timedelta(days=1)]
        for timer in sorted(soon, key=lambda each: each.due)[:1]:
            self.caller.moment = timer.due
            self.instance.fire(timer.id)
            return True
        return False

    def to_the_end(self) -> Expected:
        """What it comes to."""
        while not self.instance.ended:
            assert self.step(), f"{self.kind.name} waits for ever"
            self._note()
        return Expected(self.told, self.state, self.calls, self.caller.inline, self.thrown)


def _undisturbed(kind: Kind) -> Expected:
    return _Run(kind).to_the_end()
