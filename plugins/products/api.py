"""What other plugins ask of products: units by code, products by what was scanned, barcodes and article numbers."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

import sqlalchemy as sa

from erp import NotFound, session
from plugins.products import barcodes
from plugins.products.barcodes import plain
from plugins.products.barcodes import svg as barcode_svg
from plugins.products.bundles import Part, parts
from plugins.products.families import ProductFamily
from plugins.products.models import Barcode, Product, Unit
from plugins.products.numbering import next_barcode, numbering
from plugins.products.pricelists import PriceList, PriceListLine
from plugins.products.prices import ANYBODY, Price, Terms, price_of, prices_of, steps_by_lists, steps_of
from plugins.products.units import converted, is_measured_as
from plugins.products.variants import variant_figures, variant_made

__all__ = [
    "ANYBODY",
    "Part",
    "Price",
    "PriceList",
    "PriceListLine",
    "ProductFamily",
    "Scanned",
    "Terms",
    "article_number",
    "barcode_svg",
    "components",
    "converted",
    "give_barcode",
    "is_measured_as",
    "plain",
    "price_of",
    "prices_of",
    "scanned",
    "steps_by_lists",
    "steps_of",
    "unit",
    "variant_figures",
    "variant_made",
]  # fmt: skip


def unit(code: str) -> Unit:
    """The unit of this code; raises NotFound."""
    found = session().scalar(sa.select(Unit).where(Unit.code == code))
    if found is None:
        raise NotFound
    return found


class Scanned(NamedTuple):
    """What a barcode stands for: one `unit` of a product, a piece or a box of them."""

    product: Product
    unit: Unit


def scanned(text: str) -> Scanned | None:
    """What a scanned code stands for, with or without leading zeros; None when nothing has it."""
    found = (
        sa.select(Product, Barcode)
        .join(Barcode, Barcode.document_id == Product.id)
        .where(Barcode.key.in_(barcodes.keys(text)))
        .limit(1)
    )
    row = session().execute(found).first()
    return None if row is None else Scanned(row[0], row[1].uom or row[0].uom)


def components(product: Product, quantity: Decimal = Decimal(1)) -> list[Part]:
    """What so much of a product takes from shelves: itself, or the parts of a bundle down to the last, exact."""
    return parts(product, quantity)


def article_number(digits: str) -> str:
    """An EAN or UPC: its digits and the check digit that ends it."""
    return digits + barcodes.check_digit(digits)


def give_barcode(product: Product) -> Barcode:
    """A barcode of the house for a product, the next of its own sequence; inside a transaction."""
    prefix = numbering().barcode_prefix
    while True:
        code = barcodes.made_in_store(prefix, next_barcode())
        key = barcodes.key("ean13", code)
        if session().scalar(sa.select(Barcode.id).where(Barcode.key == key)) is None:
            break
    made = Barcode(code=code, kind="ean13", key=key, position=len(product.barcodes))
    product.barcodes.append(made)
    session().flush()
    return made
