"""What somebody wants to buy, priced: the sums a till shows before it asks for money, and the lines that are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from erp import Invalid, _, i18n, money, session
from plugins.currencies.api import rules_for
from plugins.products.models import Product
from plugins.sales.ledger import told_with
from plugins.sales.models import ON_ACCOUNT, TENDERS
from plugins.taxes.api import Known, on_day
from plugins.taxes.models import ProductTax

NOTHING = Decimal(0)
CASH = "cash"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A line of a sale: some of a product at its price unless another is given, or a description with a price."""

    product: Product | None = None
    quantity: Decimal = Decimal(1)
    unit_price: Decimal | None = None
    discount: Decimal = NOTHING
    """Percent."""
    description: str = ""
    tax_category_id: int | None = None
    """Of a line without a product; a product's own counts."""
    lot_id: int | None = None
    """The lot or serial number that is sold, where its product is followed so."""


@dataclass(frozen=True, slots=True)
class Ready:
    """What a caller has read already, so that it is not asked for again."""

    categories: Mapping[int, int | None]
    """{product: its tax category}"""
    stocked: frozenset[int]
    """Products that lie on a shelf."""
    place_id: int
    """Where goods are taken from."""
    outside_id: int | None = None
    """Where they go, where it is known."""


@dataclass(frozen=True, slots=True)
class Tender:
    """What a part was paid with; without an amount it is all that is left."""

    kind: str
    amount: Decimal | None = None
    tendered: Decimal | None = None
    """Cash that was handed over, where it was more."""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Basket:
    """Lines with their sums."""

    wanted: Sequence[Wanted]
    categories: Sequence[int | None]
    ids: Sequence[Sequence[int]]
    """The rows each line's taxes stand in."""
    sums: money.Priced

    def rows(self) -> list[dict[str, Any]]:
        """The columns of its lines as they are kept, at no cost yet."""
        together = zip(self.wanted, self.categories, self.ids, self.sums.lines, strict=True)
        return [_row(place, *each) for place, each in enumerate(together)]


def basket(
    wanted: Sequence[Wanted], currency: str, on: date, *, cash: bool = False, discount: Decimal = NOTHING,
    own: Mapping[int, int | None] | None = None,
) -> Basket:  # fmt: skip
    """What these lines come to on a day, in `cash` in the coins there are; raises Invalid at the line that is wrong.

    `own` are the tax categories of their products, where they are known.
    """
    if not wanted:
        raise Invalid(fields={"lines": _("Add at least one line.")})
    errors = {f"lines-{place}-{name}": said for place, each in enumerate(wanted) for name, said in _wrong(each)}
    if errors:
        raise Invalid(fields=errors)
    known = on_day(on)
    own = _own_categories(wanted) if own is None else own
    categories = [_category(each, own) for each in wanted]
    items = [_item(each, category, known) for each, category in zip(wanted, categories, strict=True)]
    rules = rules_for(currency, cash=cash)
    ids = [known.ids_of(category) for category in categories]
    return Basket(wanted, categories, ids, money.price(items, currency, discount=money.Discount(discount), rules=rules))


def settled(tenders: Sequence[Tender], payable: Decimal, currency: str) -> list[dict[str, Any]]:
    """Columns of what was paid, together exactly what is payable; raises Invalid at the tender that is wrong."""
    found, left = [], payable
    for place, each in enumerate(tenders):
        amount = left if each.amount is None else each.amount
        change = (each.tendered - amount) if each.tendered is not None else NOTHING
        if each.kind not in TENDERS:
            raise Invalid(fields={f"tenders-{place}-kind": _("Choose one of the list.")})
        if (amount <= 0 and payable) or change < 0:
            raise Invalid(fields={f"tenders-{place}-amount": _("This is less than is to be paid.")})
        found.append({"kind": each.kind, "amount": amount, "change_amount": change, "reference": each.reference})
        left -= amount
    if left:
        said = _("%(total)s is to be paid; %(left)s is missing.") if left > 0 else _("%(left)s is paid too much.")
        told_ = {"total": i18n.format_money(payable, currency), "left": i18n.format_money(abs(left), currency)}
        raise Invalid(fields={"tenders": said % told_})
    return found


def is_cash(tenders: Sequence[Tender]) -> bool:
    """Whether all is paid in coins and notes."""
    return bool(tenders) and all(each.kind == CASH for each in tenders)


def owes(tenders: Sequence[Tender]) -> bool:
    """Whether a part is not paid yet."""
    return any(each.kind == ON_ACCOUNT for each in tenders)


def _wrong(each: Wanted) -> list[tuple[str, str]]:
    found = []
    if each.quantity <= 0:
        found.append(("quantity", _("This must be more than 0.")))
    if each.unit_price is not None and each.unit_price < 0:
        found.append(("unit_price", _("A price cannot be less than nothing.")))
    if not NOTHING <= each.discount <= 100:
        found.append(("discount", _("A discount lies between 0 and 100 percent.")))
    if each.product is None and (not each.description or each.unit_price is None):
        found.append(("description", _("Choose a product, or say what it is and what it costs.")))
    return found


def _own_categories(wanted: Sequence[Wanted]) -> Mapping[int, int | None]:
    ids = {each.product.id for each in wanted if each.product is not None}
    statement = sa.select(ProductTax.record_id, ProductTax.tax_category_id).where(  # type: ignore[attr-defined]
        ProductTax.record_id.in_(ids)
    )
    return {row[0]: row[1] for row in session().execute(statement)} if ids else {}


def _category(each: Wanted, own: Mapping[int, int | None]) -> int | None:
    return own.get(each.product.id) if each.product is not None else each.tax_category_id


def _price(each: Wanted) -> Decimal:
    if each.unit_price is not None:
        return each.unit_price
    return each.product.unit_price if each.product is not None else NOTHING


def _item(each: Wanted, category: int | None, known: Known) -> money.Item:
    return money.Item(each.quantity, _price(each), each.discount, taxes=known.of(category))


def _row(
    place: int, each: Wanted, category: int | None, ids: Sequence[int], priced: money.PricedLine
) -> dict[str, Any]:
    unit = each.product.uom if each.product is not None else None
    return {
        "position": place, "product_id": each.product.id if each.product is not None else None,
        "description": each.description or (each.product.name if each.product else ""), "quantity": each.quantity,
        "uom": unit.name if unit else _("piece"), "unit_price": _price(each), "discount": each.discount,
        "tax_category_id": category, "net": priced.net, "tax": priced.tax, "total": priced.gross, "cost": NOTHING,
        "taxes": told_with(ids, priced.taxes),
    }  # fmt: skip
