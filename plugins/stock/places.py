"""Places by what they are for: where a branch keeps its goods, where goods come from and go to."""

from __future__ import annotations

from functools import cache
from typing import Any

import sqlalchemy as sa

from erp import NotFound, current, session
from plugins.stock.models import Location


def home(branch_id: int | None = None) -> Location:
    """Where a branch, or the actor's, keeps its goods: its oldest own place; raises NotFound."""
    return _one(_of_branch(), at=branch_id or current().branch_id)


def place(kind: str) -> Location:
    """The company's place of a kind: supplier, customer, loss, production, transit; raises NotFound."""
    return _one(_of_kind(), kind=kind)


@cache
def _of_branch() -> sa.Select[Location]:
    own = Location.kind == "internal", Location.branch_id == sa.bindparam("at")
    return sa.select(Location).where(*own).order_by(Location.id).limit(1)


@cache
def _of_kind() -> sa.Select[Location]:
    return sa.select(Location).where(Location.kind == sa.bindparam("kind")).order_by(Location.id).limit(1)


def _one(statement: sa.Select[Location], **given: Any) -> Location:
    found: Location | None = session().scalar(statement, given)
    if found is None:
        raise NotFound
    return found
