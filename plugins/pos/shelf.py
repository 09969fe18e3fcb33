"""What a till's shelf shows: the favourites on its first page, and the pictures of products."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from erp import NotFound, current, files, session, whole
from plugins.pos.desk import Desk
from plugins.pos.models import Favourite, Terminal
from plugins.products.models import Product
from plugins.stock.models import Location

File = files.File
OWNER = Product.__tablename__
SIDE = 96
"""Longest side of a tile's picture, in pixels."""
MARK = 8
"""Signs of a content's hash that stand in its address: another picture is another address."""


def favourites(desk: Desk) -> list[int]:
    """Ids of the products on the first page: the till's own; those of a till of its branch where it has none."""
    statement = (
        sa.select(Favourite.document_id, Favourite.product_id)
        .join(Terminal, Terminal.id == Favourite.document_id)
        .join(Location, Location.id == Terminal.location_id)
        .where(Location.branch_id == desk.branch_id)
        .order_by((Favourite.document_id == desk.terminal.id).desc(), Favourite.document_id, Favourite.position)
    )
    with whole():
        rows = session().execute(statement).all()
    return [product_id for terminal_id, product_id in rows if terminal_id == rows[0].document_id]


def pictures() -> Mapping[int, str]:
    """{product: what follows /till/pictures/ in the address of its first picture} of those that have one."""
    first = (
        sa.select(File.owner_id, File.id, sa.func.left(File.sha256, MARK))
        .where(File.owner == OWNER, File.media_type.in_(files.IMAGES), File.purpose == "")
        .order_by(File.owner_id, File.position, File.id)
        .ext(distinct_on(File.owner_id))
    )
    return {product_id: f"{file_id}/{mark}" for product_id, file_id, mark in session().execute(first)}


def picture(file_id: int, mark: str) -> bytes:
    """A small WebP of a product's picture; raises NotFound."""
    file = session().get(File, file_id)
    if file is None or file.owner != OWNER or not file.is_image or file.sha256[:MARK] != mark or not file.sizes:
        raise NotFound
    return files.read(current().tenant_id or 0, file.small(SIDE))
