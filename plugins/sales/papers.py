"""What the receipt of a sale says, on paper and by mail."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from erp import _, acting, branch, company, i18n
from plugins.receipts.api import described, plain, print_head
from plugins.sales.models import TENDERS, Sale, SaleLine
from plugins.stock.api import lots_of
from plugins.stock.models import LOTS, Lot

PURPOSE, TEMPLATE = "receipt", "receipts/receipt.html"


def language_of(sale: Sale) -> str:
    """The customer's language, else the company's."""
    return (sale.customer.language if sale.customer is not None else None) or company().language


def receipt_paper(sale: Sale) -> dict[str, Any]:
    """Everything the receipt says, in the language of its reader; numbers as text."""
    lots = lots_of(Sale.__tablename__, sale.id)
    with acting(language=language_of(sale), branch_id=sale.branch_id):
        handed = sum((each.amount + each.change_amount for each in sale.tenders), Decimal(0))
        change = sum((each.change_amount for each in sale.tenders), Decimal(0))
        is_one = len(sale.tenders) == 1
        return {
            **print_head(),
            "number": sale.number,
            "date": sale.sold_at.isoformat(),
            "customer": sale.customer.name if sale.customer is not None else "",
            "cashier": sale.employee,
            "lines": [_line(line, lots.get(str(line.position))) for line in sale.lines],
            "subtotal": plain(sale.subtotal),
            "tax_rate": sale.tax_totals[0]["rate"] if len(sale.tax_totals) == 1 else "",
            "tax": plain(sale.tax) if sale.tax else "",
            "total": plain(sale.total + sale.rounding),
            "paid": plain(handed) if is_one else "",
            "change": plain(change) if change else "",
            "method": str(TENDERS[sale.tenders[0].kind]) if is_one else "",
            "tenders": [] if is_one else [
                {"method": str(TENDERS[each.kind]), "amount": plain(each.amount)} for each in sale.tenders
            ],
            "currency": sale.currency,
            "title": "",
            "note": "",
        }  # fmt: skip


def _line(line: SaleLine, lot: Lot | None) -> dict[str, str]:
    return {
        "description": described(line.description, line.discount), "quantity": plain(line.quantity),
        "unit_price": plain(line.unit_price),
        "amount": plain(line.net), "lot": f"{LOTS[lot.kind]} {lot.code}" if lot is not None else "",
    }  # fmt: skip


def receipt_letter(sale: Sale) -> tuple[str, str]:
    """Subject and text of the mail that brings the receipt."""
    own, place = company(), branch()
    name = f"{own.name}, {place.name}" if place else own.name
    amount = i18n.format_money(sale.total + sale.rounding, sale.currency)
    thanks = _("thank you for your purchase of %(amount)s. Your receipt is attached.", amount=amount)
    hello = _("Hello %(name)s,", name=sale.customer.name) if sale.customer is not None else _("Hello,")
    signed = "\n".join(part for part in (name, own.phone) if part)
    return _("Your receipt %(number)s", number=sale.number), f"{hello}\n\n{thanks}\n\n{signed}"
