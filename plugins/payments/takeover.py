"""Taking over what a provider says of a payment: only forward, in any order, as often as it is said."""

from __future__ import annotations

from decimal import Decimal

import sqlalchemy as sa

from erp import _, add, clock, current, i18n, session
from plugins.payments.dues import overpaid_by
from plugins.payments.ledger import entries_of, post
from plugins.payments.models import Payment, PaymentEntry, Refund
from plugins.payments.providers import Seen, SeenRefund
from plugins.payments.reviews import open_review

MARK = "refund:"
"""What our refunds are marked with at the provider, followed by their id."""
FORWARD = {"to_approve": -1, "asked": 0, "pending": 1, "refunded": 2, "failed": 3}


def take_over(payment: Payment, seen: Seen, *, adopt: bool = False) -> None:
    """Bring a locked payment to what the provider says; `adopt` takes refunds made elsewhere as ours."""
    payment.looked_at = clock.now()
    payment.provider_reference = payment.provider_reference or seen["reference"]
    if seen["currency"] and seen["currency"] != payment.currency:
        _ask(payment, "differs", _("The provider has it in %(currency)s.", currency=seen["currency"]))
        return
    entries = entries_of(payment.id)
    _take_money(payment, seen, entries)
    _take_fee(payment, seen, entries)
    _take_decline(payment, seen, entries)
    for found in seen["refunds"]:
        _take_refund(payment, found, adopt=adopt)
    if seen["status"] in {"cancelled", "over"} and payment.status in {"asked", "authorised"}:
        payment.failure = seen["reason"][:300]
        post(payment, "released" if payment.status == "authorised" else "failed", Decimal(0), note=seen["reason"])


def _sum(entries: list[PaymentEntry], kind: str) -> Decimal:
    return sum((entry.amount for entry in entries if entry.kind == kind), Decimal(0))


def _take_money(payment: Payment, seen: Seen, entries: list[PaymentEntry]) -> None:
    held, captured = Decimal(seen["held"]), Decimal(seen["captured"])
    more_held, more = held - _sum(entries, "authorised"), captured - _sum(entries, "captured")
    if more_held > 0 and payment.status not in {"paid", "partly_refunded", "refunded"}:
        post(payment, "authorised", more_held, reference=seen["reference"])
    if more < 0:
        _ask(payment, "differs", _("The provider has taken less than our books say."), -more)
    if more <= 0:
        return
    was = payment.status
    post(payment, "captured", more, reference=seen["reference"])
    payment.failure = ""
    if was in {"released", "failed"}:
        _ask(payment, "late", _("It was paid after we had given it up."), more)
    elif captured > payment.asked_amount:
        _ask(payment, "amount", _("Asked for %(asked)s.", asked=_money(payment, payment.asked_amount)), captured)
    elif (over := overpaid_by(payment)) > 0:
        _ask(payment, "overpaid", _("%(amount)s more than is due.", amount=_money(payment, over)), over)


def _take_fee(payment: Payment, seen: Seen, entries: list[PaymentEntry]) -> None:
    """What the provider keeps; it is often told after the money, and never taken back by itself."""
    more = Decimal(seen.get("fee") or 0) - _sum(entries, "fee")
    if more > 0:
        post(payment, "fee", more, reference=seen["reference"])


def _take_decline(payment: Payment, seen: Seen, entries: list[PaymentEntry]) -> None:
    declined = seen["declined"]
    if declined is None or any(entry.reference == declined["reference"] for entry in entries):
        return
    payment.failure = declined["message"][:300]
    post(
        payment, "declined", Decimal(0), reference=declined["reference"], note=f"{declined['code']}: {payment.failure}"
    )


def _take_refund(payment: Payment, found: SeenRefund, *, adopt: bool) -> None:
    refund = _refund_of(payment, found)
    amount = Decimal(found["amount"])
    if refund is None and not adopt:
        if found["status"] != "failed":
            what = _("%(amount)s were given back at the provider.", amount=_money(payment, amount))
            _ask(payment, "unknown_refund", what, amount, found["reference"])
        return
    if refund is None:
        if amount > payment.refundable:
            _ask(payment, "differs", _("More was given back than was paid."), amount, found["reference"])
            return
        refund = new_refund(payment, amount, "other", _("Made at the provider."))
    refund.provider_reference = refund.provider_reference or found["reference"]
    move(payment, refund, found["status"], found["failure"])


def _refund_of(payment: Payment, found: SeenRefund) -> Refund | None:
    known = sa.and_(Refund.provider_reference == found["reference"], Refund.provider_reference != "")
    marked = found["mark"].removeprefix(MARK)
    if found["mark"].startswith(MARK) and marked.isdecimal() and len(marked) <= 18:  # no larger id is kept
        known = sa.or_(known, Refund.id == int(marked))
    return session().scalar(sa.select(Refund).where(Refund.payment == payment, known))


def new_refund(payment: Payment, amount: Decimal, reason: str, note: str, reference: str = "") -> Refund:
    """A refund of a locked payment, reserved in its ledger; the caller has looked that so much is left."""
    refund = Refund(
        payment=payment,
        payment_number=payment.number or "",
        party=payment.party,
        refund_amount=amount,
        method=payment.method,
        reason=reason,
        note=note,
        reference=reference,
        currency=payment.currency,
        company_id=payment.company_id,
        branch_id=payment.branch_id,
        asked_by_id=current().user_id,
    )
    add(refund)
    post(payment, "refund_asked", amount, refund=refund, note=note)
    return refund


def move(payment: Payment, refund: Refund, status: str, failure: str = "", *, is_news: bool = True) -> None:
    """Move a refund of a locked payment on; what is behind it already is not said again.

    One that fails is put before a person, unless a person has just decided so (`is_news` false).
    """
    if FORWARD[status] <= FORWARD[refund.status]:
        return
    before, refund.status = refund.status, status
    if status == "refunded":
        refund.refunded_at = clock.now()
        post(payment, "refunded", refund.refund_amount, refund=refund, reference=refund.provider_reference)
    elif status == "failed":
        refund.failure = failure[:300]
        kind = "refund_returned" if before == "refunded" else "refund_failed"
        post(payment, kind, refund.refund_amount, refund=refund, reference=refund.provider_reference, note=failure)
        if not is_news:
            return
        what = _(
            "%(number)s was not given back: %(why)s", number=refund.number or "", why=failure or _("no reason given")
        )
        _ask(payment, "uncertain", what, refund.refund_amount, refund.provider_reference)


def _ask(payment: Payment, kind: str, what: str, amount: Decimal = Decimal(0), reference: str = "") -> None:
    open_review(kind, what, payment=payment, amount=amount, reference=reference or payment.provider_reference)


def _money(payment: Payment, amount: Decimal) -> str:
    return i18n.format_money(amount, payment.currency)
