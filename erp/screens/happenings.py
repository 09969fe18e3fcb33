"""What happened to a document, in words: field changes and steps of its process in one timeline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from erp import clock, context
from erp.comments import messages
from erp.data.audit import AuditEntry, history
from erp.data.base import session
from erp.documents.fields import Field, Kind
from erp.i18n import _, _l, format_date, format_number, local
from erp.screens import approvals, decisions, why, why_decided, words
from erp.screens.heads import DocumentHead, Opened, head
from erp.screens.words import Names
from erp.web.shapes import Face, Tab
from erp.workflow import history as process
from erp.workflow.models import WorkflowEvent

SHOWN = 60
"""Events of one history page."""
UNSAID = frozenset({"company_id", "branch_id", "document_id", "extra", "record_id"})
"""Columns that say where a row stands, not what it says."""
ENGINE = frozenset({"state", "state_at", "passed_states"})
"""Fields the process writes: its steps say it better."""
UNTYPED = {"currency": _l("Currency"), "file": _l("File")}
"""Names of what changes that are no fields."""
TOLD_AS_STEPS = frozenset({
    "migrated", "migrated_back", "suspended", "resumed", "stopped", "moved", "incident_retry", "incident_corrected",
    "incident_skip", "incident_error_path",
})  # fmt: skip
"""Entries of the audit whose event in the process says it better."""
SILENT = frozenset({"entered", "script"})
"""Events that say nothing to people."""


@dataclass(frozen=True)
class Change:
    """A field's old and new value in words."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class HistoryEvent:
    """One thing that happened; kind colours the dot: '' | bad | good."""

    text: str
    at: datetime
    who: str
    face: Face
    how: str = ""
    changes: Sequence[Change] = ()
    kind: str = ""
    is_step: bool = False
    is_message: bool = False
    batch_url: str = ""
    """The change of many rows it was one of."""


@dataclass(frozen=True)
class HistoryDay:
    """The events of one day."""

    label: str
    events: Sequence[HistoryEvent]


@dataclass(frozen=True)
class HistoryPage:
    """millrace/history.html."""

    head: DocumentHead
    days: Sequence[HistoryDay]
    filters: Sequence[Tab] = ()
    next_url: str = ""


@dataclass(frozen=True)
class Event:
    """A line of the short timeline."""

    text: str
    at: datetime
    sub: str = ""
    me: bool = False


def how_of(source: str) -> str:
    """The way in of a change, in words; '' for the plain one."""
    return {
        "link": _("signed link"),
        "import": _("import"),
        "rest": _("API"),
        "job": _("automatic"),
        "system": _("automatic"),
    }.get(source, "")


def batch_of(batch_id: int | None) -> str:
    """The address of a change of many rows, '' for none."""
    return f"/batch/{batch_id}" if batch_id else ""


def everything(it: Opened) -> list[HistoryEvent]:
    """All that happened, the newest first."""
    entries = history(session, it.type.name, it.row.id)
    events = process.of(it.instance.id) if it.instance else []
    found = [*reversed(_changes(it, entries)), *_steps(it, events), *_messages(it)]
    found.sort(key=lambda event: (event.at, event.is_step))
    return found[::-1]


def _messages(it: Opened) -> list[HistoryEvent]:
    me, found = context.current().name, []
    for said in messages.page(it.type.name, it.row.id)[0]:
        if said.removed_at is None:
            face = words.face_of(said.author, me=me)
            text = _("“%(text)s”", text=messages.excerpt(said.text))
            found.append(HistoryEvent(text, said.at, said.author, face, is_message=True))
    return found


def _changes(it: Opened, entries: Sequence[AuditEntry]) -> list[HistoryEvent]:
    names, fields = Names(), words.fields_by_column(it.type)
    wanted = set()
    for entry in entries:
        for name, sides in entry.changes.items():
            field = fields.get(name)
            if field is not None and field.kind is Kind.LINK:
                wanted |= {(field.target, side) for side in sides if isinstance(side, int)}
    names.load(wanted)
    found = []
    for entry in entries:
        changes = _in_words(it, entry, names, fields)
        if entry.kind in TOLD_AS_STEPS:
            continue
        if changes or entry.kind not in {"changed", "created", "removed"}:
            me = context.current().name
            face = words.face_of(entry.actor, me=me, how=entry.source)
            who = entry.actor or _("Automatic")
            text = _headline(it, entry, changes)
            how, batch_url = how_of(entry.source), batch_of(entry.batch_id)
            found.append(HistoryEvent(text, entry.at, who, face, how, changes, batch_url=batch_url))
    return found


def _in_words(it: Opened, entry: AuditEntry, names: Names, fields: Mapping[str, Field]) -> list[Change]:
    found = []
    for name, (before, after) in entry.changes.items():
        if name in it.type.hidden or name in ENGINE or name in UNSAID:
            continue
        if name == "number" and before is None and entry.kind == "changed":
            continue  # the counter gave it while it was made
        field = fields.get(name)
        if field is None and name not in UNTYPED:
            continue  # kept for programs: the audit has it, people have no word for it
        label = str(field.label if field else UNTYPED[name])
        old, new = (words.in_words(field, value, names, it.currency) for value in (before, after))
        if old != new:
            found.append(Change(label, old, new))
    return found


def _headline(it: Opened, entry: AuditEntry, changes: Sequence[Change]) -> str:
    told = {
        "opened_link": _("The customer opened the link"),
        "opened_approval": _("%(task)s: the link of the mail was opened", task=entry.item),
        "imported": _("Brought in as history from %(file)s", file=entry.item),
        "archived": _("Put away"),
        "unarchived": _("Taken back"),
        "merged_into": _("Merged into %(name)s", name=entry.item),
        "merged": _("%(name)s was merged into this", name=entry.item),
        "linked": _("Linked to the colleague %(name)s", name=entry.item),
        "unlinked": _("No longer linked to the colleague %(name)s", name=entry.item),
    }
    if entry.kind in told:
        return told[entry.kind]
    if entry.item:
        texts = {"created": _("Line added: %(line)s"), "removed": _("Line removed: %(line)s")}
        return texts.get(entry.kind, _("Line changed: %(line)s")) % {"line": entry.item}
    if entry.kind == "created":
        return _("%(thing)s made", thing=str(it.type.title))
    if entry.kind == "removed":
        return _("Removed")
    if not changes:
        return _("Changed")
    if len(changes) == 1:
        return _("%(field)s changed", field=changes[0].label)
    return _("%(field)s and %(count)s more changed", field=changes[0].label, count=format_number(len(changes) - 1))


def _steps(it: Opened, events: Iterable[WorkflowEvent]) -> list[HistoryEvent]:
    me = context.current().name
    found = []
    for event in events:
        text, kind = _step_words(it, event)
        if text:
            face = words.face_of(event.actor, me=me, how="link" if "(" in event.actor else "")
            who, url = event.actor or _("Automatic"), batch_of(event.data.get("batch"))
            found.append(HistoryEvent(text, event.at, who, face, "", (), kind, is_step=True, batch_url=url))
    return found


def _is_same_place(event: WorkflowEvent, name: str) -> bool:
    """Whether it moved only from one version to another that calls the step otherwise for programs alone."""
    return event.kind == "moved" and _(str(event.data.get("to_name", ""))) == name


def _step_words(it: Opened, event: WorkflowEvent) -> tuple[str, str]:
    """(what happened, colour of its dot); an empty text for what is not worth a line."""
    name = _(event.name or event.element)
    element = it.published.diagram.elements.get(event.element) if it.published and not event.scope else None
    if (
        event.kind in SILENT
        or _is_same_place(event, name)
        or (event.kind == "completed" and element is not None and element.kind not in _DONE)
    ):
        return "", ""
    if event.kind == "passed":
        state = element.state if element else ""
        return _("State: %(state)s", state=name), state if state in {"good", "bad"} else ""
    told = approvals.event_words(event.kind, name, event.data)
    if told[0]:
        return told
    if event.kind == "decided":
        outcome = str(event.data.get("outcome") or "")
        return (f"{name} {_(outcome)}" if outcome else name), ""
    if event.kind == "ruled":
        labels = why_decided.labels_of(it, element) if element else {}
        outcome = words.outcome_of(event.data["rulings"][-1]["outputs"], labels)
        return words.ruled(name, outcome), ""
    if event.kind in {"sent", "received"}:
        return why.told_of(event, name), ""
    if event.kind in decisions.TOLD:
        return decisions.told(event, name)
    texts = {
        "completed": _("%(step)s: done"),
        "claimed": _("%(step)s: claimed"),
        "released": _("%(step)s: given back"),
        "delegated": _("%(step)s: given to %(to)s") + (": “%(note)s”" if event.data.get("note") else ""),
        "action": "%(step)s",
        "cancelled": _("%(step)s: no longer needed"),
        "timer_fired": _("%(step)s: the time was up"),
        "error_caught": _("%(step)s: it failed, so the process went another way"),
        "ended": _("The process is over"),
        "migrated": _("Moved from version %(from)s of its process to version %(to)s")
        + (": “%(reason)s”" if event.data.get("reason") else ""),
        "migrated_back": _("Moved back from version %(from)s of its process to version %(to)s"),
    }
    kinds = {"error_caught": "bad"}
    return texts.get(event.kind, "") % {**event.data, "step": name}, kinds.get(event.kind, "")


_DONE = frozenset({"userTask", "serviceTask", "callActivity", "manualTask"})


def short_timeline(events: Sequence[HistoryEvent], count: int = 6) -> list[Event]:
    """The newest few, for the side of the document."""
    me = context.current().name
    return [
        Event(event.text, event.at, _(", ").join(part for part in (event.who, event.how) if part), event.who == me)
        for event in events[:count]
    ]


def history_page(it: Opened, show: str, after: int) -> HistoryPage:
    """The history tab: everything, or only changes or steps, from the `after`-th on."""
    url = f"{it.url}/history"
    events = everything(it)
    kept = {
        "": events,
        "changes": [event for event in events if not event.is_step and not event.is_message],
        "steps": [event for event in events if event.is_step],
    }
    show = show if show in kept else ""
    labels = {"": _("All"), "changes": _("Changes"), "steps": _("Steps")}
    filters = [
        Tab(label, f"{url}?show={key}" if key else url, format_number(len(kept[key])), current=key == show)
        for key, label in labels.items()
        if it.instance is not None
    ]
    part = kept[show][after : after + SHOWN]
    more = len(kept[show]) > after + SHOWN
    next_url = f"{url}?show={show}&after={after + SHOWN}" if more else ""
    return HistoryPage(head(it, "history"), list(_days(part)), filters, next_url)


def _days(events: Sequence[HistoryEvent]) -> Iterable[HistoryDay]:
    today = local(clock.now()).date()
    for day, group in groupby(events, key=lambda event: local(event.at).date()):
        past = (today - day).days
        label = _("Today") if past == 0 else _("Yesterday") if past == 1 else format_date(day)
        yield HistoryDay(label, list(group))
