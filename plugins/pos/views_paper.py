"""A receipt for the roll of a till and as a PDF."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import flask
from flask import render_template
from markupsafe import Markup

from erp import _, i18n, print_document
from erp.screens import Answer, pdf
from plugins.products.api import barcode_svg
from plugins.sales.api import receipt_language, receipt_paper
from plugins.sales.models import Sale

TEMPLATE = "receipts/receipt.html"


def as_pdf(sale: Sale, *, is_copy: bool) -> Answer:
    """The receipt as a file."""
    content = print_document(TEMPLATE, receipt_paper(sale), language=receipt_language(sale), copy=is_copy)
    return pdf(content, f"{sale.number}.pdf")


def on_roll(sale: Sale, *, is_copy: bool) -> Answer:
    """The receipt as the browser prints it; no cache keeps it."""
    paper = receipt_paper(sale)
    page = render_template(
        "pos/paper.html", paper=paper, is_copy=is_copy, sold=i18n.format_datetime(sale.sold_at),
        lines=[_line(line, sale.currency) for line in paper["lines"]], sums=_sums(paper),
        total=i18n.format_money(Decimal(paper["total"]), sale.currency), paid=_paid(paper),
        bars=Markup(barcode_svg("code128", sale.number or "")),  # noqa: S704 - drawn by us
    )  # fmt: skip
    answer = flask.make_response(page)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _line(line: Mapping[str, str], currency: str) -> dict[str, str]:
    sub = f"{i18n.format_number(Decimal(line['quantity']))} × {_bare(line['unit_price'], currency)}"
    return {"text": line["description"], "lot": line["lot"], "sub": sub, "amount": _bare(line["amount"], currency)}


def _sums(paper: Mapping[str, Any]) -> list[tuple[str, str]]:
    if not paper["tax"]:
        return []
    currency = paper["currency"]
    return [(_("Net"), _bare(paper["subtotal"], currency)), (_("Tax"), _bare(paper["tax"], currency))]


def _paid(paper: Mapping[str, Any]) -> list[tuple[str, str]]:
    currency = paper["currency"]
    found = [(each["method"], _bare(each["amount"], currency)) for each in paper["tenders"]]
    if paper["paid"]:
        found.append((paper["method"], _bare(paper["paid"], currency)))
    if paper["change"]:
        found.append((_("Change"), _bare(paper["change"], currency)))
    return found


def _bare(amount: str, currency: str) -> str:
    return i18n.format_money(Decimal(amount), currency).removeprefix(f"{currency} ")
