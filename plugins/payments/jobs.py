"""Comparing our books with the providers', whatever was lost on the way."""

from __future__ import annotations

import logging
from datetime import timedelta
from decimal import Decimal

import sqlalchemy as sa

from erp import ErpError, _, clock, each_tenant, every, session, transaction
from plugins.payments.api import payment_at
from plugins.payments.cards import look
from plugins.payments.models import Payment
from plugins.payments.providers import Made, Provider, ready_provider
from plugins.payments.reviews import open_review

OPEN, PENDING, SETTLED = timedelta(minutes=10), timedelta(hours=1), timedelta(days=1)
"""How old the last look at a payment may be: while it is open, while money is on its way back, and afterwards."""
LONGEST = timedelta(days=60)
"""How long after it was made a payment is still compared: refunds fail late, and are made at the provider."""
AT_ONCE = 200
UNKNOWN, FRESH = timedelta(days=3), timedelta(minutes=30)
"""What is looked through for payments nobody knows: the last days, but for what may still be on its way to us."""
log = logging.getLogger(__name__)


@every(timedelta(minutes=5))
def reconcile() -> None:
    """Ask the provider about every payment that was not looked at lately; the answers are taken over as they come."""
    for _tenant in each_tenant():
        with transaction():
            for payment in _due():
                look(payment)


@every(timedelta(hours=1))
def find_unknown() -> None:
    """Look through what was paid at the providers on pages of ours, and put what we do not know before a person."""
    for _tenant in each_tenant():
        found = ready_provider()
        session.remove()
        if found is None:
            continue
        now = clock.now()
        try:
            made = found.made(now - UNKNOWN, now - FRESH)
        except ErpError:
            log.warning("%s does not say what was paid; looking again in an hour", found.name, exc_info=True)
            continue
        with transaction():
            for each in made:
                if payment_at(found.name, reference=each["reference"]) is None:
                    ask_about(found, each)


def ask_about(provider: Provider, made: Made) -> None:
    """Money with our mark that no payment of ours knows of, asked about once."""
    open_review(
        "unknown_payment", _("%(provider)s has money for a payment we do not know.", provider=provider.title),
        payment=None, amount=Decimal(made["amount"]), currency=made["currency"], provider=provider.name,
        reference=made["reference"],
    )  # fmt: skip


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
