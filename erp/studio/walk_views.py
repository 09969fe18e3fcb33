"""What the panel of a walk shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from erp.access import can, role_name
from erp.data.organisation import company
from erp.documents import types
from erp.documents.fields import Kind
from erp.forms import bind
from erp.forms.inputs import Choice, Input, LinesInput, Section, Submit
from erp.i18n import _, format_datetime, format_inside
from erp.modelling.rights import SUBJECT
from erp.studio import walk_fields, walk_words
from erp.studio.walk import AT, DATA, START, Walk, begin_fields, now
from erp.studio.walk_words import Leg
from erp.web.shapes import State
from erp.workflow.rehearsal import cases
from erp.workflow.rehearsal.rehearsing import Wait

ORDER = ("task", "action", "message", "signal", "timer")
"""What is opened first of all that waits."""


@dataclass(frozen=True)
class Waiting:
    """Something that waits, as one line."""

    kind: str
    element: str
    title: str
    role: str = ""
    role_title: str = ""
    sub: str = ""
    is_open: bool = False


@dataclass(frozen=True)
class Opened:
    """What waits, with all that is asked of it."""

    of: Waiting
    help: str = ""
    other_role: str = ""
    """Whose it is while somebody else is played."""
    sections: Sequence[Section] = ()
    fields: Sequence[Input] = ()
    changes: Sequence[Input] = ()
    """Fields of the document an action may change."""
    lines: Sequence[LinesInput] = ()
    buttons: Sequence[Submit] = ()
    errors: Sequence[str] = ()
    told: Sequence[tuple[str, str]] = ()
    """What an action is told."""
    suggested: Sequence[str] = ()
    codes: Sequence[Choice] = ()
    outside: bool = False


@dataclass(frozen=True)
class WalkPage:
    """millrace/_studio_walk.html."""

    key: str
    saved: int
    records: bool
    case: str
    """What was done so far, as YAML."""
    name: str
    playing: str
    roles: Sequence[Choice]
    error: str
    asked: Sequence[Input] = ()
    """Before it begins: the fields the process reads, and all others."""
    others: Sequence[Input] = ()
    is_begun: bool = False
    steps: int = 0
    state: State | None = None
    moment: str = ""
    is_over: bool = False
    path: Sequence[Leg] = ()
    waits: Sequence[Waiting] = ()
    opened: Opened | None = None
    document: Sequence[tuple[str, str]] = ()
    data: Sequence[tuple[str, str]] = ()
    marks: Mapping[str, Any] = field(default_factory=dict)
    recorded: str = ""
    has_actions: bool = False


def page(walk: Walk, saved: int, at: str = "", recorded: str = "") -> WalkPage:
    """The panel; `at` is the element somebody opened."""
    base = WalkPage(
        key=walk.it.key,
        saved=saved,
        records=can("edit", SUBJECT),
        case=cases.dump([walk.case]) if walk.case is not None else "",
        name=walk.case.name if walk.case is not None else "",
        playing=walk.playing,
        roles=_roles(walk),
        error=walk.error,
        recorded=recorded,
    )
    return _begun(walk, base, at) if walk.found is not None else _beginning(walk, base)


def _roles(walk: Walk) -> list[Choice]:
    lanes = dict.fromkeys(lane for diagram in walk.it.spec.diagrams.values() for lane in diagram.lanes if lane)
    return [Choice("", _("Whoever is asked")), *(Choice(lane, role_name(lane)) for lane in lanes)]


def _beginning(walk: Walk, base: WalkPage) -> WalkPage:
    fields = begin_fields(walk.it)
    read = walk_fields.read_by(walk.it, walk.bpmn)
    bound = walk.bound.get("")
    if bound is None:
        values = {AT: now(), **walk_fields.examples(walk.it.key, read, now())}
        bound = bind(fields, None, values, currency=company().currency)
    shown = bound.inputs()
    first = {AT, START} | read | (set() if walk_fields.of_document(walk.it.key) else {DATA})
    return replace(
        base,
        asked=[each for each in shown if each.name in first or each.error],
        others=[each for each in shown if each.name not in first and not each.error],
    )


def _begun(walk: Walk, base: WalkPage, at: str) -> WalkPage:
    found = walk.found
    assert found is not None
    waits = sorted(found.waits, key=lambda wait: ORDER.index(wait.kind))
    chosen = _chosen(waits, walk, at)
    badge = walk.it.diagram.elements.get(found.state)
    return replace(
        base,
        is_begun=True,
        steps=len(found.case.steps),
        state=State(badge.state, walk_words.called(walk.it, badge.id)) if badge is not None else None,
        moment=format_inside(found.moment),
        is_over=found.ended,
        path=walk_words.path(walk.it, found),
        waits=[_line(walk, wait, is_open=wait is chosen) for wait in waits],
        opened=_opened(walk, chosen) if chosen is not None else None,
        document=_document(walk),
        data=[(name, walk_words.plain(value)) for name, value in sorted(found.data.items())],
        marks=marks(walk),
        has_actions=any(wait.kind == "action" for wait in waits),
    )


def _chosen(waits: Sequence[Wait], walk: Walk, at: str) -> Wait | None:
    """What is open: what somebody chose, else what the played role may do, else the first."""
    here = [wait for wait in waits if wait.place.element_id == at]
    mine = [wait for wait in waits if wait.kind == "task" and wait.place.element.lane == walk.playing]
    return next(iter([*here, *mine, *waits]), None)


def _line(walk: Walk, wait: Wait, *, is_open: bool) -> Waiting:
    element = wait.place.element
    sub = {"timer": format_datetime(wait.due), "message": wait.key}.get(wait.kind, "")
    is_task = wait.kind == "task"
    return Waiting(
        wait.kind,
        element.id,
        walk_words.called(walk.it, element.id),
        element.lane if is_task else "",
        role_name(element.lane) if is_task and element.lane else "",
        sub or "",
        is_open,
    )


def _opened(walk: Walk, wait: Wait) -> Opened:
    of = _line(walk, wait, is_open=True)
    element = wait.place.element
    base = Opened(of, help=_(element.documentation) if element.documentation else "")
    if wait.kind == "task":
        return _task(walk, wait, base)
    if wait.kind == "action":
        return _action(walk, wait, base)
    if wait.kind in {"message", "signal"}:
        bound = walk.bound.get(element.id) or bind(walk_fields.payload_of(element), None, {})
        return replace(base, fields=bound.inputs(), errors=bound.other_errors)
    return base


def _task(walk: Walk, wait: Wait, base: Opened) -> Opened:
    element = wait.place.element
    if walk.playing and element.lane and walk.playing != element.lane:
        return replace(base, other_role=role_name(element.lane))
    asked = walk_fields.asked_at(walk.it, element)
    held = walk_fields.held(asked, walk.document)
    bound = walk.bound.get(element.id) or asked.form.bind(None, held, currency=company().currency)
    return replace(
        base,
        sections=asked.form.sections(bound),
        lines=bound.lines(),
        buttons=asked.form.buttons() or [Submit(base.of.title, "~done", "1", "check", primary=True)],
        errors=bound.other_errors,
    )


def _action(walk: Walk, wait: Wait, base: Opened) -> Opened:
    element = wait.place.element
    bound = walk.bound.get(element.id) or walk.bound_action(wait, None)
    inputs = bound.inputs()
    codes = walk_fields.errors_at(walk.it, wait.place)
    return replace(
        base,
        fields=[each for each in inputs if each.name == walk_fields.RESULT],
        changes=[each for each in inputs if each.name != walk_fields.RESULT],
        errors=bound.other_errors,
        told=[(name, walk_words.plain(value)) for name, value in wait.parameters.items()],
        suggested=walk_fields.suggested(walk.it, element.result_variable) if element.result_variable else [],
        codes=[Choice(code, f"{code}: {leads}" if leads != code else code) for code, leads in codes.items()],
        outside=walk_fields.is_outside(element),
    )


def _document(walk: Walk) -> list[tuple[str, str]]:
    """What the document holds, under the names people know."""
    kind = types.declared().get(walk.it.key)
    fields = {each.name: each for each in kind.all_fields} if kind is not None else {}
    currency, found = company().currency, []
    for name, value in walk.document.items():
        entry = fields.get(name)
        if value in (None, "", False) or name == "state":
            continue
        text = walk_words.plain(value)
        if entry is not None and entry.kind not in {Kind.LINK, Kind.LINES, Kind.FILES}:
            fitting = walk_fields.fitted(entry, value)
            text = text if fitting is None else entry.shown(fitting, currency)
        found.append((str(entry.label) if entry is not None else name, text))
    return found


def marks(walk: Walk) -> dict[str, Any]:
    """Which elements of the drawing were passed, and where the tokens are."""
    found = walk.found
    if found is None:
        return {"past": [], "here": []}
    events = [event for part in found.happened for event in part if event.is_top and event.element_id]
    flows = [flow for event in events for flow in event.values.get("flows") or [event.values.get("flow")] if flow]
    here = {wait.place.scope[0] if wait.place.scope else wait.place.element_id for wait in found.waits}
    return {"past": list(dict.fromkeys([*(event.element_id for event in events), *flows])), "here": sorted(here)}
