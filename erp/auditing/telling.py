"""Entries in words: who did what to which document, each field before and after, with what and from where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from erp.access import can
from erp.api_keys import ApiKey
from erp.data.audit import UNTOLD, AuditEntry
from erp.data.base import session
from erp.documents.base import Document
from erp.documents.fields import Field, Kind
from erp.documents.types import DocumentType, declared, document_type
from erp.i18n import N_, _, format_number
from erp.sessions import UserSession

KINDS: Mapping[str, str] = {
    "created": N_("Made"),
    "changed": N_("Changed"),
    "removed": N_("Removed"),
    "imported": N_("Imported"),
    "opened_link": N_("Customer opened the link"),
    "signed_in": N_("Signed in"),
    "signed_out": N_("Signed out"),
    "sign_in_failed": N_("Failed to sign in"),
    "session_ended": N_("Session ended"),
    "token_reused": N_("Refresh token came twice"),
    "joined": N_("Joined the company"),
    "reset_asked": N_("Asked for a new password"),
    "password_changed": N_("Password changed"),
    "password_reset": N_("Password set anew by mail"),
    "api_write": N_("API request"),
    "retried": N_("Job tried again"),
    "cancelled": N_("Job cancelled"),
    "hurried": N_("Job hurried"),
    "prioritised": N_("Job put in another order"),
    "suspended": N_("Process suspended"),
    "resumed": N_("Process resumed"),
    "stopped": N_("Process stopped"),
    "moved": N_("Process moved"),
    "incident_retry": N_("Step tried again"),
    "incident_corrected": N_("Step put right and sent again"),
    "incident_skip": N_("Step skipped"),
    "incident_error_path": N_("Step sent down its error path"),
    "migrated": N_("Moved to another version"),
    "migrated_back": N_("Moved back to its version"),
    "exported": N_("Audit taken out"),
    "shortened": N_("Audit shortened"),
}
"""What was done, by kind; others go by their own name."""
SUBJECTS: Mapping[str, str] = {
    "tenant_member": N_("Member"),
    "user_session": N_("Session"),
    "ab_user": N_("Sign-in"),
    "api_key": N_("API key"),
    "company": N_("Company"),
    "branch": N_("Branch"),
    "credential": N_("Outside service"),
    "import": N_("Import"),
    "job": N_("Background work"),
    "audit": N_("Audit"),
}
"""What entries are about that are about no document."""
SOURCES: Mapping[str, str] = {
    "web": N_("Screen"),
    "rest": N_("API"),
    "link": N_("Signed link"),
    "import": N_("Import"),
    "batch": N_("Change of many rows"),
    "job": N_("Automatic"),
    "system": N_("Automatic"),
    "demo": N_("Demo data"),
}
HIDDEN = UNTOLD | {"extra"}
"""Columns that say nothing to people."""


@dataclass(frozen=True)
class Change:
    """A field's old and new value in words."""

    label: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.label}: {self.old or '–'} → {self.new or '–'}"


@dataclass(frozen=True)
class Told:
    """An entry in words."""

    entry: AuditEntry
    what: str
    subject: str
    """What the thing is."""
    name: str
    """Its number or title, '' where the reader may not see it or it is gone."""
    url: str
    changes: Sequence[Change]
    is_hidden: bool
    """Whether changes are not told, because the reader may not see such documents."""
    source: str
    way: str
    """With which key or device."""


def kind_name(kind: str) -> str:
    """What was done, in words."""
    return _(KINDS[kind]) if kind in KINDS else kind.replace("_", " ").capitalize()


def subject_name(subject: str) -> str:
    """What the thing is called an entry is about."""
    if subject in declared():
        return str(document_type(subject).title)
    return _(SUBJECTS[subject]) if subject in SUBJECTS else subject.replace("_", " ").capitalize()


def source_name(source: str) -> str:
    """The way in, in words."""
    return _(SOURCES[source]) if source in SOURCES else source.capitalize()


def told(entries: Sequence[AuditEntry]) -> list[Told]:
    """Entries in words; a handful of statements for a page, however long it is."""
    words = _Words(entries)
    return [words.of(entry) for entry in entries]


class _Words:
    """What is looked up once for many entries."""

    def __init__(self, entries: Sequence[AuditEntry]) -> None:
        self.types = {name: document_type(name) for name in {entry.subject for entry in entries} & set(declared())}
        self.seen = frozenset(name for name in self.types if can("show", name))
        wanted = {(entry.subject, entry.subject_id) for entry in entries if entry.subject in self.seen}
        self.rows = _rows(wanted)
        self.links = _titles(wanted_links(entries, self.types))
        self.ways = _ways({entry.way for entry in entries if entry.way})

    def of(self, entry: AuditEntry) -> Told:
        kind = self.types.get(entry.subject)
        is_hidden = kind is not None and entry.subject not in self.seen
        row = self.rows.get((entry.subject, entry.subject_id))
        return Told(
            entry=entry,
            what=kind_name(entry.kind),
            subject=subject_name(entry.subject) if entry.subject else "",
            name=_called(row) if row is not None else "",
            url=f"/{entry.subject}/{entry.subject_id}" if row is not None else "",
            changes=[] if is_hidden else list(self._changes(entry, kind, getattr(row, "currency", ""))),
            is_hidden=is_hidden and bool(entry.changes),
            source=source_name(entry.source),
            way=self.ways.get(entry.way, ""),
        )

    def _changes(self, entry: AuditEntry, kind: DocumentType | None, currency: str) -> Sequence[Change]:
        found = []
        for name, (before, after) in entry.changes.items():
            if name in HIDDEN:
                continue
            field = _field(kind, name)
            if name == "state":
                found.append(Change(_("State"), *(_state(side) for side in (before, after))))
                continue
            label = str(field.label) if field is not None else name.removesuffix("_id").replace("_", " ").capitalize()
            old, new = (self._value(field, value, currency) for value in (before, after))
            if old != new:
                found.append(Change(label, old, new))
        return found

    def _value(self, field: Field | None, value: Any, currency: str) -> str:
        if value is None or value == "":
            return ""
        if field is not None and field.kind is Kind.LINK:
            return self.links.get((field.target, value), f"#{value}")
        if field is not None:
            try:
                return field.shown(field.from_json(value), currency)
            except (ValueError, TypeError, AttributeError):
                return str(value)
        return _plain(value)


def _plain(value: Any) -> str:
    """A value of no declared field."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int):
        return format_number(value)
    if isinstance(value, list):
        return _(", ").join(_plain(each) for each in value)
    return "" if isinstance(value, dict) else str(value)


def _field(kind: DocumentType | None, name: str) -> Field | None:
    """The field a column belongs to; lines' fields too."""
    if kind is None:
        return None
    entries = (*kind.all_fields, *(entry for table in kind.tables for entry in table.fields))
    for entry in entries:
        if name in {entry.name, f"{entry.name}_id" if entry.kind is Kind.LINK else entry.name}:
            return entry
    return None


def wanted_links(entries: Sequence[AuditEntry], types: Mapping[str, DocumentType]) -> set[tuple[str, int]]:
    """(type, id) of the records that changes name."""
    found = set()
    for entry in entries:
        for name, sides in entry.changes.items():
            field = _field(types.get(entry.subject), name)
            if field is not None and field.kind is Kind.LINK and can("show", field.target):
                found |= {(field.target, side) for side in sides if isinstance(side, int)}
    return found


def _rows(wanted: set[tuple[str, int]]) -> dict[tuple[str, int], Any]:
    """The rows that are there, by (type, id); one statement for each type."""
    by_type: dict[str, set[int]] = {}
    for name, key in wanted:
        by_type.setdefault(name, set()).add(key)
    found: dict[tuple[str, int], Any] = {}
    for name, keys in by_type.items():
        cls = declared()[name].cls if name in declared() else None
        if cls is not None:
            found |= {(name, row.id): row for row in session().scalars(sa.select(cls).where(cls.id.in_(keys)))}
    return found


def _titles(wanted: set[tuple[str, int]]) -> dict[tuple[str, int], str]:
    return {key: row.title for key, row in _rows(wanted).items()}


def _called(row: Any) -> str:
    """A document's number, a record's title."""
    return (row.number or f"#{row.id}") if isinstance(row, Document) else str(row.title)


def _ways(wanted: set[str]) -> dict[str, str]:
    """What keys and devices are called, by `key:3` and `session:12`."""
    ids: dict[str, set[int]] = {"key": set(), "session": set()}
    for way in wanted:
        name, _sign, number = way.partition(":")
        ids.get(name, set()).add(int(number))
    keys = sa.select(ApiKey.id, ApiKey.name).where(ApiKey.id.in_(ids["key"]))
    devices = sa.select(UserSession.id, UserSession.device).where(UserSession.id.in_(ids["session"]))
    found: dict[str, str] = {}
    if ids["key"]:
        found |= {f"key:{row.id}": _("key “%(name)s”", name=row.name) for row in session().execute(keys)}
    if ids["session"]:
        found |= {f"session:{row.id}": row.device for row in session().execute(devices)}
    return found


def _state(name: object) -> str:
    """A state as its drawing most likely calls it: which version it was of is long over."""
    return _(str(name).replace("_", " ").capitalize()) if name else ""
