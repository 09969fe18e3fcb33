"""What a person decides about a payment to look at."""

from __future__ import annotations

from decimal import Decimal

import sqlalchemy as sa

from erp import Conflict, Invalid, _, session, transaction
from plugins.payments.cards import look
from plugins.payments.ledger import locked
from plugins.payments.models import Payment, Refund
from plugins.payments.refunds import give_back
from plugins.payments.reviews import close, opened


def match(review_id: int, number: str = "") -> None:
    """Take over what the provider says, refunds made elsewhere too; money nobody asked for goes to payment `number`."""
    with transaction():
        review = opened(review_id)
        payment = review.payment if review.payment is not None else _numbered(number)
        payment = locked(payment.id)
        if not payment.provider_reference and review.kind == "unknown_payment":
            payment.provider_reference = review.provider_reference
        review.payment = payment
        close(review, "match", number)
        look(payment, adopt=True)


def _numbered(number: str) -> Payment:
    statement = sa.select(Payment).where(Payment.number == number.strip())
    found = session().scalar(statement)
    if found is None:
        raise Invalid(fields={"number": _("There is no payment of this number.")})
    return found


def refund(review_id: int, note: str = "") -> Refund:
    """Give the amount in question back; raises Conflict when no payment of ours holds it."""
    with transaction():
        review = opened(review_id)
        if review.kind == "unknown_refund":
            raise Conflict(_("This money is given back already. Match it, and our books say so too."))
        if review.payment is None:
            raise Conflict(_("Match it with a payment first; then it can be given back."))
        left = locked(review.payment.id).refundable
        amount = min(review.review_amount, left) if review.review_amount else left
        close(review, "refund", note)
        return give_back(review.payment.id, Decimal(amount), "other", note=note or str(review.what))


def ignore(review_id: int, note: str) -> None:
    """Leave it as it is, with a reason."""
    with transaction():
        close(opened(review_id), "ignore", note)
