"""What a till sells, in one compact piece that a browser keeps: it is asked for again only when something changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from erp import archiving, document_type, session, whole
from plugins.pos import shelf
from plugins.pos.carts import plain
from plugins.pos.desk import Desk
from plugins.products.api import Price, Terms, steps_of
from plugins.products.models import Barcode, Product, ProductCategory, Unit
from plugins.stock.models import STOCKED, ProductStock, StockLevel
from plugins.taxes.models import ProductTax

COLUMNS = (
    "id", "code", "barcodes", "name", "price", "tax_category_id", "category_id", "uom", "places", "on_hand", "variant",
    "kind", "image", "tracking",
)  # fmt: skip
"""What stands where in a product's row."""
FOLLOWED = sa.case(
    (sa.and_(Product.kind.in_(STOCKED), ProductStock.is_stocked), sa.func.nullif(ProductStock.tracking, "none"))
)
"""lot or serial, of what asks for one."""


def catalogue(desk: Desk) -> dict[str, Any]:
    """Categories and products with barcodes, prices of the till's list and what is on its shelf."""
    with whole():
        rows = session().execute(_products(desk)).all()
        codes, pictures = _barcodes(), shelf.pictures()
        steps = _steps([row.id for row in rows], desk)
        categories = session().execute(
            sa.select(ProductCategory.id, ProductCategory.name).order_by(ProductCategory.name)
        )
        return {
            "columns": COLUMNS,
            "categories": [{"id": row.id, "name": row.name} for row in categories],
            "products": [_row(row, codes.get(row.id, []), steps[row.id][0], pictures.get(row.id)) for row in rows],
            "quantities": {
                str(key): [[plain(each.quantity), plain(each.amount)] for each in found]
                for key, found in steps.items()
                if len(found) > 1
            },
        }


def _products(desk: Desk) -> sa.Select[*tuple[Any, ...]]:
    there = sa.and_(StockLevel.product_id == Product.id, StockLevel.location_id == desk.place.id)
    held = sa.func.coalesce(sa.func.sum(StockLevel.quantity - StockLevel.reserved), 0)
    on_hand = sa.select(held).where(there).correlate(Product).scalar_subquery().label("on_hand")
    category_id, uom_id = Product.category_id, Product.uom_id  # type: ignore[attr-defined] # made by link()
    return (
        sa.select(
            Product.id, Product.code, Product.name, Product.variant, Product.kind, category_id.label("category_id"),
            Unit.name.label("uom"), Unit.places, ProductTax.tax_category_id, on_hand,  # type: ignore[attr-defined]
            FOLLOWED.label("tracking"),
        )
        .join(Unit, Unit.id == uom_id)
        .outerjoin(ProductTax, ProductTax.record_id == Product.id)
        .outerjoin(ProductStock, ProductStock.record_id == Product.id)
        .where(~archiving.archived(document_type("product")))
        .order_by(Product.name, Product.id)
    )  # fmt: skip


def _barcodes() -> Mapping[int, list[str]]:
    found: dict[int, list[str]] = {}
    for product_id, code in session().execute(sa.select(Barcode.document_id, Barcode.code).order_by(Barcode.id)):
        found.setdefault(product_id, []).append(code)
    return found


def _steps(product_ids: Sequence[int], desk: Desk) -> Mapping[int, Sequence[Price]]:
    terms = Terms(price_list_id=desk.terminal.price_list_id, branch_id=desk.branch_id)
    return steps_of(product_ids, terms) if product_ids else {}


def _row(row: Any, codes: Sequence[str], price: Price, picture: str | None) -> list[Any]:
    return [
        row.id, row.code, codes, row.name, plain(price.amount), row.tax_category_id, row.category_id, row.uom,
        row.places, plain(row.on_hand), row.variant or "", row.kind, picture,
        row.tracking,
    ]  # fmt: skip
