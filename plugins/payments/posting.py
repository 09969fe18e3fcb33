"""What the entries of payments post to the money ledger, each once, in the transaction that writes the entry."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa

from erp import company, day_of, session
from plugins.accounting.api import Part, Posting, allocate, in_books, keeps_books, post_many
from plugins.payments.models import Payment, PaymentEntry

ZERO = Decimal(0)
DEPOSIT = "deposit"
MONEY = frozenset({"captured", "refunded", "refund_returned", "applied", "fee"})
"""Kinds of entries by which money comes, goes, is kept by a provider, or pays what it was left for."""
EVENTS: Mapping[str, tuple[str, str, str]] = {
    "captured": ("deposit_received", "payment_received", "received"),
    "applied": ("deposit_applied", "deposit_applied", "applied"),
    "refunded": ("deposit_given_back", "payment_given_back", "given_back"),
    "refund_returned": ("deposit_given_back", "payment_given_back", "given_back"),
    "fee": ("payment_received", "payment_received", "fee"),
}
"""{kind of entry: (event of a deposit, event of what pays something, amount)}"""


@dataclass(frozen=True, slots=True)
class Share:
    """How much of an entry concerns a deposit nothing is charged for yet, and how much what the customer owes."""

    deposit: Decimal = ZERO
    owed: Decimal = ZERO


def shares(purpose: str, entries: Iterable[PaymentEntry]) -> dict[int, Share]:
    """{entry: its shares} of a payment's entries, the oldest first; what is given back comes from its deposit first."""
    left, found, given = ZERO, dict[int, Share](), dict[int | None, Share]()
    for entry in entries:
        if entry.kind == "captured":
            share = Share(deposit=entry.amount) if purpose == DEPOSIT else Share(owed=entry.amount)
            left += share.deposit
        elif entry.kind == "applied":
            share = Share(deposit=entry.amount)
            left -= entry.amount
        elif entry.kind == "refunded":
            kept = min(left, entry.amount)
            share = given[entry.refund_id] = Share(kept, entry.amount - kept)
            left -= kept
        elif entry.kind == "refund_returned":
            before = given.get(entry.refund_id, Share(owed=entry.amount))
            share = Share(-before.deposit, -before.owed)
            left += before.deposit
        elif entry.kind == "fee":
            share = Share(owed=entry.amount)
        else:
            continue
        found[entry.id] = share
    return found


def unapplied(payment: Payment, entries: Sequence[PaymentEntry]) -> Decimal:
    """What of a deposit was neither given back nor set off against what is charged."""
    signs = {"captured": 1, "applied": -1, "refunded": -1, "refund_returned": -1, "fee": 0}
    found = shares(payment.purpose, entries)
    return sum((signs[each.kind] * found[each.id].deposit for each in entries if each.id in found), ZERO)


def post_entry(
    payment: Payment, entry: PaymentEntry, entries: Sequence[PaymentEntry], account_id: int | None = None
) -> None:
    """Post a new entry of a payment and settle what it pays; nothing where no books are kept or no money moved.

    Money that came lies on the account of the chart that is named, else on the rule's. Raises as `post_many` does.
    """
    if entry.kind in MONEY and keeps_books():
        post_many(_postings(payment, [entry], entries, account_id))
        settle(payment)


def settle(payment: Payment) -> None:
    """Settle what is open of a payment with the document it pays, and what was given back with what was too much."""
    own = (payment.__tablename__, payment.id)
    allocate((payment.subject_type, payment.subject_id), own)
    if payment.refunded_amount:
        allocate(own, own)


def post_history(payment_ids: Collection[int]) -> int:
    """Post payments that came in as history, in one go; how many entries that were, with those posted before."""
    if not keeps_books():
        return 0
    payments = session().scalars(sa.select(Payment).where(Payment.id.in_(payment_ids)).order_by(Payment.id)).all()
    rows: dict[int, list[PaymentEntry]] = {payment.id: [] for payment in payments}
    wanted = sa.select(PaymentEntry).where(PaymentEntry.payment_id.in_(list(rows))).order_by(PaymentEntry.id)
    for entry in session().scalars(wanted):
        rows[entry.payment_id].append(entry)
    postings = [each for payment in payments for each in _postings(payment, rows[payment.id], rows[payment.id])]
    posted = post_many(postings)
    for payment in payments:
        settle(payment)
    return len(posted)


def _postings(
    payment: Payment, wanted: Iterable[PaymentEntry], entries: Sequence[PaymentEntry], account_id: int | None = None
) -> list[Posting]:
    found = shares(payment.purpose, entries)
    return [
        each for entry in wanted if entry.id in found
        for each in _of(payment, entry, found[entry.id], entries, account_id)
    ]  # fmt: skip


def _of(
    payment: Payment, entry: PaymentEntry, share: Share, entries: Sequence[PaymentEntry], account_id: int | None
) -> list[Posting]:
    of_deposit, of_owed, name = EVENTS[entry.kind]
    taken = next((each for each in entries if each.kind == "captured"), entry)
    pairs = ((of_deposit, share.deposit, taken), (of_owed, share.owed, entry))
    return [
        _posting(payment, entry, event, name, amount, rated, account_id) for event, amount, rated in pairs if amount
    ]


def _posting(
    payment: Payment, entry: PaymentEntry, event: str, name: str, amount: Decimal, rated: PaymentEntry,
    account_id: int | None,
) -> Posting:  # fmt: skip
    """A deposit is worth what it was worth when it came, whatever the rate is now: that of `rated`."""
    day, is_foreign = day_of(entry.at, payment.branch_id), payment.currency != company().currency
    worth = in_books(amount, payment.currency, day_of(rated.at, payment.branch_id))
    part = Part(
        name, worth, party_id=payment.party.id, tender=payment.method, currency=payment.currency if is_foreign else "",
        currency_amount=amount if is_foreign else None, debit_account_id=account_id,
    )  # fmt: skip
    told = (payment.party.name, payment.subject_number, payment.reference)
    return Posting(
        event, day, "payment", payment.id, [part], text=", ".join(filter(None, told)), source_key=str(entry.id),
        branch_id=payment.branch_id,
    )  # fmt: skip
