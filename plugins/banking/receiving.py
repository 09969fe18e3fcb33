"""Customers' payments that a statement tells of: registered as payments, and matched with its line at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from erp import Conflict, Invalid, _, session, transaction
from plugins.accounting.models import JournalEntry, JournalLine
from plugins.banking.matching import Side, begun, keep, locked, open_journal_lines, taken, total
from plugins.banking.models import BankAccount
from plugins.payments.api import Arrived, dues, take_arrived
from plugins.payments.models import Payment

METHODS = {"bank": "bank", "mobile_money": "mpesa", "cash": "cash"}
"""{kind of bank account: how a payment came}"""
LONGEST = 80
"""Signs of a reference of a payment."""


def receive(
    bank_account_id: int, statement_ids: Sequence[int], journal_ids: Sequence[int], keys: Collection[str],
    reference: str = "",
) -> list[Payment]:  # fmt: skip
    """Register what these lines of the statement say more than the books as payments of what is due; matches both.

    `keys` name what is paid, see `Due.key`. Raises Invalid where nothing came in, Conflict where somebody was quicker,
    and as `take_arrived`.
    """
    with transaction():
        account = locked(bank_account_id)
        told, booked = taken(account, statement_ids, journal_ids)
        left = total(told) - total(booked)
        if not told or left <= 0:
            raise Invalid(_("Pick a line of the statement by which money came in that is not in the books."))
        wanted = [due for due in dues(account.money) if due.key in keys]
        if not wanted or len(wanted) != len(set(keys)):
            raise Conflict(_("One of these is paid meanwhile. Look again at what is open."))
        made = begun(account)
        arrived = Arrived(
            METHODS[account.kind], left, max(each.on for each in told), account.account_id,
            reference or reference_of(told),
        )  # fmt: skip
        payments = take_arrived(wanted, arrived)
        keep(made, told, [*booked, *_posted(account, payments)])
        return payments


def reference_of(told: Sequence[Side]) -> str:
    """What the bank calls it, or the line of the statement where it calls it nothing."""
    first = told[0]
    return (first.reference or first.text or first.name or f"{first.number}/{first.id}")[:LONGEST]


def _posted(account: BankAccount, payments: Sequence[Payment]) -> list[Side]:
    """The lines of the account that these payments were posted to."""
    found = (
        sa.select(JournalLine.id).join(JournalEntry, JournalEntry.id == JournalLine.document_id)
        .where(JournalEntry.source_type == Payment.__tablename__, JournalLine.account_id == account.account_id,
               JournalEntry.source_id.in_([each.id for each in payments]))
    )  # fmt: skip
    return open_journal_lines(account, list(session().scalars(found)))
