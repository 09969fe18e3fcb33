"""Goods that come back: at exactly the cost they went out with, part by part."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import sqlalchemy as sa

from erp import Invalid, NotFound, _, i18n, money, session
from plugins.stock.models import ZERO, StockMove
from plugins.stock.movements import Movement


def value_of_return(movement: Movement, counted: Decimal, currency: str) -> Decimal:
    """The part of an issue's cost that comes back now; the last part takes the rest.

    `counted` came back earlier in the same posting. Raises Invalid where more would come back than went out.
    """
    issue = session().get(StockMove, movement.returns_id)
    if issue is None or issue.product_id != movement.product_id:
        raise NotFound
    back = sa.select(sa.func.coalesce(sa.func.sum(StockMove.quantity), 0)).where(
        sa.or_(StockMove.returns_id == issue.id, StockMove.reverses_id == issue.id)
    )
    before = (session().scalar(back) or ZERO) + counted
    after = before + movement.quantity
    if after > issue.quantity:
        said = _(
            "%(count)s of it went out and %(back)s came back already.",
            count=i18n.format_number(issue.quantity), back=i18n.format_number(before),
        )  # fmt: skip
        raise Invalid(said, fields={f"{movement.at}quantity": said})
    return _up_to(issue, after, currency) - _up_to(issue, before, currency)


def _up_to(issue: StockMove, count: Decimal, currency: str) -> Decimal:
    if count == issue.quantity:
        return issue.value
    return money.rounded(Fraction(issue.value) * Fraction(count) / Fraction(issue.quantity), currency)
