from __future__ import annotations

from decimal import Decimal
from typing import Any

from erp import Call, Conflict, Invalid, Letter, _, action, clock, current, files, print_document, today
from plugins.invoices import letters, papers
from plugins.invoices.api import check_credit, credited_for, look_again, outstanding, reminded_elsewhere, standing
from plugins.invoices.models import CreditNote, Invoice
from plugins.invoices.posting import post_credit_note, post_invoice
from plugins.invoices.terms import due_day
from plugins.payments.api import take_cash
from plugins.receipts.api import issue, plain


@action
def issue_invoice(invoice: Invoice) -> None:
    """Date the invoice, say until when it is to be paid, and post it; refuses one without lines."""
    if not invoice.lines:
        raise Invalid(fields={"lines": _("Add at least one line.")})
    if invoice.total < 0:
        raise Invalid(fields={"lines": _("An invoice cannot come to less than nothing: make a credit note instead.")})
    invoice.issued_on = today()
    invoice.due_on = due_day(invoice.issued_on, invoice.payment_terms or "net_0")
    post_invoice(invoice)


@action
def take_invoice_payment(invoice: Invoice, tendered: Decimal, outcome: str) -> str:
    """Take cash for what is open, if cash it was, and issue the receipt; gives open, settled or credited."""
    if outcome == "cash":
        if not tendered or tendered <= 0:
            raise Invalid(fields={"tendered": _("Fill this in.")})
        left = outstanding(invoice)
        if left <= 0:
            raise Conflict(_("This is paid already."))
        payment = take_cash(invoice, invoice.customer, min(left, tendered), tendered)
        language = papers.language_of(invoice.customer)
        sums = {"subtotal": plain(invoice.subtotal), "tax": plain(invoice.tax), "total": plain(invoice.total)}
        lines = [{**papers.invoice_line(line)} for line in invoice.lines]
        issue(payment, lines=lines, sums={**sums, "tax_rate": ""}, language=language, note="")
    return standing(invoice)


@action
def is_overdue(invoice: Invoice) -> bool:
    """Whether something is still to be paid after the day it was due, and this invoice is to be reminded of."""
    is_late = invoice.due_on is not None and invoice.due_on < today()
    left = outstanding(invoice)
    if left <= 0:
        look_again(invoice, clock.now().isoformat())
    return is_late and left > 0 and bool(invoice.email) and not any(reminded_elsewhere(invoice))


@action
def issue_credit_note(note: CreditNote) -> None:
    """Date and post the credit note, and have its invoice go on when it is settled; refuses more than is left of it."""
    if not note.lines:
        raise Invalid(fields={"lines": _("Add at least one line.")})
    check_credit(note)
    note.recompute()
    before, note.issued_on = credited_for(note.invoice), today()
    post_credit_note(note, before)
    look_again(note.invoice, f"credit:{note.id}")


class RenderInvoice(Call):
    """Make the invoice as a PDF and keep it."""

    invoice: Invoice

    def request(self) -> dict[str, Any]:
        """What it says; nothing that changes later reaches it."""
        language = papers.language_of(self.invoice.customer)
        content = papers.invoice_paper(self.invoice)
        return {"tenant_id": current().tenant_id, "language": language, "content": content}

    def send(self, request: dict[str, Any], _key: str) -> dict[str, Any]:
        """Render it; the same request gives the same bytes, so a repeat keeps nothing new."""
        return _rendered("invoices/invoice.html", request)

    def record(self, answer: dict[str, Any]) -> None:
        """The PDF becomes a file of the invoice; history without papers has none."""
        _keep(self.invoice, answer)


class RenderCreditNote(Call):
    """Make the credit note as a PDF and keep it."""

    note: CreditNote

    def request(self) -> dict[str, Any]:
        """What it says; nothing that changes later reaches it."""
        language = papers.language_of(self.note.customer)
        return {"tenant_id": current().tenant_id, "language": language, "content": papers.credit_paper(self.note)}

    def send(self, request: dict[str, Any], _key: str) -> dict[str, Any]:
        """Render it; the same request gives the same bytes, so a repeat keeps nothing new."""
        return _rendered("invoices/credit_note.html", request)

    def record(self, answer: dict[str, Any]) -> None:
        """The PDF becomes a file of the credit note; history without papers has none."""
        _keep(self.note, answer)


def _rendered(template: str, request: dict[str, Any]) -> dict[str, Any]:
    content = papers.with_logo(request["content"], request["tenant_id"])
    pdf = print_document(template, content, language=request["language"])
    return {"sha256": files.keep(request["tenant_id"], pdf), "size": len(pdf)}


def _keep(document: Invoice | CreditNote, answer: dict[str, Any]) -> None:
    if "sha256" not in answer:
        return
    name = f"{(document.number or '').replace('/', '-')}.pdf"
    row = files.File(name=name, media_type="application/pdf", purpose=papers.PURPOSE, **answer)
    files.attach(row, document.__tablename__, document.id)


class InvoiceLetter(Letter):
    """A mail to the customer of an invoice."""

    invoice: Invoice

    def address(self) -> str:
        """Where the invoice goes."""
        return self.invoice.email or ""

    def language(self) -> str:
        """The customer's."""
        return papers.language_of(self.invoice.customer)

    def about(self) -> str:
        """The invoice's number."""
        return self.invoice.number or ""

    def attachments(self) -> list[files.File]:
        """The invoice as a PDF."""
        return files.of(self.invoice.__tablename__, self.invoice.id, papers.PURPOSE)[-1:]


class SendInvoice(InvoiceLetter):
    """Mail the invoice to the customer."""

    def content(self) -> tuple[str, str]:
        """The invoice in one sentence."""
        return letters.invoice_letter(self.invoice)


class SendInvoiceReminder(InvoiceLetter):
    """Remind the customer of an invoice that is overdue."""

    def content(self) -> tuple[str, str]:
        """What is still to be paid, and since when."""
        return letters.reminder_letter(self.invoice)


class SendCreditNote(Letter):
    """Mail the credit note to the customer."""

    note: CreditNote

    def address(self) -> str:
        """Where the credit note goes."""
        return self.note.email or ""

    def language(self) -> str:
        """The customer's."""
        return papers.language_of(self.note.customer)

    def about(self) -> str:
        """The credit note's number."""
        return self.note.number or ""

    def content(self) -> tuple[str, str]:
        """The credit note in one sentence."""
        return letters.credit_letter(self.note)

    def attachments(self) -> list[files.File]:
        """The credit note as a PDF."""
        return files.of(self.note.__tablename__, self.note.id, papers.PURPOSE)[-1:]
