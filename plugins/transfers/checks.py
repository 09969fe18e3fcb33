"""What must be true of transfers: what they say is on the road lies there, and what they say came was moved."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from erp import check, session
from plugins.products.models import Product
from plugins.stock.models import Location, StockMove, StockReservation
from plugins.transfers.models import Transfer, TransferLine

MINE = StockMove.source_type == Transfer.__tablename__


@check
def the_road_is_what_transfers_say() -> Iterator[str]:
    """What lines say is on the way or rejected is what their moves brought onto the road and did not take off it."""
    way = sa.select(Location.id).where(Location.kind == "transit")
    signed = sa.case((StockMove.to_location_id.in_(way), StockMove.quantity), else_=-StockMove.quantity)
    on_road = sa.or_(StockMove.to_location_id.in_(way), StockMove.from_location_id.in_(way))
    moved = sa.select(StockMove.product_id, StockMove.lot_id, signed).where(MINE, on_road)
    told = sa.select(TransferLine.product_id, TransferLine.lot_id, -(TransferLine.in_transit + TransferLine.rejected))
    every = sa.union_all(moved, told).subquery()
    product_id, lot_id, count = every.c
    apart = sa.func.sum(count)
    statement = (
        sa.select(Product.name, lot_id, apart)
        .join(Product, Product.id == product_id)
        .group_by(Product.name, product_id, lot_id)
        .having(apart != 0)
        .order_by(product_id, lot_id)
    )
    for name, lot, count_apart in session().execute(statement):
        yield f"{name}{f', lot {lot}' if lot else ''}: {count_apart:f} more on the road than transfers say"


@check
def what_came_was_moved() -> Iterator[str]:
    """What each line received and lost is what was moved for it to its destination and to where losses go."""
    key = sa.cast(TransferLine.id, sa.String)
    loss = sa.select(Location.id).where(Location.kind == "loss")
    for bucket, target in (("received", Transfer.to_location_id), ("lost", loss)):
        column = getattr(TransferLine, bucket)
        is_there = StockMove.to_location_id.in_(target) if target is loss else StockMove.to_location_id == target
        moved = (
            sa.select(sa.func.coalesce(sa.func.sum(StockMove.quantity), 0))
            .where(MINE, StockMove.source_id == Transfer.id, StockMove.source_line == key, is_there)
            .correlate(Transfer, TransferLine)
            .scalar_subquery()
        )
        statement = (
            sa.select(Transfer.number, TransferLine.id, column, moved)
            .join(Transfer, Transfer.id == TransferLine.document_id)
            .where(column != moved)
            .order_by(TransferLine.id)
        )
        for number, line_id, count, found in session().execute(statement):
            yield f"{number}, line {line_id}: {count:f} {bucket}, its moves say {found:f}"


@check
def what_is_on_the_way_is_expected() -> Iterator[str]:
    """What each line has on the way is what its destination expects for it."""
    expected, key = StockReservation, sa.cast(TransferLine.id, sa.String)
    noted = (
        sa.select(sa.func.coalesce(sa.func.sum(expected.quantity), 0))
        .where(
            expected.source_type == Transfer.__tablename__, expected.source_id == Transfer.id,
            expected.source_line == key, expected.kind == "incoming", expected.location_id == Transfer.to_location_id,
        )
        .correlate(Transfer, TransferLine)
        .scalar_subquery()
    )  # fmt: skip
    statement = (
        sa.select(Transfer.number, TransferLine.id, TransferLine.in_transit, noted)
        .join(Transfer, Transfer.id == TransferLine.document_id)
        .where(TransferLine.in_transit != noted)
        .order_by(TransferLine.id)
    )
    for number, line_id, count, found in session().execute(statement):
        yield f"{number}, line {line_id}: {count:f} on the way, {found:f} expected"
