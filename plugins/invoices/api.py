"""Issuing invoices for other documents, crediting them, and what is still to be paid."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from erp import Conflict, Document, Invalid, Job, NotFound, _, add, hook, i18n, outbox, session, transaction, whole
from plugins.invoices.models import (
    ISSUED,
    CreditNote,
    CreditNoteLine,
    Invoice,
    InvoiceLine,
    credited_quantities,
)
from plugins.invoices.terms import PAYMENT_TERMS, due_day
from plugins.parties.models import Party
from plugins.payments.api import Due, due_of, paid_for
from plugins.payments.models import Payment

__all__ = [
    "CREDITED",
    "OPEN",
    "PAYMENT_TERMS",
    "SETTLE",
    "SETTLED",
    "check_credit",
    "credit",
    "credited_for",
    "due_day",
    "dues_in",
    "issue",
    "locked",
    "look_again",
    "notes_of",
    "outstanding",
    "standing",
]
OPEN, SETTLED, CREDITED = "open", "settled", "credited"
SETTLE = "invoices.settle"
STILL_OPEN = "invoice.state not in ('settled', 'credited')"
"""As the index `invoice_open` says it, so that what was settled long ago is never read."""


@hook
def reminded_elsewhere(invoice: Invoice) -> bool:
    """Asked before a customer is reminded of one invoice: whether somebody reminds them of all they owe."""
    raise NotImplementedError


def issue(
    party: Party,
    lines: Sequence[dict[str, Any]],
    *,
    subject: Document | None = None,
    payment_terms: str = "",
    note: str | None = None,
) -> Invoice:
    """An invoice issued at once, inside an action or a job; rights are the caller's.

    `lines` hold what InvoiceLine holds (description, quantity, unit_price …), at no price under warranty; number, PDF
    and mail follow by its process in the same and the next transactions.
    """
    invoice = Invoice(
        customer=party,
        payment_terms=payment_terms or None,
        note=note,
        is_automatic=True,
        discount=Decimal(0),
        lines=[InvoiceLine(position=place, **values) for place, values in enumerate(lines)],
    )
    if subject is not None:
        invoice.subject_type, invoice.subject_id = subject.__tablename__, subject.id
        invoice.subject_number, invoice.currency = subject.number, subject.currency
        invoice.company_id, invoice.branch_id = subject.company_id, subject.branch_id
    add(invoice)
    return invoice


def credited_for(invoice: Invoice) -> Decimal:
    """What issued credit notes have taken back of an invoice, tax included."""
    statement = sa.select(sa.func.sum(CreditNote.total)).where(
        CreditNote.invoice == invoice, CreditNote.issued_on.is_not(None)
    )
    with whole():
        return session().scalar(statement) or Decimal(0)


def notes_of(invoice: Invoice) -> list[CreditNote]:
    """The issued credit notes of an invoice, the oldest first."""
    statement = sa.select(CreditNote).where(CreditNote.invoice == invoice, CreditNote.issued_on.is_not(None))
    with whole():
        return list(session().scalars(statement.order_by(CreditNote.id)))


def outstanding(invoice: Invoice) -> Decimal:
    """What is still to be paid: the total less payments and credit notes; negative when money is to be given back."""
    return due_of(invoice)


def dues_in(currency: str, party_id: int | None = None) -> list[Due]:
    """Invoices in a currency that are to be paid, by one customer or by all, of those the reader reaches."""
    may_be = sa.select(Invoice.id).where(sa.text(STILL_OPEN)).union(_given_back())
    left = Invoice.total - _taken_back() - _paid()
    statement = sa.select(Invoice.id, left).where(
        Invoice.id.in_(may_be), Invoice.issued_on.is_not(None), Invoice.currency == currency, left > 0
    )
    if party_id is not None:
        statement = statement.where(Invoice.customer_id == party_id)  # type: ignore[attr-defined]
    with whole():  # what another branch took or credited counts too
        still = {row[0]: row[1] for row in session().execute(statement)}
    wanted = sa.select(Invoice).where(Invoice.id.in_(still)).options(joinedload(Invoice.customer))
    found = session().scalars(wanted) if still else ()
    return [_due(invoice, still[invoice.id]) for invoice in found if invoice.passed(ISSUED)]


def _due(invoice: Invoice, left: Decimal) -> Due:
    customer = invoice.customer
    return Due(invoice.__tablename__, invoice.id, invoice.number or "", customer.id, customer.name, left,
               invoice.currency, invoice.due_on)  # fmt: skip


def _taken_back() -> Any:
    """What credit notes took of the invoice of a row."""
    taken = sa.select(sa.func.coalesce(sa.func.sum(CreditNote.total), 0)).where(
        CreditNote.invoice_id == Invoice.id,  # type: ignore[attr-defined] # a link's
        CreditNote.issued_on.is_not(None),
    )
    return taken.scalar_subquery()


def _paid() -> Any:
    """What was paid for the invoice of a row."""
    paid = sa.select(sa.func.coalesce(sa.func.sum(Payment.paid_amount - Payment.refunded_amount), 0)).where(
        Payment.subject_type == Invoice.__tablename__, Payment.subject_id == Invoice.id
    )
    return paid.scalar_subquery()


def _given_back() -> Any:
    """Invoices of which something was given back: these alone may be open again once they were settled."""
    return sa.select(Payment.subject_id).where(
        Payment.subject_type == Invoice.__tablename__, sa.text("payment.refunded_amount > 0")
    )


def standing(invoice: Invoice) -> str:
    """`open` while something is to be paid, else `settled`, or `credited` when credit notes alone did it."""
    if outstanding(invoice) > 0:
        return OPEN
    is_paid = not invoice.total or paid_for(invoice.__tablename__, invoice.id) > 0
    return SETTLED if is_paid else CREDITED


def look_again(invoice: Invoice, cause: str) -> None:
    """Have its process go on where nothing is left to pay, after this transaction; `cause` is what changed that."""
    key = f"settle:{invoice.id}:{cause}"
    outbox.put(Job(kind=SETTLE, key=key, request={"invoice": invoice.id}, subject="invoice", subject_id=invoice.id))


def credit(invoice_id: int) -> CreditNote:
    """A draft that takes back all that is left of an issued invoice; raises Conflict when nothing is.

    Rights are the caller's.
    """
    with transaction():
        invoice = locked(invoice_id)
        if not invoice.passed(ISSUED):
            raise Conflict(_("A draft needs no credit note: change it, or discard it."))
        taken = credited_quantities(invoice)
        rows = [
            CreditNoteLine(
                position=place,
                invoice_line_id=line.id,
                description=line.description,
                quantity=line.quantity - taken.get(line.id, Decimal(0)),
                unit_price=line.unit_price,
            )
            for place, line in enumerate(invoice.lines)
            if line.quantity > taken.get(line.id, Decimal(0))
        ]
        if not rows:
            raise Conflict(_("Nothing is left of this invoice to credit."))
        note = CreditNote(
            invoice=invoice,
            customer=invoice.customer,
            email=invoice.email,
            currency=invoice.currency,
            company_id=invoice.company_id,
            branch_id=invoice.branch_id,
            lines=rows,
        )
        add(note)
        return note


def check_credit(note: CreditNote) -> None:
    """Raise Invalid at the lines unless each is part of what is left of its invoice line; the invoice is locked."""
    invoice = locked(note.invoice.id)
    taken, charged = credited_quantities(invoice), {line.id: line for line in invoice.lines}
    for line in note.lines:
        source = charged.get(line.invoice_line_id or 0)
        if source is None:
            raise Invalid(fields={"lines": _("Only lines of the invoice can be credited; remove the others.")})
        taken[source.id] = taken.get(source.id, Decimal(0)) + line.quantity
        if taken[source.id] > source.quantity:
            left = source.quantity - taken[source.id] + line.quantity
            raise Invalid(
                fields={
                    "lines": _(
                        "Only %(left)s of “%(line)s” is left to credit.",
                        left=i18n.format_number(left),
                        line=line.description,
                    )
                }
            )


def locked(invoice_id: int) -> Invoice:
    """The invoice as it is now, held until the end of this transaction."""
    statement = sa.select(Invoice).where(Invoice.id == invoice_id).with_for_update()
    found = session().scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise NotFound
    return found
