from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from erp import Invalid, Line, Record, _, _l, amount, choice, flag, integer, lines, link, long_text, rate, session, text
from erp import quantity as number
from plugins.products import barcodes, bundles
from plugins.products.numbering import numbering, pattern_of

if TYPE_CHECKING:
    from plugins.products.families import ProductFamily

KINDS = {
    "goods": _l("Goods"), "part": _l("Part"), "labour": _l("Labour"), "service": _l("Service"), "bundle": _l("Bundle"),
}  # fmt: skip
STOCKED = frozenset({"goods", "part"})
"""Kinds that lie on a shelf; a bundle has no stock beside that of its components."""
DIMENSIONS = {
    "count": _l("Count"), "mass": _l("Weight"), "length": _l("Length"), "area": _l("Area"), "volume": _l("Volume"),
    "time": _l("Time"), "other": _l("Other"),
}  # fmt: skip
DEEPEST = 8
"""Levels of categories."""


class Unit(Record):
    """Unit. Units.

    What quantities are counted in; those of one dimension are turned into each other exactly.
    """

    icon = "scale"
    group = _l("Stock")
    subtitle_field = "code"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "code"),
        sa.CheckConstraint("factor > 0 and per > 0", name="unit_factor_positive"),
    )

    code: Mapped[str] = text(_l("Code"), length=20, search=True, listed=True)
    name: Mapped[str] = text(_l("Name"), length=40, search=True, listed=True, help=_l("As it stands behind a number."))
    dimension: Mapped[str] = choice(_l("Measures"), DIMENSIONS, default="count", listed=True)
    per: Mapped[Decimal] = rate(_l("So many of it"), default=Decimal(1), minimum=Decimal("0.000000000001"), listed=True)
    factor: Mapped[Decimal] = rate(
        _l("are so many of the first unit"), default=Decimal(1), minimum=Decimal("0.000000000001"), listed=True,
        help=_l("Of piece, gram, metre, square metre, litre or hour: 1 dozen are 12 pieces, 60 minutes are 1 hour."),
    )  # fmt: skip
    places: Mapped[int] = integer(
        _l("Decimal places"), default=0, minimum=Decimal(0), maximum=Decimal(6), listed=True,
        help=_l("0 for pieces, 3 for kilograms."),
    )  # fmt: skip
    is_exact: Mapped[bool] = flag(_l("Never rounded"), listed=True, help=_l("What does not come out even is refused."))

    @property
    def size(self) -> Fraction:
        """How many of the first unit of its dimension one of it is."""
        return Fraction(self.factor) / Fraction(self.per)


def standard_unit() -> int | None:
    """The unit of a product that names none: the piece."""
    return session().scalar(sa.select(Unit.id).where(Unit.code == "piece"))


class ProductCategory(Record):
    """Product category. Product categories.

    A shelf of the catalogue; categories stand below each other.
    """

    icon = "category"
    group = _l("Stock")
    subtitle_field = "code"
    __table_args__ = (sa.UniqueConstraint("tenant_id", "parent_id", "name", postgresql_nulls_not_distinct=True),)

    name: Mapped[str] = text(_l("Name"), search=True, listed=True)
    parent: Mapped[ProductCategory | None] = link(_l("Below"), listed=True)
    code: Mapped[str | None] = text(
        _l("Letters for codes"),
        length=12,
        search=True,
        listed=True,
        help=_l("Its products' codes may begin so."),
    )

    @property
    def title(self) -> str:
        """The way to it from the top: `Cameras / Lenses`."""
        return " / ".join(each.name for each in reversed(self.way_up()))

    def way_up(self) -> list[ProductCategory]:
        """Itself and what it stands below, up to the top."""
        found: list[ProductCategory] = []
        at: ProductCategory | None = self
        while at is not None and at not in found and len(found) <= DEEPEST:
            found.append(at)
            at = at.parent
        return found

    def check(self) -> None:
        """A category neither stands below itself nor too deep."""
        way = self.way_up()
        if way[-1].parent is not None:
            said = _("A category cannot stand below itself.") if way[-1].parent in way else _("This is too deep.")
            raise Invalid(fields={"parent": said})


class Brand(Record):
    """Brand. Brands.

    Who makes a product, as customers know it.
    """

    icon = "award"
    group = _l("Stock")
    __table_args__ = (sa.UniqueConstraint("tenant_id", "name"),)

    name: Mapped[str] = text(_l("Name"), search=True, listed=True)
    website: Mapped[str | None] = text(_l("Website"), listed=True)


def suggested_code() -> str | None:
    """What a new product may be called, for its form; None where people or its category decide."""
    way = numbering()
    return next_code(way.prefix, way.digits) if way.way == "sequence" else None


def next_code(prefix: str, digits: int) -> str:
    """One more than the greatest code there is behind this prefix."""
    number = sa.cast(sa.func.substring(Product.code, pattern_of(prefix)), sa.BigInteger)
    return f"{prefix}{(session().scalar(sa.select(sa.func.max(number))) or 0) + 1:0{digits}d}"


class Product(Record):
    """Product. Products.

    Something we sell or use: a spare part, an hour of labour, goods of the shop.
    """

    has_pictures = True
    verbs = {  # noqa: RUF012 - read once, never changed
        "see_cost": _l("See what products cost us"),
        "set_up": _l("Say how codes are given"),
    }
    icon = "package"
    group = _l("Stock")
    subtitle_field = "code"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "code"),
        sa.UniqueConstraint("tenant_id", "family_id", "variant_key"),
        sa.CheckConstraint("unit_price >= 0", name="product_unit_price_positive"),
        sa.CheckConstraint("cost >= 0", name="product_cost_positive"),
    )

    name: Mapped[str] = text(_l("Name"), search=True, listed=True)
    code: Mapped[str] = text(
        _l("Code"), length=40, search=True, listed=True, default=suggested_code, help=_l("The SKU; unique.")
    )
    kind: Mapped[str] = choice(_l("Kind"), KINDS, default="goods", listed=True)
    category: Mapped[ProductCategory | None] = link(_l("Category"), listed=True)
    brand: Mapped[Brand | None] = link(_l("Brand"))
    uom: Mapped[Unit] = link(_l("Unit"), default=standard_unit, listed=True)
    sales_uom: Mapped[Unit | None] = link(_l("Sold in"), help=_l("Where it differs from the unit it is kept in."))
    purchase_uom: Mapped[Unit | None] = link(_l("Bought in"), help=_l("Where it differs from the unit it is kept in."))
    unit_price: Mapped[Decimal] = amount(_l("Price without tax"), default=Decimal(0), minimum=Decimal(0), listed=True)
    cost: Mapped[Decimal | None] = amount(_l("What it costs us"), minimum=Decimal(0), right="see_cost")
    family: Mapped[ProductFamily | None] = link(_l("Family"), readonly=True, search=True)
    variant: Mapped[str | None] = text(_l("Variant"), readonly=True, search=True)
    variant_key: Mapped[str | None] = mapped_column(sa.String(80))
    """Ids of the values it has, in the order of its family's axes: `12-45`; unique within the family."""
    note: Mapped[str | None] = long_text(_l("Note"))
    barcodes: Mapped[list[Barcode]] = lines(_l("Barcodes"), quiet=True)
    components: Mapped[list[Component]] = lines(_l("Components of a bundle"), quiet=True)

    @property
    def has_stock(self) -> bool:
        """Whether it lies on a shelf itself."""
        return self.kind in STOCKED

    def recompute(self) -> None:
        """Bring every barcode into its plain form; raises Invalid at those that cannot be right."""
        errors = {}
        for place, barcode in enumerate(self.barcodes):
            barcode.code = barcodes.plain(barcode.code or "")
            barcode.kind = barcode.kind or barcodes.kind_of(barcode.code)
            barcode.key = barcodes.key(barcode.kind, barcode.code)
            if said := barcodes.problem(barcode.kind, barcode.code):
                errors[f"barcodes-{place}-code"] = said
        if errors:
            raise Invalid(fields=errors)

    def check(self) -> None:
        """Give it a code where it has none, and ask whether code and barcodes are its own and its units fit."""
        self.code = (self.code or "").strip() or self._counted_on() or ""
        if not self.code:
            raise Invalid(fields={"code": _("Fill this in.")})
        if other := self._other(Product.code == self.code):
            free = suggested_code()
            said = _("%(product)s has this code already.", product=other.title)
            raise Invalid(fields={"code": said if free is None else said + " " + _("%(code)s is free.", code=free)})
        self._check_barcodes()
        self._check_units()
        bundles.check(self)

    def _counted_on(self) -> str | None:
        """The code of one that was given none; None where it must be typed."""
        way = numbering()
        letters = [each.code for each in self.category.way_up() if each.code] if self.category else []
        if way.way == "category" and letters:
            return next_code(f"{letters[0]}-", way.digits)
        return None if way.way == "hand" else next_code(way.prefix, way.digits)

    def _other(self, rule: sa.ColumnElement[bool]) -> Product | None:
        """Another product for which this holds."""
        return session().scalar(sa.select(Product).where(rule, Product.id != (self.id or 0)).limit(1))

    def _check_barcodes(self) -> None:
        errors, seen = {}, set[str]()
        for place, barcode in enumerate(self.barcodes):
            has_it = sa.select(Barcode.document_id).where(Barcode.key == barcode.key)
            if barcode.key in seen:
                errors[f"barcodes-{place}-code"] = _("This barcode stands here twice.")
            elif other := self._other(Product.id.in_(has_it)):
                errors[f"barcodes-{place}-code"] = _("%(product)s has this barcode already.", product=other.title)
            seen.add(barcode.key)
        if errors:
            raise Invalid(fields=errors)

    def _check_units(self) -> None:
        own = self.uom
        named = {"sales_uom": self.sales_uom, "purchase_uom": self.purchase_uom}
        named |= {f"barcodes-{place}-uom": each.uom for place, each in enumerate(self.barcodes)}
        errors = {
            name: _("%(of)s cannot be turned into %(to)s.", of=other.name, to=own.name)
            for name, other in named.items()
            if own is not None and other is not None and other.id != own.id
            if other.dimension != own.dimension or own.dimension == "other"
        }
        if errors:
            raise Invalid(fields=errors)

    def found_by(self, text: str) -> str:
        """The unit a scanned barcode stands for, where it is not the one the product is kept in."""
        keys = barcodes.keys(text)
        units = (each.uom for each in self.barcodes if each.key in keys and each.uom is not None)
        return next((unit.name for unit in units), "")


class Barcode(Line["Product"], table="barcodes"):
    """One of the codes that scanning finds a product by."""

    __tablename__ = "product_barcode"
    title_field: ClassVar[str] = "code"
    __table_args__ = (sa.UniqueConstraint("tenant_id", "key"),)

    code: Mapped[str] = text(_l("Barcode"), length=80, search=True, help=_l("Scan it, or type the digits."))
    kind: Mapped[str | None] = choice(_l("Kind"), barcodes.KINDS, help=_l("Found out where it is left empty."))
    uom: Mapped[Unit | None] = link(_l("Stands for one"), help=_l("The unit it is on, such as a box of 12."))
    note: Mapped[str | None] = text(_l("Note"), length=80)
    key: Mapped[str] = mapped_column(sa.String(80), default="")
    """The code without what scanners add or leave out; unique in the company."""

    @property
    def picture_url(self) -> str:
        """Where its bars are drawn."""
        return f"/product/{self.document_id}/barcode/{self.id}.svg"


class Component(Line["Product"], table="components"):
    """What a bundle is made of: so much of another product, in the unit that is kept in."""

    __tablename__ = "product_component"
    title_field: ClassVar[str] = "name"

    component: Mapped[Product] = link(_l("Product"))
    quantity: Mapped[Decimal] = number(_l("Quantity"), default=Decimal(1), minimum=Decimal("0.000001"))

    @property
    def name(self) -> str:
        """What people call it: its product."""
        return self.component.title if self.component is not None else ""
