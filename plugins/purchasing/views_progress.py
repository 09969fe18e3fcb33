"""What became of an order, beside its fields: received, billed, and by which documents."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from erp import _, can, i18n, session
from erp.screens import Cell, Column, LinesShown, Opened, Row, Shown
from plugins.purchasing import progress
from plugins.purchasing.bills import SupplierBill
from plugins.purchasing.credits import SupplierCreditNote
from plugins.purchasing.deliveries import GoodsReceipt
from plugins.purchasing.models import APPROVED


def shares(it: Opened) -> Sequence[Shown]:
    """Received and billed in percent, once the order is approved."""
    if not it.row.passed(APPROVED):
        return ()
    found = progress.share(list(progress.of_order(it.row.id).values()))
    return [Shown(_("Received"), _percent(found.received)), Shown(_("Billed"), _percent(found.billed))]


def _percent(number: Decimal) -> str:
    return _("%(number)s %%", number=i18n.format_number(number))


def tables(it: Opened) -> Sequence[LinesShown]:
    """What became of every line, then receipts and bills."""
    if not it.row.passed(APPROVED):
        return ()
    key = it.row.id
    parts = [
        _lines(it),
        _documents(GoodsReceipt, GoodsReceipt.order_id == key, _("Receipts")),
        _documents(SupplierBill, SupplierBill.order_id == key, _("Bills")),
        _documents(SupplierCreditNote, SupplierCreditNote.order_id == key, _("Credit notes")),
    ]
    return [each for each in parts if each is not None]


def credit_notes(it: Opened, about: Any) -> Sequence[LinesShown]:
    """The credit notes about a bill or return."""
    found = _documents(SupplierCreditNote, about == it.row.id, _("Credit notes"))
    return () if found is None else (found,)


def _lines(it: Opened) -> LinesShown:
    heads = [
        Column("what", _("Line"), "title"),
        *(Column(name, label, "more", number=True) for name, label in (
            ("ordered", _("Ordered")), ("accepted", _("Accepted")), ("rejected", _("Rejected")),
            ("returned", _("Sent back")), ("to_come", _("To come")), ("billed", _("Billed")),
            ("credited", _("Credited")),
        )),
    ]  # fmt: skip
    done = progress.of_order(it.row.id)
    rows = []
    for line in it.row.lines:
        stands = done[line.id]
        counts = (
            stands.ordered, stands.accepted, stands.rejected, stands.returned, stands.to_come, stands.billed,
            stands.credited,
        )  # fmt: skip
        cells = [Cell(line.description), *(Cell(i18n.format_number(each), "number") for each in counts)]
        rows.append(Row(str(line.id), line.description, cells))
    return LinesShown(_("Progress"), heads, rows)


def _documents(cls: Any, which: sa.ColumnElement[bool], title: str) -> LinesShown | None:
    """Documents of a type, where there are any."""
    if not can("list", cls.__tablename__):
        return None
    found = session().scalars(sa.select(cls).where(which).order_by(cls.id)).all()
    if not found:
        return None
    heads = [
        Column("number", _("Number"), "title"),
        Column("state", _("Posted"), "more"),
        Column("on", _("Reference"), "more"),
    ]
    rows = [
        Row(
            str(each.id), each.number or "",
            [
                Cell(each.number or "", url=f"/{cls.__tablename__}/{each.id}"),
                Cell(i18n.format_date(each.posted_on) if each.posted_on else "–"), Cell(each.subtitle),
            ],
        )
        for each in found
    ]  # fmt: skip
    return LinesShown(title, heads, rows)
