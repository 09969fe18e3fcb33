"""Taking money at the counter: in cash or recorded with a reference, split over several tenders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa

from erp import Conflict, Document, Invalid, _, add, clock, current, i18n, money, session
from plugins.parties.models import Party
from plugins.payments.dues import due_of
from plugins.payments.ledger import post
from plugins.payments.models import Payment


@dataclass(frozen=True)
class Tender:
    """A part of what is paid: `tendered` is the cash that was handed over, `reference` what the slip or M-Pesa says."""

    method: str
    amount: Decimal
    tendered: Decimal | None = None
    reference: str = ""


def take(document: Document, party: Party, tenders: Sequence[Tender], *, purpose: str = "sale") -> list[Payment]:
    """Post a payment for each tender, all or none.

    Locks the document, so that two tills cannot take the same money. Raises Conflict when more than is due would be
    paid, Invalid at `tendered` or `reference`.
    """
    lock(document)
    _check_amounts(document, [tender.amount for tender in tenders])
    return [_posted(document, party, tender, purpose) for tender in tenders]


def lock(document: Document) -> None:
    """Hold the document's row for this transaction."""
    session().execute(sa.select(type(document).id).where(type(document).id == document.id).with_for_update())


def payment_for(document: Document, party: Party, method: str, amount: Decimal, purpose: str) -> Payment:
    """A payment of a document that nothing is known of yet."""
    return Payment(
        party=party,
        asked_amount=amount,
        method=method,
        purpose=purpose,
        cashier=current().name,
        subject_type=document.__tablename__,
        subject_id=document.id,
        subject_number=document.number or "",
        currency=document.currency,
        company_id=document.company_id,
        branch_id=current().branch_id or document.branch_id,
    )


def _posted(document: Document, party: Party, tender: Tender, purpose: str) -> Payment:
    payment = payment_for(document, party, tender.method, tender.amount, purpose)
    payment.reference = tender.reference.strip()
    payment.tendered_amount = tender.amount
    if tender.method == "cash":
        payment.tendered_amount = tender.amount if tender.tendered is None else tender.tendered
        _check_tendered(tender.amount, payment.tendered_amount, document.currency)
        payment.change_amount = payment.tendered_amount - tender.amount
    else:
        _check_reference(payment)
    payment.paid_at = clock.now()
    add(payment)
    post(payment, "captured", tender.amount, reference=payment.reference)
    return payment


def _check_amounts(document: Document, amounts: Sequence[Decimal]) -> None:
    due, currency, total = due_of(document), document.currency, sum(amounts, Decimal(0))
    if due <= 0:
        raise Conflict(_("This is paid already."))
    for amount in amounts:
        check_amount(amount, currency)
    if total > due:
        raise Conflict(_("Only %(due)s is still to be paid.", due=i18n.format_money(due, currency)))


def check_amount(amount: Decimal, currency: str) -> None:
    """Raise Invalid for what cannot be paid in this currency."""
    if amount <= 0 or amount != money.rounded(amount, currency):
        raise Invalid(_("%(amount)s cannot be paid.", amount=i18n.format_money(amount, currency)))


def _check_tendered(amount: Decimal, tendered: Decimal, currency: str) -> None:
    if tendered != money.rounded(tendered, currency):
        sentence = _("%(currency)s has %(count)s decimal places.", currency=currency, count=money.exponent(currency))
        raise Invalid(fields={"tendered": sentence})
    if tendered < amount:
        missing = i18n.format_money(amount - tendered, currency)
        raise Invalid(fields={"tendered": _("%(missing)s is missing.", missing=missing)})


def _check_reference(payment: Payment) -> None:
    if not payment.reference:
        raise Invalid(fields={"reference": _("Write down what the slip, the bank or M-Pesa calls this payment.")})
    if any(character.isdigit() for character in payment.reference) and is_card_number(payment.reference):
        raise Invalid(
            fields={"reference": _("This is a card's number, which is never written down. Use the slip's number.")}
        )
    if payment.method == "mpesa":
        payment.reference = payment.reference.upper()
        same = sa.select(Payment.number).where(Payment.method == "mpesa", Payment.reference == payment.reference)
        if (other := session().scalar(same)) is not None:
            raise Conflict(
                _("%(reference)s was recorded already, as %(number)s.", reference=payment.reference, number=other)
            )


def is_card_number(text: str) -> bool:
    """Whether the digits of a text are a card's number: 13 to 19 that keep Luhn's rule (ISO/IEC 7812)."""
    digits = [int(each) for each in text if each.isdecimal()]
    if not 13 <= len(digits) <= 19:
        return False
    doubled = [each if place % 2 == 0 else sum(divmod(2 * each, 10)) for place, each in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0
