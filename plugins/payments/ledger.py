"""A payment's ledger: entries are added under the payment's lock, its figures and status are what they sum up to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa

from erp import NotFound, clock, hook, session
from plugins.accounting.api import keeps_books
from plugins.payments.models import Payment, PaymentEntry, Refund
from plugins.payments.posting import DEPOSIT, post_entry, unapplied

ZERO = Decimal(0)


@hook
def money_moved(payment: Payment, entry: PaymentEntry) -> None:
    """Asked after an entry of a payment, in its transaction: whoever waits for money leaves a job behind."""
    raise NotImplementedError


@dataclass(frozen=True)
class Figures:
    """What a payment's entries sum up to, in its currency."""

    held: Decimal = ZERO
    captured: Decimal = ZERO
    refunded: Decimal = ZERO
    pending: Decimal = ZERO
    released: bool = False
    failed: bool = False

    @property
    def status(self) -> str:
        """How the payment stands; entries are only added, so it never goes back."""
        if self.captured > 0:
            if self.refunded <= 0:
                return "paid"
            return "refunded" if self.refunded >= self.captured else "partly_refunded"
        if self.held > 0:
            return "authorised"
        if self.released:
            return "released"
        return "failed" if self.failed else "asked"


def figures(entries: Iterable[PaymentEntry]) -> Figures:
    """The sums; a capture or a release ends the hold it is taken from, as the card schemes have it."""
    sums: dict[str, Decimal] = {}
    for entry in entries:
        sums[entry.kind] = sums.get(entry.kind, ZERO) + entry.amount
    captured, given = sums.get("captured", ZERO), sums.get("refunded", ZERO)
    hold_is_over = "released" in sums or captured > 0
    asked, failed = sums.get("refund_asked", ZERO), sums.get("refund_failed", ZERO)
    return Figures(
        held=ZERO if hold_is_over else sums.get("authorised", ZERO),
        captured=captured,
        refunded=given - sums.get("refund_returned", ZERO),
        pending=asked - given - failed,
        released="released" in sums,
        failed="failed" in sums,
    )


def locked(payment_id: int) -> Payment:
    """The payment as it is now, locked for this transaction; raises NotFound."""
    statement = sa.select(Payment).where(Payment.id == payment_id).with_for_update()
    found = session().scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise NotFound
    return found


def entries_of(payment_id: int) -> list[PaymentEntry]:
    """A payment's entries, the oldest first."""
    statement = sa.select(PaymentEntry).where(PaymentEntry.payment_id == payment_id).order_by(PaymentEntry.id)
    return list(session().scalars(statement))


def post(
    payment: Payment, kind: str, amount: Decimal, *, refund: Refund | None = None, reference: str = "", note: str = "",
    at: datetime | None = None, account_id: int | None = None,
) -> PaymentEntry:  # fmt: skip
    """Add an entry to a payment that is locked or new, and bring its figures up to date.

    The money lies on `account_id` of the chart, where one is named, whatever account the posting rules say.
    """
    session().flush()
    entry = PaymentEntry(
        payment_id=payment.id, refund_id=refund.id if refund else None, kind=kind, amount=amount,
        reference=reference[:120], note=note[:300], at=at or clock.now(),
    )  # fmt: skip
    session().add(entry)
    session().flush()
    entries = entries_of(payment.id)
    now = figures(entries)
    payment.authorised_amount, payment.paid_amount = now.held, now.captured
    payment.refunded_amount, payment.pending_amount, payment.status = now.refunded, now.pending, now.status
    if kind == "captured" and payment.paid_at is None:
        payment.paid_at = entry.at
    session().flush()
    post_entry(payment, entry, entries, account_id)
    if kind != "fee":  # it changes nothing of what the customer paid
        money_moved(payment, entry)
    return entry


def apply_deposits(subject: str, subject_id: int, most: Decimal) -> Decimal:
    """Set deposits of a document off against what is charged for it, the oldest first; how much, never above `most`.

    Nothing where no books are kept: only they tell a deposit from what is earned.
    """
    wanted = sa.select(Payment).where(
        Payment.subject_type == subject, Payment.subject_id == subject_id, Payment.purpose == DEPOSIT
    )
    applied = ZERO
    for payment in session().scalars(wanted.order_by(Payment.id)).all() if keeps_books() else ():
        part = min(unapplied(locked(payment.id), entries_of(payment.id)), most - applied)
        if part > 0:
            post(payment, "applied", part)
            applied += part
    return applied
