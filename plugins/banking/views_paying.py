"""What pages say of payments: the files for the bank, and where suppliers are paid."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from flask import Response

from erp import Conflict, _, i18n, session
from erp.screens import Answer, Cell, Column, LinesShown, Link, Opened, Row, Shown, rows_as_csv
from plugins.banking import bank_files
from plugins.banking.bills import credits_
from plugins.banking.paying import transfers
from plugins.banking.runs import PartyBankAccount, PaymentRun
from plugins.parties.models import Party

OPEN_ITEMS = "/journal_entry/open/payable"
"""Where what is open with suppliers is settled."""


def files(it: Opened) -> list[Link]:
    """The files of a run that is released."""
    if it.row.released_at is None:
        return []
    return [
        Link(_("File for the bank (pain.001)"), f"{it.url}/pain.xml", "file-export"),
        Link(_("Payments as a table"), f"{it.url}/payments.csv", "file-type-csv"),
    ]


def as_xml(it: Opened) -> Answer:
    """The file of a run; raises Conflict until it is released."""
    _refuse_early(it)
    answer = Response(bank_files.as_xml(it.row), content_type="application/xml; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{it.number}.xml"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def as_csv(it: Opened) -> Answer:
    """The same as a table."""
    _refuse_early(it)
    heads = [
        _("Name"), _("Account number"), _("BIC"), _("Bank"), _("Amount"), _("Currency"), _("Reference"), _("What for")
    ]  # fmt: skip
    return rows_as_csv(it.number, heads, bank_files.rows(it.row))


def _refuse_early(it: Opened) -> None:
    if it.row.released_at is None:
        raise Conflict(_("%(number)s is not approved yet: there is no file.", number=it.number))


def facts(run: PaymentRun) -> list[Shown]:
    """How many transfers there are, and the files."""
    found = [Shown(_("Transfers"), i18n.format_number(len(transfers(run))))] if run.lines else []
    if run.is_under_way and (left := _credited(run)):
        found.append(Shown(_("Credited, not settled"), left, url=OPEN_ITEMS, sub=_("Settle it with the bills first.")))
    if run.released_at is not None:
        base = f"/payment_run/{run.id}"
        found.append(Shown(_("File for the bank"), f"{run.number}.xml", url=f"{base}/pain.xml", sub="pain.001.001.03"))
        found.append(Shown(_("As a table"), f"{run.number}.csv", url=f"{base}/payments.csv"))
    return found


def _credited(run: PaymentRun) -> str:
    """What suppliers it pays owe back meanwhile; "" for nothing."""
    paid = {line.party.id for line in run.paid_lines}
    owed = [each for each in credits_(run.currency) if each.party_id in paid]
    return _(", ").join(f"{each.party_name}: {i18n.format_money(each.left, each.currency)}" for each in owed)


def of_party(party: Party) -> Sequence[LinesShown]:
    """Where a supplier is paid, and was before."""
    statement = sa.select(PartyBankAccount).where(PartyBankAccount.party_id == party.id)
    found = session().scalars(statement.order_by(PartyBankAccount.id.desc())).all()
    heads = [
        Column("number", _("Account number"), "title"), Column("bank", _("Bank"), "what"),
        Column("reason", _("How we know"), "what"), Column("by", _("By"), "who"),
    ]  # fmt: skip
    rows = [_row(row, is_newest=place == 0) for place, row in enumerate(found)]
    return [LinesShown(_("Bank details"), heads, rows)] if rows else []


def _row(row: PartyBankAccount, *, is_newest: bool) -> Row:
    state = _("Nothing more is paid to it") if row.is_closed else "" if is_newest else _("Replaced")
    cells = [
        Cell(row.number, "id", sub=state, url=f"/party_bank_account/{row.id}"),
        Cell(row.bank or "", sub=row.bic or ""),
        Cell(row.reason),
        Cell(row.created_by, sub=i18n.format_datetime(row.created_at)),
    ]
    return Row(str(row.id), row.number, cells)
