"""What a till sells, in one compact piece that a browser keeps: it is asked for again only when something changed.

What is sold is packed once for all tills at the same prices, and kept while the marks of what it is made of stay the
same; what lies on the shelf changes with each sale and is written behind it.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from threading import Lock
from typing import Any, NamedTuple

import sqlalchemy as sa

from erp import archiving, currency, current, document_type, marks, session, today, whole
from plugins.currencies.models import ExchangeRate, RoundingRule
from plugins.pos import shelf
from plugins.pos.desk import Desk
from plugins.products.api import Price, PriceList, PriceListLine, Terms, steps_by_lists
from plugins.products.models import Barcode, Product, ProductCategory, Unit
from plugins.receipts.api import plain
from plugins.stock.models import STOCKED, ProductStock, StockLevel
from plugins.taxes.models import ProductTax

COLUMNS = (
    "id", "code", "barcodes", "name", "price", "tax_category_id", "category_id", "uom", "places", "variant", "kind",
    "image", "tracking",
)  # fmt: skip
"""What stands where in a product's row."""
FOLLOWED = sa.case(
    (sa.and_(Product.kind.in_(STOCKED), ProductStock.is_stocked), sa.func.nullif(ProductStock.tracking, "none"))
)
"""lot or serial, of what asks for one."""
MADE_OF = (
    Product, Barcode, Unit, ProductTax, ProductStock, ProductCategory, PriceList, PriceListLine, ExchangeRate,
    RoundingRule,
)  # fmt: skip
"""Rows that what is sold is made of, besides pictures and what is put away."""
PUT_AWAY = ("product", "price_list", "price_list_line")
GZIP, LEVEL = 31, 5
MOST_KEPT = 24
"""Kinds of prices whose goods a process keeps at hand."""


class Version(NamedTuple):
    """What marks say of a till's catalogue now."""

    goods: str
    every: str
    """With what lies on the shelf."""


class Prices(NamedTuple):
    """Where prices are the same, on a day."""

    tenant_id: int | None
    branch_id: int
    price_list_id: int | None
    currency: str
    day: date

    @classmethod
    def at(cls, desk: Desk) -> Prices:
        """Those of a till today."""
        return cls(current().tenant_id, desk.branch_id, desk.terminal.price_list_id, currency(), today())


@dataclass
class Kept:
    """What is sold at the same prices, packed, with the packer that goes on behind it."""

    lock: Lock = field(default_factory=Lock)
    version: str = ""
    packed: bytes = b""
    packer: Any = None
    ended: dict[int, tuple[str, bytes]] = field(default_factory=dict)
    """{place: (version, all of it)} as it was last told there: tills of a shop open together."""

    def pack(self, version: str, parts: Iterable[str]) -> None:
        """Have this at hand from now on."""
        packer = zlib.compressobj(LEVEL, wbits=GZIP)
        self.packed = b"".join(packer.compress(part.encode()) for part in parts)
        self.version, self.packer, self.ended = version, packer, {}

    def end(self, text: str) -> bytes:
        """What is packed, with this at its end."""
        packer = self.packer.copy()
        return b"".join((self.packed, packer.compress(text.encode()), packer.flush()))


@lru_cache(MOST_KEPT)
def _kept(_prices: Prices) -> Kept:
    return Kept()


def version(desk: Desk) -> Version:
    """Another one as soon as anything of a till's catalogue is another; one statement."""
    with whole():
        on_shelf, *rest = session().execute(_marks(), {"place": desk.place.id}).one()
    goods = _hash(COLUMNS, Prices.at(desk), rest)
    return Version(goods, _hash(goods, desk.place.id, on_shelf))


def _hash(*parts: object) -> str:
    return hashlib.blake2b(repr(parts).encode(), digest_size=12).hexdigest()


@cache
def _marks() -> sa.Select[*tuple[Any, ...]]:
    return sa.select(
        marks.mark(StockLevel, StockLevel.location_id == sa.bindparam("place")),
        *(marks.mark(cls) for cls in MADE_OF),
        marks.mark(archiving.Archived, archiving.Archived.document_type.in_(PUT_AWAY)),
        marks.mark(shelf.File, shelf.File.owner == shelf.OWNER),
    )


def packed(desk: Desk, now: Version) -> bytes:
    """Categories and products with barcodes, prices of the till's list and what is on its shelf: JSON, packed by gzip.

    It is at least as new as the version says.
    """
    kept = _kept(Prices.at(desk))
    with whole(), kept.lock:
        if kept.version != now.goods:
            kept.pack(now.goods, _goods(desk))
        told, content = kept.ended.get(desk.place.id, ("", b""))
        if told != now.every:
            content = kept.end(f',"levels":{_dumped(_levels(desk))},"version":"{now.every}"}}')
            kept.ended[desk.place.id] = (now.every, content)
        return content


def _dumped(found: object) -> str:
    return json.dumps(found, separators=(",", ":"), ensure_ascii=False)


def _goods(desk: Desk) -> Iterator[str]:
    """The JSON of what is sold, in pieces; its last bracket is left to whoever adds something."""
    steps = steps_by_lists(Terms(price_list_id=desk.terminal.price_list_id, branch_id=desk.branch_id))
    codes, pictures = _barcodes(), shelf.pictures()
    named = sa.select(ProductCategory.id, ProductCategory.name).order_by(ProductCategory.name)
    categories = [{"id": row.id, "name": row.name} for row in session().execute(named)]
    yield f'{{"columns":{_dumped(COLUMNS)},"categories":{_dumped(categories)},"products":['
    comma = ""
    for row in session().execute(_products()):
        price = steps[row.id][0].amount if row.id in steps else row.unit_price
        yield comma + _dumped(_row(row, codes.get(row.id, ()), price, pictures.get(row.id)))
        comma = ","
    yield f'],"quantities":{_dumped(_quantities(steps))}'


def _quantities(steps: Mapping[int, list[Price]]) -> dict[str, list[list[str]]]:
    return {
        str(key): [[plain(each.quantity), plain(each.amount)] for each in found]
        for key, found in steps.items()
        if len(found) > 1
    }


@cache
def _products() -> sa.Select[*tuple[Any, ...]]:
    category_id, uom_id = Product.category_id, Product.uom_id  # type: ignore[attr-defined] # made by link()
    return (
        sa.select(
            Product.id, Product.code, Product.name, Product.variant, Product.kind, Product.unit_price,
            category_id.label("category_id"), Unit.name.label("uom"), Unit.places,
            ProductTax.tax_category_id, FOLLOWED.label("tracking"),  # type: ignore[attr-defined]
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


def _row(row: Any, codes: Iterable[str], price: Decimal, picture: str | None) -> list[Any]:
    return [
        row.id, row.code, list(codes), row.name, plain(price), row.tax_category_id, row.category_id, row.uom,
        row.places, row.variant or "", row.kind, picture, row.tracking,
    ]  # fmt: skip


def _levels(desk: Desk) -> dict[int, str]:
    """{product: what of it lies here and is not promised}; nothing of it where it is not there."""
    left = sa.func.sum(StockLevel.quantity - StockLevel.reserved)
    here = sa.select(StockLevel.product_id, left).where(StockLevel.location_id == desk.place.id)
    rows = session().execute(here.group_by(StockLevel.product_id).having(left != 0))
    return {product_id: plain(count) for product_id, count in rows}
