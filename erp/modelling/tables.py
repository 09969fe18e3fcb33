"""The decision tables of a process: which it asks, which of them are its own, and a file somebody brings as one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from erp import markup
from erp.decisions import DecisionFailed, DecisionInvalid, read
from erp.decisions.reading import survey
from erp.decisions.tables import Table
from erp.errors import Invalid, NotFound
from erp.i18n import _
from erp.modelling import checking, drafts
from erp.modelling.drafts import KEY, Drawing
from erp.workflow import definitions
from erp.workflow.diagrams.diagram import DiagramInvalid, parse


@dataclass(frozen=True)
class Entry:
    """A table as lists show it."""

    key: str
    title: str
    asked_by: Sequence[str]
    """What people call the steps that ask it."""
    is_own: bool
    """Whether the process brings it along; else it is the shipped one."""
    rules: int = 0
    problem: str = ""
    """Why it cannot be read."""
    is_missing: bool = False


def entries(drawing: Drawing) -> list[Entry]:
    """The tables a drawing asks, in its order, then those it brings along and no step asks."""
    asking = _asking(drawing)
    return [_entry(drawing, key, asking.get(key, ())) for key in dict.fromkeys([*asking, *sorted(drawing.decisions)])]


def text(drawing: Drawing, key: str) -> str:
    """The DMN of a table: its own, else the shipped one; raises NotFound."""
    found = drawing.decisions.get(key) or (definitions.shipped_decision(key) if KEY.fullmatch(key) else None)
    if not found:
        raise NotFound(_("There is no such table."))
    return found


def live_text(process: str, key: str) -> str:
    """The DMN of a table as documents that are made now meet it; "" where none runs yet."""
    try:
        return text(drafts.live(process), key)
    except NotFound:
        return ""


def checked(drawing: Drawing, key: str, content: bytes) -> str:
    """A table as it is kept while somebody writes it: cells may be wrong. Raises NotFound, or Invalid for no table."""
    text(drawing, key)
    model, _complaints = survey(content)
    if key not in model.decisions:
        raise Invalid(_("The decision that is asked must keep its name for programs, “%(key)s”.", key=key))
    return content.decode(errors="replace")


def brought(content: bytes, key: str = "") -> tuple[str, str]:
    """(key, DMN) of a file somebody brings as a new table, or as that of `key`; raises Invalid at `file`.

    What it decides last is what is asked, and gets the key as its id; nothing else in the file changes.
    """
    if key and not KEY.fullmatch(key):
        raise Invalid(fields={"file": _("There is no such table.")})
    try:
        model, root = read(content), markup.root(content, DecisionInvalid)
    except DecisionInvalid as error:
        raise Invalid(fields={"file": error.message}) from error
    needed = {each for decision in model.decisions.values() for each in decision.requires}
    last = [each for id_, each in model.decisions.items() if id_ not in needed]
    if not last:
        raise Invalid(fields={"file": _("This file holds no decisions.")})
    key = key or (last[-1].id if KEY.fullmatch(last[-1].id) else slug(last[-1].name))
    if not key:
        raise Invalid(fields={"file": _("Its decision needs a name of letters first: “%(id)s”.", id=last[-1].id)})
    if key == last[-1].id:
        return key, _decoded(content, root)
    return key, _renamed(root, last[-1].id, key)


def slug(name: str) -> str:
    """`Deposit, by total` as `deposit_by_total`; '' for what has no letters of ours."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"^[_0-9]+|_+$", "", re.sub(r"[^a-z0-9]+", "_", plain))[:40].strip("_")


def _decoded(content: bytes, root: etree._Element) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return etree.tostring(root, encoding="unicode")


def _renamed(root: etree._Element, old: str, new: str) -> str:
    for node in root.iter():
        if node.get("id") in {old, new}:  # whoever had the key already changes places
            node.set("id", new if node.get("id") == old else old)
        if (href := node.get("href", "")) in {f"#{old}", f"#{new}"}:
            node.set("href", f"#{new}" if href == f"#{old}" else f"#{old}")
    return etree.tostring(root, encoding="unicode")


def _asking(drawing: Drawing) -> dict[str, list[str]]:
    try:
        diagram = parse(drawing.bpmn)
    except DiagramInvalid:
        return {}
    found: dict[str, list[str]] = {}
    for element in diagram.elements.values():
        if element.decision:
            found.setdefault(element.decision, []).append(checking.label(diagram, element.id))
    return found


def _entry(drawing: Drawing, key: str, asked_by: Sequence[str]) -> Entry:
    is_own, title = key in drawing.decisions, key.replace("_", " ").capitalize()
    try:
        decision = read(text(drawing, key).encode()).find(key)
    except (DecisionInvalid, DecisionFailed) as error:
        return Entry(key, title, asked_by, is_own, problem=error.message)
    except NotFound as error:
        return Entry(key, title, asked_by, is_own, problem=error.message, is_missing=True)
    rules = len(decision.logic.rules) if isinstance(decision.logic, Table) else 0
    return Entry(key, _(decision.name), asked_by, is_own, rules)
