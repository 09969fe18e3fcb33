"""Comparing our books with the providers', whatever was lost on the way."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from erp import clock, each_tenant, every, session, transaction
from plugins.payments.cards import look
from plugins.payments.models import Payment

OPEN, PENDING, SETTLED = timedelta(minutes=10), timedelta(hours=1), timedelta(days=1)
"""How old the last look at a payment may be: while it is open, while money is on its way back, and afterwards."""
LONGEST = timedelta(days=60)
"""How long after it was made a payment is still compared: refunds fail late, and are made at the provider."""
AT_ONCE = 200


@every(timedelta(minutes=5))
def reconcile() -> None:
    """Ask the provider about every payment that was not looked at lately; the answers are taken over as they come."""
    for _tenant in each_tenant():
        with transaction():
            for payment in _due():
                look(payment)


def _due() -> list[Payment]:
    now = clock.now()
    seen = sa.func.coalesce(Payment.looked_at, Payment.created_at)
    is_due = sa.or_(
        sa.and_(Payment.status.in_(("asked", "authorised")), seen < now - OPEN),
        sa.and_(Payment.pending_amount > 0, seen < now - PENDING),
        sa.and_(Payment.paid_amount > 0, Payment.created_at > now - LONGEST, seen < now - SETTLED),
    )
    statement = sa.select(Payment).where(Payment.provider != "", Payment.page_reference != "", is_due)
    return list(session().scalars(statement.order_by(Payment.id).limit(AT_ONCE)))
