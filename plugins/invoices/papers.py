"""What printed invoices and credit notes say."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from erp import _, acting, company, files
from plugins.invoices.models import CREDIT_REASONS, CreditNote, CreditNoteLine, Invoice, InvoiceLine, layout
from plugins.parties.models import Party
from plugins.receipts.api import described, plain, print_head

PURPOSE = "invoice"
"""Purpose of the files that hold an invoice or a credit note."""
COLOUR = "#1f4f8f"
LOGO = "logo"
"""Purpose of the company's files that are its logo; the newest counts."""


def language_of(party: Party) -> str:
    """The customer's language, else the company's."""
    return party.language or company().language


def _head(party: Party) -> dict[str, Any]:
    own = layout()
    pictures = files.of("company", company().id, LOGO)
    return {
        **print_head(),
        "logo": {"sha256": pictures[-1].sha256, "media_type": pictures[-1].media_type} if pictures else None,
        "colour": own.colour if own else COLOUR,
        "footer": (own.footer if own else "") or "",
        "bank_details": (own.bank_details if own else "") or "",
        "customer": {"name": party.name, "address": party.address or "", "phone": party.phone or ""},
    }


def invoice_paper(invoice: Invoice) -> dict[str, Any]:
    """Everything a printed invoice says."""
    with acting(language=language_of(invoice.customer)):
        return {
            **_head(invoice.customer),
            "number": invoice.number,
            "date": invoice.issued_on.isoformat() if invoice.issued_on else "",
            "due_on": invoice.due_on.isoformat() if invoice.due_on else "",
            "reference": invoice.reference or "",
            "subject": invoice.subject_number or "",
            "lines": [invoice_line(line) for line in invoice.lines],
            "discount": plain(invoice.discount_amount) if invoice.discount_amount else "",
            "discount_rate": plain(invoice.discount) if invoice.discount else "",
            "subtotal": plain(invoice.subtotal),
            "taxes": invoice.tax_totals,
            "total": plain(invoice.total),
            "currency": invoice.currency,
            "note": invoice.note or "",
        }


def invoice_line(line: InvoiceLine) -> dict[str, str]:
    """A line as prints show it, in the acting language."""
    return {
        "description": described(line.description, line.discount),
        "quantity": plain(line.quantity),
        "uom": _(line.uom) if line.uom else "",
        "unit_price": plain(line.unit_price),
        "amount": plain(line.total),
    }


def credit_paper(note: CreditNote) -> dict[str, Any]:
    """Everything a printed credit note says."""
    with acting(language=language_of(note.customer)):
        return {
            **_head(note.customer),
            "number": note.number,
            "date": note.issued_on.isoformat() if note.issued_on else "",
            "invoice": note.invoice.number,
            "invoiced_on": note.invoice.issued_on.isoformat() if note.invoice.issued_on else "",
            "reason": str(CREDIT_REASONS.get(note.reason or "", "")),
            "lines": [_credit_line(line) for line in note.lines],
            "subtotal": plain(note.subtotal),
            "taxes": note.tax_totals,
            "total": plain(note.total),
            "currency": note.currency,
            "note": note.note or "",
        }


def _credit_line(line: CreditNoteLine) -> dict[str, str]:
    return {
        "description": line.description,
        "quantity": plain(line.quantity),
        "uom": "",
        "unit_price": plain(line.unit_price),
        "amount": plain(line.net),
    }


def with_logo(content: dict[str, Any], tenant_id: int) -> dict[str, Any]:
    """The content with the picture itself in place of where it is kept."""
    logo = content.get("logo")
    if not logo:
        return content
    picture = b64encode(files.read(tenant_id, logo["sha256"])).decode()
    return {**content, "logo": f"data:{logo['media_type']};base64,{picture}"}
