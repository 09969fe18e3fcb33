"""Taking money at the counter: in cash or recorded with a reference, split over several tenders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import sqlalchemy as sa

from erp import Conflict, Document, Invalid, _, add, card_numbers, clock, current, i18n, moment_on, money, session
from plugins.parties.models import Party
from plugins.payments.dues import due_of
from plugins.payments.ledger import post
from plugins.payments.models import Payment
from plugins.payments.reviews import open_review


@dataclass(frozen=True)
class Tender:
    """A part of what is paid: `tendered` is the cash that was handed over, `reference` what the slip or M-Pesa says.

    Of money that has arrived a statement says on which day and on which account of the chart it lies.
    """

    method: str
    amount: Decimal
    tendered: Decimal | None = None
    reference: str = ""
    on: date | None = None
    account_id: int | None = None


def take(
    document: Document, party: Party, tenders: Sequence[Tender], *, purpose: str = "sale", may_exceed: bool = False
) -> list[Payment]:
    """Post a payment for each tender, all or none; a `deposit` may come before the document has its price.

    Locks the document, so that two tills cannot take the same money. More than is due is refused, or with `may_exceed`
    (a transfer that has arrived) put before a person; of cash the rest is change. Raises Conflict when more than is due
    would be paid, Invalid at `tendered` or `reference`.
    """
    lock(document)
    over = _over(document, tenders, purpose)
    if over > 0 and not may_exceed:
        due = i18n.format_money(due_of(document), document.currency)
        raise Conflict(_("Only %(due)s is still to be paid.", due=due))
    posted = [_posted(document, party, tender, purpose) for tender in tenders]
    if over > 0:
        sentence = _("%(amount)s more than is due.", amount=i18n.format_money(over, document.currency))
        open_review("overpaid", sentence, payment=posted[-1], amount=over, reference=posted[-1].reference)
    return posted


def _over(document: Document, tenders: Sequence[Tender], purpose: str) -> Decimal:
    """By how much the tenders exceed what is due, nothing for a deposit on what has no price yet."""
    for tender in tenders:
        check_amount(tender.amount, document.currency)
    if purpose == "deposit" and not getattr(document, type(document).amount_field, None):
        return Decimal(0)
    due = due_of(document)
    if due <= 0:
        raise Conflict(_("This is paid already."))
    total = sum((tender.amount for tender in tenders), Decimal(0))
    cash = sum((tender.amount for tender in tenders if tender.method == "cash"), Decimal(0))
    if total > due and cash > 0:
        raise Conflict(_("Only %(due)s is still to be paid.", due=i18n.format_money(due, document.currency)))
    return max(total - due, Decimal(0))


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
    payment.paid_at = clock.now() if tender.on is None else moment_on(tender.on, payment.branch_id)
    add(payment)
    post(
        payment, "captured", tender.amount, reference=payment.reference, at=payment.paid_at,
        account_id=tender.account_id,
    )  # fmt: skip
    return payment


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
    if card_numbers.holds_card_number(payment.reference):
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
