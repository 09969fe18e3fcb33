"""Lots and serial numbers at a till: offered in the order they go, found by number, and looked at before a sale."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from erp import Invalid, _, archiving, document_type, i18n, session, whole
from plugins.pos.carts import Cart
from plugins.pos.desk import Desk
from plugins.products.models import Product
from plugins.receipts.api import plain
from plugins.sales.models import Sale
from plugins.stock.api import lots_at
from plugins.stock.models import Location, Lot, StockLevel, StockMove

MOST = 50
"""Lots that are offered at once."""
ZERO = Decimal(0)


def offered(product_id: int, here: Desk, *, back: bool = False) -> list[dict[str, Any]]:
    """The lots of a product at the till's place: what is best before the earliest day first, what is over last.

    To come `back` any lot, and each piece that lies nowhere with us: the newest first.
    """
    if back:
        found = _gone_of(product_id)
        free = _free(found, here)
        return [_told(lot, free.get(lot.id, ZERO)) for lot in found]
    return [_told(lot, free) for lot, free in lots_at(product_id, here.place.id, most=MOST)]


def by_code(code: str, here: Desk, *, back: bool = False) -> list[dict[str, Any]]:
    """The lots with this number, of one product each; `wrong` says why it cannot be sold, unless it comes back."""
    put_away = archiving.archived(document_type("product"))
    statement = (
        sa.select(Lot)
        .join(Product, Product.id == Lot.product_id)
        .where(_is(code), ~put_away)
        .order_by(Lot.id)
        .limit(MOST)
    )
    found = list(session().scalars(statement))
    free = _free(found, here)
    return [_told(lot, free.get(lot.id, ZERO), "" if back or free.get(lot.id, ZERO) > 0 else missing(lot, here))
            for lot in found]  # fmt: skip


def _gone_of(product_id: int) -> Sequence[Lot]:
    """What of a product may come back: a piece that lies in one of our places is there already."""
    lies = sa.exists().where(StockLevel.lot_id == Lot.id, StockLevel.quantity > 0)
    statement = (
        sa.select(Lot)
        .where(Lot.product_id == product_id, sa.or_(Lot.kind != "serial", ~lies))
        .order_by(Lot.id.desc())
        .limit(MOST)
    )
    with whole():
        return session().scalars(statement).all()


def check(cart: Cart, here: Desk) -> None:
    """Raise Invalid at `lot` of every line whose serial number is not here to be sold, or stands in the cart twice.

    Whether a line names the lot it has to, and as many as there are, is asked when the goods are moved.
    """
    pieces = {
        place: cart.lots[each.lot_id]
        for place, each in enumerate(cart.wanted)
        if each.lot_id is not None and cart.lots[each.lot_id].kind == "serial"
    }
    if not pieces:
        return
    free, seen, errors = _free(pieces.values(), here), set[int](), {}
    for place, lot in pieces.items():
        if lot.id in seen:
            errors[f"lines-{place}-lot"] = _("%(lot)s stands here twice.", lot=lot.code)
        elif free.get(lot.id, ZERO) <= 0:
            errors[f"lines-{place}-lot"] = missing(lot, here)
        seen.add(lot.id)
    if errors:
        raise Invalid(fields=errors)


def sold_with(code: str) -> Sale | None:
    """The sale a serial number left with last."""
    statement = (
        sa.select(Sale)
        .join(StockMove, sa.and_(StockMove.source_type == Sale.__tablename__, StockMove.source_id == Sale.id))
        .join(Lot, Lot.id == StockMove.lot_id)
        .where(_is(code), Lot.kind == "serial")
        .order_by(StockMove.id.desc())
        .limit(1)
    )
    return session().scalar(statement)


def _is(code: str) -> sa.ColumnElement[bool]:
    """Whether a lot has this number, as it is scanned or typed."""
    return Lot.code.in_({code.strip(), code.strip().upper()})


def missing(lot: Lot, here: Desk) -> str:
    """Why nothing of a lot can be sold at this till."""
    if lot.kind != "serial":
        return _("Nothing is left of %(lot)s here.", lot=lot.code)
    with whole():
        level = sa.select(StockLevel.location_id, Location.name).join(Location, Location.id == StockLevel.location_id)
        at = session().execute(level.where(StockLevel.lot_id == lot.id, StockLevel.quantity > 0)).first()
        if at is None:
            return _gone(lot)
    if at.location_id == here.place.id:
        return _("%(lot)s is promised to somebody.", lot=lot.code)
    return _("%(lot)s is at %(place)s, not here.", lot=lot.code, place=at.name)


def _gone(lot: Lot) -> str:
    """Where a serial number went that is nowhere with us."""
    moves = sa.select(StockMove.source_type, StockMove.source_id).where(StockMove.lot_id == lot.id)
    row = session().execute(moves.order_by(StockMove.id.desc()).limit(1)).first()
    if row is None:
        return _("%(lot)s never came in.", lot=lot.code)
    number = row.source_type == Sale.__tablename__ and session().scalar(
        sa.select(Sale.number).where(Sale.id == row.source_id)
    )
    if number:
        return _("%(lot)s was sold already, with %(number)s.", lot=lot.code, number=number)
    return _("%(lot)s left us already.", lot=lot.code)


def _free(lots: Iterable[Lot], here: Desk) -> Mapping[int, Decimal]:
    """{lot: what may be sold of it at the till's place}."""
    statement = sa.select(StockLevel.lot_id, StockLevel.quantity - StockLevel.reserved).where(
        StockLevel.lot_id.in_({lot.id for lot in lots}), StockLevel.location_id == here.place.id
    )
    return {lot_id: free for lot_id, free in session().execute(statement) if lot_id is not None}


def _told(lot: Lot, free: Decimal, wrong: str = "") -> dict[str, Any]:
    best_before = i18n.format_date(lot.expires_on) if lot.expires_on is not None else ""
    return {
        "id": lot.id, "code": lot.code, "kind": lot.kind, "product_id": lot.product_id, "left": plain(free),
        "best_before": best_before, "is_expired": lot.is_expired, "wrong": wrong,
    }  # fmt: skip
