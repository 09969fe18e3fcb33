"""Giving money back: never more than is left of a payment, the way it came."""

from __future__ import annotations

from decimal import Decimal

from erp import Conflict, Invalid, _, ask, clock, i18n, money, require
from plugins.payments.actions import RefundPayment
from plugins.payments.ledger import locked
from plugins.payments.models import Payment, Refund
from plugins.payments.takeover import move, new_refund


def give_back(payment_id: int, amount: Decimal, reason: str, *, note: str = "", reference: str = "") -> Refund:
    """Give a part of a payment back; cash at once, a card through its provider, the rest with a reference.

    Locks the payment, so that two people cannot give the same money back. Raises Forbidden, Conflict when less is left,
    Invalid at `amount` or `reference`.
    """
    require("edit", "refund")
    payment = locked(payment_id)
    _check(payment, amount)
    if payment.method in {"bank", "mpesa", "card_machine"} and not reference.strip():
        raise Invalid(fields={"reference": _("Say under which reference the money was sent back.")})
    refund = new_refund(payment, amount, reason, note.strip(), reference.strip())
    if payment.provider:
        ask(refund, RefundPayment, f"refund:{refund.id}")
    else:
        move(payment, refund, "refunded")
        refund.refunded_at = clock.now()
    return refund


def _check(payment: Payment, amount: Decimal) -> None:
    left = payment.refundable
    if left <= 0:
        raise Conflict(_("Nothing is left of this payment to give back."))
    if amount <= 0 or amount != money.rounded(amount, payment.currency):
        sentence = _("%(amount)s cannot be given back.", amount=i18n.format_money(amount, payment.currency))
        raise Invalid(fields={"amount": sentence})
    if amount > left:
        raise Invalid(
            fields={"amount": _("Only %(left)s can be given back.", left=i18n.format_money(left, payment.currency))}
        )
