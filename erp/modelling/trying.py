"""A drawing made ready to be tried: what it calls, asks and shows is found for it; cases play in bounded time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from erp.decisions import Model
from erp.modelling import catalogue, drafts
from erp.modelling.drafts import Drawing
from erp.workflow import engine
from erp.workflow.cases import Case
from erp.workflow.diagram import Diagram, parse
from erp.workflow.engine import Limits, Spec
from erp.workflow.rehearsing import Rehearsed, rehearse

LIMITS = Limits(steps=5_000, seconds=1.0)
"""How far one case may go, and how long the processor may be at it."""
AT_ONCE = 1.0
"""Seconds the cases of one request may take; what is left over is asked for again."""


@dataclass(frozen=True)
class Ready:
    """A drawing that can be played."""

    key: str
    diagram: Diagram
    spec: Spec
    decisions: Mapping[str, Model]
    forms: Mapping[str, Any]
    """Form-js JSON of the forms that are not the shipped ones, called processes included."""

    def play(self, case: Case, *, stops: bool = False) -> Rehearsed:
        """What the case comes to; `stops` at every action it says nothing of."""
        return rehearse(self.spec, self.decisions, filled(self.key, case), stops=stops, limits=LIMITS)


def ready(key: str, drawing: Drawing) -> Ready:
    """Raises Invalid for a drawing that cannot be read or run, NotFound for a process it calls that nobody has."""
    diagram = parse(drawing.bpmn)
    found, waiting = {diagram.id: drawing}, set(diagram.called())
    while waiting:
        called = waiting.pop()
        if called not in found:
            found[called] = drafts.live(called)
            waiting |= parse(found[called].bpmn).called()
    forms = {name: form for each in reversed(found.values()) for name, form in each.forms.items()}
    texts = {name: text for each in reversed(found.values()) for name, text in each.decisions.items()}
    spec = engine.compile({name: each.bpmn for name, each in found.items()}, diagram.id)
    return Ready(key, diagram, spec, catalogue.models(texts), forms)


def filled(key: str, case: Case) -> Case:
    """The case with every field its document has: what it does not speak of is empty, as in life."""
    return replace(case, document={**dict.fromkeys(catalogue.fields_of(key)), **case.document})


def play_all(it: Ready, cases: Sequence[Case], seconds: float = AT_ONCE) -> Iterator[Rehearsed | None]:
    """What each case comes to, in order; None for those time did not suffice for. The first is always played."""
    until = monotonic() + seconds
    for number, case in enumerate(cases):
        yield it.play(case) if not number or monotonic() < until else None
