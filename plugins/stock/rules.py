"""Rules of reordering: how much of what should lie where, and since when somebody knows that it is too little."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from erp import Invalid, Record, TenantScoped, _, _l, clock, integer, key_to, link, session, text
from erp import quantity as number
from plugins.parties.models import Party
from plugins.products.models import Product, ProductCategory
from plugins.stock.models import STOCKED, ZERO, Location


class ReorderRule(Record):
    """Reorder rule. Reorder rules.

    How much of a product, or of each in a category, should lie at a place; below it more is proposed to be ordered.
    """

    icon = "target"
    group = _l("Stock")
    branch_columns = ("branch_id",)
    __table_args__ = (
        key_to("branch", "branch_id"),
        sa.UniqueConstraint(
            "tenant_id", "location_id", "product_id", "category_id", postgresql_nulls_not_distinct=True
        ),
        sa.CheckConstraint("product_id is null or category_id is null", name="reorder_rule_one_thing"),
        sa.CheckConstraint("minimum >= 0 and maximum > 0 and multiple > 0 and lead_days >= 0 and safety_stock >= 0",
                           name="reorder_rule_figures"),
    )  # fmt: skip

    if TYPE_CHECKING:
        product_id: Mapped[int | None]
        category_id: Mapped[int | None]
        location_id: Mapped[int]

    name: Mapped[str] = text(_l("Rule"), length=240, readonly=True, default="", search=True, listed=True)
    product: Mapped[Product | None] = link(_l("Product"))
    category: Mapped[ProductCategory | None] = link(
        _l("Category"), help=_l("With all below it. Neither product nor category: all that lies there, or once did.")
    )
    location: Mapped[Location] = link(_l("Where"), listed=True)
    minimum: Mapped[Decimal] = number(_l("At least"), default=ZERO, minimum=ZERO, listed=True)
    safety_stock: Mapped[Decimal] = number(
        _l("Safety stock"), default=ZERO, minimum=ZERO, help=_l("Kept besides, for when more is asked than usual.")
    )
    maximum: Mapped[Decimal] = number(_l("Fill up to"), minimum=ZERO, listed=True)
    multiple: Mapped[Decimal] = number(
        _l("In packs of"), default=Decimal(1), minimum=ZERO, help=_l("What is ordered is a whole number of them.")
    )
    lead_days: Mapped[int] = integer(
        _l("Days until it comes"), default=0, minimum=ZERO, maximum=Decimal(366), listed=True
    )
    supplier: Mapped[Party | None] = link(_l("Supplier"), listed=True)
    branch_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    """Where its place is."""

    def recompute(self) -> None:
        """What it is called, and whose it is; raises Invalid for figures that misfit."""
        named = self.product or self.category
        thing = named.name if named is not None else _("Everything")
        place = self.location.name if self.location is not None else ""
        self.branch_id = self.location.branch_id if self.location is not None else None
        self.name = _("%(thing)s at %(place)s", thing=thing, place=place)[:240]
        if self.product is not None and self.category is not None:
            raise Invalid(fields={"category": _("Name a product or a category, not both.")})
        if (self.multiple or ZERO) <= 0:
            raise Invalid(fields={"multiple": _("This must be more than 0.")})
        if (self.maximum or ZERO) < (self.minimum or ZERO) + (self.safety_stock or ZERO) or not self.maximum:
            raise Invalid(
                fields={"maximum": _("This is less than should be there at least, the safety stock included.")}
            )

    def check(self) -> None:
        """A product kept in stock at a place of ours, with one rule; raises Invalid naming the field."""
        if self.product is not None and self.product.kind not in STOCKED:
            said = _("%(product)s is not kept in stock.", product=self.product.name)
            raise Invalid(fields={"product": said})
        if not self.location.is_held:
            raise Invalid(fields={"location": _("Choose a place in the house.")})
        product_id = self.product.id if self.product is not None else None
        category_id = self.category.id if self.category is not None else None
        other = sa.select(ReorderRule.id).where(
            ReorderRule.location_id == self.location.id, ReorderRule.id != (self.id or 0),
            ReorderRule.product_id.is_not_distinct_from(product_id),
            ReorderRule.category_id.is_not_distinct_from(category_id),
        )  # fmt: skip
        if session().scalar(other.limit(1)) is not None:
            raise Invalid(fields={"location": _("There is a rule for this place already.")})


class StockShortage(TenantScoped):
    """A product was too few at a place: since when, and until when. Somebody is told once for each."""

    __tablename__ = "stock_shortage"
    __table_args__ = (
        key_to("product", "product_id"),
        key_to("location", "location_id"),
        sa.Index(
            "stock_shortage_open", "tenant_id", "product_id", "location_id", unique=True,
            postgresql_where=sa.text("resolved_at is null"),
        ),
    )  # fmt: skip
    product_id: Mapped[int] = mapped_column(sa.BigInteger)
    location_id: Mapped[int] = mapped_column(sa.BigInteger)
    available: Mapped[Decimal] = mapped_column(sa.Numeric(18, 6))
    """How many nobody was promised when it was noticed."""
    raised_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), default=lambda: clock.now())
    resolved_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
