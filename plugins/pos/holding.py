"""Carts that wait at a branch: put aside at one till, taken once at any other of it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from erp import Conflict, Invalid, _, clock, current, repeated, session
from plugins.pos import desk
from plugins.pos.desk import Desk
from plugins.pos.ledgers import PosHold
from plugins.pos.sent import Sent
from plugins.receipts.api import plain

MOST = 60
"""Carts that may wait at one branch."""
LARGEST = 500
"""Lines of one."""


@repeated
def hold(cookie: str, found: object) -> dict[str, Any]:
    """Put a cart aside; raises Invalid for an empty one, Conflict where too many wait."""
    here, sent = desk.at(cookie), Sent(found)
    cart = sent.found.get("cart")
    if not isinstance(cart, dict) or not isinstance(cart.get("lines"), list) or not cart["lines"]:
        raise Invalid(fields={"cart": _("Add at least one line.")})
    if len(cart["lines"]) > LARGEST:
        raise Invalid(fields={"cart": _("There are too many lines.")})
    if count(here) >= MOST:
        raise Conflict(_("Too many carts wait here. Take some of them first."))
    row = PosHold(branch_id=here.branch_id, name=sent.text("name", most=80), cart=cart, total=sent.number("total") or 0)
    session().add(row)
    session().flush()
    return _told(row)


def held(here: Desk) -> list[dict[str, Any]]:
    """The carts that wait at this branch, the newest first."""
    statement = sa.select(PosHold).where(*_waiting(here)).order_by(PosHold.id.desc())
    return [_told(each) for each in session().scalars(statement)]


def count(here: Desk) -> int:
    """How many carts wait at this branch."""
    return session().scalar(sa.select(sa.func.count()).select_from(PosHold).where(*_waiting(here))) or 0


@repeated
def take(cookie: str, hold_id: int) -> dict[str, Any]:
    """The cart, which waits no more; raises Conflict where somebody was quicker."""
    here = desk.at(cookie)
    taken = (
        sa.update(PosHold)
        .where(PosHold.id == hold_id, *_waiting(here))
        .values(taken_at=clock.now(), taken_by=current().name)
        .returning(PosHold.cart)
        .execution_options(synchronize_session=False)
    )
    found = session().scalar(taken)
    if found is None:
        raise Conflict(_("This cart was taken already."))
    return {"cart": found}


def _waiting(here: Desk) -> list[sa.ColumnElement[bool]]:
    return [PosHold.branch_id == here.branch_id, PosHold.taken_at.is_(None)]


def _told(row: PosHold) -> dict[str, Any]:
    return {
        "id": row.id, "name": row.name, "total": plain(row.total), "by": row.held_by, "at": row.held_at.isoformat(),
        "lines": len(row.cart["lines"]),
    }  # fmt: skip
