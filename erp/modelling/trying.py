"""A drawing made ready to be tried: what it calls, asks and shows is found for it; cases play in bounded time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from erp.decisions import Model
from erp.errors import Invalid
from erp.i18n import _
from erp.modelling import catalogue, drafts
from erp.modelling.drafts import Drawing
from erp.workflow import definitions, engine
from erp.workflow.diagrams.diagram import Diagram, Element, parse
from erp.workflow.engine import Limits, Spec
from erp.workflow.rehearsal.cases import Case, load
from erp.workflow.rehearsal.rehearsing import Rehearsed, rehearse

LIMITS = Limits(steps=5_000, seconds=1.0)
"""How far one case may go, and how long the processor may be at it."""
AT_ONCE = 1.0
"""Seconds the cases of one request may take; what is left over is asked for again."""
AT_THE_GATE = 10.0
"""Seconds all cases may take before a version is published."""


@dataclass(frozen=True)
class Ready:
    """A drawing that can be played."""

    key: str
    diagram: Diagram
    spec: Spec
    decisions: Mapping[str, Model]
    forms: Mapping[str, Any]
    """Form-js JSON of the forms that are not the shipped ones, called processes included."""
    tables: Mapping[str, str]
    """DMN of the decisions that are not the shipped ones, called processes included."""

    def play(self, case: Case, *, stops: bool = False) -> Rehearsed:
        """What the case comes to; `stops` at every action it says nothing of."""
        return rehearse(self.spec, self.decisions, filled(self.key, case), stops=stops, limits=LIMITS)


def ready(key: str, drawing: Drawing) -> Ready:
    """Raises Invalid for a drawing that cannot be read or run, NotFound for a process it calls that nobody has."""
    diagram = parse(drawing.bpmn)
    found, waiting = {diagram.id: drawing}, list(diagram.elements.values())
    while waiting:
        element = waiting.pop()
        if element.called and element.called not in found:
            for name, called in _called(element).items():
                if name not in found:
                    found[name] = called
                    waiting += parse(called.bpmn).elements.values()
    forms = {name: form for each in reversed(found.values()) for name, form in each.forms.items()}
    texts = {name: text for each in reversed(found.values()) for name, text in each.decisions.items()}
    spec = engine.compile({name: each.bpmn for name, each in found.items()}, diagram.id)
    return Ready(key, diagram, spec, catalogue.models(texts), forms, texts)


def _called(element: Element) -> dict[str, Drawing]:
    """The version a call activity would be bound to now, with those it is bound to; else what is shipped."""
    row = definitions.called_now(element)
    if row is not None:
        return {each.key: drafts.version(each.key, each.id) for each in definitions.with_called(row)}
    if element.called_version or element.called_tag:
        raise Invalid(_("There is no such version of “%(name)s”.", name=element.called))
    return {element.called: drafts.live(element.called)}


def filled(key: str, case: Case) -> Case:
    """The case with every field its document has: what it does not speak of is empty, as in life."""
    return replace(case, document={**catalogue.blank_of(key), **case.document})


@dataclass(frozen=True)
class Results:
    """What the test cases of a drawing come to."""

    cases: Sequence[Case]
    played: Sequence[Rehearsed | None]
    """One for each case; None for those time did not suffice for."""
    shipped: Sequence[Case] = ()
    """What was shipped beside the diagram: it cannot know what a company draws, so it warns and does not forbid."""

    @property
    def failing(self) -> list[tuple[int, Rehearsed]]:
        """Those that do not go as they say, each with its place in the list."""
        return [(place, each) for place, each in enumerate(self.played) if each is not None and not each.holds]

    @property
    def unplayed(self) -> int:
        """How many were not played."""
        return sum(each is None for each in self.played)

    @property
    def all_hold(self) -> bool:
        """Whether every case was played and went as it says."""
        return not self.failing and not self.unplayed

    @property
    def forbids(self) -> bool:
        """Whether a case of the company's own does not hold, or could not be played."""
        own = (each for case, each in zip(self.cases, self.played, strict=True) if case not in self.shipped)
        return any(each is None or not each.holds for each in own)


def results(key: str, drawing: Drawing, seconds: float = AT_ONCE) -> Results:
    """Play the cases of a drawing; raises Invalid where it cannot be read or run, NotFound as `ready` does."""
    cases = load(drawing.cases) if drawing.cases else []
    played = list(play_all(ready(key, drawing), cases, seconds)) if cases else []
    return Results(cases, played, load(definitions.shipped_cases(key) or "[]"))


def unplayed(key: str, drawing: Drawing) -> Results:
    """The cases of a drawing that cannot be run: none of them is played."""
    cases = load(drawing.cases) if drawing.cases else []
    return Results(cases, [None] * len(cases), load(definitions.shipped_cases(key) or "[]"))


def play_all(it: Ready, cases: Sequence[Case], seconds: float = AT_ONCE) -> Iterator[Rehearsed | None]:
    """What each case comes to, in order; None for those time did not suffice for. The first is always played."""
    until = monotonic() + seconds
    for number, case in enumerate(cases):
        yield it.play(case) if not number or monotonic() < until else None
