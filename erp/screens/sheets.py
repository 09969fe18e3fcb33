"""An exported sheet brought back: choose it, look at every cell it changes, apply."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from flask import redirect, render_template, request

from erp import batches
from erp.batches import Comparison
from erp.documents.types import DocumentType
from erp.errors import Invalid
from erp.forms.inputs import Input
from erp.i18n import _, format_number
from erp.screens.bulk import Answer, Tally
from erp.screens.exporting import states_of
from erp.screens.lookups import Records
from erp.web.shapes import Link

CELLS = 100
"""Edited cells on one page."""
TOLD = 200
"""Problems and notes that are named."""


@dataclass(frozen=True)
class SheetCell:
    """An edited cell: where it stands, whose it is, from what to what."""

    address: str
    row: str
    url: str
    label: str
    old: str
    new: str


@dataclass(frozen=True)
class SheetSnag:
    """A row or cell that stays as it is, or that should be known of."""

    address: str
    row: str
    message: str


@dataclass(frozen=True)
class SheetPage:
    """millrace/sheet.html; step: upload | look."""

    step: str
    title: str
    action: str
    crumbs: Sequence[Link]
    fields: Sequence[Input] = ()
    tallies: Sequence[Tally] = ()
    cells: Sequence[SheetCell] = ()
    range: str = ""
    previous_url: str = ""
    next_url: str = ""
    problems: Sequence[SheetSnag] = ()
    problems_note: str = ""
    notes: Sequence[SheetSnag] = ()
    ignored: str = ""
    submit: str = ""
    back_url: str = ""


def shown(view: SheetPage, status: int = 200) -> Answer:
    """The page as it is sent."""
    return render_template("millrace/sheet.html", view=view), status


def _crumbs(kind: DocumentType) -> list[Link]:
    return [Link(str(kind.plural), f"/{kind.name}/")]


def upload(kind: DocumentType) -> Answer:
    """The page that asks for the sheet; a post compares it and goes on to what it wishes."""
    error = ""
    if request.method == "POST":
        sent = request.files.get("file")
        name, content = (sent.filename or "", sent.read()) if sent is not None else ("", b"")
        try:
            kept = batches.bring(kind.name, name, content, Records(), lambda: states_of(kind))
            return redirect(f"/{kind.name}/sheet/{kept.id}")
        except Invalid as refusal:
            error = refusal.fields.get("file", refusal.message)
    hint = _("An Excel sheet of this list that was exported here and edited. Nothing is written yet.")
    asked = Input("file", _("Sheet"), "file", required=True, hint=hint, error=error, accept=".xlsx")
    page = SheetPage(
        "upload", _("Bring an edited sheet back: %(things)s", things=str(kind.plural)), f"/{kind.name}/sheet",
        _crumbs(kind), fields=[asked], submit=_("Look at it"), back_url=f"/{kind.name}/",
    )  # fmt: skip
    return shown(page, 422 if error else 200)


def look(kind: DocumentType, file_id: int) -> Answer:
    """What the sheet wishes, page by page; a post starts the one batch that does it."""
    name, found = batches.brought(kind.name, file_id)
    if request.method == "POST":
        return redirect(f"/batch/{batches.apply(kind.name, file_id).id}")
    return shown(_page(kind, file_id, name, found))


def _page(kind: DocumentType, file_id: int, name: str, found: Comparison) -> SheetPage:
    url = f"/{kind.name}/sheet/{file_id}"
    total = sum(len(wish.cells) for wish in found.wishes)
    sent = request.args.get("from", "")
    first = min(int(sent), max(total - 1, 0)) if sent.isdecimal() and len(sent) < 9 else 0
    shown = list(islice(_cells(kind, found), first, first + CELLS))
    problems = [SheetSnag(each.address, each.label, each.message) for each in found.problems[:TOLD]]
    count = len(found.wishes)
    return SheetPage(
        "look", _("Sheet: %(name)s", name=name), url, _crumbs(kind),
        tallies=_tallies(found), cells=shown, range=_range(first, len(shown), total),
        previous_url=f"{url}?from={max(0, first - CELLS)}" if first else "",
        next_url=f"{url}?from={first + CELLS}" if first + CELLS < total else "",
        problems=problems,
        problems_note=_first(len(problems), len(found.problems)),
        notes=[SheetSnag(each.address, each.label, each.message) for each in found.notes[:TOLD]],
        ignored=_(", ").join(found.ignored),
        submit=_("Apply to %(count)s rows", count=format_number(count)) if count else "",
        back_url=f"/{kind.name}/sheet",
    )  # fmt: skip


def _cells(kind: DocumentType, found: Comparison) -> Iterator[SheetCell]:
    for wish in found.wishes:
        for each in wish.cells:
            yield SheetCell(each.address, wish.label, f"/{kind.name}/{wish.row_id}", each.label, each.old, each.new)


def _tallies(found: Comparison) -> list[Tally]:
    tallies = [Tally("good" if found.wishes else "idle", len(found.wishes), _("Rows"), _("will change"))]
    if found.same:
        tallies.append(Tally("idle", found.same, _("Rows"), _("stay as they are")))
    if found.refused:
        tallies.append(Tally("bad", found.refused, _("Rows"), _("cannot be taken")))
    return tallies


def _range(first: int, count: int, total: int) -> str:
    if not count:
        return ""
    return _(
        "%(first)s–%(last)s of %(count)s",
        first=format_number(first + 1), last=format_number(first + count), count=format_number(total),
    )  # fmt: skip


def _first(shown: int, total: int) -> str:
    if total <= shown:
        return ""
    return _("First %(shown)s of %(count)s", shown=format_number(shown), count=format_number(total))
