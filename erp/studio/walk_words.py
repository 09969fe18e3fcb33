"""The path of a walk in words: what was done, what came of it, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from erp.access import role_name
from erp.i18n import _, format_date, format_datetime, format_duration, format_number
from erp.modelling import checking
from erp.modelling.trying import Ready
from erp.workflow.diagrams import timing
from erp.workflow.diagrams.diagram import Diagram
from erp.workflow.engine import Event
from erp.workflow.rehearsal.cases import move_of
from erp.workflow.rehearsal.rehearsing import Rehearsed


@dataclass(frozen=True)
class Line:
    """One thing that happened; `why` says by what it was decided. kind: '' | state | bad."""

    text: str
    element: str = ""
    why: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Leg:
    """What somebody did, and all that came of it."""

    number: int
    """How many steps there were before it: going back there undoes it."""
    title: str
    said: str = ""
    lines: Sequence[Line] = ()


def path(it: Ready, found: Rehearsed) -> list[Leg]:
    """The walk from its beginning."""
    steps = found.case.steps
    legs = []
    for place, events in enumerate(found.happened[: len(steps) + 1]):
        title, said = _title(it, steps[place - 1]) if place else (_("It begins"), "")
        legs.append(Leg(max(place - 1, 0), title, said, list(_lines(it, events))))
    return legs


def _title(it: Ready, step: Mapping[str, Any]) -> tuple[str, str]:
    move = move_of(step)
    at = str(step[move])
    if move == "complete":
        by = str(step.get("by") or "")
        name = called(it, at)
        title = _("%(role)s: %(step)s", role=role_name(by), step=name) if by else name
        return title, plain({**(step.get("answers") or {}), **(step.get("document") or {})})
    if move == "answer":
        if "error" in step:
            return _("“%(action)s” fails: %(code)s", action=called(it, at), code=step["error"]), ""
        answer = _("with %(answer)s", answer=plain(step["result"])) if "result" in step else _("with nothing")
        title = _("“%(action)s” answers %(answer)s", action=called(it, at), answer=answer)
        return title, plain(step.get("document") or {})
    if move == "wait":
        return _("%(time)s pass", time=duration(at)), ""
    if move == "fire":
        return _("Time passes until “%(timer)s”", timer=called(it, at)), ""
    title = _("The message “%(name)s” comes") if move == "message" else _("The signal “%(name)s” comes")
    return title % {"name": at}, plain(step.get("values") or {})


def _lines(it: Ready, events: Sequence[Event]) -> Iterator[Line]:
    for event in events:
        diagram = it.spec.diagrams.get(event.process, it.diagram)
        line = _line(it, diagram, event)
        if line is not None:
            yield line


def _line(it: Ready, diagram: Diagram, event: Event) -> Line | None:
    """An event worth a line; None for what says nothing to people, or is the title of its leg."""
    name, at, values = checking.label(diagram, event.element_id), event.element_id, event.values
    if event.kind == "passed":
        return Line(_("State: %(state)s", state=name), at, kind="state")
    if event.kind == "decided":
        return Line(_answer(diagram, name, values), at, why(values))
    if event.kind == "ruled":
        *_before, ruling = values["rulings"]
        return Line(_("%(step)s: %(outcome)s", step=name, outcome=plain(ruling["outputs"])), at, _ruled(ruling))
    if event.kind == "sent":
        return Line(_("%(step)s: sends “%(name)s”", step=name, name=values.get("name", "")), at)
    if event.kind == "script":
        return Line(_("%(step)s: works out %(names)s", step=name, names=", ".join(values.get("written", ()))), at)
    texts = {
        "action": _("%(step)s: done, simulated"),
        "timer_fired": _("%(step)s: the time is up"),
        "error_caught": _("%(step)s: the error is caught"),
        "cancelled": _("%(step)s: no longer needed"),
        "ended": _("The process is over"),
    }
    if event.kind not in texts or (event.kind == "ended" and not event.is_top):
        return None
    return Line(texts[event.kind] % {"step": name}, at, kind="bad" if event.kind == "error_caught" else "")


def _answer(diagram: Diagram, name: str, values: Mapping[str, Any]) -> str:
    flows = {flow.id: flow for flow in diagram.flows}
    chosen = [flows[each] for each in values.get("flows") or [values.get("flow")] if each in flows]
    answer = ", ".join(_(each.name) or checking.label(diagram, each.target) for each in chosen)
    return _("%(question)s %(answer)s", question=name, answer=answer)


def why(values: Mapping[str, Any]) -> str:
    """By which condition a question was answered, and what it looked at."""
    held = [each["condition"] for each in values.get("conditions", ()) if each["holds"]]
    looked = plain(values.get("inputs") or {})
    if held:
        return _("because %(condition)s (%(inputs)s)", condition=_(", ").join(held), inputs=looked or _("no values"))
    if values.get("conditions"):
        return _("because nothing else holds (%(inputs)s)", inputs=looked or _("no values"))
    return ""


def _ruled(ruling: Mapping[str, Any]) -> str:
    if ruling.get("is_default"):
        return _("because no rule of “%(table)s” matches", table=_(ruling["decision"]))
    if not ruling.get("rules"):
        return _("worked out by “%(table)s”", table=_(ruling["decision"]))
    numbers = _(", ").join(format_number(number) for number in ruling["rules"])
    return _("by rule %(numbers)s of “%(table)s” (%(inputs)s)",
             numbers=numbers, table=_(ruling["decision"]), inputs=plain(ruling["inputs"]))  # fmt: skip


def called(it: Ready, element_id: str) -> str:
    """What an element is called, in whichever of the processes it is."""
    for diagram in (it.diagram, *it.spec.diagrams.values()):
        if element_id in diagram.elements:
            return checking.label(diagram, element_id)
    return element_id


def duration(text: str) -> str:
    """A duration as people say it."""
    try:
        found = timing.parse_duration(text)
    except timing.TimingInvalid:
        return text
    return format_duration(found.rest) if not found.months else text


def plain(value: Any) -> str:
    """A value, or names and values, as people read them."""
    if isinstance(value, Mapping):
        return _(", ").join(f"{name}: {plain(each)}" for name, each in value.items() if each is not None)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Decimal | int):
        return format_number(value)
    if isinstance(value, datetime):
        return format_datetime(value)
    if isinstance(value, date):
        return format_date(value)
    if isinstance(value, timedelta):
        return format_duration(value)
    if isinstance(value, list | tuple):
        return _(", ").join(plain(each) for each in value)
    return _("nothing") if value is None else str(value)
