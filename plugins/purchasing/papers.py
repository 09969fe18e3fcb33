"""What printed orders and returns say, and the mail that brings an order."""

from __future__ import annotations

from typing import Any

from erp import _, acting, branch, company, i18n, money
from plugins.invoices.api import PAYMENT_TERMS
from plugins.parties.models import Party
from plugins.purchasing.deliveries import QUALITY, SupplierReturn
from plugins.purchasing.models import ZERO, PurchaseOrder, PurchaseOrderLine
from plugins.purchasing.sourcing import RequestForQuotation
from plugins.receipts.api import described, plain, print_head

ORDER, RETURN = "purchasing/purchase_order.html", "purchasing/supplier_return.html"
PURPOSE = "purchase_order"
"""Purpose of the files that hold an order."""


def language_of(party: Party) -> str:
    """The supplier's language, else the company's."""
    return party.language or company().language


def order_paper(order: PurchaseOrder) -> dict[str, Any]:
    """Everything a printed order says."""
    party = order.supplier
    with acting(language=language_of(party)):
        return {
            **print_head(),
            "number": order.number,
            "date": order.created_at.date().isoformat(),
            "needed_on": order.needed_on.isoformat() if order.needed_on else "",
            "reference": order.supplier_reference or "",
            "terms": str(PAYMENT_TERMS[order.payment_terms]) if order.payment_terms else "",
            "customer": {"name": party.name, "address": party.address or "", "phone": party.phone or ""},
            "lines": [_line(line) for line in order.lines],
            "subtotal": plain(order.subtotal),
            "taxes": order.tax_totals,
            "total": plain(order.total),
            "currency": order.currency,
            "note": order.note or "",
            **dict.fromkeys(("discount", "discount_rate", "bank_details", "footer", "logo", "colour"), ""),
        }


def _line(line: PurchaseOrderLine) -> dict[str, str]:
    return {
        "description": described(line.description, line.discount),
        "quantity": plain(line.quantity),
        "uom": str(_(line.uom.name)) if line.uom is not None else "",
        "unit_price": plain(line.unit_price),
        "amount": plain(line.net),
    }


def return_paper(back: SupplierReturn) -> dict[str, Any]:
    """Everything that goes with goods to their supplier: which, why, and what is to be credited, without tax."""
    party, order = back.supplier, back.receipt.order
    ordered = {line.id: line for line in order.lines}
    with acting(language=language_of(party)):
        told = [(line, ordered[line.received().order_line_id or 0]) for line in back.lines]
        nets = [money.portion(of.net, ZERO, line.quantity, of.quantity, order.currency) for line, of in told]
        return {
            **print_head(),
            "number": back.number,
            "date": (back.posted_on or back.created_at.date()).isoformat(),
            "order": order.number,
            "delivery_note": back.receipt.delivery_note or "",
            "reference": back.reference or "",
            "reason": str(QUALITY[back.reason]) if back.reason else "",
            "customer": {"name": party.name, "address": party.address or "", "phone": party.phone or ""},
            "lines": [
                {"description": of.description, "quantity": plain(line.quantity), "unit_price": plain(of.unit_price),
                 "uom": str(_(of.uom.name)) if of.uom is not None else "", "amount": plain(net)}
                for (line, of), net in zip(told, nets, strict=True)
            ],
            "subtotal": plain(sum(nets, ZERO)),
            "taxes": [],
            "total": plain(sum(nets, ZERO)),
            "currency": order.currency,
            "note": back.note or "",
            **dict.fromkeys(("discount", "discount_rate", "bank_details", "footer", "logo", "colour"), ""),
        }  # fmt: skip


def request_letter(quote: RequestForQuotation) -> tuple[str, str]:
    """Subject and text of the mail that asks for an offer."""
    own, place = company(), branch()
    rows = [f"– {i18n.format_number(line.quantity)} × {line.description}" for line in quote.lines]
    by = _("Please answer by %(day)s.", day=i18n.format_date(quote.answer_by)) if quote.answer_by else ""
    name = f"{own.name}, {place.name}" if place else own.name
    parts = (
        _("Hello %(name)s,", name=quote.supplier.name), _("what do you ask for these, and when can you deliver?"),
        "\n".join(rows), by, quote.note or "", "\n".join(filter(None, (name, own.phone))),
    )  # fmt: skip
    subject = _("Request for quotation %(number)s", number=quote.number)
    return subject, "\n\n".join(filter(None, parts))


def order_letter(order: PurchaseOrder) -> tuple[str, str]:
    """Subject and text of the mail that brings an order."""
    own, place = company(), branch()
    said = _("attached is our order %(number)s.", number=order.number)
    needed = _("We need it by %(day)s.", day=i18n.format_date(order.needed_on)) if order.needed_on else ""
    name = f"{own.name}, {place.name}" if place else own.name
    parts = (
        _("Hello %(name)s,", name=order.supplier.name), f"{said} {needed}".strip(),
        _("Please confirm it, and name its number on your bill."), "\n".join(filter(None, (name, own.phone))),
    )  # fmt: skip
    return _("Order %(number)s", number=order.number), "\n\n".join(parts)
