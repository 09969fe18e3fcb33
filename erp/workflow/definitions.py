"""Published versions of diagrams: a shipped file is a seed, copied into the tenant at first use."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from erp import clock, context
from erp.data import prepared
from erp.data.base import session
from erp.decisions import Model
from erp.decisions import read as read_decisions
from erp.errors import Invalid, NotFound
from erp.forms import Form
from erp.forms import load as load_form
from erp.i18n import _
from erp.workflow import engine
from erp.workflow.diagrams.diagram import Diagram, Element, parse
from erp.workflow.messaging import starts
from erp.workflow.models import WorkflowDefinition

KEPT = 500
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Published:
    """A version ready to run: its diagram, its compiled form and its pinned task forms."""

    id: int
    key: str
    number: int
    tag: str
    diagram: Diagram
    spec: engine.Spec
    forms: Mapping[str, Form]
    bpmn: bytes
    diagrams: Mapping[str, Diagram]
    """Its own and every called one, by key."""
    decisions: Mapping[str, Model]
    """Its pinned decisions and those of every called process, by key."""
    numbers: Mapping[str, int] = field(default_factory=dict)
    """Of its own version and of every called one, by key."""

    @cached_property
    def has_approvals(self) -> bool:
        """Whether it, or a process it calls, asks for approvals."""
        return any(each.is_approval for diagram in self.diagrams.values() for each in diagram.elements.values())


_folders: dict[str, list[Path]] = {}
_form_folders: dict[str, list[Path]] = {}
_known: dict[int, Published] = {}
_beginning: list[list[str]] = []
"""Once it was asked: the shipped processes that a message, a signal or the clock begins."""


def init_folders(workflows: Mapping[str, list[Path]], forms: Mapping[str, list[Path]]) -> None:
    """Set, by plugin, where shipped diagrams and forms are looked for; the first folder wins."""
    _folders.clear()
    _form_folders.clear()
    _folders.update(workflows)
    _form_folders.update(forms)
    _known.clear()
    _beginning.clear()


def _find(folders: Mapping[str, list[Path]], name: str) -> Path | None:
    for places in folders.values():
        for folder in places:
            if (folder / name).is_file():
                return folder / name
    return None


def shipped(key: str) -> bytes | None:
    """The shipped diagram of a process, or None."""
    path = _find(_folders, f"{key}.bpmn")
    return path.read_bytes() if path else None


def shipped_keys() -> list[str]:
    """Every shipped process."""
    return _stems(_folders, "*.bpmn")


def shipped_form(name: str) -> dict[str, Any] | None:
    """The shipped form-js JSON of a form, or None."""
    text = shipped_form_text(name)
    return json.loads(text) if text else None


def shipped_form_text(name: str) -> str | None:
    """The file of a shipped form, or None."""
    path = _find(_form_folders, f"{name}.form")
    return path.read_text() if path else None


def shipped_decision(key: str) -> str | None:
    """The shipped DMN file of a decision, or None."""
    path = _find(_folders, f"{key}.dmn")
    return path.read_text() if path else None


def shipped_cases(key: str) -> str:
    """The test cases shipped beside a diagram, as YAML; "" for none."""
    path = _find(_folders, f"{key}.cases.yaml")
    return path.read_text() if path else ""


def shipped_forms() -> list[str]:
    """Names of every shipped form."""
    return _stems(_form_folders, "*.form")


def shipped_decisions() -> list[str]:
    """Every shipped decision."""
    return _stems(_folders, "*.dmn")


def _stems(folders: Mapping[str, list[Path]], pattern: str) -> list[str]:
    return sorted({path.stem for places in folders.values() for folder in places for path in folder.glob(pattern)})


def keys() -> sa.Select[str]:
    """Processes the tenant has a published version of."""
    return sa.select(WorkflowDefinition.key).distinct().order_by(WorkflowDefinition.key)


def numbers() -> sa.Select[str, int, str]:
    """Process, number and tag of every published version of the tenant, the oldest first."""
    columns = (WorkflowDefinition.key, WorkflowDefinition.number, WorkflowDefinition.tag)
    return sa.select(*columns).order_by(WorkflowDefinition.key, WorkflowDefinition.number)


def versions(key: str) -> list[WorkflowDefinition]:
    """Every published version of a process, the newest first."""
    mine = sa.select(WorkflowDefinition).where(WorkflowDefinition.key == key)
    return list(session().scalars(mine.order_by(WorkflowDefinition.number.desc())))


def newest_id(key: str) -> int | None:
    """The tenant's newest published version of a process; None while it has none."""
    found = prepared.rows(_newest(), {"of": key})
    return found[0][0] if found else None


@cache
def _newest() -> sa.Select[int]:
    statement = sa.select(WorkflowDefinition.id).where(
        WorkflowDefinition.key == sa.bindparam("of"), WorkflowDefinition.status == "published"
    )
    return statement.order_by(WorkflowDefinition.number.desc()).limit(1)


def is_driven(key: str) -> bool:
    """Whether documents of this type run a process: a shipped one, or one the tenant has drawn."""
    return shipped(key) is not None or newest_id(key) is not None


def diagram_of(key: str, newest: int | None) -> Diagram | None:
    """The diagram of that version, of the shipped file where it is None; looking publishes nothing."""
    if newest is not None:
        return published(newest).diagram
    bpmn = shipped(key)
    return _parsed(bpmn) if bpmn else None


@lru_cache(maxsize=64)
def _parsed(bpmn: bytes) -> Diagram:
    return parse(bpmn)


def seed() -> None:
    """Copy in those shipped processes that begin without a person, so that they can."""
    if not _beginning:
        _beginning.append([key for key in shipped_keys() if _begins_alone(key)])
    for key in _beginning[0]:
        if newest_id(key) is None:
            live(key)


def _begins_alone(key: str) -> bool:
    bpmn = shipped(key)
    return bpmn is not None and any(start.events for start in _parsed(bpmn).starts())


def live(key: str) -> Published | None:
    """The version new documents run: the tenant's newest, made from the shipped file at first use."""
    found = newest_id(key)
    if found is None:
        bpmn = shipped(key)
        if bpmn is None:
            return None
        found = publish(key, bpmn, note=_("As shipped"), first=True, cases=shipped_cases(key))
    return published(found)


def published(definition_id: int) -> Published:
    """A version by id; versions never change, so each is read and compiled once per process."""
    known = _known.get(definition_id)
    if known is not None and _is_ours(definition_id):
        return known
    row = session().get(WorkflowDefinition, definition_id)
    if row is None:
        raise NotFound
    rows = with_called(row)
    bpmns = {each.key: each.bpmn for each in rows}
    decisions = {key: dmn for each in reversed(rows) for key, dmn in each.decisions.items()}
    made = Published(
        id=row.id,
        key=row.key,
        number=row.number,
        tag=row.tag,
        diagram=parse(row.bpmn),
        spec=engine.compile(bpmns, row.key),
        forms={
            name: load_form(json.dumps(form).encode()) for each in reversed(rows) for name, form in each.forms.items()
        },
        bpmn=row.bpmn,
        diagrams={key: parse(bpmn) for key, bpmn in bpmns.items()},
        numbers={each.key: each.number for each in rows},
        decisions={key: read_decisions(dmn.encode()) for key, dmn in decisions.items()},
    )
    if len(_known) >= KEPT:
        _known.clear()
    _known[definition_id] = made
    _owners[definition_id] = row.tenant_id
    return made


def as_if(key: str, bpmn: bytes) -> Published:
    """A drawing as if it were published now, without its forms and decisions; writes nothing.

    Raises DiagramInvalid or DiagramRefused for one that could not run.
    """
    bpmns = {key: bpmn}
    pending = list(parse(bpmn).elements.values())
    while pending:
        element = pending.pop()
        if not element.called or element.called in bpmns:
            continue
        row = called_now(element)
        found = {each.key: each.bpmn for each in with_called(row)} if row is not None else {}
        for other, text in (found or {element.called: shipped(element.called) or b""}).items():
            if other not in bpmns and text:
                bpmns[other] = text
                pending += parse(text).elements.values()
    spec = engine.compile(bpmns, key)
    diagrams = {name: parse(text) for name, text in bpmns.items()}
    return Published(0, key, 0, "", diagrams[key], spec, {}, bpmn, diagrams, {})


_owners: dict[int, int] = {}


def _is_ours(definition_id: int) -> bool:
    return _owners.get(definition_id) == context.current().tenant_id


def with_called(row: WorkflowDefinition) -> list[WorkflowDefinition]:
    """The version itself, then every one it calls, each process once."""
    found, pending = [row], list(row.calls.values())
    while pending:
        called = session().get_one(WorkflowDefinition, pending.pop())
        if called.key not in {each.key for each in found}:
            found.append(called)
            pending.extend(called.calls.values())
    return found


def called_now(element: Element) -> WorkflowDefinition | None:
    """The version a call activity would be bound to, as `_bound` does it without publishing anything."""
    fits = (
        row
        for row in versions(element.called)
        if element.called_version in ("", str(row.number)) and element.called_tag in ("", row.tag)
    )
    return next(fits, None)


def _bound(element: Element) -> int | None:
    """The version a call activity calls as it is published now: the newest, of its number or with its tag.

    None where nobody has the process; raises Invalid where it names a version there is none of.
    """
    newest = live(element.called)
    if newest is None or not (element.called_version or element.called_tag):
        return newest.id if newest is not None else None
    row = called_now(element)
    if row is not None:
        return row.id
    raise Invalid(_("There is no such version of “%(name)s”.", name=element.called))


def publish(
    key: str,
    bpmn: bytes,
    *,
    note: str = "",
    tag: str = "",
    proposed_by: str = "",
    first: bool = False,
    forms: Mapping[str, Any] = NOTHING,
    decisions: Mapping[str, str] = NOTHING,
    cases: str = "",
    waived: str = "",
) -> int:
    """Store a new immutable version with its forms, decisions and called processes pinned; returns its id.

    Raises Invalid where it calls a version there is none of.

    `forms` and `decisions` are its own; what it names beside them is taken from the shipped files.
    """
    diagram = parse(bpmn)
    newest = session().scalar(sa.select(sa.func.max(WorkflowDefinition.number)).where(WorkflowDefinition.key == key))
    calling = {element.called: element for element in diagram.elements.values() if element.called}
    pins = {other: found for other in sorted(calling) if (found := _bound(calling[other])) is not None}
    names = {element.form for element in diagram.elements.values() if element.form}
    asked_forms = {name: forms.get(name) or shipped_form(name) for name in sorted(names)}
    asked = {element.decision for element in diagram.elements.values() if element.decision}
    asked_rules = {name: decisions.get(name) or shipped_decision(name) for name in sorted(asked)}
    statement = (
        insert(WorkflowDefinition)
        .values(
            tenant_id=context.current().tenant_id,
            key=key,
            number=1 if first else (newest or 0) + 1,
            tag=tag,
            sha256=diagram.sha256,
            bpmn=bpmn,
            forms={name: form for name, form in asked_forms.items() if form is not None},
            decisions={name: dmn for name, dmn in asked_rules.items() if dmn is not None},
            calls=pins,
            status="published",
            published_at=clock.now(),
            published_by=context.current().name,
            proposed_by=proposed_by,
            note=note,
            cases=cases,
            waived=waived,
        )
        .on_conflict_do_nothing(index_elements=["tenant_id", "key", "number"])
        .returning(WorkflowDefinition.id)
    )
    made = session().scalar(statement)
    if made is not None:
        starts.reconcile(key, diagram, int(made))
        return int(made)
    again = (
        sa.select(WorkflowDefinition.id).where(WorkflowDefinition.key == key).order_by(WorkflowDefinition.number.desc())
    )
    return int(session().scalars(again).first() or 0)
