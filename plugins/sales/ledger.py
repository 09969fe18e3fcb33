"""What a sale or refund is to the books: its net and its taxes, and where the money went."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from erp import money
from plugins.accounting.api import Part, Posting
from plugins.sales.models import ON_ACCOUNT
from plugins.taxes.api import told

SALE_MADE, SALE_REFUNDED = "sale_made", "sale_refunded"
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Sums:
    """What the books need of a line."""

    net: Decimal
    taxes: Sequence[Mapping[str, Any]]
    product_category_id: int | None
    tax_category_id: int | None


@dataclass(frozen=True, slots=True)
class Head:
    """What the books need of a sale or refund."""

    event: str
    source_type: str
    source_id: int
    number: str
    on: date
    party_id: int | None
    branch_id: int | None


def posting(head: Head, lines: Iterable[Sums], tenders: Iterable[tuple[str, Decimal]], rounding: Decimal) -> Posting:
    """Net and taxes by category, then what was paid by each tender or is owed."""
    net: defaultdict[tuple[int | None, int | None], Decimal] = defaultdict(Decimal)
    taxes: dict[tuple[int | None, int | None], list[Decimal]] = {}
    for line in lines:
        net[line.product_category_id, line.tax_category_id] += line.net
        for each in line.taxes:
            sums = taxes.setdefault((each.get("id"), line.tax_category_id), [ZERO, ZERO])
            sums[0] += Decimal(each["base"])
            sums[1] += Decimal(each["amount"])
    parts = [
        Part("net", amount, product_category_id=product, tax_category_id=tax) for (product, tax), amount in net.items()
    ]
    parts += [
        Part("tax", amount, tax_category_id=category, tax_id=tax_id, tax_base=base)
        for (tax_id, category), (base, amount) in taxes.items()
    ]
    parts += [Part("rounding", rounding)] if rounding else []
    parts += [_paid(kind, amount, head.party_id) for kind, amount in tenders]
    return Posting(
        head.event, head.on, head.source_type, head.source_id, parts, text=head.number, branch_id=head.branch_id
    )


def _paid(kind: str, amount: Decimal, party_id: int | None) -> Part:
    if kind == ON_ACCOUNT:
        return Part("on_account", amount, party_id=party_id)
    return Part("paid", amount, party_id=party_id, tender=kind)


def told_with(ids: Sequence[int], taxes: Sequence[money.TaxTotal]) -> list[dict[str, Any]]:
    """Taxes as lines keep them, each with the row it stands in where there is one."""
    known: Sequence[int | None] = ids or [None] * len(taxes)
    return [{**each, "id": key} if key else {**each} for key, each in zip(known, told(taxes), strict=True)]
