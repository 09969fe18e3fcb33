"""How far orders are: what came, what was sent back and what was billed, read from the lines that say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from erp import Invalid, bulk, company, current, prepared, today
from plugins.currencies.api import RateMissing, converted

if TYPE_CHECKING:
    from plugins.purchasing.models import PurchaseOrderLine

ZERO, HUNDRED = Decimal(0), Decimal(100)
PROGRESS = sa.table(
    "purchase_progress",
    *(sa.column(name, sa.BigInteger) for name in ("tenant_id", "order_id", "line_id", "product_id", "uom_id")),
    sa.column("position", sa.Integer),
    *(sa.column(name, sa.Numeric) for name in ("ordered", "net", "accepted", "rejected", "returned", "billed")),
    *(sa.column(name, sa.Numeric) for name in ("billed_net", "credited", "credited_net")),
    sa.column("is_received", sa.Boolean),
)
"""The view that adds up for every ordered line what became of it; made by a migration."""


@dataclass(frozen=True, slots=True)
class Stands:
    """What became of one ordered line, in the unit it was ordered in."""

    ordered: Decimal
    net: Decimal
    accepted: Decimal
    rejected: Decimal
    returned: Decimal
    """Of what was accepted, what went back later."""
    billed: Decimal
    billed_net: Decimal
    credited: Decimal
    """Of what was billed, what the supplier took back because it went back or never came."""
    credited_net: Decimal
    """What they took back of its price, for whatever reason."""
    is_received: bool
    """Whether it comes as goods; what does not is billed by what was ordered."""
    product_id: int | None
    uom_id: int | None

    @property
    def to_come(self) -> Decimal:
        """What the supplier still owes."""
        return max(self.ordered - self.accepted + self.returned, ZERO) if self.is_received else ZERO

    @property
    def kept(self) -> Decimal:
        """Of what was accepted, what stayed."""
        return self.accepted - self.returned

    @property
    def owed(self) -> Decimal:
        """What was billed and not credited again."""
        return self.billed - self.credited

    @property
    def to_bill(self) -> Decimal:
        """What they may still bill: what came and stayed."""
        held = self.kept if self.is_received else self.ordered
        return max(held - self.owed, ZERO)

    @property
    def is_settled(self) -> bool:
        """Whether nothing more comes and nothing more is billed."""
        return not self.to_come and not self.to_bill


def untouched(line: PurchaseOrderLine, *, is_received: bool) -> Stands:
    """How an ordered line stands of which nothing came and nothing was billed."""
    none = dict.fromkeys(("accepted", "rejected", "returned", "billed", "billed_net", "credited", "credited_net"), ZERO)
    return Stands(
        line.quantity, line.net, **none, is_received=is_received, product_id=line.product_id, uom_id=line.uom_id
    )


def of_order(order_id: int) -> dict[int, Stands]:
    """{ordered line: what became of it} of one order."""
    return of_orders([order_id]).get(order_id, {})


def of_orders(order_ids: Sequence[int]) -> dict[int, dict[int, Stands]]:
    """{order: {ordered line: what became of it, in their order}}, by one statement."""
    found: dict[int, dict[int, Stands]] = {}
    given = {"own": current().tenant_id, "ids": list(order_ids)}
    for order_id, line_id, *rest in prepared.rows(_progress(), given):
        found.setdefault(order_id, {})[line_id] = Stands(*rest)
    return found


@cache
def _progress() -> sa.Select[*tuple[Any, ...]]:
    told = PROGRESS.c
    columns = [told.order_id, told.line_id, *(told[each.name] for each in fields(Stands))]
    mine = told.tenant_id == sa.bindparam("own"), bulk.among(told.order_id, "ids")
    return sa.select(*columns).where(*mine).order_by(told.order_id, told.position)


@dataclass(frozen=True, slots=True)
class Share:
    """How much of an order was received and billed, in percent of what it comes to."""

    received: Decimal
    billed: Decimal


def share(lines: Sequence[Stands]) -> Share:
    """Received and billed of an order's lines, weighed by their net; a line is never more than whole."""
    goods = [each for each in lines if each.is_received]
    received = _percent([(each.net, each.kept, each.ordered) for each in goods])
    return Share(received, _percent([(each.net, each.owed, each.ordered) for each in lines]))


def _percent(parts: Sequence[tuple[Decimal, Decimal, Decimal]]) -> Decimal:
    """Each part is (weight, done, of)."""
    whole = sum((weight or of for weight, _done, of in parts), ZERO)
    if not whole:
        return ZERO
    done = sum(((weight or of) * min(done, of) / of for weight, done, of in parts if of), ZERO)
    return (done * HUNDRED / whole).quantize(Decimal(1))


def in_books(amount: Decimal, currency: str, on: date | None = None) -> Decimal:
    """An amount in the company's currency at a day's rate, today's where none is given.

    Raises Invalid at `currency` where there is no rate.
    """
    own = company().currency
    if currency in {"", own}:
        return amount
    try:
        return converted(amount, currency, own, on or today())
    except RateMissing as error:
        raise Invalid(error.message, fields={"currency": error.message}) from error
