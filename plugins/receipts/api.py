"""Issuing receipts, and printing them again."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from erp import Document, NotFound, _, acting, add, branch, clock, company, i18n, print_document, session, transaction
from plugins.payments.models import METHODS, Payment
from plugins.receipts.models import Receipt

TEMPLATE = "receipts/receipt.html"
PURPOSE = "receipt"


def plain(number: Decimal) -> str:
    """A number as prints keep it and pages send it: exact text, without an exponent or zeros at its end."""
    return format(number.normalize(), "f")


def described(text: str, discount: Decimal) -> str:
    """What a line says on prints: its description, and what is taken off."""
    if not discount:
        return text
    return _("%(description)s (%(percent)s %% off)", description=text, percent=i18n.format_number(discount))


def print_head() -> dict[str, Any]:
    """Who issues a print: company and branch, as every print shows them."""
    own, place = company(), branch()
    return {
        "company": {"name": own.name, "address": own.address, "phone": own.phone, "tax_number": own.tax_number},
        "branch": place.name if place else "",
    }


def issue(
    payment: Payment,
    *,
    lines: Sequence[dict[str, str]],
    sums: dict[str, str],
    language: str,
    note: str = "",
    tenders: Sequence[dict[str, str]] = (),
) -> Receipt:
    """The receipt of a payment; `lines` and `sums` (subtotal, tax_rate, tax, total) are numbers as text.

    `tenders` ([{method, amount}]) are what was paid besides: a deposit, another part of a split payment.
    """
    with acting(language=language):
        method = str(METHODS[payment.method])
    content = {
        **print_head(),
        "date": (payment.paid_at or clock.now()).isoformat(),
        "customer": payment.party.name,
        "cashier": payment.cashier,
        "lines": list(lines),
        **sums,
        "paid": plain(payment.tendered_amount),
        "change": plain(payment.change_amount),
        "method": method,
        "tenders": list(tenders),
        "currency": payment.currency,
        "title": "",
        "note": note,
    }
    receipt = Receipt(
        party=payment.party,
        payment=payment,
        subject_number=payment.subject_number,
        total=payment.paid_amount,
        language=language,
        content=content,
        currency=payment.currency,
        company_id=payment.company_id,
        branch_id=payment.branch_id,
    )
    add(receipt)
    return receipt


def newest_of(document: Document) -> Receipt:
    """The newest receipt of what was paid for a document; raises NotFound."""
    statement = (
        sa.select(Receipt)
        .join(Receipt.payment)
        .where(Payment.subject_type == document.__tablename__, Payment.subject_id == document.id)
        .order_by(Receipt.id.desc())
        .limit(1)
    )
    found = session().scalar(statement)
    if found is None:
        raise NotFound
    return found


def content_of(receipt: Receipt) -> dict[str, Any]:
    """What the paper says, its number included."""
    return {**receipt.content, "number": receipt.number}


def print_copy(receipt_id: int) -> bytes:
    """The PDF of a second print: marked COPY and counted; the original stays as it was."""
    with transaction():
        receipt = session().get(Receipt, receipt_id, with_for_update=True)
        if receipt is None:
            raise NotFound
        receipt.print_count += 1
        content, language = content_of(receipt), receipt.language
    return print_document(TEMPLATE, content, language=language, copy=True)
