"""What a document still costs, after what was paid for it and given back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from erp import Conflict, Document, _, hook, session, whole
from plugins.parties.models import Party
from plugins.payments.models import Payment


@hook
def payer_of(document: Document) -> Party | None:
    """Asked who may pay a document now; nobody answers for one that is not to be paid, or not yet."""
    raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Due:
    """A document that is to be paid, and how much of it still is."""

    type_name: str
    document_id: int
    number: str
    party_id: int
    party_name: str
    left: Decimal
    currency: str
    due_on: date | None

    @property
    def key(self) -> str:
        """What tells it from every other one."""
        return f"{self.type_name}_{self.document_id}"


@hook
def dues_of(party_id: int | None, currency: str) -> Sequence[Due]:
    """Asked what is to be paid in a currency, by one customer or by all, of what the reader reaches."""
    raise NotImplementedError


def dues(currency: str, party_id: int | None = None) -> list[Due]:
    """What is to be paid in a currency, by one customer or by all; what was due first comes first."""
    found = [each for answer in dues_of(party_id, currency) for each in answer]
    return sorted(found, key=lambda each: (each.due_on or date.max, each.type_name, each.document_id))


@hook
def reduced_by(document: Document) -> Decimal:
    """Asked by how much something else than payments has lessened what a document costs: its credit notes."""
    raise NotImplementedError


def payer(document: Document) -> Party | None:
    """Who may pay a document now; None while nobody is to pay anything."""
    return next((found for found in payer_of(document) if found is not None), None)


def paid_for(subject: str, subject_id: int) -> Decimal:
    """What has been paid for a document so far, less what was given back, in its currency."""
    return _sum(subject, subject_id, Payment.paid_amount - Payment.refunded_amount)


def held_for(subject: str, subject_id: int) -> Decimal:
    """What is held on cards for a document and may still be captured."""
    return _sum(subject, subject_id, Payment.authorised_amount)


def _sum(subject: str, subject_id: int, figure: Any) -> Decimal:
    statement = sa.select(sa.func.sum(figure)).where(Payment.subject_type == subject, Payment.subject_id == subject_id)
    with whole():  # a payment taken at another branch pays as well
        return session().scalar(statement) or Decimal(0)


def due_of(document: Document) -> Decimal:
    """What is still to be paid for a document, negative when too much was; raises Conflict when it has no amount."""
    field = type(document).amount_field
    if not field:
        raise Conflict(_("Nothing can be paid for this document: it has no amount."))
    total: Decimal = getattr(document, field) or Decimal(0)
    return total - sum(reduced_by(document), paid_for(document.__tablename__, document.id))


def document_of(payment: Payment) -> Document | None:
    """The document a payment is for; None when it is gone or its plugin takes no part."""
    return document_at(payment.subject_type, payment.subject_id)


def document_at(type_name: str, document_id: int) -> Document | None:
    """The document of a type and id; None when it is gone, out of reach, or its plugin takes no part."""
    for mapper in Document.registry.mappers:
        cls = mapper.class_
        if issubclass(cls, Document) and getattr(cls, "__tablename__", "") == type_name:
            return session().get(cls, document_id)
    return None


def overpaid_by(payment: Payment) -> Decimal:
    """By how much more than is due was paid for the payment's document, all tenders together."""
    document = document_of(payment)
    if document is None or not type(document).amount_field:
        return Decimal(0)
    session().flush()
    # a deposit is taken before the document has its price
    if payment.purpose == "deposit" and not getattr(document, type(document).amount_field):
        return Decimal(0)
    return max(-due_of(document), Decimal(0))
