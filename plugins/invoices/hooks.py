from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from erp import Document, _, _l, session
from plugins.accounting.api import Amount, ClosingCheck, Event, closing_checks, drafts, keeps_books, postable
from plugins.invoices.api import credited_for, dues_in, look_again, notes_of
from plugins.invoices.models import ISSUED, CreditNote, Invoice
from plugins.invoices.posting import CREDITED_EVENT, ISSUED_EVENT, settle
from plugins.parties.models import Party
from plugins.payments.api import Due, dues_of, money_moved, payer_of, reduced_by
from plugins.payments.models import Payment, PaymentEntry


@payer_of.answer
def customer_of_invoice(document: Document) -> Party | None:
    """The customer of an invoice that is issued."""
    return document.customer if isinstance(document, Invoice) and document.passed(ISSUED) else None


@dues_of.answer
def open_invoices(party_id: int | None, currency: str) -> Sequence[Due]:
    """Invoices that are issued and not paid."""
    return dues_in(currency, party_id)


@reduced_by.answer
def credited(document: Document) -> Decimal:
    """What issued credit notes have taken back of an invoice."""
    return credited_for(document) if isinstance(document, Invoice) else Decimal(0)


@money_moved.answer
def settle_invoice(payment: Payment, entry: PaymentEntry) -> None:
    """Have an invoice's process go on when money for it has come; what is given back settles its credit notes."""
    if payment.subject_type != Invoice.__tablename__:
        return
    invoice = session().get_one(Invoice, payment.subject_id)
    if entry.kind == "captured":
        look_again(invoice, f"payment:{entry.id}")
    if entry.kind == "refunded" and keeps_books():
        for note in notes_of(invoice):
            settle(note)


@postable.answer
def events() -> Sequence[Event]:
    """An invoice and a credit note, each with its net and its taxes."""
    amounts = (Amount("net", _l("net amount")), Amount("tax", _l("tax")))
    return [
        Event(ISSUED_EVENT, _l("an invoice is issued"), amounts),
        Event(CREDITED_EVENT, _l("a credit note is issued"), amounts),
    ]


@closing_checks.answer
def drafts_in_a_close(_first: date, last: date) -> Sequence[ClosingCheck]:
    """Invoices and credit notes nobody has issued."""
    return [drafts(Invoice, _("Invoices"), "draft", last), drafts(CreditNote, _("Credit notes"), "draft", last)]
