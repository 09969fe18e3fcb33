"""What changes from one drawing to another: element by element, which property, from what to what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass

from erp.access import role_name
from erp.i18n import _
from erp.modelling.catalogue import names_of
from erp.modelling.checking import kinds, label
from erp.workflow.diagrams import spoken
from erp.workflow.diagrams.diagram import Diagram, Element, Flow
from erp.workflow.diagrams.elements import Timer

ADDED, REMOVED, CHANGED = "added", "removed", "changed"
_SPOKEN_OTHERWISE = frozenset({"id", "kind", "line", "properties", "parameters", "lane", "timer", "default", "inside"})

_DURATIONS = frozenset({"due", "remind", "ttl"})


@dataclass(frozen=True)
class Change:
    """One thing that is different; `what` names the property of a changed one, else it is the sentence's middle."""

    kind: str
    element: str
    label: str
    what: str = ""
    before: str = ""
    after: str = ""


def differences(before: Diagram, after: Diagram) -> list[Change]:
    """Everything that runs differently; where things are drawn does not count. Added first, then changed, removed."""
    found = [*_elements(before, after), *_flows(before, after), *_process(before, after)]
    order = {ADDED: 0, CHANGED: 1, REMOVED: 2}
    return sorted(found, key=lambda change: order[change.kind])


def _process(before: Diagram, after: Diagram) -> Iterator[Change]:
    for what, old, new in (
        (_("name"), before.name, after.name),
        (_("explanation"), before.documentation, after.documentation),
    ):
        if old != new:
            yield Change(CHANGED, "", _("The process"), what, old, new)


def _elements(before: Diagram, after: Diagram) -> Iterator[Change]:
    for id_, element in after.elements.items():
        old = before.elements.get(id_)
        if old is None:
            yield Change(ADDED, id_, label(after, id_), _place(after, element))
        else:
            for what, was, now in _changed(before, after, old, element):
                yield Change(CHANGED, id_, label(after, id_), what, was, now)
    for id_, element in before.elements.items():
        if id_ not in after.elements:
            yield Change(REMOVED, id_, label(before, id_), kinds().get(element.kind, element.kind))


def _place(diagram: Diagram, element: Element) -> str:
    """`Step of a person, after Repair, by Technician`."""
    parts = [kinds().get(element.kind, element.kind)]
    if element.attached_to:
        parts.append(_("at %(step)s", step=label(diagram, element.attached_to)))
    sources = [label(diagram, flow.source) for flow in diagram.incoming.get(element.id, ())]
    if sources:
        parts.append(_("after %(steps)s", steps=_(", ").join(sources)))
    if element.kind == "userTask" and element.lane:
        parts.append(_("by %(role)s", role=role_name(element.lane)))
    return _(", ").join(parts)


def _changed(before: Diagram, after: Diagram, old: Element, new: Element) -> Iterator[tuple[str, str, str]]:
    """(property, before, after) of everything that is different about an element that stays."""
    if old.kind != new.kind:
        yield _("kind"), kinds().get(old.kind, old.kind), kinds().get(new.kind, new.kind)
    if old.lane != new.lane and new.kind == "userTask":
        yield _("role"), role_name(old.lane), role_name(new.lane)
    if old.timer != new.timer:
        yield _("time"), _time(old.timer), _time(new.timer)
    if old.default != new.default:
        yield _("otherwise"), _otherwise(before, old), _otherwise(after, new)
    if old.inside != new.inside:
        yield _("part of"), label(before, old.inside), label(after, new.inside)
    yield from _written(old, new)


def _written(old: Element, new: Element) -> Iterator[tuple[str, str, str]]:
    words = property_words()
    for name in _unequal(old.properties, new.properties):
        was, now = old.properties.get(name, ""), new.properties.get(name, "")
        if name in _DURATIONS:
            was, now = spoken.duration(was), spoken.duration(now)
        yield words.get(name, name), was, now
    given, wanted = ({each.name: each.expression for each in one.parameters} for one in (old, new))
    for name in _unequal(given, wanted):
        yield name, given.get(name, ""), wanted.get(name, "")
    for field in fields(Element):
        was, now = getattr(old, field.name), getattr(new, field.name)
        if field.name not in _SPOKEN_OTHERWISE and was != now:
            yield words.get(field.name, field.name.replace("_", " ")), _plain(was), _plain(now)


def _unequal(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    return [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]


def _time(timer: Timer | None) -> str:
    return spoken.timer(timer)


def _asked(key: str, before: str, after: str) -> tuple[str, str]:
    """Two conditions in words; as they are written where one has none, or both have the same."""
    names = names_of(key)
    said = spoken.condition(before, names), spoken.condition(after, names)
    told = all(words or not text for words, text in zip(said, (before, after), strict=True))
    return said if told and said[0] != said[1] else (before, after)


def _otherwise(diagram: Diagram, element: Element) -> str:
    flow = next((each for each in diagram.flows if each.id == element.default), None)
    return _way(diagram, flow) if flow is not None else ""


def _way(diagram: Diagram, flow: Flow) -> str:
    return f"{_(flow.name)} → {label(diagram, flow.target)}" if flow.name else label(diagram, flow.target)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, tuple | list):
        return ", ".join(str(each) for each in value)
    if is_dataclass(value):
        told = (str(getattr(value, each.name)) for each in fields(value) if getattr(value, each.name))
        return ", ".join(told)
    return "" if value is None else str(value)


def _flows(before: Diagram, after: Diagram) -> Iterator[Change]:
    """Ways between elements that stay; the ways of a new or removed one are told with it."""
    old, new = ({flow.id: flow for flow in one.flows} for one in (before, after))
    stays = before.elements.keys() & after.elements.keys()
    for id_, flow in new.items():
        known = old.get(id_)
        ends = {flow.source, flow.target}
        if known is None:
            if ends <= stays:
                yield Change(ADDED, id_, label(after, id_), _("Way"))
            continue
        if known.condition != flow.condition:
            yield Change(
                CHANGED, id_, label(after, id_), _("condition"), *_asked(after.id, known.condition, flow.condition)
            )
        if known.name != flow.name:
            yield Change(CHANGED, id_, label(after, id_), _("name"), known.name, flow.name)
        if (known.source, known.target) != (flow.source, flow.target) and ends <= stays:
            yield Change(CHANGED, id_, label(after, id_), _("way"), label(before, id_), label(after, id_))
    for id_, flow in old.items():
        if id_ not in new and {flow.source, flow.target} <= stays:
            yield Change(REMOVED, id_, label(before, id_), _("Way"))


def property_words() -> Mapping[str, str]:
    """What the properties of elements are called; others go by their own name."""
    return {
        "name": _("name"),
        "documentation": _("explanation"),
        "form": _("form"),
        "edits": _("fields it may change"),
        "due": _("due"),
        "icon": _("icon"),
        "stand_in": _("stand-in"),
        "state": _("badge"),
        "script": _("script"),
        "action": _("action"),
        "result_variable": _("result"),
        "called": _("process"),
        "decision": _("decision"),
        "error_code": _("error"),
        "attached_to": _("sits on"),
        "interrupting": _("interrupts"),
        "repeat": _("repetition"),
        "channel": _("message"),
        "calendar": _("calendar"),
        "version": _("version"),
        "tag": _("tag"),
        "key": _("which document is meant"),
        "ttl": _("kept for"),
        "company": _("company"),
        "candidates": _("who may do it"),
        "assign_to": _("who does it"),
        "approvers": _("approvers"),
        "quorum": _("how many must agree"),
        "order": _("asked in which order"),
        "deadline": _("decided within"),
        "remind": _("reminded after"),
        "escalate_to": _("asked when it is late"),
        "at": _("at which branch"),
        "not_by": _("never by who did"),
    }
