"""What is to be ordered: the database lays rules over levels, this reads it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from erp import current, session
from plugins.stock.models import Location

PROPOSAL = sa.table(
    "stock_proposal",
    *(sa.column(name, sa.BigInteger) for name in ("tenant_id", "rule_id", "product_id", "location_id", "supplier_id")),
    *(sa.column(name, sa.Numeric) for name in ("on_hand", "reserved", "incoming", "minimum", "maximum", "suggested")),
    sa.column("lead_days", sa.Integer),
    sa.column("is_low", sa.Boolean),
)
"""The view every rule is laid over levels in, a row for each product and place; made by a migration."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """So many of a product are to be ordered for a place."""

    rule_id: int
    product_id: int
    location_id: int
    supplier_id: int | None
    on_hand: Decimal
    reserved: Decimal
    incoming: Decimal
    suggested: Decimal
    lead_days: int

    @property
    def projected(self) -> Decimal:
        """What nobody was promised, with what is on its way."""
        return self.on_hand - self.reserved + self.incoming


def proposals(*, location_id: int | None = None, supplier_id: int | None = None) -> Sequence[Proposal]:
    """What is to be ordered for places the actor reaches, or one, in the order of supplier, place and product.

    One statement.
    """
    names = (
        "rule_id", "product_id", "location_id", "supplier_id", "on_hand", "reserved", "incoming", "suggested",
        "lead_days",
    )  # fmt: skip
    reached = sa.select(Location.id).correlate(None)
    statement = _mine(names, PROPOSAL.c.suggested > 0).where(PROPOSAL.c.location_id.in_(reached))
    if location_id is not None:
        statement = statement.where(PROPOSAL.c.location_id == location_id)
    if supplier_id is not None:
        statement = statement.where(PROPOSAL.c.supplier_id == supplier_id)
    ordered = statement.order_by(PROPOSAL.c.supplier_id, PROPOSAL.c.location_id, PROPOSAL.c.product_id)
    return [Proposal(*row) for row in session().execute(ordered)]


def low(product_ids: Collection[int] | None = None) -> dict[tuple[int, int], Decimal]:
    """{(product, place): how many nobody was promised} of all, or of these, that is below what should be there."""
    statement = _mine(("product_id", "location_id", "on_hand", "reserved"), PROPOSAL.c.is_low)
    if product_ids is not None:
        statement = statement.where(PROPOSAL.c.product_id.in_(product_ids))
    return {(row.product_id, row.location_id): row.on_hand - row.reserved for row in session().execute(statement)}


def _mine(names: Sequence[str], which: sa.ColumnElement[bool]) -> sa.Select[Any]:
    columns = (PROPOSAL.c[name] for name in names)
    return sa.select(*columns).where(PROPOSAL.c.tenant_id == current().tenant_id, which)
