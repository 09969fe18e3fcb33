"""Sums under edited lines, counted as the document itself counts them and as the browser does while somebody types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from erp import i18n, money
from erp.documents.fields import Field
from erp.forms.inputs import Total
from erp.i18n import _
from erp.money import Discount, Item, Priced, Tax, TaxPer, Terms

FACTORS = {
    "quantity": "times",
    "unit_price": "times",
    "discount": "percent_off",
    "discount_percent": "percent_off",
    "tax_rate": "percent_tax",
    "tax_percent": "percent_tax",
    "amount": "result",
    "net_amount": "result",
    "total": "result",
}
"""What the standard columns of a line do in its sum."""


def totals(
    fields: Sequence[Field],
    rows: Sequence[Mapping[str, Any]],
    currency: str,
    terms: Terms,
    document: Mapping[str, Any],
) -> list[Total]:
    """Net, tax and total of lines that have quantity and price; nothing for others."""
    sums = priced(fields, rows, currency, terms, document)
    if sums is None:
        return []
    per_line = "percent_tax" in _factors(fields).values()
    if not per_line and not terms.taxes and not terms.tax_field:
        return [Total(_("Total"), i18n.format_money(sums.total, currency), strong=True, key="gross")]
    return [
        Total(_("Net"), i18n.format_money(sums.net, currency).removeprefix(f"{currency} "), key="net"),
        Total(_("Tax"), i18n.format_money(sums.tax, currency).removeprefix(f"{currency} "), key="tax"),
        Total(_("Total"), i18n.format_money(sums.total, currency), strong=True, key="gross"),
    ]


def priced(
    fields: Sequence[Field],
    rows: Sequence[Mapping[str, Any]],
    currency: str,
    terms: Terms,
    document: Mapping[str, Any],
) -> Priced | None:
    """What lines that have quantity and price come to; None for others."""
    factors = _factors(fields)
    if "result" not in factors.values() or "times" not in factors.values():
        return None
    items = [_item(factors, row, terms) for row in rows]
    off = Discount(_number(document.get(terms.discount_field)))
    per_line = "percent_tax" in factors.values()
    rules = money.Rules(terms.rules.mode, TaxPer.LINE) if per_line else terms.rules
    return money.price(items, currency or "USD", discount=off, rules=rules)


def _factors(fields: Sequence[Field]) -> dict[str, str]:
    return {entry.name: FACTORS[entry.name] for entry in fields if entry.is_number and entry.name in FACTORS}


def _item(factors: Mapping[str, str], row: Mapping[str, Any], terms: Terms) -> Item:
    """A line as it is priced; nothing typed in a factor makes nothing."""
    is_free = terms.is_free(row.get(terms.free_field))
    product, kept, percents = Decimal(0 if is_free else 1), Decimal(1), Decimal(0)
    for name, factor in factors.items():
        number = _number(row.get(name))
        if factor == "times":
            product *= number
        elif factor == "percent_off":
            kept *= 1 - number / 100
        elif factor == "percent_tax":
            percents = number
    taxes = (Tax("", percents),) if "percent_tax" in factors.values() else terms.taxes_of(row.get(terms.tax_field))
    return Item(Decimal(1), product, discount=(1 - kept) * 100, taxes=taxes)


def _number(value: object) -> Decimal:
    return Decimal(value) if isinstance(value, Decimal | int) else Decimal(0)
