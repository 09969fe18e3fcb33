"""What quotes and receipts of a repair order say."""

from __future__ import annotations

from typing import Any

from erp import _, acting, company, i18n
from plugins.receipts.api import plain, print_head
from plugins.repairs.models import RepairOrder, RepairOrderLine

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
                "description": _described(line),
                "quantity": plain(line.quantity),
                "unit_price": plain(line.unit_price),
                "amount": plain(line.total),
            }
            for line in order.lines
        ]


def _described(line: RepairOrderLine) -> str:
    if not line.discount:
        return line.description
    return _(
        "%(description)s (%(percent)s %% off)", description=line.description, percent=i18n.format_number(line.discount)
    )


def print_sums(order: RepairOrder) -> dict[str, str]:
    """Subtotal, tax and total as prints show them."""
    return {
        "subtotal": plain(order.subtotal),
        "tax_rate": plain(order.tax_rate),
        "tax": plain(order.tax),
        "total": plain(order.total),
    }


def quotation(order: RepairOrder, *, revision: int, issued_on: str, valid_until: str, by: str) -> dict[str, Any]:
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
        "note": order.quote_note or "",
    }
