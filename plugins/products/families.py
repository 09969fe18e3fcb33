"""Attributes with their values in order, and families of products that differ in them alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import ClassVar
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from erp import (
    Invalid,
    Line,
    Record,
    TenantScoped,
    _,
    _l,
    amount,
    choice,
    key_to,
    lines,
    link,
    long_text,
    session,
    text,
)
from erp import quantity as number
from plugins.products.models import Brand, Product, ProductCategory, Unit

ATTRIBUTE_KINDS = {"size": _l("Sizes"), "colour": _l("Colours"), "other": _l("Anything else")}
SEASONS = {
    "all": _l("All year"), "spring": _l("Spring"), "summer": _l("Summer"), "autumn": _l("Autumn"),
    "winter": _l("Winter"),
}  # fmt: skip
MOST_AXES = 3
HEX = re.compile(r"#[0-9a-f]{6}")
HUNDRED = Decimal(100)
SWATCH = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><circle cx="12" cy="12" r="11" fill="{hex}" stroke="#8a94a6"/></svg>'  # fmt: skip  # noqa: E501 - one drawing


class ProductAttribute(Record):
    """Attribute. Attributes.

    What the variants of a family differ in, such as size and colour; its values stand in the order people expect.
    """

    icon = "tags"
    group = _l("Stock")
    __table_args__ = (sa.UniqueConstraint("tenant_id", "name"),)

    name: Mapped[str] = text(_l("Name"), length=60, search=True, listed=True)
    kind: Mapped[str] = choice(_l("Kind"), ATTRIBUTE_KINDS, default="other", listed=True)
    values: Mapped[list[AttributeValue]] = lines(_l("Values, in their order"))

    def recompute(self) -> None:
        """Codes of values that were given none, colours as six digits; raises Invalid at what is no colour."""
        errors = {}
        for place, value in enumerate(self.values):
            value.code = (value.code or "").strip() or re.sub(r"\W", "", value.name or "").upper()[:6] or str(place + 1)
            value.hex = (value.hex or "").strip().lower() or None
            if value.hex and not HEX.fullmatch(value.hex):
                errors[f"values-{place}-hex"] = _("A colour is written with six hexadecimal digits: #c2a878.")
        if errors:
            raise Invalid(fields=errors)

    def check(self) -> None:
        """Names and codes are its own, what variants have stays; variants are called as their values are now."""
        errors = {}
        for field in ("name", "code"):
            seen = set[str]()
            for place, value in enumerate(self.values):
                said = getattr(value, field).casefold()
                if said in seen:
                    errors[f"values-{place}-{field}"] = _("This stands here twice.")
                seen.add(said)
        kept = {value.id for value in self.values}
        if self.id is not None and (gone := self._used_without(kept)):
            errors["values"] = _("Variants have %(values)s: this cannot be taken away.", values=", ".join(gone))
        if errors:
            raise Invalid(fields=errors)
        if any(sa.inspect(value).attrs.name.history.has_changes() for value in self.values if value.id):
            self._call_variants_anew()

    def _used_without(self, kept: set[int]) -> Sequence[str]:
        """Names of values that variants have and that are not among those kept."""
        used = sa.select(ProductValue.value_id).where(ProductValue.attribute_id == self.id)
        found = sa.select(AttributeValue.name).where(
            AttributeValue.document_id == self.id, AttributeValue.id.not_in(kept), AttributeValue.id.in_(used)
        )
        return session().scalars(found).all()

    def _call_variants_anew(self) -> None:
        own = sa.select(ProductValue.product_id).where(ProductValue.attribute_id == self.id)
        for product in session().scalars(sa.select(Product).where(Product.id.in_(own))):
            keys = [int(key) for key in (product.variant_key or "").split("-") if key]
            named = {each.id: each.name for each in self.values}
            others = session().scalars(sa.select(AttributeValue).where(AttributeValue.id.in_(keys)))
            named = {each.id: each.name for each in others} | named
            product.variant = ", ".join(named[key] for key in keys)


class AttributeValue(Line["ProductAttribute"], table="values"):
    """One of the values: M, Sand."""

    __tablename__ = "product_attribute_value"
    title_field: ClassVar[str] = "name"
    __table_args__ = (sa.CheckConstraint("hex ~ '^#[0-9a-f]{6}$'", name="attribute_value_hex_is_colour"),)

    name: Mapped[str] = text(_l("Name"), length=60)
    code: Mapped[str | None] = text(_l("Letters for codes"), length=12, help=_l("They stand in the codes of variants."))
    hex: Mapped[str | None] = text(_l("Colour"), length=7, help=_l("Six hexadecimal digits: #c2a878."))

    @property
    def picture_url(self) -> str:
        """A swatch of its colour."""
        return "data:image/svg+xml," + quote(SWATCH.format(hex=self.hex)) if self.hex else ""


class ProductFamily(Record):
    """Product family. Product families.

    Products that are the same but for size, colour or the like: what they share, and which of them there are.
    """

    has_pictures = True
    icon = "sitemap"
    group = _l("Stock")
    subtitle_field = "code"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "code"),
        sa.CheckConstraint("unit_price >= 0", name="product_family_unit_price_positive"),
    )

    name: Mapped[str] = text(_l("Name"), search=True, listed=True)
    code: Mapped[str] = text(_l("Code"), length=20, search=True, listed=True, help=_l("Its variants' codes begin so."))
    category: Mapped[ProductCategory | None] = link(_l("Category"), listed=True)
    brand: Mapped[Brand | None] = link(_l("Brand"))
    uom: Mapped[Unit | None] = link(_l("Unit"), help=_l("Empty: the piece."))
    sales_uom: Mapped[Unit | None] = link(_l("Sold in"))
    purchase_uom: Mapped[Unit | None] = link(_l("Bought in"))
    unit_price: Mapped[Decimal] = amount(_l("Price without tax"), default=Decimal(0), minimum=Decimal(0), listed=True)
    season: Mapped[str | None] = choice(_l("Season"), SEASONS, listed=True)
    collection: Mapped[str | None] = text(_l("Collection"), length=80, search=True, listed=True)
    style: Mapped[str | None] = text(_l("Style"), length=80, search=True, help=_l("Slim, straight, wide."))
    care: Mapped[str | None] = long_text(_l("Care"), help=_l("How it is washed, dried and ironed."))
    axes: Mapped[list[FamilyAxis]] = lines(_l("Variants differ in"))
    materials: Mapped[list[FamilyMaterial]] = lines(_l("Material"), quiet=True)
    sizes: Mapped[list[FamilySize]] = lines(_l("Size chart"), quiet=True)

    def recompute(self) -> None:
        """The code in capitals; raises Invalid where what it is made of does not come to 100 %."""
        self.code = (self.code or "").strip().upper()
        shares = sum((each.percent or Decimal(0) for each in self.materials), Decimal(0))
        if self.materials and shares != HUNDRED:
            said = _("Together these are %(sum)s %%; they should be 100.", sum=f"{shares.normalize():f}")
            raise Invalid(fields={f"materials-{len(self.materials) - 1}-percent": said})

    def check(self) -> None:
        """One to three axes, each once; those of a family that has variants stay as they are."""
        keys = [each.attribute.id for each in self.axes]
        if not keys:
            raise Invalid(fields={"axes": _("Say what its variants differ in, such as size and colour.")})
        if len(keys) > MOST_AXES:
            raise Invalid(fields={"axes": _("At most three.")})
        for place, key in enumerate(keys):
            if key in keys[:place]:
                raise Invalid(fields={f"axes-{place}-attribute": _("This stands here twice.")})
        if self.id is not None and keys != self._kept_axes() and self._has_variants():
            raise Invalid(fields={"axes": _("It has variants already, so these cannot be changed.")})

    def _kept_axes(self) -> list[int]:
        statement = sa.select(FamilyAxis.attribute_id).where(FamilyAxis.document_id == self.id)  # type: ignore[attr-defined]
        return list(session().scalars(statement.order_by(FamilyAxis.position)))

    def _has_variants(self) -> bool:
        return session().scalar(sa.select(Product.id).where(Product.family == self).limit(1)) is not None


class FamilyAxis(Line["ProductFamily"], table="axes"):
    """An attribute the variants of a family differ in."""

    __tablename__ = "product_family_axis"
    title_field: ClassVar[str] = "name"

    attribute: Mapped[ProductAttribute] = link(_l("Attribute"))

    @property
    def name(self) -> str:
        """What people call the attribute."""
        return self.attribute.title if self.attribute is not None else ""


class FamilyMaterial(Line["ProductFamily"], table="materials"):
    """A part of what it is made of."""

    __tablename__ = "product_family_material"
    title_field: ClassVar[str] = "material"

    material: Mapped[str] = text(_l("Material"), length=80)
    percent: Mapped[Decimal] = number(_l("Share"), unit="%", places=2, minimum=Decimal("0.01"), maximum=HUNDRED)


class FamilySize(Line["ProductFamily"], table="sizes"):
    """A size as it is called in each region, and what it measures."""

    __tablename__ = "product_family_size"
    title_field: ClassVar[str] = "size"

    size: Mapped[str] = text(_l("Size"), length=20)
    eu: Mapped[str | None] = text(_l("EU"), length=20)
    us: Mapped[str | None] = text(_l("US"), length=20)
    uk: Mapped[str | None] = text(_l("UK"), length=20)
    chest: Mapped[Decimal | None] = number(_l("Chest"), unit="cm", places=1, minimum=Decimal(0))
    waist: Mapped[Decimal | None] = number(_l("Waist"), unit="cm", places=1, minimum=Decimal(0))
    hips: Mapped[Decimal | None] = number(_l("Hips"), unit="cm", places=1, minimum=Decimal(0))
    length: Mapped[Decimal | None] = number(_l("Length"), unit="cm", places=1, minimum=Decimal(0))

    @property
    def subtitle(self) -> str:
        """How it is called in each region."""
        named = (("EU", self.eu), ("US", self.us), ("UK", self.uk))
        return " · ".join(f"{region} {size}" for region, size in named if size)


class ProductValue(TenantScoped):
    """A value that a variant has, one of each axis of its family."""

    __tablename__ = "product_value"
    __table_args__ = (
        key_to("product", "product_id", ondelete="CASCADE"),
        key_to("product_attribute", "attribute_id"),
        key_to("product_attribute_value", "value_id"),
        sa.UniqueConstraint("tenant_id", "product_id", "attribute_id"),
    )
    product_id: Mapped[int] = mapped_column(sa.BigInteger)
    attribute_id: Mapped[int] = mapped_column(sa.BigInteger)
    value_id: Mapped[int] = mapped_column(sa.BigInteger, index=True)
