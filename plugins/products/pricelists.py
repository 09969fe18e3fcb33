"""Price lists, what they ask for products, families and categories, and the history of every price."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from erp import (
    Extension,
    Invalid,
    Record,
    _,
    _l,
    amount,
    archiving,
    company,
    day,
    document_type,
    flag,
    i18n,
    integer,
    key_to,
    link,
    session,
    text,
    today,
)
from erp import choice as chosen
from erp import quantity as number
from plugins.currencies.api import RateMissing, converted, rate
from plugins.parties.models import Party
from plugins.products.families import ProductFamily
from plugins.products.models import Product, ProductCategory

CURRENCIES = i18n.currencies()
HUNDRED, ZERO = Decimal(100), Decimal(0)
TARGETS = ("product", "family", "category")


def _own_currency() -> str:
    return company().currency


class PriceList(Record):
    """Price list. Price lists.

    What some customers pay instead of the price a product has itself: retail, wholesale, VIP.
    """

    icon = "tag"
    group = _l("Sales")
    __table_args__ = (
        key_to("branch", "branch_id"),
        sa.UniqueConstraint("tenant_id", "name"),
        sa.CheckConstraint("valid_until is null or valid_until >= valid_from", name="price_list_valid_until_later"),
    )

    name: Mapped[str] = text(_l("Name"), length=80, search=True, listed=True)
    currency: Mapped[str] = chosen(_l("Currency"), CURRENCIES, default=_own_currency, listed=True)
    is_default: Mapped[bool] = flag(_l("For customers who have no list"), listed=True)
    priority: Mapped[int] = integer(
        _l("Priority"), default=10, minimum=ZERO, maximum=Decimal(1000), listed=True,
        help=_l("Where several lists have a price, that of the smallest number is taken."),
    )  # fmt: skip
    valid_from: Mapped[date | None] = day(_l("From"), listed=True)
    valid_until: Mapped[date | None] = day(_l("Until"), listed=True)
    note: Mapped[str | None] = text(_l("Note"), help=_l("For colleagues; never printed."))
    branch_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    """The one branch it holds at; None for all."""

    def recompute(self) -> None:
        """Raise Invalid for a list that ends before it begins."""
        _check_days(self.valid_from, self.valid_until)

    def check(self) -> None:
        """Prices in another currency need its rate, or nobody could compare them with the product's own."""
        own = company().currency
        try:
            rate(self.currency, own, self.valid_from or today())
        except RateMissing as missing:
            raise Invalid(fields={"currency": missing.message}) from missing


def _check_days(first: date | None, last: date | None) -> None:
    if first is not None and last is not None and last < first:
        raise Invalid(fields={"valid_until": _("This is before the first day.")})


class PriceListLine(Record):
    """Price. Prices.

    What a list asks for a product, for all of a family or a category, or for everything: an amount, or so much off.
    """

    icon = "cash"
    group = _l("Sales")
    title_field = "note"
    __table_args__ = (
        sa.Index("price_list_line_product", "tenant_id", "product_id", "price_list_id"),
        sa.CheckConstraint("price >= 0", name="price_list_line_price_positive"),
        sa.CheckConstraint("percent_off between 0 and 100", name="price_list_line_percent_off_within"),
        sa.CheckConstraint("price is null or percent_off = 0", name="price_list_line_percent_off_or_price"),
        sa.CheckConstraint("from_quantity >= 0", name="price_list_line_from_quantity_positive"),
        sa.CheckConstraint("num_nonnulls(product_id, family_id, category_id) <= 1", name="price_list_line_product_one"),
        sa.CheckConstraint("valid_until is null or valid_until >= valid_from", name="price_list_line_valid_until"),
    )

    price_list: Mapped[PriceList] = link(_l("Price list"), search=True)
    product: Mapped[Product | None] = link(_l("Product"), search=True)
    family: Mapped[ProductFamily | None] = link(_l("Or a family"), search=True)
    category: Mapped[ProductCategory | None] = link(
        _l("Or a category"), search=True, help=_l("With all below it. None of the three: everything.")
    )
    from_quantity: Mapped[Decimal] = number(_l("From quantity"), default=ZERO, minimum=ZERO, listed=True)
    price: Mapped[Decimal | None] = amount(_l("Price without tax"), minimum=ZERO, listed=True)
    percent_off: Mapped[Decimal] = number(
        _l("Or off the product's price"), default=ZERO, minimum=ZERO, maximum=HUNDRED, places=4, unit="%", listed=True
    )
    valid_from: Mapped[date | None] = day(_l("From"), listed=True)
    valid_until: Mapped[date | None] = day(_l("Until"), listed=True)
    note: Mapped[str | None] = text(_l("Note"), search=True)

    @property
    def title(self) -> str:
        """The list and what the price is for."""
        return f"{self.price_list.title}: {self.target}" if self.price_list is not None else self.target

    @property
    def currency(self) -> str:
        """The currency of its list."""
        return self.price_list.currency if self.price_list is not None else ""

    @property
    def target(self) -> str:
        """What it is a price of."""
        named = self.product or self.family or self.category
        return named.title if named is not None else _("Everything")

    def recompute(self) -> None:
        """Raise Invalid for two things at once: of what it is, and how much."""
        named = [name for name in TARGETS if getattr(self, f"{name}_id") is not None]
        if len(named) > 1:
            raise Invalid(fields={named[1]: _("Choose one: a product, a family or a category.")})
        if self.price is not None and self.percent_off:
            raise Invalid(fields={"percent_off": _("Give a price or what is taken off, not both.")})
        if self.price is not None and named in ([], ["category"]):
            raise Invalid(
                fields={"price": _("An amount belongs to a product or a family. Here, say what is taken off.")}
            )
        _check_days(self.valid_from, self.valid_until)

    def check(self) -> None:
        """One price for each moment: raises Invalid where another of the same list, thing and quantity holds then.

        What comes in another way is refused by the database.
        """
        # whoever writes prices of a list waits for the other: two that overlap cannot both be new
        session().scalar(sa.select(PriceList.id).where(PriceList.id == self.price_list.id).with_for_update())
        same = [getattr(PriceListLine, name) == getattr(self, name) for name in TARGETS]
        statement = sa.select(PriceListLine).where(
            PriceListLine.price_list == self.price_list,
            PriceListLine.from_quantity == self.from_quantity,
            PriceListLine.id != (self.id or 0),
            ~archiving.archived(document_type("price_list_line")),
            sa.func.coalesce(PriceListLine.valid_from, date.min) <= (self.valid_until or date.max),
            sa.func.coalesce(PriceListLine.valid_until, date.max) >= (self.valid_from or date.min),
            *same,
        )
        other = session().scalar(statement.limit(1))
        if other is not None:
            said = _("Another price for this quantity holds then: %(price)s, %(days)s.",
                     price=other.told(), days=other.days())  # fmt: skip
            raise Invalid(fields={"valid_from" if self.valid_from else "from_quantity": said})

    def below_cost(self) -> int:
        """How many of the products it is for cost us more than it asks."""
        asked = (Product.unit_price * (HUNDRED - self.percent_off) / HUNDRED) if self.price is None else self.price
        if self.price is not None and self.currency != company().currency:
            asked = converted(self.price, self.currency, company().currency, today())
        of_these: sa.ColumnElement[bool] = sa.true()
        if self.product is not None:
            of_these = Product.id == self.product.id
        elif self.family is not None:
            of_these = Product.family == self.family
        elif self.category is not None:
            of_these = Product.category == self.category
        return session().scalar(sa.select(sa.func.count()).where(of_these, Product.cost > asked)) or 0

    def told(self) -> str:
        """`KES 4,000.00` or `15 % off`."""
        if self.price is not None:
            return i18n.format_money(self.price, self.currency)
        return _("%(percent)s %% off", percent=i18n.format_number(self.percent_off))

    def days(self) -> str:
        """When it holds."""
        first, last = (each and i18n.format_date(each) for each in (self.valid_from, self.valid_until))
        if first and last:
            return _("%(first)s to %(last)s", first=first, last=last)
        if first:
            return _("from %(first)s", first=first)
        return _("until %(last)s", last=last) if last else _("always")


class PartyPrices(Extension[Party]):
    """Which prices a customer pays."""

    price_list: Mapped[PriceList | None] = link(_l("Price list"))


class PriceChange(Record):
    """Price change. Price changes.

    A price as it was and became; written by the database with every change, and never changed itself.
    """

    icon = "history"
    group = _l("Stock")
    listed_stamps = ("created_at", "created_by")
    title_field = "currency"
    __table_args__ = (
        sa.Index("price_change_of_product", "tenant_id", "product_id", "id"),
        {"info": {"append_only": True}},
    )

    product: Mapped[Product | None] = link(_l("Product"), readonly=True, search=True)
    family: Mapped[ProductFamily | None] = link(_l("Family"), readonly=True)
    category: Mapped[ProductCategory | None] = link(_l("Category"), readonly=True)
    price_list: Mapped[PriceList | None] = link(_l("Price list"), readonly=True, listed=True)
    from_quantity: Mapped[Decimal] = number(_l("From quantity"), readonly=True, default=ZERO)
    old_price: Mapped[Decimal | None] = amount(_l("Before"), readonly=True, listed=True)
    new_price: Mapped[Decimal | None] = amount(_l("Now"), readonly=True, listed=True)
    old_percent: Mapped[Decimal | None] = number(_l("Off before"), readonly=True, unit="%", listed=True)
    new_percent: Mapped[Decimal | None] = number(_l("Off now"), readonly=True, unit="%", listed=True)
    currency: Mapped[str] = text(_l("Currency"), length=3, readonly=True, default="")

    @property
    def title(self) -> str:
        """What the price is of."""
        named = self.product or self.family or self.category
        return named.title if named is not None else _("Everything")
