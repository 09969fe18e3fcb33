"""Labels of products: on sheets of several or on a roll, one PDF of all copies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from erp import Invalid, _, _l, company, current, i18n, print_document
from plugins.products import barcodes
from plugins.products.models import Barcode, Product

TEMPLATE = "products/labels.html"
MOST = 480
"""Labels of one print: twenty sheets of 24."""


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


def printed(products: Sequence[Product], wish: Wish) -> bytes:
    """The PDF; raises Invalid where there are too many labels or a barcode is wanted of a product without one."""
    size = SIZES[wish.size]
    count = len(products) * wish.copies
    if count > MOST:
        said = _("At most %(most)s labels at once; these are %(count)s.", most=MOST, count=i18n.format_number(count))
        raise Invalid(fields={"copies": said})
    if size.on_page == 1 or wish.skip >= size.on_page:
        wish = Wish(**{**asdict(wish), "skip": 0})
    labels = [_label(each, wish) for each in products for _copy in range(wish.copies)]
    data = {"size": asdict(size), "pages": list(_pages([*[None] * wish.skip, *labels], size)), "title": _("Labels")}
    return print_document(TEMPLATE, data, language=current().language)


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
    return {"type": drawn, "value": barcode.code.zfill(13) if drawn == "ean13" else barcode.code, "text": barcode.code}
