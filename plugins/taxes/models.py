from __future__ import annotations

from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from erp import Extension, Record, _l, choice, day, flag, integer, link, money, quantity, text
from plugins.products.api import ProductFamily
from plugins.products.models import Product

KINDS: dict[str, str] = {
    money.TaxKind.STANDARD: _l("Standard rate"),
    money.TaxKind.REDUCED: _l("Reduced rate"),
    money.TaxKind.ZERO: _l("Zero-rated"),
    money.TaxKind.EXEMPT: _l("Exempt"),
}


class TaxCategory(Record):
    """Tax category. Tax categories.

    What a line is as far as tax goes; the taxes of a category may change over the years, its lines need not.
    """

    icon = "category"
    group = _l("Set-up")
    subtitle_field = "code"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "code"),
        sa.Index("tax_category_is_default", "tenant_id", unique=True, postgresql_where=sa.text("is_default")),
    )

    name: Mapped[str] = text(_l("Name"), search=True, listed=True)
    code: Mapped[str] = text(_l("Code"), length=20, search=True, listed=True)
    is_default: Mapped[bool] = flag(_l("Of lines that name none"), listed=True)


class Tax(Record):
    """Tax. Taxes.

    One rate of one category, from a day until a day; several that hold at once are all taken.
    """

    icon = "percentage"
    group = _l("Set-up")
    __table_args__ = (
        sa.CheckConstraint("valid_until is null or valid_until >= valid_from", name="tax_valid_until_later"),
        sa.CheckConstraint("kind not in ('zero', 'exempt') or rate = 0", name="tax_rate_is_none"),
        sa.CheckConstraint("kind in ('standard', 'reduced') or coalesce(reason, '') <> ''", name="tax_reason_given"),
    )

    category: Mapped[TaxCategory] = link(_l("Category"), listed=True)
    name: Mapped[str] = text(_l("Name"), length=80, search=True, listed=True, help=_l("As invoices call it: VAT."))
    rate: Mapped[Decimal] = quantity(
        _l("Rate"), unit="%", places=4, minimum=Decimal(0), maximum=Decimal(1000), listed=True
    )
    kind: Mapped[str] = choice(_l("Kind"), KINDS, default="standard", listed=True)
    is_inclusive: Mapped[bool] = flag(_l("Prices contain it"), listed=True)
    is_compound: Mapped[bool] = flag(_l("Also taken on the taxes before it"))
    position: Mapped[int] = integer(_l("Order"), default=1, minimum=Decimal(1), help=_l("Of several on one line."))
    reason: Mapped[str | None] = text(_l("Why nothing is taken"), help=_l("Invoices must say it."))
    valid_from: Mapped[date] = day(_l("From"), listed=True)
    valid_until: Mapped[date | None] = day(_l("Until"), listed=True)


class ProductTax(Extension[Product]):
    """What a product is as far as tax goes; lines that name it begin with this."""

    tax_category: Mapped[TaxCategory | None] = link(_l("Tax category"))


class FamilyTax(Extension[ProductFamily]):
    """What the variants of a family are as far as tax goes, when they are made."""

    tax_category: Mapped[TaxCategory | None] = link(_l("Tax category"))
