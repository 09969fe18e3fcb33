"""What a session's own page says of its drawer: how it was paid, and what went in and out beside sales."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import sqlalchemy as sa

from erp import _, i18n, session
from erp.screens import Cell, Column, LinesShown, Row
from plugins.pos.drawer import figures
from plugins.pos.ledgers import DIRECTIONS, CashMovement
from plugins.pos.models import CashDifference, CashSession
from plugins.sales.models import TENDERS


def tables(mine: CashSession) -> Sequence[LinesShown]:
    """Its takings by how they were paid, and its cash movements where there are any."""
    found = figures(mine)
    heads = [Column("what", _("Paid with"), "title"), Column("amount", _("Amount"), "amount", number=True)]
    rows = [_row(kind, str(TENDERS[kind]), Decimal(each), mine) for kind, each in found["expected_by_kind"].items()]
    taken = LinesShown(_("Taken"), heads, rows, tag=mine.currency, empty=_("Nothing was sold yet."))
    moved = session().scalars(
        sa.select(CashMovement).where(CashMovement.session_id == mine.id).order_by(CashMovement.id)
    )  # fmt: skip
    rows = [_moved(each, mine) for each in moved]
    shown = [taken, LinesShown(_("Cash in and out"), heads, rows, tag=mine.currency)] if rows else [taken]
    return [*shown, *_difference(mine)]


def _difference(mine: CashSession) -> list[LinesShown]:
    """What it held too much or too little, and what was found out about it."""
    found = session().scalar(sa.select(CashDifference).where(CashDifference.session_id == mine.id))
    if found is None:
        return []
    heads = [Column("what", _("Found out"), "title"), Column("amount", _("Amount"), "amount", number=True)]
    rows = [_row("difference", found.explanation or _("Nobody said anything yet."), found.difference_amount, mine,
                 found.number or "")]  # fmt: skip
    if found.found_amount:
        rows.append(_row("found", _("Found of it"), found.found_amount, mine))
    return [LinesShown(_("Difference"), heads, rows, tag=mine.currency)]


def _moved(each: CashMovement, mine: CashSession) -> Row:
    sign = 1 if each.direction == "in" else -1
    sub = f"{DIRECTIONS[each.direction]}, {each.by}, {i18n.format_datetime(each.at)}"
    return _row(str(each.id), each.reason, sign * each.amount, mine, sub)


def _row(key: str, text: str, amount: Decimal, mine: CashSession, sub: str = "") -> Row:
    told = i18n.format_money(amount, mine.currency).removeprefix(f"{mine.currency} ")
    return Row(key, text, [Cell(text, sub=sub), Cell(told, "number")])
