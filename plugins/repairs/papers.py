"""What quotes and receipts of a repair order say."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from erp import _, acting, branch, clock, company
from plugins.receipts.api import described, plain, print_head
from plugins.repairs.models import LINE_KINDS, RepairOrder

QUOTATION = "quotation"
"""Purpose of the files that hold a quote."""


def language_of(order: RepairOrder) -> str:
    """The customer's language, else the company's."""
    return order.customer.language or company().language


def print_lines(order: RepairOrder) -> list[dict[str, str]]:
    """The lines as prints show them, in the customer's language."""
    with acting(language=language_of(order)):
        return [
            {
                "description": described(line.description, line.discount),
                "quantity": plain(line.quantity),
                "unit_price": plain(line.unit_price),
                "amount": plain(line.total),
                "covered": plain(line.covered_amount) if line.covered_amount else "",
            }
            for line in order.lines
        ]


def print_sums(order: RepairOrder) -> dict[str, str]:
    """Subtotal, tax and total as prints show them."""
    return {
        "subtotal": plain(order.subtotal),
        "tax_rate": plain(order.tax_rate),
        "tax": plain(order.tax),
        "total": plain(order.total),
    }


def quotation(
    order: RepairOrder, *, revision: int, issued_on: str, valid_until: str, by: str, deposit: Decimal
) -> dict[str, Any]:
    """Everything the printed quote says."""
    party = order.customer
    return {
        **print_head(),
        "number": f"{order.number}-{revision}",
        "date": issued_on,
        "valid_until": valid_until,
        "customer": {"name": party.name, "address": party.address or "", "phone": party.phone or ""},
        "item": ", ".join(part for part in (order.item, order.serial) if part),
        "lines": print_lines(order),
        **print_sums(order),
        "currency": order.currency,
        "cashier": by,
        "title": "",
        "deposit": plain(deposit) if deposit else "",
        "inspection_fee": plain(order.inspection_fee) if order.inspection_fee else "",
        "warranty": (order.warranty_decision or "").split("\n")[0] if order.covered_kinds else "",
        "more_needed": order.more_needed or "",
        "note": order.quote_note or "",
    }


def work_order(order: RepairOrder) -> dict[str, Any]:
    """Everything the technician's paper says: what was approved, with what, and what to look for."""
    party, place = order.customer, branch()
    return {
        **print_head(),
        "branch": place.name if place else "",
        "number": order.number,
        "date": clock.now().isoformat(),
        "customer": {"name": party.name, "phone": party.phone or ""},
        "item": order.item,
        "serial": order.serial or "",
        "fault": order.fault,
        "condition": order.condition or "",
        "accessories": order.accessories or "",
        "storage": order.storage or "",
        "promised_on": order.promised_on.isoformat() if order.promised_on else "",
        "findings": order.findings or "",
        "warranty": order.warranty_decision or "",
        "approved": _approved(order),
        "lines": [
            {"kind": str(LINE_KINDS[line.kind]), "description": line.description, "quantity": plain(line.quantity)}
            for line in order.lines
        ],
        "rework": order.rework_count,
        "note": order.quality_note or "" if order.rework_count else "",
    }


def _approved(order: RepairOrder) -> str:
    """Under what the work is done."""
    if order.under_warranty:
        return _("Under warranty")
    if not order.approved_revision:
        return _("Not approved yet: only inspect it")
    return _("Quote %(revision)s, approved", revision=f"{order.number}-{order.approved_revision}")
