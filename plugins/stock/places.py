"""Places by what they are for: where a branch keeps its goods, where goods come from and go to."""

from __future__ import annotations

from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from erp import NotFound, current, session
from plugins.stock.models import Location

HOME = "internal"


def home(branch_id: int | None = None) -> Location:
    """Where a branch, or the actor's, keeps its goods: its oldest own place; raises NotFound."""
    return _one(_of_branch(), at=branch_id or current().branch_id)


def place(kind: str) -> Location:
    """The company's place of a kind: supplier, customer, loss, production, transit; raises NotFound."""
    return _one(_of_kind(), kind=kind)


def place_beside(kind: str, other_id: int) -> tuple[Location, Location]:
    """`place` of a kind and another place by one statement; raises NotFound. Rights are the caller's."""
    found = list(session().scalars(_kind_or_one(), {"kind": kind, "other": other_id}))
    own = next((each for each in found if each.kind == kind), None)
    other = next((each for each in found if each.id == other_id), None)
    if own is None or other is None:
        raise NotFound
    return own, other


@cache
def _kind_or_one() -> sa.Select[Location]:
    either = sa.or_(Location.kind == sa.bindparam("kind"), Location.id == sa.bindparam("other"))
    return sa.select(Location).where(either).order_by(Location.id)


def home_and(kind: str, branch_id: int | None = None) -> tuple[Location, Location]:
    """`home` and `place` by one statement; raises NotFound."""
    asked = {"at": branch_id or current().branch_id, "kind": kind}
    found = {each.kind: each for each in session().scalars(_both(), asked)}
    if not {HOME, kind} <= set(found):
        raise NotFound
    return found[HOME], found[kind]


@cache
def _both() -> sa.Select[Location]:
    either = sa.or_(Location.kind == sa.bindparam("kind"), sa.and_(*_own()))
    each = sa.select(Location).where(either).ext(distinct_on(Location.kind))
    return each.order_by(Location.kind, Location.id)


def _own() -> tuple[sa.ColumnElement[bool], ...]:
    return Location.kind == HOME, Location.branch_id == sa.bindparam("at")


@cache
def _of_branch() -> sa.Select[Location]:
    return sa.select(Location).where(*_own()).order_by(Location.id).limit(1)


@cache
def _of_kind() -> sa.Select[Location]:
    return sa.select(Location).where(Location.kind == sa.bindparam("kind")).order_by(Location.id).limit(1)


def _one(statement: sa.Select[Location], **given: Any) -> Location:
    found: Location | None = session().scalar(statement, given)
    if found is None:
        raise NotFound
    return found
