"""Which taxes lie on a line on a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from typing import Any

import sqlalchemy as sa

from erp import _, company, money, prepared, session
from plugins.taxes.models import Tax, TaxCategory

Taxes = tuple[money.Tax, ...]


@dataclass(frozen=True)
class Known:
    """The taxes of every category on one day, and of lines that name no category."""

    by_category: Mapping[int, Taxes]
    default: Taxes
    ids: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    """{category: the rows its taxes stand in, in their order}"""
    default_category: int | None = None

    def of(self, category_id: int | None) -> Taxes:
        """The taxes of a line."""
        return self.default if category_id is None else self.by_category.get(category_id, ())

    def ids_of(self, category_id: int | None) -> tuple[int, ...]:
        """The rows the taxes of a line stand in; none where a company keeps no categories."""
        key = self.default_category if category_id is None else category_id
        return () if key is None else self.ids.get(key, ())

    def on_top(self) -> Known:
        """The same taxes on prices that contain none, as suppliers ask them."""
        return replace(
            self,
            default=_on_top(self.default),
            by_category={key: _on_top(each) for key, each in self.by_category.items()},
        )

    def terms(self, rules: money.Rules, *, discount_field: str = "") -> money.Terms:
        """What a form whose lines link to `tax_category` needs to count as the server does."""
        choices = {str(key): taxes for key, taxes in self.by_category.items()}
        return money.Terms(rules, self.default, choices, "tax_category", discount_field)


def _on_top(taxes: Taxes) -> Taxes:
    return tuple(replace(each, is_inclusive=False) for each in taxes)


def on_day(day: date) -> Known:
    """Every category's taxes on a day; lines without one get the default category's, else the company's own rate."""
    found: dict[int, Taxes] = {}
    ids: dict[int, tuple[int, ...]] = {}
    default = None
    for row in prepared.rows(_every(), {"day": day}):
        found.setdefault(row.category, ())
        ids.setdefault(row.category, ())
        default = row.category if row.is_default else default
        if row.id is not None:
            kind = money.TaxKind(row.kind)
            tax = money.Tax(row.name, row.rate, row.is_inclusive, row.is_compound, kind, row.reason or "")
            found[row.category] += (tax,)
            ids[row.category] += (row.id,)
    return Known(found, company_taxes() if default is None else found[default], ids, default)


@cache
def _every() -> sa.Select[*tuple[Any, ...]]:
    """Every category with each of its taxes that holds on a `day`, or with none."""
    tax: Any = Tax
    day = sa.bindparam("day", type_=sa.Date)
    holds = sa.and_(tax.valid_from <= day, sa.or_(tax.valid_until.is_(None), tax.valid_until >= day))
    asked = (tax.id, tax.name, tax.rate, tax.is_inclusive, tax.is_compound, tax.kind, tax.reason)
    every = sa.select(TaxCategory.id.label("category"), TaxCategory.is_default, *asked)
    within = every.outerjoin(tax, sa.and_(tax.category_id == TaxCategory.id, holds))
    return within.order_by(TaxCategory.id, tax.position, tax.id)


def rows() -> Mapping[tuple[int | None, str, str], int]:
    """{(category, name, rate as `told` freezes it): the tax's row, the newest of several}.

    None stands for the category of lines that name none; companies that keep no categories have no rows.
    """
    found: dict[tuple[int | None, str, str], int] = {}
    for tax in session().scalars(sa.select(Tax).order_by(Tax.valid_from, Tax.id)):
        key = (tax.name, f"{tax.rate.normalize():f}")
        found[(tax.category.id, *key)] = tax.id
        if tax.category.is_default:
            found[(None, *key)] = tax.id
    return found


def company_taxes() -> Taxes:
    """The tax of a company that keeps no categories: its one rate, on top."""
    rate = company().tax_rate
    return (money.Tax(_("Tax"), rate),) if rate else ()


def told(taxes: Sequence[money.TaxTotal]) -> list[dict[str, str]]:
    """Taxes as they are frozen in rows, numbers as text."""
    return [
        {
            "name": each.tax.name,
            "rate": f"{each.tax.rate.normalize():f}",
            "kind": each.tax.kind,
            "reason": each.tax.reason,
            "base": f"{each.base:f}",
            "amount": f"{each.amount:f}",
        }
        for each in taxes
    ]
