"""The entries of a document, as they are shown below it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import sqlalchemy as sa

from erp import _, i18n, session
from erp.screens import Cell, Column, LinesShown, Row
from plugins.accounting.models import Account, JournalEntry, JournalLine


def posted_table(entries: Sequence[JournalEntry], currency: str) -> LinesShown:
    """A row for each line; the entry stands beside its first one."""
    wanted = {line.account_id for entry in entries for line in entry.lines}
    accounts = {each.id: each for each in session().scalars(sa.select(Account).where(Account.id.in_(wanted)))}
    heads = [
        Column("entry", _("Entry"), "title"),
        Column("account", _("Account"), "what"),
        Column("debit", _("Debit"), "amount", number=True),
        Column("credit", _("Credit"), "amount", number=True),
    ]
    rows = [
        _row(entry, line, accounts[line.account_id], currency, is_first=place == 0)
        for entry in entries
        for place, line in enumerate(entry.lines)
    ]
    return LinesShown(_("Journal entries"), heads, rows)


def _row(entry: JournalEntry, line: JournalLine, account: Account, currency: str, *, is_first: bool) -> Row:
    head = Cell("")
    if is_first:
        head = Cell(entry.number or "–", "id", url=f"/journal_entry/{entry.id}", sub=i18n.format_date(entry.entry_date))
    foreign = i18n.format_money(line.currency_amount, line.currency) if line.currency_amount else ""
    cells = [
        head,
        Cell(account.code, sub=account.name),
        Cell(_amount(line.debit, currency), "number", sub=foreign if line.debit else ""),
        Cell(_amount(line.credit, currency), "number", sub=foreign if line.credit else ""),
    ]
    return Row(str(line.id), account.code, cells)


def _amount(number: Decimal, currency: str) -> str:
    return i18n.format_money(number, currency) if number else ""
