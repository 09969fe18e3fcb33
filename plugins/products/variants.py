"""Variants: the products of a family, each with a value of every axis; made or completed many at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import product as combinations

import sqlalchemy as sa

from erp import Conflict, Invalid, _, create, hook, require, session, transaction
from plugins.products.families import AttributeValue, ProductAttribute, ProductFamily, ProductValue
from plugins.products.models import Product

MOST = 300
"""Variants made at once."""
LONGEST = 40
"""Characters of a product's code."""
Key = tuple[int, ...]
"""Ids of values, one of each axis, in their order."""


@dataclass(frozen=True)
class Axis:
    """An attribute with its values in order."""

    attribute: ProductAttribute
    values: Sequence[AttributeValue]


@dataclass(frozen=True)
class Wish:
    """Which variants are to be made, how their codes read, and what those cost that differ from the family's price."""

    keys: Sequence[Key]
    pattern: str
    prices: Mapping[int, Decimal] = field(default_factory=dict)
    """{value of the first axis: price}"""
    takes: bool = False
    """Whether products that have these codes and no family become the variants."""


@hook
def variant_made(family: ProductFamily, product: Product) -> None:
    """Asked when a product becomes a variant: give it what a plugin keeps of its family, such as its taxes."""
    raise NotImplementedError


@hook
def variant_figures(product_ids: Sequence[int]) -> Mapping[int, str]:
    """Asked what stands beside variants in the matrix, such as how many are there: {product: a few words}."""
    raise NotImplementedError


def axes_of(family: ProductFamily) -> list[Axis]:
    """The axes of a family in their order."""
    return [Axis(each.attribute, list(each.attribute.values)) for each in family.axes]


def keys_of(axes: Sequence[Axis]) -> Iterator[Key]:
    """Every combination there may be."""
    return combinations(*([value.id for value in axis.values] for axis in axes))


def key_of(text: str | None) -> Key:
    """`12-45` as ids; raises ValueError for anything else."""
    return tuple(int(part) for part in (text or "").split("-"))


def variants_of(family: ProductFamily) -> dict[Key, Product]:
    """The variants there are, by their values; one statement."""
    found = session().scalars(sa.select(Product).where(Product.family == family).order_by(Product.id))
    return {key_of(each.variant_key): each for each in found if each.variant_key}


def suggested_pattern(axes: Sequence[Axis]) -> str:
    """How codes usually read: the family's and one piece of each axis."""
    return "-".join(["{family}", *(f"{{{place + 1}}}" for place in range(len(axes)))])


def make(family_id: int, wish: Wish) -> list[Product]:
    """Make the wished variants that are not there yet, all of them or none.

    Raises Forbidden, Invalid at `pattern` or `keys`, or Conflict where somebody else is making them just now.
    """
    require("add", "product")
    with transaction():
        family = session().get_one(ProductFamily, family_id, with_for_update=True, populate_existing=True)
        axes, there = axes_of(family), variants_of(family)
        known = set(keys_of(axes))
        keys = [key for key in dict.fromkeys(wish.keys) if key not in there]
        if not keys or not known.issuperset(keys):
            raise Invalid(fields={"keys": _("Tick at least one variant that is not there yet.")})
        if len(keys) > MOST:
            raise Invalid(fields={"keys": _("At most %(count)s at once.", count=MOST)})
        values = {value.id: value for axis in axes for value in axis.values}
        codes = _codes(family, keys, values, wish.pattern)
        taken = _taken(list(codes.values()), may_take=wish.takes)
        return [_made(family, axes, key, codes[key], values, wish, taken.get(codes[key])) for key in keys]


def _codes(
    family: ProductFamily, keys: Sequence[Key], values: Mapping[int, AttributeValue], pattern: str
) -> dict[Key, str]:
    """The code of each variant; raises Invalid where two would have the same."""
    known = {"family", *(str(place + 1) for place in range(len(keys[0])))}
    named = set(re.findall(r"\{([^{}]*)\}", pattern))
    if strange := sorted(named - known):
        said = _("There is no {%(name)s}: write {family}, {1}, {2}.", name=strange[0])
        raise Invalid(fields={"pattern": said})
    found: dict[Key, str] = {}
    for key in keys:
        pieces = {str(place + 1): values[each].code or "" for place, each in enumerate(key)} | {"family": family.code}
        found[key] = re.sub(r"\{([^{}]*)\}", lambda match, pieces=pieces: pieces[match[1]], pattern).strip()  # type: ignore[misc]
    if len(set(found.values())) < len(found):
        raise Invalid(fields={"pattern": _("Several variants would have the same code: name every {1}, {2}.")})
    if longest := [code for code in found.values() if not code or len(code) > LONGEST]:
        said = _("“%(code)s” is no code: it has 1 to %(most)s characters.", code=longest[0], most=LONGEST)
        raise Invalid(fields={"pattern": said})
    return found


def _taken(codes: Sequence[str], *, may_take: bool) -> dict[str, Product]:
    """{code: the product that has it and becomes a variant}; raises Invalid for one that cannot."""
    found = {each.code: each for each in session().scalars(sa.select(Product).where(Product.code.in_(codes)))}
    refused = [each for each in found.values() if each.family_id is not None or not may_take]  # type: ignore[attr-defined]
    if refused:
        said = _("%(product)s has the code %(code)s already.", product=refused[0].title, code=refused[0].code)
        raise Invalid(fields={"pattern": said})
    if found:
        require("edit", "product")
    return found


def _made(
    family: ProductFamily, axes: Sequence[Axis], key: Key, code: str, values: Mapping[int, AttributeValue], wish: Wish,
    taken: Product | None,
) -> Product:  # fmt: skip
    """One variant: a new product with what its family gives, or one that was there."""
    said = ", ".join(values[each].name for each in key)
    row = taken if taken is not None else _created(family, code, said, wish.prices.get(key[0], family.unit_price))
    row.family, row.variant, row.variant_key = family, said, "-".join(map(str, key))
    session().flush()
    for axis, value_id in zip(axes, key, strict=True):
        session().add(ProductValue(product_id=row.id, attribute_id=axis.attribute.id, value_id=value_id))
    variant_made(family, row)
    return row


def _created(family: ProductFamily, code: str, said: str, price: Decimal) -> Product:
    shared = {
        name: getattr(family, f"{name}_id") for name in ("category", "brand", "sales_uom", "purchase_uom")
    }  # fmt: skip
    if family.uom is not None:
        shared["uom"] = family.uom.id
    row = create("product", {"name": f"{family.name}, {said}"[:200], "code": code, "unit_price": price, **shared})
    if not isinstance(row, Product):
        raise Conflict
    return row
