"""Mails that bring invoices and credit notes, and remind of what is overdue."""

from __future__ import annotations

from erp import _, branch, company, i18n
from plugins.invoices.api import outstanding
from plugins.invoices.models import CreditNote, Invoice
from plugins.parties.models import Party


def _greeting(party: Party) -> str:
    return _("Hello %(name)s,", name=party.name)


def _signature() -> str:
    own, place = company(), branch()
    name = f"{own.name}, {place.name}" if place else own.name
    return "\n".join(part for part in (name, own.phone) if part)


def _letter(party: Party, *parts: str) -> str:
    return "\n\n".join(part for part in (_greeting(party), *parts, _signature()) if part)


def invoice_letter(invoice: Invoice) -> tuple[str, str]:
    """Subject and text of the mail that brings an invoice."""
    amount = i18n.format_money(invoice.total, invoice.currency)
    bring = _("attached is our invoice %(number)s of %(amount)s.", number=invoice.number, amount=amount)
    due = _("Please pay it by %(day)s.", day=i18n.format_date(invoice.due_on)) if invoice.total else ""
    return _("Invoice %(number)s", number=invoice.number), _letter(invoice.customer, f"{bring} {due}".strip())


def reminder_letter(invoice: Invoice) -> tuple[str, str]:
    """Subject and text of the reminder of an invoice that is overdue."""
    left = i18n.format_money(outstanding(invoice), invoice.currency)
    day = i18n.format_date(invoice.due_on)
    owed = _("%(amount)s of our invoice %(number)s was due on %(day)s and has not reached us yet.",
             amount=left, number=invoice.number, day=day)  # fmt: skip
    kind = _("If you have paid it meanwhile, nothing more is to be done. Otherwise please pay it soon.")
    return _("Reminder of invoice %(number)s", number=invoice.number), _letter(invoice.customer, f"{owed} {kind}")


def credit_letter(note: CreditNote) -> tuple[str, str]:
    """Subject and text of the mail that brings a credit note."""
    amount = i18n.format_money(note.total, note.currency)
    text = _("attached is our credit note %(number)s of %(amount)s for the invoice %(invoice)s.",
             number=note.number, amount=amount, invoice=note.invoice.number)  # fmt: skip
    return _("Credit note %(number)s", number=note.number), _letter(note.customer, text)
