"""The ledger's own part of a close: what bank and cash hold, vouchers not posted, clearing accounts, tax."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

import sqlalchemy as sa

from erp import _, company, i18n, session
from plugins.accounting.balances import Sums, sums
from plugins.accounting.closing_checks import ClosingCheck, drafts
from plugins.accounting.models import Account, JournalEntry, JournalLine
from plugins.accounting.posting import TAX
from plugins.accounting.vouchers import JournalVoucher

CASH = ("cash", "bank", "mobile_money")
CLEARING = ("till_clearing", "card_clearing", "goods_received", "opening")
"""Uses of accounts that are empty once both sides of what passes through them were posted."""
ZERO = Decimal(0)


def own_checks(first: date, last: date) -> Iterator[ClosingCheck]:
    """What the ledger itself can say of these days."""
    held = sums(until=last)
    yield from _held(held, last)
    yield drafts(JournalVoucher, _("Vouchers"), "draft", last, JournalVoucher.voucher_date)
    yield from _clearing(held, last)
    yield _tax(first, last)


def _accounts(uses: tuple[str, ...]) -> list[Account]:
    statement = sa.select(Account).where(Account.use.in_(uses), ~Account.is_closed)
    return list(session().scalars(statement.order_by(Account.code)))


def _held(held: Mapping[int, Sums], last: date) -> Iterator[ClosingCheck]:
    """Each place money lies in; cash below nothing was never there."""
    for account in _accounts(CASH):
        balance = _balance(held, account)
        said = _("The books say %(amount)s at the end of %(day)s.", amount=_money(balance), day=i18n.format_date(last))
        is_clear = balance >= 0 or account.use != "cash"
        yield ClosingCheck("bank", account.title, said, is_clear, _ledger(account, last))


def _clearing(held: Mapping[int, Sums], last: date) -> Iterator[ClosingCheck]:
    for account in _accounts(CLEARING):
        balance = _balance(held, account)
        said = _("%(amount)s is left in it.", amount=_money(balance)) if balance else _("Nothing is left in it.")
        yield ClosingCheck("suspense", account.title, said, not balance, _ledger(account, last))


def _tax(first: date, last: date) -> ClosingCheck:
    """What the return of these days says, and what was posted to tax accounts past it."""
    moved = (
        sa.select(
            sa.func.coalesce(sa.func.sum(JournalLine.amount).filter(JournalLine.tax_id.is_not(None)), 0),
            sa.func.count(JournalLine.id).filter(JournalLine.tax_id.is_(None)),
        )
        .join(JournalEntry, JournalEntry.id == JournalLine.document_id)
        .join(Account, Account.id == JournalLine.account_id)
        .where(Account.use.in_(TAX), JournalEntry.entry_date.between(first, last))
    )
    told, past = session().execute(moved).one()
    said = _("The return comes to %(amount)s.", amount=_money(-told))
    if past:
        said = _("%(said)s %(count)s lines on tax accounts name no tax and are not in it.", said=said, count=past)
    url = f"/reports/tax_return?period={first}..{last}"
    return ClosingCheck("tax", _("Tax return"), said, not past, url)


def _balance(held: Mapping[int, Sums], account: Account) -> Decimal:
    found = held.get(account.id)
    return ZERO if found is None else found.balance


def _money(amount: Decimal) -> str:
    return i18n.format_money(amount, company().currency)


def _ledger(account: Account, last: date) -> str:
    return f"/reports/general_ledger?account_id={account.id}&period={last.replace(day=1)}..{last}"
