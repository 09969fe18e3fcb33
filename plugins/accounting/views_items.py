"""All that customers and suppliers have open, each beside the way to settle it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import sqlalchemy as sa
from flask import render_template

from erp import NotFound, _, _l, can, i18n, session, today
from erp.screens import Answer, Cell, Column, LinesShown, Link, Row, Tab, Total
from plugins.accounting.models import JournalEntry, JournalLine
from plugins.accounting.posting import own_company
from plugins.parties.models import Party

SIDES: Mapping[str, str] = {"receivable": _l("Customers"), "payable": _l("Suppliers")}
"""{use of an account: whose items stand on it}"""
MOST = 500
"""Items a page shows, those due first; the aged report tells all."""


@dataclass(frozen=True)
class ItemsPage:
    """accounting/items.html."""

    title: str
    crumbs: Sequence[Link]
    tabs: Sequence[Tab]
    table: LinesShown
    note: str
    report_url: str


class Item(NamedTuple):
    """What is open of a line, and of whom."""

    line_id: int
    entry_id: int
    number: str
    text: str
    entry_date: date
    due_on: date | None
    party_id: int | None
    party: str | None
    open: Decimal


def open_items(side: str, most: int) -> list[Item]:
    """What is open on receivable or payable accounts now, what is due first before; of branches the actor reaches."""
    columns = [sa.column("line_id", sa.BigInteger), sa.column("open", sa.Numeric)]
    found = sa.func.ledger_open_items(side, today()).table_valued(*columns, name="item")
    text = sa.func.coalesce(sa.func.nullif(JournalLine.text, ""), JournalEntry.text)
    statement = (
        sa.select(
            JournalLine.id, JournalEntry.id, JournalEntry.number, text, JournalEntry.entry_date, JournalLine.due_on,
            Party.id, Party.name, found.c.open,
        )
        .select_from(found)
        .join(JournalLine, JournalLine.id == found.c.line_id)
        .join(JournalEntry, JournalEntry.id == JournalLine.document_id)
        .outerjoin(Party, Party.id == JournalLine.party_id)
        .order_by(sa.func.coalesce(JournalLine.due_on, JournalEntry.entry_date), JournalLine.id)
        .limit(most)
    )  # fmt: skip
    return [Item(*row) for row in session().execute(statement)]


def items_page(side: str, crumb: Link) -> Answer:
    """The page of a side; raises NotFound for one there is not."""
    if side not in SIDES:
        raise NotFound
    items = open_items(side, MOST + 1)
    note = ""
    if len(items) > MOST:
        note = _("These are the %(count)s that are due first.", count=i18n.format_number(MOST))
    tabs = [Tab(str(label), f"/journal_entry/open/{name}", current=name == side) for name, label in SIDES.items()]
    page = ItemsPage(_("Open items"), [crumb], tabs, _table(side, items[:MOST]), note, f"/reports/aged_{side}s")
    return render_template("accounting/items.html", view=page)


def _table(side: str, items: Sequence[Item]) -> LinesShown:
    currency, now = own_company().currency, today()
    heads = [
        Column("party", str(SIDES[side]), "title"),
        Column("entry", _("Entry"), "what"),
        Column("due_on", _("Due"), "due"),
        Column("open", _("Open"), "amount", number=True),
    ]
    both = _open_on_both_sides(items) if can("allocate", "journal_entry") else frozenset()
    rows = [
        Row(str(item.line_id), item.number, [
            Cell(item.party or _("Nobody"), url=f"/party/{item.party_id}" if item.party_id else ""),
            Cell(item.number, url=f"/journal_entry/{item.entry_id}", sub=item.text),
            Cell(i18n.format_date(item.due_on or item.entry_date), late=bool(item.due_on and item.due_on < now)),
            _amount(side, item, i18n.format_money(item.open, currency), can_settle=item.party_id in both),
        ])
        for item in items
    ]  # fmt: skip
    total = sum((item.open for item in items), Decimal(0))
    totals = [Total(_("Open in all"), i18n.format_money(total, currency), strong=True)] if rows else []
    return LinesShown(str(SIDES[side]), heads, rows, totals, empty=_("Nothing is open."))


def _open_on_both_sides(items: Sequence[Item]) -> frozenset[int]:
    """Parties of whom a debit and a credit are open, so that they can be settled with each other."""
    signs = {(item.party_id, item.open > 0) for item in items if item.party_id is not None}
    return frozenset(key for key, above in signs if key is not None and (key, not above) in signs)


def _amount(side: str, item: Item, text: str, *, can_settle: bool) -> Cell:
    """How much is open, and the way to settle it where there is something to settle it with."""
    if not can_settle:
        return Cell(text, "number")
    return Cell(text, "number", url=f"/journal_entry/settle/{item.party_id}?list={side}", sub=_("Settle"))
