"""Entries made of a statement: what the bank took or gave that nobody had posted, such as a fee or interest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

import sqlalchemy as sa

from erp import Conflict, Invalid, _, company, session, transaction
from plugins.accounting.api import Part, Posting, allocate_lines, in_books, open_lines, post
from plugins.accounting.models import Account, Journal, JournalLine
from plugins.banking.matching import Side, begun, keep, locked, open_journal_lines, taken, total
from plugins.banking.models import BankAccount, Reconciliation
from plugins.payments.api import dues

EVENT = "bank_entry"
JOURNALS = {"bank": "bank", "mobile_money": "bank", "cash": "cash"}
"""{kind of bank account: kind of journal its entries stand in}"""


@dataclass(frozen=True, slots=True)
class Wished:
    """Where what is left over goes."""

    account_id: int
    party_id: int | None = None
    text: str = ""
    item_ids: Sequence[int] = ()
    """Open items it settles one after another; none: the only one of that amount."""


def enter(bank_account_id: int, statement_ids: Sequence[int], journal_ids: Sequence[int], wished: Wished) -> int:
    """Post what these lines of the statement say more than the books, and match both; the id of the match.

    What is owed by or to a party is settled with the items that are named, else with its only one of that amount.
    Raises Invalid where nothing is left over, for a day that is locked, an account that fits nowhere, and for what
    is a payment of what a customer has to pay; Conflict where somebody was quicker.
    """
    with transaction():
        account = locked(bank_account_id)
        told, booked = taken(account, statement_ids, journal_ids)
        if not told:
            raise Invalid(_("Pick at least one line of the statement."))
        if total(told) == total(booked):
            raise Invalid(_("Both sides come to the same already: match them."))
        _refuse_wrong(account, wished, total(told) - total(booked))
        made = begun(account)
        lines = _posted(account, made, told, booked, wished)
        new = open_journal_lines(account, [line.id for line in lines if line.account_id == account.account_id])
        _settle([line for line in lines if line.account_id == wished.account_id], wished)
        return keep(made, told, [*booked, *new])


def _refuse_wrong(account: BankAccount, wished: Wished, left: Decimal) -> None:
    counter = session().get_one(Account, wished.account_id)
    if counter.id == account.account_id:
        raise Invalid(fields={"account": _("This is the account the money lies on. Choose what it is about.")})
    if counter.is_allocated and wished.party_id is None:
        raise Invalid(fields={"party": _("Say of whom: what is owed is kept for each customer and supplier.")})
    if pays_dues(account, wished, left):
        raise Invalid(fields={"party": _("They have something open to pay: register a payment, and say what it pays.")})


def pays_dues(account: BankAccount, wished: Wished, left: Decimal) -> bool:
    """Whether it is a payment of what a customer owes, which only a payment makes paid; an old item is settled here."""
    counter = session().get_one(Account, wished.account_id)
    if left <= 0 or counter.use != "receivable" or wished.party_id is None:
        return False
    known = {due.left for due in dues(account.money, wished.party_id)}
    items = {each.open for each in open_lines(wished.party_id) if each.account_id == counter.id}
    return bool(known) and (left in known or left not in items)


def _posted(
    account: BankAccount, made: Reconciliation, told: Sequence[Side], booked: Sequence[Side], wished: Wished
) -> Sequence[JournalLine]:  # fmt: skip
    """The lines of what posts the rest: an entry for each month, of all at once where lines of the books count in."""
    months = groupby(told, key=lambda each: each.on.replace(day=1))
    groups = [list(told)] if booked else [list(of_month) for _month, of_month in months]
    entries = [_post(account, made, group, total(group) - total(booked), wished) for group in groups]
    lines = sa.select(JournalLine).where(JournalLine.document_id.in_([each for each in entries if each is not None]))
    return session().scalars(lines.order_by(JournalLine.id)).all()


def _post(
    account: BankAccount, made: Reconciliation, told: Sequence[Side], left: Decimal, wished: Wished
) -> int | None:  # fmt: skip
    """The entry of what is left over of these lines, dated as the last of them; none of what comes to nothing."""
    on = max(each.on for each in told)
    is_foreign = account.money != company().currency
    text = wished.text or " ".join(filter(None, (told[0].name, told[0].text)))[:300]
    part = Part(
        "moved", in_books(left, account.money, on), party_id=wished.party_id, debit_account_id=account.account_id,
        credit_account_id=wished.account_id, currency=account.money if is_foreign else "",
        currency_amount=left if is_foreign else None, text=text,
    )  # fmt: skip
    return post(Posting(
        EVENT, on, "bank_statement", told[0].document_id, [part], text=text, source_key=f"{made.id}/{on:%Y-%m}",
        journal_id=journal_of(account),
    ))  # fmt: skip


def journal_of(account: BankAccount) -> int:
    """The journal entries of an account stand in; raises Conflict where there is none of its kind."""
    kind = JOURNALS[account.kind]
    found = session().scalar(sa.select(sa.func.min(Journal.id)).where(Journal.kind == kind))
    if found is None:
        raise Conflict(_("There is no journal for entries of banks. Add one under Journals."))
    return found


def _settle(lines: Sequence[JournalLine], wished: Wished) -> None:
    """Settle what was posted with the only open item of the party that is exactly as much the other way round."""
    if wished.party_id is None:
        return
    for line in lines:
        if wished.item_ids:
            _settle_items(line, wished.item_ids)
            continue
        fitting = [
            each for each in open_lines(wished.party_id)
            if each.account_id == line.account_id and each.open == -line.amount
        ]  # fmt: skip
        if len(fitting) == 1:
            pair = (line.id, fitting[0].id) if line.amount > 0 else (fitting[0].id, line.id)
            allocate_lines(*pair)


def _settle_items(line: JournalLine, item_ids: Sequence[int]) -> None:
    """Settle it with each of these while something of it is open."""
    for item_id in item_ids:
        if open_lines(ids=[line.id]):
            allocate_lines(*((line.id, item_id) if line.amount > 0 else (item_id, line.id)))
