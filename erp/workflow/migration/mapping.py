"""Which element of one version is which of another: the same id and sort by itself, anything else by choice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from erp.workflow.diagrams.diagram import Diagram, Element

Chosen = Mapping[str, Mapping[str, str]]
"""{process: {element of the old version: element of the new one}}, beside those that are the same by themselves."""
PEOPLE = frozenset({"userTask", "manualTask"})
WAITS = PEOPLE | {"receiveTask", "intermediateCatchEvent", "callActivity", "subProcess"}
"""Kinds a document may stand at; a call to an outside service is one more, but is never moved."""
BODY, TRIGGER = "#body", "#trigger"
"""How the engine calls what is repeated, and the start event of an event subprocess as it is waited for."""


def sort_of(element: Element) -> tuple[object, ...]:
    """What an element is: of one sort may become of the same sort only."""
    return element.kind, element.events, element.by_event


@dataclass(frozen=True)
class ElementMap:
    """From the diagrams of one version, those it calls included, to those of another."""

    before: Mapping[str, Diagram]
    after: Mapping[str, Diagram]
    chosen: Chosen = field(default_factory=dict)

    def target(self, process: str, id_: str) -> Element | None:
        """What an element becomes; None where it has no counterpart of its sort."""
        found = self.named(process, id_)
        known = self.before[process].elements.get(id_)
        return found if found is not None and known is not None and sort_of(found) == sort_of(known) else None

    def named(self, process: str, id_: str) -> Element | None:
        """The element of its id, or the one chosen for it, whatever that is."""
        diagram = self.after.get(process)
        return None if diagram is None else diagram.elements.get(self.chosen.get(process, {}).get(id_, id_))

    def name(self, process: str, id_: str) -> str:
        """The id of what an element becomes, "" where it has no counterpart."""
        found = self.target(process, id_)
        return "" if found is None else found.id

    def sources(self, process: str, id_: str) -> Iterator[Element]:
        """The elements of the old version that become this one."""
        diagram = self.before.get(process)
        for element in diagram.elements.values() if diagram is not None else ():
            if self.name(process, element.id) == id_:
                yield element

    def is_jump(self, process: str, id_: str) -> bool:
        """Whether somebody chose another element than the one of the same id."""
        return self.chosen.get(process, {}).get(id_, id_) != id_


def is_waited_at(element: Element) -> bool:
    """Whether a document may stand at an element, so that it matters what becomes of it."""
    return element.kind in WAITS and not element.by_event


def homeless(plan: ElementMap) -> Iterator[tuple[str, Element]]:
    """(process, element) where a document may stand and which has no counterpart, or becomes another by choice."""
    for process, diagram in plan.before.items():
        for element in diagram.elements.values():
            if not (is_waited_at(element) or element.is_milestone):
                continue
            if plan.target(process, element.id) is None or plan.is_jump(process, element.id):
                yield process, element


def candidates(plan: ElementMap, process: str, element: Element) -> list[Element]:
    """What an element without counterpart may become: of its sort, those that are new first."""
    diagram = plan.after.get(process)
    known = plan.before[process].elements
    fitting = [
        each
        for each in (diagram.elements.values() if diagram is not None else ())
        if sort_of(each) == sort_of(element) and each.is_milestone == element.is_milestone
    ]
    return sorted(fitting, key=lambda each: each.id in known)
