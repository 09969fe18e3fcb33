"""How the work ended: what was done and approved, or what an item that cannot be repaired came to."""

from __future__ import annotations

from decimal import Decimal

import sqlalchemy as sa

from erp import Invalid, NotFound, _, current, session
from plugins.payments.api import give_back, payments_of
from plugins.payments.models import Payment
from plugins.receipts.api import newest_of
from plugins.repairs import charging, quotes
from plugins.repairs.models import ZERO, RepairOrder


def note_work(order: RepairOrder, outcome: str) -> None:
    """Note who did the work; raises Invalid at the lines where the customer has not approved them."""
    _price_covered(order)
    if outcome == "more":
        if not (order.more_needed or "").strip():
            raise Invalid(fields={"more_needed": _("Say what is needed; the counter makes the new quote of it.")})
        return
    if outcome == "unrepairable":
        return
    if not order.under_warranty and not quotes.is_as_approved(order):
        raise Invalid(
            fields={"lines": _("The customer has not approved these lines. Press “More is needed” to ask for them.")}
        )
    order.repaired_by, order.repaired_by_id = current().name, current().member_id
    order.more_needed = None


def _price_covered(order: RepairOrder) -> None:
    """What the warranty pays is reported at the product's price where the technician named none."""
    for line in order.lines:
        if not line.unit_price and line.product is not None and line.kind in order.covered_kinds:
            line.unit_price = line.product.unit_price
    order.recompute()


def settle(order: RepairOrder, outcome: str, number: str, amount: Decimal | None, reference: str) -> None:
    """Return, replace or refund; raises Invalid at what is missing for it."""
    if outcome == "replaced" and not (order.replacement or "").strip():
        raise Invalid(fields={"replacement": _("Say what the customer gets instead.")})
    if outcome == "refunded":
        _refund(order, number.strip(), amount, reference.strip())
    order.outcome = outcome
    fee = order.inspection_fee if outcome == "returned" else ZERO
    charging.charge_only(order, fee, _("Inspection"))


def _refund(order: RepairOrder, number: str, amount: Decimal | None, reference: str) -> None:
    payment = session().scalar(sa.select(Payment).where(Payment.number == number)) if number else None
    if payment is None or payment.party.id != order.customer.id:
        raise Invalid(fields={"refund_payment": _("There is no such payment of this customer.")})
    note = f"{order.number}: {order.item}"
    with charging.entitled():
        try:
            give_back(payment.id, amount or payment.refundable, "other", note=note, reference=reference)
        except Invalid as refusal:
            moved = {"amount": "refund_amount", "reference": "refund_reference"}
            fields = {moved.get(name, name): why for name, why in refusal.fields.items()}
            raise Invalid(refusal.message, fields=fields) from refusal


def last_receipt(order: RepairOrder) -> str:
    """`receipt` when the newest payment has none yet and one was issued now, else `plain`."""
    taken = [each for each in payments_of(order) if each.paid_amount > each.refunded_amount]
    if not taken:
        return "plain"
    try:
        known = newest_of(order).payment.id
    except NotFound:
        known = 0
    if known >= taken[-1].id:
        return "plain"
    charging.print_receipt(order, taken[-1:])
    return "receipt"
