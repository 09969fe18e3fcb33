"""Money for any document that has an amount: taken, held, given back, and what is still due."""

from __future__ import annotations

from decimal import Decimal

import sqlalchemy as sa

from erp import Document, session
from plugins.parties.models import Party
from plugins.payments.arriving import Arrived, take_arrived
from plugins.payments.cards import capture, look, pay_page, release
from plugins.payments.dues import Due, document_of, due_of, dues, dues_of, held_for, paid_for, payer_of, reduced_by
from plugins.payments.ledger import apply_deposits, locked, money_moved
from plugins.payments.models import Payment
from plugins.payments.posting import post_history, settle
from plugins.payments.providers import Declined, Made, Page, Request, Seen, SeenRefund, providers, ready_provider
from plugins.payments.refunds import agree, decline, give_back, give_back_of
from plugins.payments.reviews import open_review
from plugins.payments.takeover import take_over
from plugins.payments.tenders import Tender, take

__all__ = [
    "Arrived",
    "Declined",
    "Due",
    "Made",
    "Page",
    "Request",
    "Seen",
    "SeenRefund",
    "Tender",
    "agree",
    "apply_deposits",
    "capture",
    "decline",
    "document_of",
    "due_of",
    "dues",
    "dues_of",
    "give_back",
    "give_back_of",
    "held_for",
    "locked",
    "look",
    "money_moved",
    "open_review",
    "paid_for",
    "pay_page",
    "payer_of",
    "payment_at",
    "payments_of",
    "post_history",
    "providers",
    "ready_provider",
    "reduced_by",
    "release",
    "settle",
    "take",
    "take_arrived",
    "take_cash",
    "take_over",
]


def take_cash(document: Document, party: Party, amount: Decimal, tendered: Decimal) -> Payment:
    """Post a cash payment of `amount`; the rest of `tendered` is the change. Raises as `take` does."""
    (payment,) = take(document, party, [Tender("cash", amount, tendered)])
    return payment


def payments_of(document: Document) -> list[Payment]:
    """Every payment of a document, the oldest first, those nobody made too."""
    statement = sa.select(Payment).where(
        Payment.subject_type == document.__tablename__, Payment.subject_id == document.id
    )
    return list(session().scalars(statement.order_by(Payment.id)))


def payment_at(provider: str, *, reference: str = "", page: str = "") -> Payment | None:
    """The payment a provider knows by its number or by the number of its page."""
    known = sa.or_(
        sa.and_(Payment.provider_reference == reference, Payment.provider_reference != ""),
        sa.and_(Payment.page_reference == page, Payment.page_reference != ""),
    )
    return session().scalar(sa.select(Payment).where(Payment.provider == provider, known))
