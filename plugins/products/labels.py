"""Labels of products: on sheets of several or on a roll, at once or, when they are many, by a worker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from erp import Invalid, Job, _, _l, company, i18n, papers
from plugins.products import barcodes
from plugins.products.models import Barcode, Product

TEMPLATE = "products/labels.html"
MOST = 4800
"""Labels of one print: two hundred sheets of 24."""
AT_ONCE = 80
"""Labels that are printed while somebody waits: about a second."""
SHEETS = 4
"""Pages a worker prints before it says how far it is; of rolls ten times as many."""


@dataclass(frozen=True)
class Size:
    """How labels lie on their paper; millimetres."""

    label: str
    width: float
    height: float
    columns: int = 1
    rows: int = 1
    page_width: float = 0
    page_height: float = 0

    @property
    def on_page(self) -> int:
        """How many labels one page has."""
        return self.columns * self.rows


SIZES: Mapping[str, Size] = {
    "sheet_3x8": Size(_l("A4 sheet, 3 × 8 of 70 × 37 mm"), 70, 37, 3, 8, 210, 297),
    "sheet_4x10": Size(_l("A4 sheet, 4 × 10 of 52.5 × 29.7 mm"), 52.5, 29.7, 4, 10, 210, 297),
    "roll_50x30": Size(_l("Roll, 50 × 30 mm"), 50, 30, page_width=50, page_height=30),
    "roll_62x29": Size(_l("Roll, 62 × 29 mm"), 62, 29, page_width=62, page_height=29),
}
BARS_WIDE_MM = 29.9
"""Width of an EAN-13 with its quiet zones as it is printed."""


@dataclass(frozen=True)
class Wish:
    """What stands on the labels and how many there are."""

    size: str = "sheet_3x8"
    copies: int = 1
    skip: int = 0
    """Places of the first sheet that are used up."""
    with_name: bool = True
    with_price: bool = True
    with_code: bool = True
    with_barcode: bool = True


def check(count: int, wish: Wish) -> None:
    """Raise Invalid where labels of so many products are too many for one print."""
    if count * wish.copies > MOST:
        most, these = i18n.format_number(MOST), i18n.format_number(count * wish.copies)
        raise Invalid(
            fields={"copies": _("At most %(most)s labels at once; these are %(count)s.", most=most, count=these)}
        )


def printed(products: Sequence[Product], wish: Wish) -> bytes:
    """The PDF of a few."""
    return papers.printed(TEMPLATE, _parts(products, wish))


def left(products: Sequence[Product], wish: Wish, title: str) -> Job:
    """The job that prints many, in the acting name."""
    return papers.put("product", title, TEMPLATE, _parts(products, wish))


def _parts(products: Sequence[Product], wish: Wish) -> list[dict[str, Any]]:
    """What the template is given, some pages at a time."""
    size = SIZES[wish.size]
    skipped = wish.skip if 1 < size.on_page > wish.skip else 0
    labels = [each for product in products for each in [_label(product, wish)] * wish.copies]
    pages = list(_pages([*[None] * skipped, *labels], size))
    many = SHEETS if size.on_page > 1 else SHEETS * 10
    about = {"size": {**asdict(size), "label": str(size.label)}, "title": _("Labels")}
    return [{**about, "pages": pages[at : at + many]} for at in range(0, len(pages), many)]


def _pages(labels: Sequence[Any], size: Size) -> Iterable[list[list[Any]]]:
    """The labels in rows on pages; what is left of the last page is empty."""
    for first in range(0, len(labels), size.on_page):
        page = [*labels[first : first + size.on_page]]
        page += [None] * (size.on_page - len(page))
        yield [page[at : at + size.columns] for at in range(0, size.on_page, size.columns)]


def _label(product: Product, wish: Wish) -> dict[str, Any]:
    barcode = product.barcodes[0] if product.barcodes and wish.with_barcode else None
    return {
        "name": product.name if wish.with_name else "",
        "price": str(product.unit_price) if wish.with_price else "",
        "currency": company().currency,
        "code": product.code if wish.with_code else "",
        "barcode": _bars(barcode) if barcode else None,
    }


def _bars(barcode: Barcode) -> dict[str, str]:
    """How a print draws it: a UPC-A has the bars of the EAN-13 with a zero before it."""
    kind = barcode.kind or barcodes.kind_of(barcode.code)
    drawn = {"ean8": "ean8", "code128": "code128", "qr": "qr"}.get(kind, "ean13")
    value = barcode.code.zfill(13) if drawn == "ean13" else barcode.code
    unit = barcode.uom.name if barcode.uom else ""
    return {"type": drawn, "value": value, "text": barcode.code, "unit": unit}
