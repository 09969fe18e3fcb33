"""Bundles: what they are made of, all the way down, in exact quantities; none contains itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from erp import Invalid, _, document_type, session
from plugins.products.units import rounded

if TYPE_CHECKING:
    from plugins.products.models import Component, Product

DEEPEST = 12
"""Bundles within bundles."""


class Part(NamedTuple):
    """So much of a product, in the unit it is kept in."""

    product: Product
    quantity: Decimal


def check(product: Product) -> None:
    """Raise Invalid where a bundle has no components, or one that cannot be: itself, twice, an uneven quantity."""
    if product.kind != "bundle":
        if product.components:
            said = _("Only a bundle has components: choose the kind “Bundle”, or take them away.")
            raise Invalid(fields={"kind": said})
        return
    if not product.components:
        raise Invalid(fields={"components": _("Say what the bundle is made of.")})
    errors, seen = {}, set[int]()
    for place, line in enumerate(product.components):
        if said := _misfit(product, line, seen):
            errors[f"components-{place}-component"] = said
        elif said := _uneven(line):
            errors[f"components-{place}-quantity"] = said
        seen.add(line.component.id)
    if errors:
        raise Invalid(fields=errors)


def _misfit(product: Product, line: Component, seen: set[int]) -> str:
    """Why this product cannot be a component here; empty where it can."""
    if line.component.id in seen:
        return _("This product stands here twice: put the quantities together.")
    if product.id is not None and product.id in _within(line.component):
        return _("%(product)s contains this bundle itself.", product=line.component.title)
    return ""


def _uneven(line: Component) -> str:
    try:
        line.quantity = rounded(line.quantity, line.component.uom)
    except Invalid as refusal:
        return refusal.fields["quantity"]
    return "" if line.quantity > 0 else _("This is less than the smallest quantity of its unit.")


def _within(product: Product) -> set[int]:
    """Ids of a product and of all it is made of; raises Invalid where it is made of what lies too deep."""
    found, level = {product.id}, [product]
    for _depth in range(DEEPEST):
        inner = {line.component.id: line.component for each in level for line in each.components}
        level = [each for key, each in inner.items() if key not in found]
        if not level:
            return found
        found |= set(inner)
    raise Invalid(fields={"components": _("Bundles stand too deep in each other here.")})


def parts(product: Product, quantity: Decimal = Decimal(1)) -> list[Part]:
    """What so much of a product takes from shelves: itself, or what a bundle is made of down to the last, added up."""
    found: dict[int, Part] = {}
    for part in _parts(product, quantity):
        known = found.get(part.product.id)
        found[part.product.id] = part if known is None else Part(part.product, known.quantity + part.quantity)
    return list(found.values())


def _parts(product: Product, quantity: Decimal) -> Iterator[Part]:
    if product.kind != "bundle":
        yield Part(product, quantity)
    for line in product.components if product.kind == "bundle" else ():
        yield from _parts(line.component, quantity * line.quantity)


def bundles_with(product: Product) -> Mapping[int, str]:
    """{id: title} of the bundles it is a component of."""
    product_type = document_type("product")
    lines = product_type.table("components").cls
    inside = sa.select(lines.document_id).where(lines.component == product)
    found = session().scalars(sa.select(product_type.cls).where(product_type.cls.id.in_(inside)).limit(50))
    return {each.id: each.title for each in found}
