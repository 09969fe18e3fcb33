"""Add and edit: one form for a document's fields, its lines and its photos; what was typed is never lost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from erp import operations
from erp.data import files
from erp.data.base import repeated, settle
from erp.data.files import Kept
from erp.data.organisation import company
from erp.documents.base import Document
from erp.documents.fields import Field, Kind
from erp.documents.types import EXTENSION_MARK, DocumentType, line_value
from erp.errors import Forbidden, Invalid, StaleVersion
from erp.forms import Bound, bind
from erp.forms.inputs import LinesInput, Section
from erp.i18n import _, format_number
from erp.screens import words
from erp.screens.copying import copied
from erp.screens.form_keys import FormKey, Made
from erp.screens.guard import sent_version, typed, uploads
from erp.screens.heads import RATE, Opened
from erp.screens.lists import lower
from erp.screens.lookups import Records
from erp.screens.pieces import Stale, TheirChange
from erp.screens.words import Names
from erp.web.shapes import Link, State

SUMS = {"subtotal": "net", "tax": "tax", "total": "gross"}
"""What a document calls the sums of its lines: {its field: the sum's key}."""
FILES = "files"
"""Where the file store says what it refuses."""
PHOTOS = Field("photos", kind=Kind.FILES, accept="image/*,application/pdf")


@dataclass(frozen=True)
class FormPage:
    """millrace/form.html."""

    title: str
    action: str
    cancel_url: str
    submit: str
    crumbs: Sequence[Link] = ()
    states: Sequence[State] = ()
    sections: Sequence[Section] = ()
    lines: Sequence[LinesInput] = ()
    version: str = ""
    errors: Sequence[str] = ()
    stale: Stale | None = None
    note: str = ""
    key: str = ""
    """Of a form that makes something: it makes it once."""


@dataclass(frozen=True)
class Outcome:
    """Where to go on, or the form again with what was typed."""

    row_id: int | None = None
    page: FormPage | None = None
    is_repeat: bool = False
    """Whether the form was sent before, and nothing was made now."""


def values_of(kind: DocumentType, row: Any, fields: Sequence[Field]) -> dict[str, Any]:
    """The present values as forms take them, lines as mappings."""
    found: dict[str, Any] = {}
    for entry in fields:
        if entry.kind is Kind.LINES:
            found[entry.name] = [
                {"id": line.id} | {each.name: line_value(line, each) for each in entry.fields}
                for line in getattr(row, entry.name)
            ]
        elif entry.kind is not Kind.FILES:
            found[entry.name] = kind.value(row, entry)
    return found


def records_for(fields: Sequence[Field], values: Mapping[str, Any]) -> Records:
    """Who answers about linked records; those linked already may stay."""
    kept: set[tuple[str, int]] = set()
    for entry in fields:
        value = values.get(entry.name)
        if entry.kind is Kind.LINK and isinstance(value, int):
            kept.add((entry.target, value))
        for inner in entry.fields if entry.kind is Kind.LINES else ():
            if inner.kind is Kind.LINK:
                kept |= {(inner.target, row[inner.name]) for row in value or () if isinstance(row.get(inner.name), int)}
    return Records(kept)


def add_fields(kind: DocumentType, wished: Sequence[str]) -> list[Field]:
    """What a new document asks: the wished fields, else all that no later step of its process fills."""
    if wished:
        return [entry for name in wished for entry in kind.editable if entry.name == name]
    diagram = words.live_diagram(kind.name) if kind.is_document else None
    later = {name for element in diagram.elements.values() for name in element.edits} if diagram else set()
    return [entry for entry in kind.editable if entry.required or entry.name not in later]


# -- add -------------------------------------------------------------------------------------------------


def add_form(kind: DocumentType, wished: Sequence[str], given: Mapping[str, str], original: Any = None) -> FormPage:
    """The empty form; `original` fills what a copy may take over, `given` fields from the address."""
    fields = add_fields(kind, wished)
    values = copied(kind, original, fields) if original is not None else {}
    values |= {entry.name: _given(entry, given[entry.name]) for entry in fields if given.get(entry.name)}
    values = {name: value for name, value in values.items() if value is not None}
    bound = bind(_with_photos(kind, fields), None, values, currency=_currency(kind), lookup=records_for(fields, values))
    page = _add_page(kind, bound, FormKey())
    if original is None:
        return page
    note = _("A copy of %(what)s; nothing is kept before you save it.", what=original.called)
    return replace(page, note=note)


def _given(entry: Field, text: str) -> Any:
    try:
        return entry.parse(text[:200]) if entry.kind is not Kind.LINES else None
    except ValueError:
        return None


def add(kind: DocumentType, wished: Sequence[str]) -> Outcome:
    """Make what was posted, once however often this form is sent, or show what is wrong with it."""
    key = FormKey()
    fields = _with_photos(kind, add_fields(kind, wished))
    bound = bind(fields, typed(), {}, currency=_currency(kind), lookup=Records())
    if not bound.ok:
        return Outcome(page=_add_page(kind, files_again(bound), key))
    values = {name: value for name, value in bound.values.items() if name != PHOTOS.name}
    photos = bound.values.get(PHOTOS.name)
    try:
        kept = files.received(uploads(photos.added if photos else ()))  # in the store before the transaction begins
        made = key.once(lambda: created(kind, values, kept))
    except Invalid as error:
        return Outcome(page=_add_page(kind, files_again(refused(bound, error)), key))
    return Outcome(int(made.id), is_repeat=made.is_repeat)


@repeated
def created(kind: DocumentType, values: Mapping[str, Any], kept: Sequence[Kept] = ()) -> Made:
    """A row made of typed values, its process begun; raises Invalid."""
    row = operations.create(kind.name, values, uploads=kept)
    settle()
    return Made(row.called, f"/{kind.name}/{row.id}", str(row.id), row.title, row.subtitle)


def _with_photos(kind: DocumentType, fields: Sequence[Field]) -> list[Field]:
    return [*fields, replace(PHOTOS, label=_("Photos and files"))] if kind.is_document else list(fields)


def _currency(kind: DocumentType) -> str:
    return company().currency if kind.is_document or kind.line_cls is not None else ""


def _add_page(kind: DocumentType, bound: Bound, key: FormKey) -> FormPage:
    url = f"/{kind.name}/"
    title = _("New %(thing)s", thing=lower(str(kind.title)))
    return FormPage(
        title=title,
        action=f"{url}new",
        cancel_url=url,
        submit=_("Save"),
        crumbs=[Link(str(kind.plural), url)],
        sections=[Section(bound.inputs())],
        lines=lines_of(kind, bound),
        errors=said(bound),
        key=key.value,
    )


# -- edit ------------------------------------------------------------------------------------------------


def edit_form(it: Opened) -> FormPage:
    """The form with the fields this user may change now; raises Forbidden when there are none."""
    return _edit_page(it, _bound(it, None))


def edit(it: Opened) -> Outcome:
    """Save what was posted; a stale form comes back with the other's change, a wrong one with its sentences."""
    bound = _bound(it, typed())
    if not bound.ok:
        return Outcome(page=_edit_page(it, bound))
    version = sent_version()
    try:
        operations.edit(it.row.id, it.type.name, bound.values, version=it.row.version if version is None else version)
    except StaleVersion as error:
        return Outcome(page=_edit_page(it, bound, stale_of(it.type, bound, error), str(error.detail["version"])))
    except Invalid as error:
        return Outcome(page=_edit_page(it, refused(bound, error)))
    return Outcome(it.row.id)


def _bound(it: Opened, raw: Mapping[str, Any] | None) -> Bound:
    fields = operations.editable_fields(it.row)
    if not fields:
        raise Forbidden(_("Nothing can be edited here now: the process decides when."))
    values = values_of(it.type, it.row, fields)
    return bind(fields, raw, values, currency=it.currency, lookup=records_for(fields, values))


def _edit_page(it: Opened, bound: Bound, stale: Stale | None = None, version: str = "") -> FormPage:
    badge = words.state_of(it.row, it.states)
    return FormPage(
        title=_("Edit %(thing)s", thing=it.row.title),
        action=f"{it.url}/edit",
        cancel_url=it.url,
        submit=_("Save"),
        crumbs=[Link(str(it.type.plural), f"/{it.type.name}/"), Link(it.number, it.url)],
        states=[badge] if badge else [],
        sections=[Section(bound.inputs())] if bound.inputs() else [],
        lines=lines_of(it.type, bound, it.row),
        version=version or _typed_version() or str(it.row.version),
        errors=said(bound),
        stale=stale,
    )


def _typed_version() -> str:
    version = sent_version()
    return "" if version is None else str(version)


# -- shared with task forms ------------------------------------------------------------------------------


def said(bound: Bound) -> list[str]:
    """Sentences that stand above the form; none while somebody only asks for one more row."""
    if bound.adding or not bound.errors:
        return []
    return bound.other_errors or [_("Nothing is saved yet: some fields need correcting.")]


def refused(bound: Bound, error: Invalid) -> Bound:
    """The form with what was refused while saving; what belongs to no field keeps its sentence."""
    own = dict(error.fields)
    asked = [entry.name for entry in bound.fields if entry.kind is Kind.FILES]
    if FILES in own and asked and FILES not in asked:
        own[asked[0]] = own.pop(FILES)
    return bound.refused(own or {"": error.message})


def files_again(bound: Bound) -> Bound:
    """Say at its field that sent files were not kept: browsers do not fill them in again."""
    sent = [e.name for e in bound.fields if e.kind is Kind.FILES and getattr(bound.values.get(e.name), "added", None)]
    missed = {name: _("Choose the files again: they are not saved yet.") for name in sent if name not in bound.errors}
    return bound.refused(missed) if missed and bound.errors else bound


def lines_of(kind: DocumentType, bound: Bound, row: Any = None) -> list[LinesInput]:
    """The lines as edited; the sums under them are called as the document calls its own."""
    if not issubclass(kind.cls, Document):
        return bound.lines()
    labels = {SUMS[entry.name]: str(entry.label) for entry in kind.fields if entry.name in SUMS}
    if "tax" in labels and (rate := getattr(row, RATE, None)):
        labels["tax"] = _("%(label)s %(rate)s %%", label=labels["tax"], rate=format_number(rate))
    around = json.dumps({**_links(kind, row), "form": kind.name})
    return [
        replace(
            each, totals=[replace(total, label=labels.get(total.key, total.label)) for total in each.totals],
            around=around,
        )
        for each in replace(bound, terms=kind.cls.terms(row)).lines()
    ]  # fmt: skip


def _links(kind: DocumentType, row: Any) -> dict[str, int]:
    """What a document links to itself, the first of each type: whose it is, though its form may not ask for that."""
    own = [
        each for each in kind.fields if each.kind is Kind.LINK and not each.extra and EXTENSION_MARK not in each.name
    ]
    named = [(each.target, getattr(row, f"{each.name}_id")) for each in reversed(own)] if row is not None else []
    return {target: key for target, key in named if key is not None}


def stale_of(kind: DocumentType, bound: Bound, error: StaleVersion) -> Stale | None:
    """What somebody else changed meanwhile, beside what was typed here."""
    told: Sequence[Mapping[str, Any]] = error.detail.get("changes", ())
    if not told:
        return None
    names = Names()
    fields = words.fields_by_column(kind)
    pairs = [(change, fields.get(change["field"])) for change in told]
    pairs = [(change, entry) for change, entry in pairs if entry is None or not entry.readonly] or pairs
    links = [(c, e) for c, e in pairs if e is not None and e.kind is Kind.LINK]
    names.load({(e.target, side) for c, e in links for side in (c["before"], c["after"]) if isinstance(side, int)})
    changes = []
    for change, entry in pairs:
        label = str(entry.label) if entry else change["field"].replace("_", " ").capitalize()
        old, new = (words.in_words(entry, change[side], names, bound.currency) for side in ("before", "after"))
        mine = bound.values.get(entry.name) if entry is not None else None
        yours = "" if entry is None or mine is None or isinstance(mine, list) else _plain(entry, mine, bound, names)
        changes.append(TheirChange(label, old, new, yours))
    newest = told[0]
    return Stale(newest["actor"] or _("Automatic"), datetime.fromisoformat(newest["at"]), changes)


def _plain(entry: Field, value: Any, bound: Bound, names: Names) -> str:
    if entry.kind is Kind.LINK:
        names.load({(entry.target, value)})
        return names.name(entry.target, value)
    return entry.shown(value, bound.currency)
