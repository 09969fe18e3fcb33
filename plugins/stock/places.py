"""Places by what they are for: where a branch keeps its goods, where goods come from and go to."""

from __future__ import annotations

import sqlalchemy as sa

from erp import NotFound, current, session
from plugins.stock.models import Location


def home(branch_id: int | None = None) -> Location:
    """Where a branch, or the actor's, keeps its goods: its oldest own place; raises NotFound."""
    at = branch_id or current().branch_id
    found = sa.select(Location).where(Location.kind == "internal", Location.branch_id == at)
    return _one(found)


def place(kind: str) -> Location:
    """The company's place of a kind: supplier, customer, loss, production, transit; raises NotFound."""
    return _one(sa.select(Location).where(Location.kind == kind))


def _one(statement: sa.Select[Location]) -> Location:
    found = session().scalar(statement.order_by(Location.id).limit(1))
    if found is None:
        raise NotFound
    return found
