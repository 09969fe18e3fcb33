"""Handing an item over: against signature, code or name, and what becomes of one nobody collects."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from decimal import Decimal

from erp import Invalid, _, clock, current, files, i18n, settings
from plugins.invoices.api import issue as issue_invoice
from plugins.repairs.models import RepairOrder, RepairOrderLine, rules

SIGNATURE = "signature"
"""Purpose of the files that hold one."""
FRESH = timedelta(minutes=15)
TOLERANCE = Decimal("0.05")
"""Grams by which two weighings may differ without a word."""


def code_of(order: RepairOrder) -> str:
    """Six digits only the customer is told; the same each time, known to nobody without the installation's secret."""
    text = f"collect\x1f{order.tenant_id}\x1f{order.id}".encode()
    digest = hmac.new(settings().secret_key.encode(), text, hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:8]) % 1_000_000:06d}"


def prove(order: RepairOrder, code: str | None) -> None:
    """Note against what the item is handed over; raises Invalid at a wrong code, or where a proof is missing."""
    typed = (code or "").translate(i18n.LATIN).replace(" ", "")
    signed = [
        each for each in files.of(order.__tablename__, order.id, SIGNATURE) if clock.now() - each.created_at < FRESH
    ]
    if typed:
        if not hmac.compare_digest(typed, code_of(order)):
            raise Invalid(fields={"code": _("This is not the code of this order.")})
        order.collected_against = "code"
    elif signed:
        order.collected_against = "signature"
    elif rules().needs_proof:
        raise Invalid(fields={"signature": _("Let it be signed for, or type the code of our message.")})
    else:
        order.collected_against = "name"
    order.collected_by = order.collected_by or order.customer.name
    order.collected_at = clock.now()


def check_weight(order: RepairOrder) -> None:
    """Raise Invalid unless what was weighed coming in is weighed again, and a difference is explained."""
    if order.weight_in is None:
        return
    if order.weight_out is None:
        raise Invalid(fields={"weight_out": _("It was weighed when it came in: weigh it again.")})
    if abs(order.weight_in - order.weight_out) > TOLERANCE and not (order.weight_note or "").strip():
        grams = i18n.format_number(order.weight_out - order.weight_in)
        raise Invalid(fields={"weight_note": _("The weight differs by %(grams)s g. Say why.", grams=grams)})


def bill_warranty(order: RepairOrder) -> None:
    """The invoice of what the warranty paid for: at no price, so that the customer holds a paper of the work."""
    if not order.under_warranty or not order.lines:
        return
    note = order.warranty_decision or ""
    rows = [
        {"description": line.description, "quantity": line.quantity, "unit_price": Decimal(0)} for line in order.lines
    ]
    issue_invoice(order.customer, rows, subject=order, note=note or None)


def charge_storage(order: RepairOrder) -> None:
    """Add the storage fee to what is to be paid; raises Invalid where the company charges none."""
    own = rules()
    if not own.charges_storage or own.storage_fee <= 0:
        raise Invalid(_("Your company charges no storage. The owner switches it on in the repair rules."))
    place = len(order.lines)
    line = RepairOrderLine(
        position=place, kind="fee", description=_("Storage"), quantity=Decimal(1), unit_price=own.storage_fee
    )
    order.lines.append(line)
    order.recompute()


def dispose(order: RepairOrder) -> None:
    """Note that the item was disposed of; raises Invalid where the company does not."""
    if not rules().disposes:
        raise Invalid(_("Your company does not dispose of items. The owner switches it on in the repair rules."))
    order.outcome, order.collected_at = "scrapped", clock.now()
    order.collected_by = current().name
