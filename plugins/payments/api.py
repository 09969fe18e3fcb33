"""Taking money for any document that has an amount."""

from __future__ import annotations

from decimal import Decimal

import sqlalchemy as sa

from erp import Conflict, Document, Invalid, _, add, clock, current, i18n, money, session
from plugins.parties.models import Party
from plugins.payments.models import Payment


def paid_for(subject: str, subject_id: int) -> Decimal:
    """What has been paid for a document so far, in its currency."""
    statement = sa.select(sa.func.sum(Payment.paid_amount)).where(
        Payment.subject_type == subject, Payment.subject_id == subject_id
    )
    return session().scalar(statement) or Decimal(0)


def due_of(document: Document) -> Decimal:
    """What is still to be paid for a document; raises Conflict when its type has no amount."""
    field = type(document).amount_field
    if not field:
        raise Conflict(_("Nothing can be paid for this document: it has no amount."))
    total: Decimal = getattr(document, field) or Decimal(0)
    return total - paid_for(document.__tablename__, document.id)


def take_cash(document: Document, party: Party, amount: Decimal, tendered: Decimal) -> Payment:
    """Post a cash payment of `amount`; the rest of `tendered` is the change.

    Locks the document, so that two tills cannot take the same money. Raises Conflict when more than is due would
    be paid, Invalid at `tendered` when the cash is too little or not in the currency's coins.
    """
    session().execute(sa.select(type(document).id).where(type(document).id == document.id).with_for_update())
    due, currency = due_of(document), document.currency
    _check_amount(amount, due, currency)
    _check_tendered(amount, tendered, currency)
    payment = Payment(
        party=party,
        paid_amount=amount,
        method="cash",
        tendered_amount=tendered,
        change_amount=tendered - amount,
        paid_at=clock.now(),
        cashier=current().name,
        subject_type=document.__tablename__,
        subject_id=document.id,
        subject_number=document.number or "",
        currency=currency,
        company_id=document.company_id,
        branch_id=current().branch_id or document.branch_id,
    )
    add(payment)
    return payment


def _check_amount(amount: Decimal, due: Decimal, currency: str) -> None:
    if due <= 0:
        raise Conflict(_("This is paid already."))
    if amount <= 0 or amount != money.rounded(amount, currency):
        raise Invalid(_("%(amount)s cannot be paid.", amount=i18n.format_money(amount, currency)))
    if amount > due:
        raise Conflict(_("Only %(due)s is still to be paid.", due=i18n.format_money(due, currency)))


def _check_tendered(amount: Decimal, tendered: Decimal, currency: str) -> None:
    if tendered != money.rounded(tendered, currency):
        sentence = _("%(currency)s has %(count)s decimal places.", currency=currency, count=money.exponent(currency))
        raise Invalid(fields={"tendered": sentence})
    if tendered < amount:
        missing = i18n.format_money(amount - tendered, currency)
        raise Invalid(fields={"tendered": _("%(missing)s is missing.", missing=missing)})
