"""How screens call things: states, people, times, links and values, each asked for at most once a request."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from erp import clock, context
from erp.access import CUSTOMER, can, role_name
from erp.data.base import session
from erp.documents.base import Document, Record
from erp.documents.fields import Field, Kind
from erp.documents.types import EXTENSION_MARK, DocumentType, declared
from erp.i18n import _, format_duration, format_number
from erp.web.shapes import Face, State
from erp.web.shell import initials
from erp.workflow import definitions
from erp.workflow.diagrams import spoken
from erp.workflow.diagrams.diagram import Diagram

FRESH = 5.0
"""Seconds a list may still show the names of the version before."""

_newest: dict[tuple[int | None, str], tuple[float, int | None]] = {}


def outcome_of(outputs: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    """What a decision gave: `labour: yes, parts: no`; what it left empty is not told."""
    given = {name: value for name, value in outputs.items() if value not in ("", None)}
    texts = {name: _said(value) if isinstance(value, str) else plain(value) for name, value in given.items()}
    return _(", ").join(f"{_(labels.get(name, name))}: {text}" for name, text in texts.items()) or _("nothing")


def ruled(step: str, outcome: str) -> str:
    """A table's step with what it gave; a question needs no colon before its answer."""
    return f"{step} {outcome}" if step.endswith(("?", "؟")) else _("%(step)s: %(outcome)s", step=step, outcome=outcome)


def _said(text: str) -> str:
    """A text a table answers, with durations and the roles in it as people call them."""
    if (span := spoken.duration(text)) != text:
        return span
    whole = _(text)
    return whole if whole != text else _(", ").join(role_name(part) for part in text.split(", "))


def plain(value: Any) -> str:
    """A value of a process as people read it."""
    if value is None:
        return _("nothing")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return _(", ").join(plain(each) for each in value)
    if isinstance(value, int | Decimal):
        return format_number(value)
    return str(value)[:100]


def forget() -> None:
    """Ask for the newest versions again."""
    _newest.clear()


def has_process(type_name: str) -> bool:
    """Whether documents of this type run a process."""
    return _newest_id(type_name) is not None or definitions.shipped(type_name) is not None


def live_diagram(type_name: str) -> Diagram | None:
    """The diagram new documents run, read only: looking at a page publishes nothing."""
    return definitions.diagram_of(type_name, _newest_id(type_name))


def _newest_id(type_name: str) -> int | None:
    key = (context.current().tenant_id, type_name)
    known = _newest.get(key)
    if known is not None and known[0] > time.monotonic():
        return known[1]
    found = definitions.newest_id(type_name)
    if len(_newest) > 5000:
        _newest.clear()
    _newest[key] = (time.monotonic() + FRESH, found)
    return found


def state_of(document: Record, states: dict[str, State]) -> State | None:
    """A document's badge; a state the diagram no longer has keeps its id as name."""
    if not isinstance(document, Document) or not document.state:
        return None
    return states.get(document.state) or State("idle", document.state.replace("_", " ").capitalize())


def role_icon(role: str) -> str:
    """The icon of a lane."""
    return "user" if role == CUSTOMER else "users"


def face_of(name: str, *, me: str = "", how: str = "") -> Face:
    """The face of an actor as history names them; an empty name is the machine."""
    if not name:
        return Face(icon="robot")
    if how == "link":
        return Face(icon="user")
    return Face(initials=initials(name), me=name == me)


def title_of(row: Record | None) -> str:
    """What people call a row, '' for none."""
    return row.title if row is not None else ""


def address_of(row: Record) -> str:
    """Where a row is shown, '' where the actor may not look."""
    name = row.__tablename__
    return f"/{name}/{row.id}" if can("show", name) else ""


def may_link(type_name: str) -> bool:
    """Whether rows of a type may be opened by the actor."""
    return type_name in declared() and can("show", type_name)


def called(row: Any) -> str:
    """What people call a row in a list of rows: a document's number and what it is about."""
    if not isinstance(row, Document):
        return str(row.title)
    number = row.number or f"#{row.id}"
    return number if row.title in {row.number, number} else _(", ").join((number, row.title))


def left_until(due: datetime) -> str:
    """`23 h 20 min left` or `2 d late`."""
    rest = due - clock.now()
    if rest < timedelta(0):
        return _("%(time)s late", time=format_duration(-rest))
    return _("%(time)s left", time=format_duration(rest))


def fields_by_column(document_type: DocumentType) -> Mapping[str, Field]:
    """The fields the columns in the audit log belong to; lines' fields too, behind those of the document."""
    entries = (*document_type.all_fields, *(entry for table in document_type.tables for entry in table.fields))
    found: dict[str, Field] = {}
    for entry in entries:
        name = entry.name.rpartition(EXTENSION_MARK)[2]
        found.setdefault(name, entry)
        if entry.kind is Kind.LINK:
            found.setdefault(f"{name}_id", entry)
    return found


class Names:
    """Names of linked records, looked up once for all that is shown on a page."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], str] = {}

    def load(self, wanted: set[tuple[str, int]]) -> None:
        """Look up (type, id) pairs; one statement for each type."""
        by_type: dict[str, set[int]] = {}
        for type_name, key in wanted - set(self._known):
            by_type.setdefault(type_name, set()).add(key)
        for type_name, keys in by_type.items():
            target = declared().get(type_name)
            if target is not None:
                for row in session().scalars(sa.select(target.cls).where(target.cls.id.in_(keys))):
                    self._known[type_name, row.id] = row.title

    def name(self, type_name: str, key: Any) -> str:
        """The name, else the number it is kept under."""
        return self._known.get((type_name, key), f"#{key}")


def in_words(entry: Field | None, value: Any, names: Names, currency: str = "") -> str:
    """A value of the audit log as people read it, '' for nothing."""
    if value is None or value == "":
        return ""
    if entry is None:
        return str(value) if not isinstance(value, dict | list) else ""
    if entry.kind is Kind.LINK:
        return names.name(entry.target, value)
    try:
        return entry.shown(entry.from_json(value), currency)
    except ValueError:
        return str(value)
