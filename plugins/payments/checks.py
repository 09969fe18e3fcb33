"""What must be true of money, whatever happened on the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import sqlalchemy as sa

from erp import ErpError, arrivals, check, clock, session
from plugins.accounting.api import kept_since, posted_sums
from plugins.payments.actions import facts
from plugins.payments.ledger import entries_of, figures
from plugins.payments.models import Payment, PaymentEntry, Refund
from plugins.payments.posting import EVENTS, MONEY
from plugins.payments.providers import provider, providers

LOOKED_BACK = timedelta(days=60)


@check
def ledger_adds_up() -> Iterator[str]:
    """Every payment's figures and status are what its ledger sums up to."""
    for payment in session().scalars(sa.select(Payment).order_by(Payment.id)).all():
        found = figures(entries_of(payment.id))
        pairs = {
            "held": (payment.authorised_amount, found.held),
            "paid": (payment.paid_amount, found.captured),
            "given back": (payment.refunded_amount, found.refunded),
            "to be given back": (payment.pending_amount, found.pending),
            "status": (payment.status, found.status),
        }
        for name, (ours, sums) in pairs.items():
            if ours != sums:
                yield f"{payment.number}: {name} is {ours}, its ledger says {sums}"


@check
def refunds_add_up() -> Iterator[str]:
    """Every payment has given back what its refunds say, and never more than it was paid."""
    given = sa.func.sum(Refund.refund_amount).filter(Refund.status == "refunded")
    open_ = sa.func.sum(Refund.refund_amount).filter(Refund.status.in_(("to_approve", "asked", "pending")))
    statement = (
        sa.select(Payment, sa.func.coalesce(given, 0), sa.func.coalesce(open_, 0))
        .outerjoin(Refund, Refund.payment_id == Payment.id)  # type: ignore[attr-defined]
        .group_by(Payment.id)
        .order_by(Payment.id)
    )
    for payment, refunded, waiting in session().execute(statement).all():
        if payment.refunded_amount != refunded:
            yield f"{payment.number}: {payment.refunded_amount} given back, its refunds say {refunded}"
        if payment.pending_amount != waiting:
            yield f"{payment.number}: {payment.pending_amount} to be given back, its refunds say {waiting}"
        if payment.refunded_amount + payment.pending_amount > payment.paid_amount:
            yield f"{payment.number}: more is given back than was paid"


@check
def payments_are_posted() -> Iterator[str]:
    """Every movement of money since books are kept is posted with its amount, whatever account its rule names."""
    since = kept_since()
    if since is None:
        return
    posted = posted_sums("payment", [name for names in EVENTS.values() for name in names[:2]])
    entry, key = PaymentEntry, sa.cast(PaymentEntry.id, sa.String)
    statement = (
        sa.select(Payment.id, Payment.number, entry.kind, entry.amount, entry.at, posted.c.moved)
        .join(entry, entry.payment_id == Payment.id)
        .outerjoin(posted, sa.and_(posted.c.source_id == Payment.id, posted.c.source_key == key))
        .where(entry.kind.in_(MONEY), entry.amount != sa.func.coalesce(posted.c.moved, 0))
        .order_by(entry.id)
    )
    rows = session().execute(statement).all()
    history = arrivals.arrived("payment", [row.id for row in rows if row.moved is None])
    for row in rows:
        if row.moved is not None or (row.at > since and row.id not in history):
            yield f"{row.number}: {row.amount} {row.kind}, {row.moved or 0} in the books"


@check
def provider_agrees() -> Iterator[str]:
    """Every card payment of the last sixty days is what its provider has; asks the provider about each."""
    since = clock.now() - LOOKED_BACK
    wanted = sa.select(Payment.id).where(
        Payment.provider.in_([each.name for each in providers()]), Payment.page_reference != "",
        Payment.created_at > since, Payment.under_way == "",
    )  # fmt: skip
    for payment_id in session().scalars(wanted.order_by(Payment.id)).all():
        yield from _compared(payment_id)


def _compared(payment_id: int) -> Iterator[str]:
    payment = session().get_one(Payment, payment_id)
    number, paid, held = payment.number, payment.paid_amount, payment.authorised_amount
    refunded, name, request = payment.refunded_amount, payment.provider, facts(payment)
    session.remove()
    try:
        seen = provider(name).read(request)
    except ErpError as error:
        yield f"{number}: the provider does not say: {error.detail.get('reason') or error.message}"
        return
    given = sum((Decimal(each["amount"]) for each in seen["refunds"] if each["status"] == "refunded"), Decimal(0))
    theirs = {"paid": Decimal(seen["captured"]), "held": Decimal(seen["held"]), "given back": given}
    for what, ours in {"paid": paid, "held": held, "given back": refunded}.items():
        if ours != theirs[what]:
            yield f"{number}: {what} is {ours} here, {theirs[what]} at the provider"
