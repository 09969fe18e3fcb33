"""Drafts: begun from a version, a shipped file or somebody's own; saved while one draws; nothing of others is lost."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from lxml import etree
from sqlalchemy.exc import IntegrityError

from erp import clock, context
from erp.access import require
from erp.data.base import repeated, session
from erp.documents import types
from erp.errors import Conflict, Invalid, NotFound, StaleVersion
from erp.i18n import _
from erp.modelling.models import WorkflowDraft
from erp.modelling.rights import SUBJECT
from erp.workflow import definitions
from erp.workflow.diagrams.diagram import BPMN, DiagramInvalid, parse, read_root
from erp.workflow.models import WorkflowDefinition

SET_ASIDE = 5
"""Drawings of others that are kept when they are replaced."""
BLANK = Path(__file__).with_name("blank.bpmn")
KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")


@dataclass(frozen=True)
class Drawing:
    """A drawing with what it brings along."""

    bpmn: bytes
    forms: Mapping[str, Any]
    decisions: Mapping[str, str]
    base_id: int | None = None
    cases: str = ""
    """Its test cases, as YAML."""


@dataclass(frozen=True)
class Parts:
    """What a save changes of a draft; all else stays as it is there."""

    bpmn: bytes | None = None
    forms: Mapping[str, Any] = field(default_factory=dict)
    """{name: form-js JSON}; None takes the draft's own away."""
    decisions: Mapping[str, str | None] = field(default_factory=dict)
    """{key: DMN}; None takes the draft's own away."""
    cases: str | None = None
    """All its test cases, as YAML."""


def find(key: str) -> WorkflowDraft | None:
    """The draft of a process; None while nobody changes it."""
    require("show", SUBJECT)
    return session().scalar(sa.select(WorkflowDraft).where(WorkflowDraft.key == key))


def present(key: str) -> Drawing:
    """What an editor opens: the draft, else the live version, else the shipped file; raises NotFound."""
    draft = find(key)
    return drawing(draft) if draft is not None else live(key)


def drawing(draft: WorkflowDraft) -> Drawing:
    """What a draft holds."""
    return Drawing(draft.bpmn, draft.forms, draft.decisions, draft.base_id, draft.cases)


def live(key: str) -> Drawing:
    """What new documents run; looking publishes nothing. Raises NotFound for a process nobody has."""
    require("show", SUBJECT)
    newest = definitions.newest_id(key)
    if newest is not None:
        return version(key, newest)
    bpmn = definitions.shipped(key)
    if bpmn is None:
        raise NotFound(_("There is no such process."))
    return Drawing(bpmn, {}, {}, cases=definitions.shipped_cases(key))


def version(key: str, definition_id: int) -> Drawing:
    """A published version; raises NotFound."""
    row = definition(key, definition_id)
    return Drawing(row.bpmn, row.forms, row.decisions, row.id, row.cases)


def definition(key: str, definition_id: int) -> WorkflowDefinition:
    """The row of a version of this process; raises NotFound."""
    require("show", SUBJECT)
    row = session().get(WorkflowDefinition, definition_id)
    if row is None or row.key != key:
        raise NotFound(_("There is no such version."))
    return row


def shipped(key: str) -> Drawing:
    """The file as it is shipped now; raises NotFound."""
    require("show", SUBJECT)
    bpmn = definitions.shipped(key)
    if bpmn is None:
        raise NotFound(_("No file is shipped for this process."))
    return Drawing(bpmn, {}, {}, definitions.newest_id(key), definitions.shipped_cases(key))


def set_aside(key: str, place: int) -> Drawing:
    """A drawing somebody else's took the place of, counted from the oldest; raises NotFound."""
    draft = find(key)
    if draft is None or not 0 <= place < len(draft.set_aside):
        raise NotFound(_("There is no such drawing."))
    kept = draft.set_aside[place]
    forms, decisions = kept.get("forms", draft.forms), kept.get("decisions", draft.decisions)
    return Drawing(kept["bpmn"].encode(), forms, decisions, draft.base_id, kept.get("cases", draft.cases))


@repeated
def save(key: str, bpmn: bytes, *, saved: int, base_id: int | None = None, replace: bool = False) -> WorkflowDraft:
    """Keep a drawing; `saved` is the count of the draft it was made from, 0 for none.

    Raises StaleVersion saying who changed it meanwhile (`replace` sets theirs aside), or Invalid for what is no drawing
    of this process.
    """
    return _saved(key, Parts(bpmn), saved, base_id, replace=replace)


@repeated
def save_parts(
    key: str, parts: Parts, *, saved: int, base_id: int | None = None, replace: bool = False
) -> WorkflowDraft:
    """Keep forms and tables of a draft, one beginning with them if need be; raises as `save` does."""
    return _saved(key, parts, saved, base_id, replace=replace)


def _saved(key: str, parts: Parts, saved: int, base_id: int | None, *, replace: bool) -> WorkflowDraft:
    require("edit", SUBJECT)
    if parts.bpmn is not None:
        _require_own(key, parts.bpmn)
    draft = _locked(key)
    if draft is None:
        if saved and not replace:
            raise StaleVersion(_gone(parts), detail={"gone": True, "version": 0})
        origin = version(key, base_id) if base_id else live(key)
        draft = WorkflowDraft(key=key, base_id=origin.base_id, bpmn=origin.bpmn, forms=dict(origin.forms),
                              decisions=dict(origin.decisions), cases=origin.cases, version=0)  # fmt: skip
        session().add(draft)
    elif draft.version != saved:
        if not replace:
            raise StaleVersion(
                _changed_by(draft, parts),
                detail={"version": draft.version, "who": draft.author, "at": draft.updated_at.isoformat()},
            )
        _set_aside(draft)
    draft.forms, draft.decisions = _with(draft.forms, parts.forms), _with(draft.decisions, parts.decisions)
    draft.cases = draft.cases if parts.cases is None else parts.cases
    try:
        _stamp(draft, draft.bpmn if parts.bpmn is None else parts.bpmn)
    except IntegrityError as error:  # two began at once: the other was a moment quicker
        raise StaleVersion(
            _("A colleague began a draft this very moment. Your drawing is still here."), detail={"version": 1}
        ) from error
    return draft


def _with(old: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**old, **changed}.items() if value is not None}


@repeated
def put(key: str, drawing: Drawing) -> WorkflowDraft:
    """Make this the draft, whatever stood there; what stood there is set aside."""
    require("edit", SUBJECT)
    _require_own(key, drawing.bpmn)
    draft = _locked(key)
    if draft is None:
        draft = WorkflowDraft(key=key, bpmn=drawing.bpmn, version=0)
        session().add(draft)
    else:
        _set_aside(draft)
    draft.base_id, draft.forms, draft.decisions = drawing.base_id, dict(drawing.forms), dict(drawing.decisions)
    draft.cases = drawing.cases
    _stamp(draft, drawing.bpmn)
    return draft


@repeated
def discard(key: str, *, saved: int) -> None:
    """Drop a draft as somebody saw it; raises StaleVersion when it has been changed since, NotFound."""
    require("edit", SUBJECT)
    draft = _locked(key)
    if draft is None:
        raise NotFound(_("There is no draft any more."))
    if draft.version != saved:
        raise StaleVersion(_("%(who)s changed this draft meanwhile. Look at it first.", who=draft.author))
    session().delete(draft)


def brought(key: str, content: bytes) -> Drawing:
    """A file somebody brings, as a drawing of this process; whatever else is in it stays. Raises Invalid at `file`."""
    try:
        root = read_root(content)
        process = _meant(root)
        old = process.get("id", "")
        process.set("id", key)
        parse(_written(root))
    except DiagramInvalid as error:
        raise Invalid(fields={"file": error.message}) from error
    process.set("isExecutable", "true")
    for node in root.iter():
        for name in ("bpmnElement", "processRef"):
            if old and node.get(name) == old:
                node.set(name, key)
    return Drawing(_written(root), {}, {}, definitions.newest_id(key), _cases_of(key))


def _meant(root: etree._Element) -> etree._Element:
    """The process of a file that is meant to run: the one that says so, else the first with a path in it."""
    processes = root.findall(f"{BPMN}process")
    if not processes:
        raise DiagramInvalid(_("This file holds no process."))
    marked = [each for each in processes if each.get("isExecutable") == "true"]
    filled = [each for each in processes if each.find(f"{BPMN}sequenceFlow") is not None]
    return (marked or filled or processes)[0]


def _cases_of(key: str) -> str:
    """The test cases there are already of a process; none for a new one."""
    try:
        return present(key).cases
    except NotFound:
        return ""


def blank(key: str, name: str) -> Drawing:
    """A drawing to begin with: a first state, an end, and the path between them."""
    root = read_root(BLANK.read_bytes())
    process = root.find(f"{BPMN}process")
    assert process is not None
    process.set("name", name)
    return brought(key, _written(root))


def free_keys() -> Mapping[str, str]:
    """{document type: its title} of the documents that have no process yet."""
    taken = {*definitions.shipped_keys(), *session().scalars(definitions.keys())}
    taken |= set(session().scalars(sa.select(WorkflowDraft.key)))
    kinds = {name: kind for name, kind in types.declared().items() if kind.is_document and name not in taken}
    return {name: str(kind.title) for name, kind in sorted(kinds.items(), key=lambda each: str(each[1].title))}


def require_key(key: str) -> str:
    """The key of a new process; raises Invalid at `key` for what cannot be one, Conflict for a taken one."""
    if not KEY.fullmatch(key):
        raise Invalid(fields={"key": _("Write small letters, digits and “_”, beginning with a letter.")})
    if key not in free_keys() and (definitions.shipped(key) or definitions.newest_id(key) or find(key)):
        raise Conflict(_("There is a process of this name already."))
    return key


def _gone(parts: Parts) -> str:
    if parts.bpmn is None:
        return _("This draft was published or discarded meanwhile. What you changed is still here.")
    return _("This draft was published or discarded meanwhile. Your drawing is still here.")


def _changed_by(draft: WorkflowDraft, parts: Parts) -> str:
    is_own = draft.author_id == context.current().member_id
    if parts.bpmn is None:
        return (
            _("You changed this draft in another window. What you changed here is still here.")
            if is_own
            else _("%(who)s changed this draft meanwhile. What you changed is still here.", who=draft.author)
        )
    if is_own:
        return _("You changed this draft in another window. This drawing is still here.")
    return _("%(who)s changed this draft meanwhile. Your drawing is still here.", who=draft.author)


def _require_own(key: str, bpmn: bytes) -> None:
    found = parse(bpmn)
    if found.id != key:
        raise Invalid(_("This is a drawing of “%(other)s”, not of “%(key)s”.", other=found.id, key=key))


def _locked(key: str) -> WorkflowDraft | None:
    wanted = sa.select(WorkflowDraft).where(WorkflowDraft.key == key).with_for_update()
    return session().scalar(wanted.execution_options(populate_existing=True))


def _stamp(draft: WorkflowDraft, bpmn: bytes) -> None:
    acting = context.current()
    draft.bpmn, draft.version, draft.updated_at = bpmn, draft.version + 1, clock.now()
    draft.author, draft.author_id = acting.name, acting.member_id
    draft.proposed_at, draft.proposed_by, draft.proposed_by_id = None, "", None
    session().flush()


def _set_aside(draft: WorkflowDraft) -> None:
    kept = {"author": draft.author, "at": draft.updated_at.isoformat(), "bpmn": draft.bpmn.decode(),
            "forms": draft.forms, "decisions": draft.decisions, "cases": draft.cases}  # fmt: skip
    draft.set_aside = [*draft.set_aside, kept][-SET_ASIDE:]


def _written(root: etree._Element) -> bytes:
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)
