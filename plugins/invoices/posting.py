"""What invoices and credit notes post to the money ledger, in the step that issues them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from erp import Invalid, company, session
from plugins.accounting.api import Part, Posting, allocate, keeps_books, post, refuse_locked
from plugins.currencies.api import RateMissing, converted_each
from plugins.invoices.models import CreditNote, Invoice, InvoiceLine
from plugins.payments.api import payments_of
from plugins.taxes.api import rows

ISSUED_EVENT, CREDITED_EVENT = "invoice_issued", "credit_note_issued"
JOURNAL = "sales"
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Sum:
    """One amount of a line in the document's currency: its net, or one of its taxes and what that was taken on."""

    name: str
    line: InvoiceLine
    amount: Decimal
    base: Decimal = ZERO
    tax: tuple[str, str] = ("", "")
    """(name, rate)"""


def post_invoice(invoice: Invoice) -> int | None:
    """Post an invoice that is being issued; its entry, None where no books are kept or it comes to nothing.

    Raises Invalid at `issued_on` where its day is locked, at `currency` where there is no rate.
    """
    if not keeps_books():
        return None
    on = _day(invoice)
    sums = [each for line in invoice.lines for each in _sums(line, line.net, line.taxes)]
    return post(_posting(ISSUED_EVENT, invoice, invoice.due_on, sums, in_books(sums, invoice.currency, on)))


def post_credit_note(note: CreditNote, before: Decimal) -> int | None:
    """Post a credit note that is being issued, `before` being what was credited earlier; raises as `post_invoice`.

    In a foreign currency it takes back what the invoice was worth in the books, so that all of it leaves nothing.
    """
    if not keeps_books():
        return None
    on = _day(note)
    sums = [
        each
        for line in note.lines
        for each in _sums(session().get_one(InvoiceLine, line.invoice_line_id), line.net, line.taxes)
    ]
    worth = in_books(sums, note.currency, note.invoice.issued_on or on, before=before)
    entry = post(_posting(CREDITED_EVENT, note, note.invoice.due_on, sums, worth))
    settle(note)
    return entry


def settle(note: CreditNote) -> None:
    """Settle a credit note with its invoice, and the rest with what was given back of its payments."""
    own = (note.__tablename__, note.id)
    allocate((note.invoice.__tablename__, note.invoice.id), own)
    for payment in payments_of(note.invoice):
        if payment.refunded_amount:
            allocate((payment.__tablename__, payment.id), own)


def _day(document: Invoice | CreditNote) -> date:
    assert document.issued_on is not None
    refuse_locked(JOURNAL, document.issued_on, "issued_on")
    return document.issued_on


def _sums(line: InvoiceLine, net: Decimal, taxes: Iterable[dict[str, str]]) -> list[Sum]:
    """A line's net and its taxes; those taken on nothing are left out."""
    told = [(Decimal(each["amount"]), Decimal(each["base"]), (each["name"], each["rate"])) for each in taxes]
    return [Sum("net", line, net), *(Sum("tax", line, *each) for each in told if each[1])]


def in_books(
    sums: Sequence[Sum], currency: str, on: date, *, before: Decimal = ZERO
) -> list[tuple[Decimal, Decimal]]:  # fmt: skip
    """(amount, tax base) of each sum in the company's currency; raises Invalid at `currency` where there is no rate.

    They are parts of one amount of which `before` was converted earlier: all parts make exactly what the whole makes.
    """
    own = company().currency
    amounts, bases = [each.amount for each in sums], [each.base for each in sums]
    if currency == own:
        return list(zip(amounts, bases, strict=True))
    try:
        worth = converted_each([before, *amounts], currency, own, on)[1:]
        return list(zip(worth, converted_each(bases, currency, own, on), strict=True))
    except RateMissing as error:
        raise Invalid(error.message, fields={"currency": error.message}) from error


def _posting(
    event: str,
    document: Invoice | CreditNote,
    due_on: date | None,
    sums: Sequence[Sum],
    worth: Sequence[tuple[Decimal, Decimal]],
) -> Posting:
    assert document.issued_on is not None
    known, is_foreign = rows(), document.currency != company().currency
    parts = []
    for each, (amount, base) in zip(sums, worth, strict=True):
        category = each.line.chosen_category()
        parts.append(Part(
            each.name, amount, party_id=document.customer.id, due_on=due_on, tax_category_id=category,
            product_category_id=_category(each.line), currency=document.currency if is_foreign else "",
            currency_amount=each.amount if is_foreign else None,
            tax_id=known.get((category, *each.tax)), tax_base=base if each.name == "tax" else None,
        ))  # fmt: skip
    return Posting(
        event, document.issued_on, document.__tablename__, document.id, parts,
        text=document.customer.name, branch_id=document.branch_id,
    )  # fmt: skip


def _category(line: InvoiceLine) -> int | None:
    found = line.product.category if line.product is not None else None
    return found.id if found is not None else None
