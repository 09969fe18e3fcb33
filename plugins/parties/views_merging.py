"""Two parties side by side: what each says, and what the one that stays will say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from erp import Member, _, session
from erp.screens import Cell, Column, Kind, LinesShown, Link, Opened, Row
from plugins.parties.merging import addresses, emails, kept, phones
from plugins.parties.models import Party


@dataclass(frozen=True)
class MergePage:
    """parties/merge.html."""

    title: str
    crumbs: Sequence[Link]
    note: str
    table: LinesShown
    action: str
    cancel_url: str
    swap_url: str
    submit: str
    errors: Sequence[str] = ()


def merge_page(stays: Opened, goes: Opened, error: str = "") -> MergePage:
    """The page that is read before two are made one."""
    note = _(
        "%(goes)s is put away and leads to %(stays)s. Orders, invoices, payments, files and messages of %(goes)s belong"
        " to %(stays)s from then on, those you cannot see among them. This cannot be undone.",
        goes=goes.row.name, stays=stays.row.name,
    )  # fmt: skip
    columns = [
        Column("field", "", "title"),
        Column("stays", _("%(name)s, which stays", name=stays.row.name)),
        Column("goes", _("%(name)s, which goes", name=goes.row.name)),
        Column("kept", _("Afterwards")),
    ]
    rows = [
        Row(label, label, [Cell(label), *(Cell(each or "–") for each in sides)])
        for label, sides in _compared(stays, goes)
        if any(sides)
    ]
    return MergePage(
        title=_("Merge %(goes)s into %(stays)s", goes=goes.row.name, stays=stays.row.name),
        crumbs=[Link(str(stays.type.plural), f"/{stays.type.name}/"), Link(stays.number, stays.url)],
        note=note,
        table=LinesShown(_("Side by side"), columns, rows),
        action=f"{stays.url}/merge/{goes.row.id}",
        cancel_url=stays.url,
        swap_url=f"{goes.url}/merge/{stays.row.id}",
        submit=_("Merge"),
        errors=[error] if error else (),
    )


def _compared(stays: Opened, goes: Opened) -> Iterator[tuple[str, tuple[str, str, str]]]:
    """(label, (the one's, the other's, what is kept)) in the order of the form."""
    one: Party = stays.row
    other: Party = goes.row
    after = kept(one, other)
    for entry in stays.type.fields:
        if entry.name in after:
            values = (getattr(one, entry.name), getattr(other, entry.name), after[entry.name])
            yield str(entry.label), tuple(_said(entry, each) for each in values)  # type: ignore[misc]
    for table in stays.type.tables:
        mine, theirs = (list(getattr(row, table.name)) for row in (one, other))
        further: Any = {"phones": phones, "emails": emails, "addresses": addresses}[table.name](one, other)
        title = table.cls.title_field
        sides = (mine, theirs, [*mine, *further])
        yield str(table.label), tuple(" · ".join(getattr(each, title) for each in side) for side in sides)  # type: ignore[misc]
    people = (one.member_id, other.member_id, after["member_id"])
    yield _("Signs in as"), tuple(session().get_one(Member, each).name if each else "" for each in people)  # type: ignore[misc]


def _said(entry: Any, value: Any) -> str:
    if entry.kind is Kind.BOOLEAN:
        return _("Yes") if value else _("No")
    return str(entry.shown(value)) if entry.kind is Kind.CHOICE and value else str(value or "")
