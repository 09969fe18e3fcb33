"""What a customer or supplier owes, item by item, and the form that settles two of them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from erp import Conflict, _, i18n, session
from erp.screens import Answer, Cell, Column, Field, Kind, LinesShown, Link, Opened, Question, Row, Stand, asked_at
from plugins.accounting.allocating import OpenLine, allocate_lines, open_lines, settle_oldest, settled_with
from plugins.accounting.models import Allocation, JournalEntry, JournalLine
from plugins.accounting.posting import own_company
from plugins.parties.models import Party

OLDEST = "oldest"


def shown_open(line: OpenLine) -> str:
    """What is open of a line, in the currency it is in."""
    if line.currency and line.currency_open is not None:
        return i18n.format_money(line.currency_open, line.currency)
    return i18n.format_money(line.open, own_company().currency)


def open_table(lines: Sequence[OpenLine]) -> LinesShown:
    """The open items of a party, the oldest due first."""
    heads = [
        Column("number", _("Entry"), "title"),
        Column("text", _("Text"), "what"),
        Column("due_on", _("Due"), "what"),
        Column("open", _("Open"), "amount", number=True),
    ]
    rows = [
        Row(str(line.id), line.number, [
            Cell(line.number, "id", sub=i18n.format_date(line.entry_date)),
            Cell(line.text),
            Cell(i18n.format_date(line.due_on) if line.due_on else "–"),
            Cell(shown_open(line), "number"),
        ])
        for line in lines
    ]  # fmt: skip
    return LinesShown(_("Open items"), heads, rows)


def settled_table(it: Opened) -> LinesShown | None:
    """What the lines of an entry are settled with, and the way to take that back; None where nothing is."""
    ids = [line.id for line in it.row.lines]
    found = settled_with(ids)
    if not found:
        return None
    heads = [
        Column("number", _("Settled with"), "title"),
        Column("by", _("By"), "who"),
        Column("amount", _("Amount"), "amount", number=True),
    ]
    return LinesShown(_("Settled"), heads, [_settled_row(row, ids) for row in found])


def _settled_row(row: Allocation, own: Sequence[int]) -> Row:
    other = row.credit_line_id if row.debit_line_id in own else row.debit_line_id
    entry = session().get_one(JournalEntry, session().get_one(JournalLine, other).document_id)
    cells = [
        Cell(entry.number or "–", "id", url=f"/journal_entry/{entry.id}", sub=entry.text),
        Cell(row.by, sub=i18n.format_datetime(row.at)),
        Cell(i18n.format_money(row.amount, own_company().currency), "number",
             url=f"/journal_entry/take_back/{row.id}", sub=_("Take back")),
    ]  # fmt: skip
    return Row(str(row.id), entry.number or "", cells)


def settle_page(party: Party, side: str = "") -> Answer:
    """The form that settles a debit with a credit of a party, or all of them, the oldest first.

    Who came from the list of a side goes back to it.
    """
    lines = open_lines(party.id)
    debits, credits_ = ([each for each in lines if each.amount * sign > 0] for sign in (1, -1))
    if not debits or not credits_:
        raise Conflict(_("Nothing of %(who)s can be settled: one side is not open.", who=party.name))

    def do(values: dict[str, Any]) -> str:
        if values["debit"] == OLDEST:
            return _(
                "%(amount)s is settled.", amount=i18n.format_money(settle_oldest(party.id), own_company().currency)
            )
        allocate_lines(int(values["debit"]), int(values["credit"]), values.get("amount"))
        return _("They are settled with each other.")

    oldest = (OLDEST, _("All, the oldest first"))
    fields = [
        Field("debit", Kind.CHOICE, _("Debited"), required=True, choices=(oldest, *map(_choice, debits))),
        Field("credit", Kind.CHOICE, _("Credited"), required=True, choices=tuple(map(_choice, credits_))),
        Field("amount", Kind.MONEY, _("Amount"), places=4, minimum=Decimal(0), help=_("Empty: as much as is open.")),
    ]
    action, back = f"/journal_entry/settle/{party.id}", f"/party/{party.id}"
    if side:
        action, back = f"{action}?list={side}", f"/journal_entry/open/{side}"
    stand = Stand(action, back, [Link(party.name, f"/party/{party.id}")], own_company().currency)
    title = _("Settle open items of %(who)s", who=party.name)
    return asked_at(stand, Question(title, _("Settle"), do, fields, {"debit": OLDEST, "credit": str(credits_[0].id)}))


def _choice(line: OpenLine) -> tuple[str, str]:
    day = i18n.format_date(line.entry_date)
    return str(line.id), " · ".join(filter(None, (line.number, day, line.text, shown_open(line))))
