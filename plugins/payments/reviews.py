"""The queue of what no rule decides about money: opened by the ledger's keepers, closed by a person."""

from __future__ import annotations

from decimal import Decimal

import sqlalchemy as sa

from erp import Company, Conflict, Invalid, NotFound, _, add, clock, current, require, session
from plugins.payments.models import Payment, PaymentReview

LASTING = frozenset({"unknown_payment", "unknown_refund", "differs"})
"""What every comparison finds anew: once somebody has left it as it is, it is not asked about again."""


def open_review(
    kind: str, what: str, *, payment: Payment | None, amount: Decimal = Decimal(0), currency: str = "",
    provider: str = "", reference: str = "",
) -> PaymentReview:  # fmt: skip
    """Ask a person to look; the same matter is asked about once until it is decided, and not after it was left so."""
    is_left = sa.and_(PaymentReview.resolution == "ignore", PaymentReview.review_amount == amount)
    statement = sa.select(PaymentReview).where(
        PaymentReview.kind == kind,
        PaymentReview.provider_reference == reference,
        PaymentReview.payment == payment,
        sa.or_(PaymentReview.resolution == "", sa.and_(is_left, PaymentReview.kind.in_(LASTING))),
    )
    found = session().scalar(statement.limit(1))
    if found is not None:
        return found
    review = PaymentReview(
        kind=kind,
        what=what[:300],
        review_amount=amount,
        payment=payment,
        provider=provider or (payment.provider if payment else ""),
        provider_reference=reference,
        currency=currency or (payment.currency if payment else ""),
        company_id=payment.company_id if payment else _company_id(),
        branch_id=payment.branch_id if payment else current().branch_id,
    )
    add(review)
    return review


def _company_id() -> int:
    """The actor's company; a provider's notice names none, and then it is the first."""
    found = current().company_id or session().scalar(sa.select(sa.func.min(Company.id)))
    assert found is not None
    return found


def opened(review_id: int) -> PaymentReview:
    """A review that waits for a decision, locked; raises NotFound, or Conflict when somebody has decided."""
    require("edit", "payment_review")
    statement = sa.select(PaymentReview).where(PaymentReview.id == review_id).with_for_update()
    found = session().scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise NotFound
    if found.resolution:
        raise Conflict(_("%(who)s has already dealt with this.", who=found.closed_by or _("Somebody")))
    return found


def close(review: PaymentReview, resolution: str, note: str = "") -> None:
    """Note the decision; raises Invalid when something is left as it is without a reason."""
    if resolution == "ignore" and not note.strip():
        raise Invalid(fields={"note": _("Say why.")})
    review.resolution, review.note = resolution, note.strip()
    review.closed_at, review.closed_by = clock.now(), current().name
