"""Garments in sizes and colours, a bundle and three price lists of the demo company."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from random import Random
from typing import Any

import sqlalchemy as sa

from erp import edit, session
from plugins.parties.models import Party
from plugins.products.families import ProductFamily
from plugins.products.models import Brand, Product, ProductCategory
from plugins.products.variants import Wish, axes_of, keys_of, make

TYPE = "product_family"
ANSWERS: dict[str, Any] = {}
WHO = "Wanjiku Kamau"
SIZES = ("S", "M", "L", "XL", "XXL")
COLOURS = {"Sand": ("SAN", "#c2a878"), "Indigo": ("IND", "#2c3e7b"), "Olive": ("OLI", "#5f6b3a")}
CHART: tuple[tuple[str, str, str, str, int, int, int, int], ...] = (
    ("S", "46", "36", "36", 96, 84, 96, 72),
    ("M", "48", "38", "38", 100, 88, 100, 74),
    ("L", "52", "42", "42", 108, 96, 108, 76),
    ("XL", "56", "46", "46", 116, 104, 116, 78),
    ("XXL", "60", "50", "50", 124, 112, 124, 80),
)
"""size, EU, US, UK, chest, waist, hips, length in centimetres."""
BUNDLE = {"G-STRAP": 1, "G-CLOTH": 2, "G-SD128": 1}
LISTS: Mapping[str, dict[str, Any]] = {
    "Retail": {"is_default": True, "priority": 20, "note": "Everybody who has no list of their own."},
    "Wholesale": {"priority": 10, "note": "Shops that buy by the dozen."},
    "VIP": {"priority": 10, "note": "Customers of many years."},
}


def load(stage: Any, _rng: Random) -> None:
    """A shirt in fifteen variants, a traveller's set, and what wholesale and good customers pay."""
    family = _family(stage)
    make(family.id, Wish(list(keys_of(axes_of(family))), "{family}-{1}-{2}", _prices(family)))
    goods = {each.code: each for each in session().scalars(sa.select(Product).where(Product.code.like("G-%")))}
    if goods:
        _bundle(stage, goods)
    _lists(stage, family, goods)


def _family(stage: Any) -> ProductFamily:
    size = stage.create(WHO, "product_attribute", {
        "name": "Size", "kind": "size", "values": [{"name": each} for each in SIZES]})  # fmt: skip
    colour = stage.create(WHO, "product_attribute", {
        "name": "Colour", "kind": "colour",
        "values": [{"name": name, "code": code, "hex": hexed} for name, (code, hexed) in COLOURS.items()]})  # fmt: skip
    above = session().scalar(sa.select(ProductCategory.id).where(ProductCategory.name == "Shop"))
    shelf = stage.create(WHO, "product_category", {"name": "Garments", "parent": above})
    names = ("size", "eu", "us", "uk", "chest", "waist", "hips", "length")
    chart = [dict(zip(names, (*row[:4], *map(Decimal, row[4:])), strict=True)) for row in CHART]
    made = stage.create(WHO, TYPE, {
        "name": "Savanna field shirt", "code": "SFS", "category": shelf, "unit_price": Decimal(4500),
        "brand": session().scalar(sa.select(Brand.id).where(Brand.name == "Kilima Gear")),
        "season": "all", "collection": "Field 2026", "style": "Straight", "care": "Wash at 30 °C, line dry, iron warm.",
        "axes": [{"attribute": size}, {"attribute": colour}], "sizes": chart,
        "materials": [{"material": "Linen", "percent": Decimal(70)}, {"material": "Cotton", "percent": Decimal(30)}],
    })  # fmt: skip
    return session().get_one(ProductFamily, made)


def _prices(family: ProductFamily) -> dict[int, Decimal]:
    """The largest size takes more cloth."""
    return {each.id: Decimal(4900) for each in axes_of(family)[0].values if each.name == "XXL"}


def _bundle(stage: Any, goods: Mapping[str, Product]) -> None:
    parts = [{"component": goods[code].id, "quantity": Decimal(count)} for code, count in BUNDLE.items()]
    stage.create(WHO, "product", {
        "code": "G-SET", "name": "Traveller's set", "kind": "bundle", "unit_price": Decimal(5490),
        "category": goods["G-STRAP"].category.id, "components": parts,  # type: ignore[union-attr]
    })  # fmt: skip
    power = goods["G-POWER"]
    edit(power.id, "product", {"unit_price": Decimal(4650)}, version=power.version)


def _lists(stage: Any, family: ProductFamily, goods: Mapping[str, Product]) -> None:
    lists = {name: stage.create(WHO, "price_list", {"name": name, **values}) for name, values in LISTS.items()}
    lines: list[tuple[str, dict[str, Any]]] = [
        ("Wholesale", {"percent_off": Decimal(10)}),
        ("Wholesale", {"family": family.id, "price": Decimal(3900), "from_quantity": Decimal(6)}),
        ("Wholesale", {"family": family.id, "price": Decimal(3600), "from_quantity": Decimal(24)}),
        ("VIP", {"percent_off": Decimal(5)}),
        ("VIP", {"family": family.id, "percent_off": Decimal(12)}),
    ]
    if goods:
        cable, shelf = goods["G-CABLE"], goods["G-STRAP"].category
        lines.append(("Retail", {"product": cable.id, "price": Decimal(850), "from_quantity": Decimal(5)}))
        lines.append(("Wholesale", {"category": shelf.id if shelf else None, "percent_off": Decimal(15)}))
    for name, values in lines:
        stage.create(WHO, "price_list_line", {"price_list": lists[name], **values})
    for kind, name in (("company", "Wholesale"), ("person", "VIP")):
        party = session().scalar(sa.select(Party).where(Party.kind == kind).order_by(Party.id).limit(1))
        if party is not None:
            edit(party.id, "party", {"party_prices.price_list": lists[name]}, version=party.version)
