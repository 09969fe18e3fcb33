"""Giving money back: never more than is left of a payment, the way it came; two people agree to a large amount."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import sqlalchemy as sa

from erp import (
    Company,
    Conflict,
    Document,
    Invalid,
    NotFound,
    _,
    ask,
    clock,
    current,
    i18n,
    money,
    read_setting,
    require,
    session,
)
from plugins.payments.actions import RefundPayment
from plugins.payments.ledger import locked
from plugins.payments.models import Payment, Refund
from plugins.payments.takeover import move, new_refund

SECOND_PERSON = "payments.second_person_from"
"""Setting: from which amount on, in the company's currency, a second person has to agree; nothing for never."""
REFERENCED = frozenset({"bank", "mpesa", "card_machine"})
"""Methods whose money is sent back by hand, under a reference."""


def give_back(payment_id: int, amount: Decimal, reason: str, *, note: str = "", reference: str = "") -> Refund:
    """Give a part of a payment back; cash at once, a card through its provider, the rest with a reference.

    Locks the payment, so that two people cannot give the same money back. A large amount is only reserved until a
    second person has agreed. Raises Forbidden, Conflict when less is left, Invalid at `amount` or `reference`.
    """
    require("edit", "refund")
    payment = locked(payment_id)
    if payment.method == "cash":
        require("pay_out", "refund")
    _check(payment, amount)
    waits = needs_second(payment, amount)
    if not waits:
        _check_reference(payment, reference)
    refund = new_refund(payment, amount, reason, note.strip(), reference.strip())
    if waits:
        refund.status = "to_approve"
    else:
        _carry_out(payment, refund)
    return refund


def give_back_of(
    document: Document, amount: Decimal, reason: str, *, note: str = "", reference: str = ""
) -> list[Refund]:
    """Give back what was paid for a document, the newest payment first, each the way it came; all or nothing.

    Raises what `give_back` does, Conflict when less is left of all payments together.
    """
    require("edit", "refund")
    statement = sa.select(Payment).where(
        Payment.subject_type == document.__tablename__, Payment.subject_id == document.id, Payment.paid_amount > 0
    )
    found = (
        session()
        .scalars(statement.order_by(Payment.id).with_for_update().execution_options(populate_existing=True))
        .all()
    )
    left = sum((payment.refundable for payment in found), Decimal(0))
    if amount > left:
        raise Conflict(_("Only %(left)s can be given back.", left=i18n.format_money(left, document.currency)))
    made = []
    for payment in sorted(found, key=lambda each: each.id, reverse=True):
        part = min(amount, payment.refundable)
        if part > 0:
            made.append(give_back(payment.id, part, reason, note=note, reference=reference))
            amount -= part
    if amount > 0 or not made:
        raise Invalid(fields={"amount": _("This amount cannot be given back.")})
    return made


def needs_second(payment: Payment, amount: Decimal) -> bool:
    """Whether a refund is so large that a second person has to agree; one in a foreign currency always is."""
    limit = read_setting(SECOND_PERSON, "")
    if not limit:
        return False
    own = session().get_one(Company, payment.company_id).currency
    return payment.currency != own or amount >= Decimal(limit)


def agree(refund_id: int, *, reference: str = "") -> Refund:
    """A second person agrees to a large refund, and it is carried out.

    Raises Forbidden, Conflict for whoever asked for it or when it is decided already, Invalid at `reference`.
    """
    require("approve", "refund")
    refund = _to_decide(refund_id)
    if refund.asked_by_id == current().user_id:
        raise Conflict(_("You asked for this refund yourself; somebody else has to agree."))
    payment = locked(refund.payment.id)
    refund.reference = reference.strip() or refund.reference
    _check_reference(payment, refund.reference)
    refund.approved_by, refund.status = current().name, "asked"
    _carry_out(payment, refund)
    return refund


def decline(refund_id: int, note: str) -> Refund:
    """Do not agree to a large refund, or take one's own back, with the reason; the money is free again.

    Raises Forbidden, Conflict when it is decided already, Invalid at `note`.
    """
    refund = _to_decide(refund_id)
    is_own = refund.asked_by_id == current().user_id
    require("edit" if is_own else "approve", "refund")
    if not note.strip():
        raise Invalid(fields={"note": _("Say why.")})
    who, why = current().name, note.strip()
    said = _("%(who)s took it back: %(why)s", who=who, why=why)
    if not is_own:
        said = _("%(who)s did not agree: %(why)s", who=who, why=why)
    move(locked(refund.payment.id), refund, "failed", said, is_news=False)
    return refund


def _to_decide(refund_id: int) -> Refund:
    statement = sa.select(Refund).where(Refund.id == refund_id)
    found = session().scalar(statement)
    if found is None:
        raise NotFound
    locked(found.payment.id)  # always before its refunds
    found = session().scalar(statement.with_for_update().execution_options(populate_existing=True))
    assert found is not None
    if found.status != "to_approve":
        raise Conflict(_("This is decided already. Load the page again."))
    return found


def _carry_out(payment: Payment, refund: Refund) -> None:
    if payment.provider:
        # a key is new for ever: two installations, or one brought back from a dump, may share an account
        ask(refund, RefundPayment, f"refund:{refund.id}:{uuid4()}")
    else:
        move(payment, refund, "refunded")
        refund.refunded_at = clock.now()


def _check_reference(payment: Payment, reference: str) -> None:
    if payment.method in REFERENCED and not reference.strip():
        raise Invalid(fields={"reference": _("Say under which reference the money was sent back.")})


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
