"""What is open with suppliers, bills and what they credited; and a line of a statement that settles some of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from erp import Conflict, Invalid, _, company, session, transaction
from plugins.accounting.api import OpenLine, open_lines
from plugins.accounting.models import Account
from plugins.banking.entering import Wished, enter
from plugins.banking.matching import locked, taken, total
from plugins.banking.runs import PaymentRunLine
from plugins.parties.models import Party
from plugins.payments.api import Due

LONGEST = 40
"""Signs a bill is called by."""


def open_bills(currency: str, party_id: int | None = None) -> list[OpenLine]:
    """What is owed to suppliers in a currency and no payment run is paying, what is due first first."""
    held = set(session().scalars(sa.select(PaymentRunLine.holds_id).where(PaymentRunLine.holds_id.is_not(None))))
    return [each for each in _open(currency, party_id) if each.open < 0 and each.id not in held]


def _open(currency: str, party_id: int | None) -> list[OpenLine]:
    payable = set(session().scalars(sa.select(Account.id).where(Account.use == "payable")))
    own = company().currency
    return [
        each for each in open_lines(party_id)
        if each.account_id in payable and each.party_id is not None and (each.currency or own) == currency
    ]  # fmt: skip


def bills(currency: str, party_id: int | None = None) -> list[Due]:
    """The same as what is to be paid, called as the supplier calls it."""
    return _dues(open_bills(currency, party_id), currency)


def credits_(currency: str, party_id: int | None = None) -> list[Due]:
    """What suppliers owe: what they credited and no bill took, and what was paid them too much."""
    return _dues([each for each in _open(currency, party_id) if each.open > 0], currency)


def _dues(found: Sequence[OpenLine], currency: str) -> list[Due]:
    wanted = sa.select(Party.id, Party.name).where(Party.id.in_({each.party_id for each in found}))
    names = {row.id: row.name for row in session().execute(wanted)}
    return [_due(each, names.get(each.party_id or 0, ""), currency) for each in found]


def _due(line: OpenLine, supplier: str, currency: str) -> Due:
    left = abs(line.open if line.currency_open is None else line.currency_open)
    called = _called(line, supplier)
    return Due("journal_line", line.id, called, line.party_id or 0, supplier, left, currency, line.due_on)


def _called(line: OpenLine, supplier: str) -> str:
    """What its entry says beside the supplier, such as the number they gave it."""
    return line.text.removeprefix(supplier).strip(" :,")[:LONGEST] or line.number


def pay_bills(
    bank_account_id: int, statement_ids: Sequence[int], journal_ids: Sequence[int], keys: Collection[str], text: str
) -> int:
    """Post what these lines say, settle with it these bills, or credits where money came, and match; the match's id.

    What is due first is settled first; what is too much stays open with the supplier. Raises Invalid where no money
    moved or the bills are of several suppliers, Conflict where somebody was quicker, and as `enter`.
    """
    with transaction():
        account = locked(bank_account_id)
        told, booked = taken(account, statement_ids, journal_ids)
        left = total(told) - total(booked)
        if not left:
            raise Invalid(_("Pick a line of the statement by which money came or went that is not in the books."))
        known = bills(account.money) if left < 0 else credits_(account.money)
        wanted = [each for each in known if each.key in keys]
        if not wanted or len(wanted) != len(set(keys)):
            raise Conflict(_("One of these is paid meanwhile. Look again at what is open."))
        ids = [each.document_id for each in wanted]
        owed = {(each.account_id, each.party_id) for each in open_lines(ids=ids)}
        if len(owed) != 1:
            raise Invalid(_("Pay bills of one supplier at a time, of one account of the chart."))
        ((account_id, party_id),) = owed
        return enter(account.id, statement_ids, journal_ids, Wished(account_id, party_id, text, ids))
