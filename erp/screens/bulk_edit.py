"""One field of many rows: choose it, say its new value, look at what will change, go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import sqlalchemy as sa
from flask import redirect, request
from werkzeug.datastructures import MultiDict

from erp import batches, operations
from erp.data.base import session
from erp.data.organisation import company
from erp.documents.fields import Field, Kind
from erp.documents.types import DocumentType
from erp.errors import Invalid, UserError
from erp.forms import Bound, bind
from erp.forms.inputs import Choice, Input, Section
from erp.i18n import _, format_number
from erp.screens import words
from erp.screens.asked import asked_of
from erp.screens.bulk import TOLD, Answer, BulkPage, Refused, Selection, Tally, again, shown, told
from erp.screens.guard import typed
from erp.screens.lookups import Records
from erp.screens.picked import picked_ids
from erp.workflow.models import LIVE, WorkflowInstance

TO = "to"
"""What the new value is posted as, whatever the field is called."""


def selection(kind: DocumentType, given: Sequence[int] = ()) -> Selection:
    """The rows that were posted: ticked ones, or all of the list they were picked from; raises UserError for none.

    `given` are rows an address names itself.
    """
    text = request.form.get("query", "")[:4000]
    url = f"/{kind.name}/" + (f"?{text}" if text else "")
    if not request.form.get("all"):
        ids = tuple(given) or picked_ids(request.form.getlist("id"))
        hidden = (*(("id", str(key)) for key in ids), ("query", text))
    else:
        query = asked_of(kind, MultiDict(parse_qsl(text))).query
        ids = tuple(query.keys(batches.MOST + 1))
        hidden = (("all", "1"), ("query", text))
    if not ids:
        raise UserError(_("Pick some rows of the list first."))
    if len(ids) > batches.MOST:
        most = format_number(batches.MOST)
        raise UserError(_("At most %(count)s rows at once. Narrow the list first.", count=most))
    return Selection(kind, ids, hidden, url)


def edit(kind: DocumentType) -> Answer:
    """Choose, say, look, go; each step is a post that carries the rows along."""
    chosen = selection(kind)
    offered = fields_for(chosen)
    step = request.form.get("step", "")
    entry = next((each for each in offered if each.name == request.form.get("field")), None)
    if entry is None:
        return shown(_ask_field(chosen, offered, step), 422 if step else 200)
    asked = entry.renamed(TO)
    if step == "field":
        return shown(_ask_value(chosen, entry, bind([asked], None, lookup=Records(), currency=_currency(kind))))
    bound = bind([asked], typed(), {}, lookup=Records(), currency=_currency(kind))
    if not bound.ok:
        return shown(_ask_value(chosen, entry, bound), 422)
    value = bound.values[TO]
    if chosen.is_as_seen():
        values = {entry.name: entry.to_json(value)}
        changes = [batches.Change(row_id) for row_id in chosen.ids]
        made = batches.start(batches.EDIT, kind.name, changes, _words(entry, value), values=values)
        return redirect(f"/batch/{made.id}")
    return shown(_preview(chosen, entry, value))


def _currency(kind: DocumentType) -> str:
    return company().currency if kind.is_document or kind.line_cls is not None else ""


def fields_for(chosen: Selection) -> list[Field]:
    """The fields every row lets the actor edit now; where no field is so, those some rows do."""
    counts: Counter[str] = Counter()
    for ids in chosen.chunks():
        for fields in operations.editable_of(chosen.type, ids).values():
            counts.update(entry.name for entry in fields)
    asked = [entry for entry in chosen.type.editable if entry.kind not in {Kind.LINES, Kind.FILES}]
    common = [entry for entry in asked if counts[entry.name] == len(chosen.ids)]
    return common or [entry for entry in asked if counts[entry.name]]


def _words(entry: Field, value: Any) -> str:
    """`Country: Kenya`."""
    if entry.kind is Kind.LINK:
        text = Records().texts(entry, {value}).get(value, _("nobody")) if value is not None else _("empty")
    else:
        text = _("empty") if value in (None, "") else entry.shown(value)
    return _("%(field)s: %(value)s", field=str(entry.label), value=text)


def _ask_field(chosen: Selection, offered: Iterable[Field], step: str) -> BulkPage:
    choices = tuple(Choice(entry.name, str(entry.label)) for entry in offered)
    if not choices:
        said = [_("None of these rows can be edited now: the process decides when.")]
        return chosen.page(_title(chosen), "edit", errors=said)
    hint = _("Only fields that all of these rows let you change now.")
    error = _("Choose a field.") if step else ""
    asked = Input("field", _("Field"), "choice", choices=choices, required=True, hint=hint, error=error)
    return chosen.page(_title(chosen), "edit", sections=[Section([asked])], step="field", submit=_("Go on"))


def _title(chosen: Selection) -> str:
    return _("Edit %(rows)s", rows=chosen.words)


def _ask_value(chosen: Selection, entry: Field, bound: Bound) -> BulkPage:
    note = _("Left empty, the field is emptied in all of these rows.") if not entry.required else ""
    return chosen.page(
        _title(chosen), "edit",
        sections=[Section(bound.inputs())], hidden=[("field", entry.name)], step="value", submit=_("Look at it"),
        note=note,
    )  # fmt: skip


@dataclass
class Forecast:
    """What would become of the rows."""

    change: int = 0
    same: int = 0
    count: int = 0
    refused: list[Refused] = field(default_factory=list)

    def refuse(self, label: str, url: str, reason: str) -> None:
        """Count a row that refuses, and name the first hundred."""
        self.count += 1
        if len(self.refused) < TOLD:
            self.refused.append(Refused(label, url, reason))

    def tallies(self, said: str) -> list[Tally]:
        """The count of those left out, where there are some."""
        return [Tally("idle", self.count, _("Rows"), said)] if self.count else []


def left_out(chosen: Selection, ready: AbstractSet[int], reason: str) -> Forecast:
    """The rows that are not ready, the first hundred by name."""
    left = [row_id for row_id in chosen.ids if row_id not in ready]
    cls, url = chosen.type.cls, f"/{chosen.type.name}"
    rows = session().scalars(sa.select(cls).where(cls.id.in_(left[:TOLD])))
    names = {row.id: words.called(row) for row in rows}
    return Forecast(
        same=len(chosen.ids) - len(left), count=len(left),
        refused=[Refused(names.get(key, f"#{key}"), f"{url}/{key}", reason) for key in left[:TOLD]],
    )  # fmt: skip


def forecast(chosen: Selection, entry: Field, value: Any) -> Forecast:
    """How many rows would change, are so already, or refuse; read some at a time."""
    kind, found = chosen.type, Forecast()
    for ids in chosen.chunks():
        allowed = operations.editable_of(kind, ids)
        rows = {row.id: row for row in session().scalars(sa.select(kind.cls).where(kind.cls.id.in_(ids)))}
        for row_id in ids:
            row = rows.get(row_id)
            if row is None:
                found.refuse(f"#{row_id}", "", _("This row is gone."))
            elif not any(each.name == entry.name for each in allowed[row_id]):
                found.refuse(words.called(row), f"/{kind.name}/{row_id}", _("This cannot be changed now."))
            elif kind.value(row, entry) == value:
                found.same += 1
            else:
                found.change += 1
        for row in rows.values():
            session().expunge(row)
    return found


def _preview(chosen: Selection, entry: Field, value: Any) -> BulkPage:
    found = forecast(chosen, entry, value)
    tallies = [Tally("good", found.change, _("Rows"), _("will change"))]
    if found.same:
        tallies.append(Tally("idle", found.same, _("Rows"), _("are so already")))
    if found.count:
        tallies.append(Tally("bad", found.count, _("Rows"), _("refuse")))
    kept = [(name, text) for name, text in request.form.items() if name in {TO, f"{TO}__text"}]
    return chosen.page(
        _words(entry, value), "edit",
        hidden=[("field", entry.name), *kept, ("seen", chosen.seen)],
        tallies=tallies, refused=found.refused, refused_note=told(found.count, found.refused),
        step="go" if found.change else "",
        submit=_("Change %(count)s rows", count=format_number(found.change)) if found.change else "",
        errors=again(),
        note=_("You can take it back afterwards, row by row where nobody changed it since."),
    )  # fmt: skip


# -- stopping --------------------------------------------------------------------------------------------


def cancel(kind: DocumentType) -> Answer:
    """Ask why, then stop the processes of many documents."""
    chosen = selection(kind)
    reason, error = request.form.get("reason", "").strip(), ""
    if chosen.is_as_seen():
        if reason:
            changes = [batches.Change(row_id) for row_id in chosen.ids]
            title = _("Process stopped: %(reason)s", reason=reason)
            made = batches.start(batches.CANCEL, kind.name, changes, title, values={"reason": reason[:400]})
            return redirect(f"/batch/{made.id}")
        error = _("Say why.")
    running: set[int] = set()
    for ids in chosen.chunks():
        statement = sa.select(WorkflowInstance.document_id).where(
            WorkflowInstance.document_type == kind.name, WorkflowInstance.document_id.in_(ids),
            WorkflowInstance.status.in_(LIVE),
        )  # fmt: skip
        running.update(session().scalars(statement))
    others = left_out(chosen, running, _("It has no running process."))
    asked = Input("reason", _("Reason"), "longtext", reason, required=True, error=error, wide=True, max_length=400)
    tallies = [Tally("bad", len(running), _("Processes"), _("will be stopped"))]
    tallies += others.tallies(_("have no running process"))
    page = chosen.page(
        _("Stop the processes of %(rows)s", rows=chosen.words), "cancel",
        sections=[Section([asked])], hidden=[("seen", chosen.seen)], tallies=tallies,
        step="go" if running else "", submit=_("Stop them") if running else "", is_danger=True,
        refused=others.refused, refused_note=told(others.count, others.refused), errors=again() if not error else (),
        note=_("Open tasks, timers and calls are dropped. This cannot be taken back."),
    )  # fmt: skip
    return shown(page, Invalid.status if error else 200)
