"""What was typed or sent becomes typed values or a sentence for each field that is wrong."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from erp.documents.fields import Field, Kind
from erp.errors import Invalid
from erp.forms.bound import Bound, Uploads
from erp.forms.draw import TypedRow
from erp.forms.fields import FormField, hidden
from erp.forms.lookup import NOTHING, Lookup
from erp.forms.rows import Refusals, first, json_rows, sent_value, typed_rows, unchanged
from erp.i18n import _


def bind(
    fields: Sequence[Field],
    raw: Mapping[str, Any] | None,
    values: Mapping[str, Any] | None = None,
    *,
    currency: str = "",
    lookup: Lookup = NOTHING,
) -> Bound:
    """What was typed (`raw`, as a form posts it) over the present `values`; `raw` None only shows these.

    Text that was not touched keeps its exact value. Read-only fields are never taken. Kept files stand in `values` as
    rows with an `id`, lines as mappings with an `id`.
    """
    current = dict(values or {})
    if raw is None:
        return Bound(tuple(fields), current=current, currency=currency, lookup=lookup)
    found: dict[str, Any] = {}
    errors: dict[str, str] = {}
    rows: dict[str, Sequence[TypedRow]] = {}
    for entry in fields:
        if entry.readonly:
            continue
        try:
            if entry.kind is Kind.LINES:
                rows[entry.name] = typed_rows(entry, raw, current.get(entry.name) or (), lookup)
                found[entry.name] = [row.taken() for row in rows[entry.name]]
                _check_rows(entry, rows[entry.name], errors)
            elif entry.kind is Kind.FILES:
                found[entry.name] = _uploads(entry, raw, current.get(entry.name) or ())
            else:
                found[entry.name] = _typed(entry, raw, current, lookup)
        except ValueError as error:
            errors[entry.name] = str(error)
    _check_links(fields, found, rows, errors, lookup)
    _leave_out_hidden(fields, found, errors)
    adding = next((e.name for e in fields if e.kind is Kind.LINES and first(raw, f"{e.name}-add")), "")
    return Bound(tuple(fields), found, errors, raw, current, rows, currency, lookup, adding)


def bind_json(
    fields: Sequence[Field],
    payload: Any,
    values: Mapping[str, Any] | None = None,
    *,
    currency: str = "",
    lookup: Lookup = NOTHING,
    partial: bool = False,
    ignored: Collection[str] = ("id", "version"),
) -> Bound:
    """What a program sent, errors keyed as in a form; `partial` leaves alone what was not sent.

    Unknown fields and changed read-only fields are errors; `ignored` keys are skipped.
    """
    if not isinstance(payload, Mapping):
        raise Invalid(_("Send a JSON object with a value for each field."))
    current = dict(values or {})
    found: dict[str, Any] = {}
    refusals = Refusals(fields, current, ignored)
    errors: dict[str, str] = refusals.of(payload)
    rows: dict[str, Sequence[TypedRow]] = {}
    for entry in fields:
        if entry.readonly or (partial and entry.name not in payload):
            continue
        try:
            if entry.kind is Kind.LINES:
                sent = json_rows(entry, payload.get(entry.name), current.get(entry.name) or (), partial=partial)
                rows[entry.name] = sent
                found[entry.name] = [row.taken() for row in sent]
                _check_rows(entry, sent, errors)
            elif entry.kind is not Kind.FILES:
                found[entry.name] = sent_value(entry, payload)
            elif payload.get(entry.name):
                errors[entry.name] = _("Files are sent on their own, not in JSON.")
        except ValueError as error:
            errors[entry.name] = str(error)
    _check_links(fields, found, rows, errors, lookup)
    _leave_out_hidden(fields, found, errors)
    return Bound(tuple(fields), found, errors, payload, current, rows, currency, lookup)


def _typed(entry: Field, raw: Mapping[str, Any], current: Mapping[str, Any], lookup: Lookup) -> Any:
    text = first(raw, entry.name)
    if entry.kind is Kind.LINK and not text.strip():
        meant = first(raw, f"{entry.name}__text").strip()
        return lookup.find(entry, meant) if meant else entry.parse("")
    if entry.kind is Kind.LONG_TEXT:
        text = text.replace("\r\n", "\n")
    if unchanged(entry, text, current):
        value = current[entry.name]
        return value if entry.kind is Kind.CHOICE else entry.check(value)
    return entry.parse(text)


def _uploads(entry: Field, raw: Mapping[str, Any], kept: Sequence[Any]) -> Uploads:
    sent = raw.get(entry.name)
    sent = list(sent) if isinstance(sent, list | tuple) else [sent]
    added = tuple(each for each in sent if hasattr(each, "filename") and each.filename)
    dropped = raw.get(f"{entry.name}__remove") or ()
    ticked: set[str] = {dropped} if isinstance(dropped, str) else set(dropped)
    known = {str(row.id): row.id for row in kept}
    removed = tuple(int(key) for text, key in known.items() if text in ticked)
    if isinstance(entry, FormField) and not entry.several and len(added) > 1:
        raise ValueError(_("Send one file only."))
    if entry.required and not added and len(known) <= len(removed):
        raise ValueError(_("Add a file."))
    return Uploads(added, removed)


def _check_rows(entry: Field, rows: Sequence[TypedRow], errors: dict[str, str]) -> None:
    for row in rows:
        if row.error:
            errors[f"{entry.name}-{row.index}"] = row.error
        errors.update({f"{entry.name}-{row.index}-{name}": text for name, text in row.errors.items()})
    if entry.required and not rows:
        raise ValueError(_("Add at least one line."))


def _check_links(
    fields: Sequence[Field],
    found: Mapping[str, Any],
    rows: Mapping[str, Sequence[TypedRow]],
    errors: dict[str, str],
    lookup: Lookup,
) -> None:
    """Refuse keys the actor may not choose; one question for each field, however many rows there are."""
    for entry in fields:
        key = found.get(entry.name)
        if entry.kind is Kind.LINK and isinstance(key, int) and key not in lookup.texts(entry, {key}):
            errors[entry.name] = _("Choose one of the list.")
        for inner in entry.fields if entry.kind is Kind.LINES else ():
            if inner.kind is not Kind.LINK:
                continue
            sent = rows.get(entry.name, ())
            keys = {row.values[inner.name] for row in sent if isinstance(row.values.get(inner.name), int)}
            known = lookup.texts(inner, keys) if keys else {}
            for row in sent:
                if row.values.get(inner.name) in keys - set(known):
                    errors[f"{entry.name}-{row.index}-{inner.name}"] = _("Choose one of the list.")


def _leave_out_hidden(fields: Sequence[Field], found: dict[str, Any], errors: dict[str, str]) -> None:
    """What is hidden is not asked for: an answer becomes None, a document's field is left as it is."""
    for name in hidden(fields, found):
        entry = next(each for each in fields if each.name == name)
        for key in [key for key in errors if key == name or key.startswith(f"{name}-")]:
            del errors[key]
        if isinstance(entry, FormField) and entry.binds:
            found.pop(name, None)
        else:
            found[name] = None
