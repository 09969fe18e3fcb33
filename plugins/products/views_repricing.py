"""The pages of a change of many prices: by how much, then every price as it would be, then off it goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import cast

from flask import redirect, render_template, request

from erp import Invalid, _, i18n
from erp.screens import Answer, Cell, Column, Field, Kind, LinesShown, Link, Row, Selection, asked_of_rows
from plugins.products.repricing import ENDINGS, Change, Wish, start, told, wanted

SHOWN = 200
"""Prices a preview names."""


@dataclass(frozen=True)
class RepricePage:
    """products/reprice.html."""

    title: str
    action: str
    crumbs: Sequence[Link]
    hidden: Sequence[tuple[str, str]]
    table: LinesShown
    submit: str
    back_url: str
    note: str
    warning: str = ""


def _fields() -> list[Field]:
    endings = tuple((name, str(label)) for name, label in ENDINGS.items())
    return [
        Field(
            "percent", Kind.DECIMAL, _("Change by"), unit="%", required=True, places=4, minimum=Decimal(-99),
            maximum=Decimal(1000), help=_("5 makes them dearer by 5 %, −5 cheaper."),
        ),
        Field("ending", Kind.CHOICE, _("Rounded to"), required=True, choices=endings),
    ]  # fmt: skip


def pages(chosen: Selection, name: str = "prices") -> Answer:
    """Ask, look, go: each step is a post that carries the rows along."""
    title = _("Change the prices of %(rows)s", rows=chosen.words)
    submit, fields, before = _("Look at the new prices"), _fields(), {"percent": None, "ending": "exact"}
    answer = asked_of_rows(chosen, title, name, submit, fields, before)
    if not isinstance(answer, Mapping):
        return answer
    wish = Wish(**answer)
    try:
        changes = wanted(chosen.type.name, chosen.chunks(), wish)
    except Invalid as refusal:
        return cast("Answer", asked_of_rows(chosen, title, name, submit, fields, before, refusal))
    if chosen.is_as_seen() and request.form.get("of") == _mark(changes):
        return redirect(f"/batch/{start(chosen.type.name, changes, wish)}")
    return render_template("products/reprice.html", view=_page(chosen, name, wish, changes))


def _mark(changes: Sequence[Change]) -> str:
    """What was looked at: how many would change, and the versions of their rows."""
    return f"{len(changes)}-{sum(each.version for each in changes)}"


def _page(chosen: Selection, name: str, wish: Wish, changes: Sequence[Change]) -> RepricePage:
    columns = [
        Column("what", str(chosen.type.title), "title"), Column("old", _("Before"), number=True),
        Column("new", _("Now"), "amount", number=True), Column("note", "", "more"),
    ]  # fmt: skip
    rows = [Row(str(each.row_id), each.title, _cells(chosen.type.name, each)) for each in changes[:SHOWN]]
    count, below = i18n.format_number(len(changes)), sum(each.is_below_cost for each in changes)
    sent = [(field, request.form.get(field, "")) for field in ("percent", "ending")]
    return RepricePage(
        title=told(wish),
        action=f"/{chosen.type.name}/bulk/{name}",
        crumbs=[Link(str(chosen.type.plural), chosen.list_url)],
        hidden=[*chosen.hidden, *sent, ("seen", chosen.seen), ("of", _mark(changes))],
        table=LinesShown(_("New prices"), columns, rows, tag=count),
        submit=_("Change %(count)s prices", count=count),
        back_url=chosen.list_url,
        note=_("Nothing is changed yet. Afterwards you can take it back as a whole."),
        warning=_("%(count)s would be sold below cost.", count=i18n.format_number(below)) if below else "",
    )


def _cells(type_name: str, change: Change) -> list[Cell]:
    below = _("below cost") if change.is_below_cost else ""
    return [
        Cell(change.title, url=f"/{type_name}/{change.row_id}"),
        Cell(i18n.format_money(change.old, change.currency), "number"),
        Cell(i18n.format_money(change.new, change.currency), "number"),
        Cell(below, late=bool(below)),
    ]
